import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isSafe } from 'redos-detector';
import { root } from '../../setup/processes.ts';
import { regexLiterals } from '../../setup/regex-literals.ts';

const files = globSync('server/**/*.ts', { cwd: root });
const literals = files.flatMap(file =>
  regexLiterals(readFileSync(path.join(root, file), 'utf8')).map(found => ({ file, ...found })),
);

describe('regexLiterals', () => {
  it.each<[string, string[]]>([
    ['const a = /x/g;', ['x']],
    ['a / b / c', []],
    ['(a) / b; c[0] / d / e', []],
    ['\'/no/\' + "/no/" // /no/\n/* /no/ */', []],
    ['`/no/ ${f(/yes/)} /no/ ${`${/too/}`}` + 1 / 2 / 3', ['yes', 'too']],
    ['[/[/]/, /\\//, /(?:a)/]', ['[/]', '\\/', '(?:a)']],
    ['return /a/.test(b) && !/c/i.test(d)', ['a', 'c']],
    ['x => /a/.test(x) ? { a: /b/ } : y', ['a', 'b']],
  ])('in %s', (code, sources) => {
    expect(regexLiterals(code).map(({ source }) => source)).toEqual(sources);
  });
});

it('no regular expression of the service can be made slow by what it is given', () => {
  const slow = literals.filter(
    ({ source, flags }) => !isSafe(new RegExp(source, flags), { maxScore: 500, timeout: 5_000 }).safe,
  );

  expect(literals.length).toBeGreaterThan(20);
  expect(slow.map(({ file, line, source }) => `${file}:${line} ${source}`)).toEqual([]);
});

it('the detector finds one that can', () => {
  expect(isSafe(/^(a+)+$/).safe).toBe(false);
});

it('none is made from a text, where nobody could look at it', () => {
  const made = files.filter(file => /\bRegExp\(/.test(readFileSync(path.join(root, file), 'utf8')));

  expect(made).toEqual([]);
});
