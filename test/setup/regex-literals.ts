/** Finds the regular expressions of a TypeScript file by its tokens: the compiler that we use has no parser to call. */
export type FoundRegex = { source: string; flags: string; line: number };

const TOKEN =
  /(?<space>\s+)|(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(?<text>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")|(?<word>[\w$#]+)|(?<other>[\s\S])/y;
const REGEX = /\/((?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([a-z]*)/y;

/** After these words comes a value, so that a slash begins one. */
const BEFORE_A_VALUE = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'await',
  'void',
  'delete',
  'throw',
  'new',
]);

export function regexLiterals(code: string): FoundRegex[] {
  const found: FoundRegex[] = [];
  /** For each open brace whether it is the `${` of a template. */
  const braces: boolean[] = [];
  let previous = '';
  let at = 0;

  /** Goes on to the end of a template, or of its part; returns what stood there. */
  const template = (): string => {
    for (; at < code.length; at++) {
      if (code[at] === '\\') at++;
      else if (code[at] === '`') {
        at++;
        return '`';
      } else if (code.startsWith('${', at)) {
        at += 2;
        braces.push(true);
        return '{';
      }
    }
    return '';
  };

  while (at < code.length) {
    const valueMayFollow =
      previous === '' || BEFORE_A_VALUE.has(previous) || /^[^\w$)\]}'"`]$/.test(previous);
    REGEX.lastIndex = at;
    if (code[at] === '/' && !/[/*]/.test(code[at + 1]!) && valueMayFollow) {
      const match = REGEX.exec(code);
      if (match) {
        found.push({ source: match[1]!, flags: match[2]!, line: code.slice(0, at).split('\n').length });
        at = REGEX.lastIndex;
        previous = 'regex';
        continue;
      }
    }
    TOKEN.lastIndex = at;
    const { groups, 0: token } = TOKEN.exec(code)!;
    at = TOKEN.lastIndex;
    if (groups!['space'] !== undefined || groups!['comment'] !== undefined) continue;
    previous = token;
    if (token === '`') previous = template();
    else if (token === '{') braces.push(false);
    else if (token === '}' && braces.pop()) previous = template();
  }
  return found;
}
