import fc from 'fast-check';
import { scanJson } from '../../../server/flex/json-scan.ts';

const scan = (text: string) => scanJson(Buffer.from(text), { a: true, b: { c: true, d: { e: true } } });

it('finds what JSON.parse finds', () => {
  // No key `\\` beside `"`: JSON.parse of Node 24.21 takes the second for the first once it has seen that often.
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'é', '"', 'aa');
  const { value } = fc.letrec(tie => ({
    value: fc.oneof(
      { maxDepth: 5, depthSize: 'small' },
      fc.string({ unit: 'binary' }),
      fc.constantFrom('{', '}', '"', '\\', '\\"', '[', ']', '\\\\"'),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value')),
      fc.dictionary(key, tie('value'), { noNullPrototype: true }),
    ),
  }));
  const document = fc.record({ a: value, b: value, c: value }, { requiredKeys: [], noNullPrototype: true });
  fc.assert(
    fc.property(document, fc.constantFrom(undefined, 1, '\t'), (given, space) => {
      const text = JSON.stringify(given, null, space);
      const parsed = JSON.parse(text);
      const found = scan(text) as any;
      expect(found.a).toEqual(parsed.a);
      expect(found.b?.c).toEqual(Array.isArray(parsed.b) ? undefined : parsed.b?.c);
      expect(found.b?.d?.e).toEqual(parsed.b?.d?.e);
    }),
    { numRuns: 5_000 },
  );
});

it('notices wherever a text is cut short', () => {
  const text = JSON.stringify({ x: [{ y: '}"' }], a: { q: '\\' }, b: { c: 'text', d: {} }, z: 1 });
  for (let length = 0; length < text.length; length++) {
    expect(() => scan(text.slice(0, length))).toThrow(SyntaxError);
  }
  expect(() => scan(text)).not.toThrow();
});

it.each(['', '[]', '1', '{"a"}', '{"a":}', '{"a":1,}', '{"a":1}{', '{,}', '{"x":,"a":1}', '{a:1}', 'null'])(
  'refuses %s',
  text => {
    expect(() => scan(text)).toThrow(SyntaxError);
  },
);
