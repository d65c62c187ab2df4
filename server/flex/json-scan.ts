/**
 * Finds values in the bytes of a JSON text without building the rest of it: an answer of Flex is passed on as it came, and
 * of its hundred kilobytes a check needs a few dozen. Brackets and texts must be closed; a text cut short is noticed.
 */

/** Which values are wanted: whole, or some keys of a map. */
export type Wanted = { [key: string]: Wanted | true };

/** The wanted values as `JSON.parse` gives them, nested as they were; what is not there is left out. Throws `SyntaxError`. */
export function scanJson(bytes: Uint8Array, wanted: Wanted): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const end = scanMap(bytes, blanks(bytes, 0), wanted, found);
  if (blanks(bytes, end) !== bytes.length) throw broken();
  return found;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const CURLY_OPEN = 0x7b;
const CURLY_CLOSED = 0x7d;
const SQUARE_OPEN = 0x5b;
const SQUARE_CLOSED = 0x5d;
const SPACE = 0x20;

const broken = () => new SyntaxError('The text is no JSON');

/** From the opening bracket; returns the place behind the closing one. */
function scanMap(bytes: Uint8Array, start: number, wanted: Wanted, found: Record<string, unknown>): number {
  if (bytes[start] !== CURLY_OPEN) throw broken();
  const keys = Object.keys(wanted);
  let at = blanks(bytes, start + 1);
  if (bytes[at] === CURLY_CLOSED) return at + 1;
  for (;;) {
    if (bytes[at] !== QUOTE) throw broken();
    const keyEnd = textEnd(bytes, at);
    const key = keyAt(bytes, at, keyEnd, keys);
    at = blanks(bytes, keyEnd);
    if (bytes[at] !== COLON) throw broken();
    at = blanks(bytes, at + 1);
    at = blanks(bytes, key === undefined ? valueEnd(bytes, at) : take(bytes, at, wanted, key, found));
    if (bytes[at] === CURLY_CLOSED) return at + 1;
    if (bytes[at] !== COMMA) throw broken();
    at = blanks(bytes, at + 1);
  }
}

function take(
  bytes: Uint8Array,
  at: number,
  wanted: Wanted,
  key: string,
  found: Record<string, unknown>,
): number {
  const part = wanted[key]!;
  if (part !== true && bytes[at] === CURLY_OPEN) {
    const inner: Record<string, unknown> = {};
    found[key] = inner;
    return scanMap(bytes, at, part, inner);
  }
  const end = valueEnd(bytes, at);
  if (part === true) found[key] = JSON.parse(decoder.decode(bytes.subarray(at, end)));
  return end;
}

const decoder = new TextDecoder();

/** Keys are plain letters: one that is written with escapes is another. */
function keyAt(bytes: Uint8Array, start: number, end: number, keys: string[]): string | undefined {
  for (const key of keys) if (end - start === key.length + 2 && isKey(bytes, start + 1, key)) return key;
  return undefined;
}

function isKey(bytes: Uint8Array, start: number, key: string): boolean {
  for (let index = 0; index < key.length; index++) {
    if (bytes[start + index] !== key.charCodeAt(index)) return false;
  }
  return true;
}

function blanks(bytes: Uint8Array, at: number): number {
  while (at < bytes.length && bytes[at]! <= SPACE) at++;
  return at;
}

/** From the opening quote to behind the closing one. */
function textEnd(bytes: Uint8Array, start: number): number {
  const { length } = bytes;
  let at = start;
  do {
    at++;
    while (at < length && bytes[at] !== QUOTE) at++;
  } while (isEscaped(bytes, at));
  if (at >= length) throw broken();
  return at + 1;
}

/** Whether an odd number of backslashes stand in front. */
function isEscaped(bytes: Uint8Array, at: number): boolean {
  let before = at - 1;
  while (bytes[before] === BACKSLASH) before--;
  return (at - before) % 2 === 0;
}

function valueEnd(bytes: Uint8Array, start: number): number {
  const first = bytes[start];
  if (first === QUOTE) return textEnd(bytes, start);
  if (first === CURLY_OPEN || first === SQUARE_OPEN) return bracketEnd(bytes, start);
  let at = start;
  while (at < bytes.length && !isEndOfLiteral(bytes[at]!)) at++;
  if (at === start) throw broken();
  return at;
}

const isEndOfLiteral = (byte: number) =>
  byte === COMMA || byte === CURLY_CLOSED || byte === SQUARE_CLOSED || byte <= SPACE;

/** Kinds of brackets are not told apart: what comes from Flex may be cut short, and is not otherwise malformed. */
function bracketEnd(bytes: Uint8Array, start: number): number {
  const { length } = bytes;
  let depth = 0;
  let at = start;
  while (at < length) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      at = textEnd(bytes, at);
      continue;
    }
    at++;
    // Nothing else outside of texts is as large as a bracket, but letters.
    if (byte < SQUARE_OPEN) continue;
    if (byte === CURLY_OPEN || byte === SQUARE_OPEN) depth++;
    else if ((byte === CURLY_CLOSED || byte === SQUARE_CLOSED) && --depth === 0) return at;
  }
  throw broken();
}
