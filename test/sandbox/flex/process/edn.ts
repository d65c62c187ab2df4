/**
 * Extensible Data Notation, as far as process files use it, with the place of everything in brackets. Not a library's:
 * those on npm tell no places and let wrong brackets pass.
 */

/** A keyword keeps its colon, so that it is told from a text; as the key of a map it has lost it. */
export type Edn = string | number | boolean | null | Edn[] | EdnMap;
export type EdnMap = { [key: string]: Edn };

export type Place = { line: number; column: number };

export class EdnError extends Error {
  override name = 'EdnError';
  readonly place: Place;
  constructor(message: string, place: Place) {
    super(message);
    this.place = place;
  }
}

type Token = { text: string; at: number };

const TOKEN = /#_|#\{|[()[\]{}]|"(?:\\.|[^"\\])*"?|[^\s,()[\]{}";]+/y;
const BLANK = /(?:[\s,]|;[^\n]*)*/y;
const CLOSING: Record<string, string> = { '(': ')', '[': ']', '{': '}', '#{': '}' };
const NUMBER = /^([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)[MN]?$/;
const KEYWORD = /^:[^:]/;
const CONSTANTS: Record<string, Edn> = { nil: null, true: true, false: false };

/** Lists and sets come as arrays, like vectors. Throws `EdnError`. */
export function parseEdn(source: string): { value: Edn; placeOf: (part: object) => Place | undefined } {
  const places = new WeakMap<object, Place>();
  let position = 0;
  const value = read(next());
  const rest = next();
  if (rest) throw new EdnError(`Nothing may follow the map, but ${rest.text} does`, placeAt(rest.at));
  return { value, placeOf: part => places.get(part) };

  function next(): Token | undefined {
    BLANK.lastIndex = position;
    BLANK.exec(source);
    const at = BLANK.lastIndex;
    TOKEN.lastIndex = at;
    const text = TOKEN.exec(source)?.[0];
    if (text === undefined) return undefined;
    position = TOKEN.lastIndex;
    if (text !== '#_') return { text, at };
    read(next());
    return next();
  }

  function read(token: Token | undefined): Edn {
    if (!token) throw new EdnError('The file ends too early', placeAt(source.length));
    const { text, at } = token;
    const closing = CLOSING[text];
    if (closing !== undefined) return readBrackets(token, closing);
    if (text.startsWith('"')) return readText(token);
    if (KEYWORD.test(text)) return text;
    if (Object.hasOwn(CONSTANTS, text)) return CONSTANTS[text]!;
    const number = NUMBER.exec(text);
    if (number) return Number(number[1]);
    throw new EdnError(`${text} can not be read here`, placeAt(at));
  }

  function readBrackets(opening: Token, closing: string): Edn {
    const items: Edn[] = [];
    for (let token = next(); ; token = next()) {
      if (!token) throw new EdnError(`${opening.text} is never closed`, placeAt(opening.at));
      if (token.text === closing) break;
      if (Object.values(CLOSING).includes(token.text)) {
        const { line } = placeAt(opening.at);
        throw new EdnError(
          `${token.text} where ${opening.text} of line ${line} must end with ${closing}`,
          placeAt(token.at),
        );
      }
      items.push(read(token));
    }
    const place = placeAt(opening.at);
    const part = opening.text === '{' ? mapOf(items, place) : items;
    places.set(part, place);
    return part;
  }

  function readText({ text, at }: Token): string {
    try {
      return JSON.parse(text.replaceAll('\n', String.raw`\n`)) as string;
    } catch {
      throw new EdnError('This text can not be read, or is never closed', placeAt(at));
    }
  }

  function placeAt(at: number): Place {
    const before = source.slice(0, at).split('\n');
    return { line: before.length, column: before.at(-1)!.length + 1 };
  }
}

function mapOf(items: Edn[], place: Place): EdnMap {
  if (items.length % 2 === 1) throw new EdnError('A map needs a value for each key', place);
  const map: EdnMap = {};
  for (let index = 0; index < items.length; index += 2) {
    const key = items[index]!;
    if (!isKeyword(key)) throw new EdnError('Each key of a map must be a keyword', place);
    const name = withoutColon(key);
    if (Object.hasOwn(map, name)) throw new EdnError(`${key} stands twice in this map`, place);
    map[name] = items[index + 1]!;
  }
  return map;
}

export const isMap = (value: Edn | undefined): value is EdnMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isKeyword = (value: Edn | undefined): value is string =>
  typeof value === 'string' && value.startsWith(':');

export const withoutColon = (keyword: string) => keyword.slice(1);

/** As plain data, keywords without their colon. */
export function plain(value: Edn): unknown {
  if (isKeyword(value)) return withoutColon(value);
  if (Array.isArray(value)) return value.map(plain);
  return isMap(value)
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
    : value;
}
