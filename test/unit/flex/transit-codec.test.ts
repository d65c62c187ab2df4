/** Our reader and writer against the SDK's own. */
import fc from 'fast-check';
import flexSdk from 'sharetribe-flex-sdk';
import { readAnswer, wrapped } from '../../../server/flex/replies.ts';
import { forFlex, readTransit, TransitError } from '../../../server/flex/transit-reader.ts';
import { writeVerbose } from '../../../server/flex/transit-writer.ts';

const { types, transit } = flexSdk;

const key = fc
  .oneof(
    fc.constantFrom(
      'a',
      'price',
      'bookingStart',
      'protectedData',
      'lineItems',
      '~odd',
      '^ ',
      '^1',
      'x'.repeat(40),
    ),
    fc.string({ maxLength: 12 }),
  )
  .filter(name => !['__proto__', 'constructor', 'prototype', '_sdkType'].includes(name));

const { value } = fc.letrec(tie => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 5 },
    fc.string(),
    fc.constantFrom('~', '^', '`', '~:x', '^ ', '^1', '~#mn', "~#'", 'repeated text', ''),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter(number => !Object.is(number, -0)),
    fc.boolean(),
    fc.constant(null),
    fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(Date.UTC(2200, 0)) }),
    fc.uuid().map(uuid => new types.UUID(uuid)),
    fc
      .tuple(fc.maxSafeInteger(), fc.constantFrom('EUR', 'USD', 'JPY'))
      .map(([amount, currency]) => new types.Money(amount, currency)),
    fc.tuple(fc.integer(), fc.nat()).map(([whole, part]) => new types.BigDecimal(`${whole}.${part}`)),
    fc.tuple(fc.integer(), fc.integer()).map(([lat, lng]) => new types.LatLng(lat, lng)),
    fc.array(tie('value'), { maxLength: 6 }),
    fc.dictionary(key, tie('value'), { maxKeys: 8, noNullPrototype: true }),
  ),
}));

const RUNS = { numRuns: 3_000 };

it('reads compact and verbose transit as the SDK does', () => {
  fc.assert(
    fc.property(value, fc.boolean(), (sent, verbose) => {
      const text = transit.write(sent, { verbose });
      expect(readTransit(text)).toEqual(transit.read(text));
      expect(readTransit(text, forFlex)).toEqual(transit.read(text));
    }),
    RUNS,
  );
});

it('writes the bytes of the SDK', () => {
  fc.assert(
    fc.property(value, sent => {
      expect(writeVerbose(sent)).toBe(transit.write(sent, { verbose: true }));
    }),
    RUNS,
  );
});

it.each([
  [{ a: undefined, b: [undefined] }],
  [{ a: 1e21, b: NaN, c: -Infinity }],
  [{ id: { _sdkType: 'UUID', uuid: 'x' }, price: { _sdkType: 'Money', amount: 1, currency: 'EUR' } }],
  [{ a: { _sdkType: 'Nonsense' } }],
  [new Map([[1, 2]])],
  ['text'],
  [null],
])('writes the bytes of the SDK for %o', sent => {
  expect(writeVerbose(sent)).toBe(transit.write(sent, { verbose: true }));
});

it('reads a long document, whose cache codes have two letters and begin anew', () => {
  const long = Array.from({ length: 5_000 }, (_, index) => ({
    [`key-${index % 3_000}`]: index,
    repeated: 'x',
  }));
  const text = transit.write({ long });

  expect(readTransit(text, forFlex)).toEqual({ long });
});

/** A document as Flex answers it; `data` comes first, and many keys are alike. */
const aDocument = fc.record(
  {
    data: fc.record(
      {
        type: fc.constant('transaction'),
        id: fc.uuid().map(uuid => new types.UUID(uuid)),
        attributes: fc.record(
          {
            metadata: value,
            lastTransition: fc.string(),
            protectedData: fc.dictionary(key, value),
            state: value,
          },
          { requiredKeys: [], noNullPrototype: true },
        ),
        relationships: value,
      },
      { requiredKeys: ['id'], noNullPrototype: true },
    ),
    included: fc.array(value, { maxLength: 3 }),
    meta: value,
  },
  { requiredKeys: ['data'], noNullPrototype: true },
);

const replyOf = (text: string) => ({ status: 200, statusText: '~OK', headers: {}, body: Buffer.from(text) });

it('wraps an answer without reading it, and it reads as if it had been written anew', () => {
  fc.assert(
    fc.property(aDocument, fc.boolean(), (document, verbose) => {
      const answer = readAnswer(replyOf(transit.write(document, { verbose })), 'query');
      expect(transit.read(wrapped(answer).toString())).toEqual({
        status: 200,
        statusText: '~OK',
        data: transit.read(transit.write(document)),
      });
    }),
    RUNS,
  );
});

it('wraps a compact answer that begins in another way', () => {
  const text = transit.write({ meta: { data: 'data' }, data: { data: 1 } });

  expect(transit.read(wrapped(readAnswer(replyOf(text), 'query')).toString())).toEqual({
    status: 200,
    statusText: '~OK',
    data: transit.read(text),
  });
});

it('wraps an answer of more keys than there are codes', () => {
  const data = Array.from({ length: 5_000 }, (_, index) => ({
    [`key-${index % 3_000}`]: index,
    repeated: 1,
  }));
  const text = transit.write({ data });

  expect(transit.read(wrapped(readAnswer(replyOf(text), 'query')).toString())).toMatchObject({
    data: { data },
  });
});

it('picks what a check needs as if everything had been read', () => {
  fc.assert(
    fc.property(aDocument, fc.boolean(), (document, verbose) => {
      const text = transit.write(document, { verbose });
      const whole = readTransit(text, forFlex) as any;
      const { transaction } = readAnswer(replyOf(text), 'query');
      expect(transaction.id).toBe(whole.data.type === 'transaction' ? whole.data.id.uuid : null);
      expect(transaction.lastTransition).toEqual(whole.data.attributes?.lastTransition);
      for (const place of ['protectedData', 'metadata'] as const) {
        const there = whole.data.attributes?.[place]?.stripePaymentIntents;
        expect((transaction.attributes[place] as any)?.stripePaymentIntents).toEqual(there);
      }
    }),
    RUNS,
  );
});

it.each([true, false])('finds the PaymentIntent wherever it stands (verbose: %p)', verbose => {
  const stripePaymentIntents = { default: { stripePaymentIntentId: 'pi_1', other: [1, { default: 2 }] } };
  const document = {
    data: {
      id: new types.UUID('x'),
      type: 'transaction',
      attributes: {
        state: 'state/a',
        protectedData: { state: 'x', stripePaymentIntents, more: { state: 1 } },
        lastTransition: 'transition/a',
        metadata: { stripePaymentIntentId: 'pi_2', state: 1 },
      },
    },
    included: [{ state: 1 }],
  };

  expect(readAnswer(replyOf(transit.write(document, { verbose })), 'query').transaction).toEqual({
    id: 'x',
    lastTransition: 'transition/a',
    attributes: { protectedData: { stripePaymentIntents }, metadata: { stripePaymentIntentId: 'pi_2' } },
    payinTotal: null,
    payoutTotal: null,
    providerId: null,
  });
});

function otherFailureOf(read: () => unknown): unknown {
  try {
    read();
  } catch (error) {
    if (!(error instanceof TransitError)) return error;
  }
  return undefined;
}

describe('of a browser', () => {
  it.each([
    ['an unfinished text', '["^ ","~:a"'],
    ['nothing', ''],
    ['an unknown cache code', '["^ ","^0",1]'],
    ['a key without a value', '["^ ","~:a"]'],
    ['a key that is a number', '["^ ",1,2]'],
    ['a key that is a UUID', '["^ ","~uabc",2]'],
    ['__proto__ as a keyword', '["^ ","~:__proto__",["^ ","~:a",1]]'],
    ['__proto__ as a text', '["^ ","__proto__",["^ ","~:a",1]]'],
    ['__proto__, verbose', '{"~:__proto__":{"~:a":1}}'],
    ['__proto__ behind an escape, verbose', '{"~~__proto__":1,"__proto__":{"a":1}}'],
    ['constructor', '["^ ","~:constructor",["^ ","~:prototype",["^ "]]]'],
    ['an unknown scalar type', '["^ ","~:a","~kx"]'],
    ['a symbol', '["^ ","~:a","~$x"]'],
    ['an unknown tag', '["^ ","~:a",["~#odd",1]]'],
    ['an integer too large to be exact', '["^ ","~:a","~i12345678901234567890"]'],
    ['an invalid date', '["^ ","~:a","~m8640000000000001"]'],
    ['a date in words', '["^ ","~:a","~tsoon"]'],
    ['money with a fraction', '["^ ","~:a",["~#mn",[1.5,"EUR"]]]'],
    ['money as a text', '["^ ","~:a",["~#mn",["1","EUR"]]]'],
    ['a number beyond all numbers', '["^ ","~:a",1e999]'],
    ['NaN', '["^ ","~:a","~zNaN"]'],
    ['a decimal of letters', '["^ ","~:a","~fabc"]'],
    ['too deep a text', '['.repeat(33) + ']'.repeat(33)],
    ['far too deep a text', '['.repeat(30_000) + ']'.repeat(30_000)],
    ['deep tags', '["~#\'",'.repeat(2_000) + '1' + ']'.repeat(2_000)],
    ['too wide an array', JSON.stringify(Array(2_001).fill(1))],
    [
      'too many keys',
      JSON.stringify(Object.fromEntries(Array.from({ length: 2_001 }, (_, n) => [`k${n}`, n]))),
    ],
    ['too long a key', JSON.stringify({ ['k'.repeat(257)]: 1 })],
  ])('%s is refused', (_what, text) => {
    expect(() => readTransit(text)).toThrow(TransitError);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('what is deep and wide within reason is read', () => {
    const text = `${'['.repeat(31)}${']'.repeat(31)}`;

    expect(JSON.stringify(readTransit(text))).toBe(text);
  });

  it('no text makes the reader fail in another way', () => {
    const pieces = fc.constantFrom(
      '"^ "',
      '"~:a"',
      '"^0"',
      '"^10"',
      '"~#mn"',
      '"~u"',
      '["EUR"]',
      '1',
      'null',
      '[',
      ']',
      '{',
      '}',
      '"~:__proto__":1',
      ',',
      ':',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.array(pieces, { maxLength: 30 }).map(all => all.join('')),
        ),
        text => {
          expect(otherFailureOf(() => readTransit(text))).toBeUndefined();
        },
      ),
      RUNS,
    );
  });
});

it('of Flex, what is not known is kept', () => {
  expect(
    readTransit('["^ ","~:n","~i12345678901234567890","~:t",["~#odd",[1]],"~:__proto__",1]', forFlex),
  ).toEqual(
    Object.defineProperty({ n: 12345678901234567890n, t: [1] }, '__proto__', { value: 1, enumerable: true }),
  );
});
