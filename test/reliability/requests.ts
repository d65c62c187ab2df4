/** Requests as nobody should send them: valid ones changed at random, and others that never were valid. */
import fc from 'fast-check';
import flexSdk from 'sharetribe-flex-sdk';
import { daysAhead, listingTitled, realBooking, speculativeBooking } from '../sandbox/client/orders.ts';
import type { SandboxInfo } from '../sandbox/sandbox.ts';

export type OddRequest = {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer | null;
};

const { types, transit } = flexSdk as any;

/** `cookie` is that of a customer who is signed in. */
export function oddRequest(info: SandboxInfo, cookie: string): fc.Arbitrary<OddRequest> {
  return fc
    .record({
      method: oneOf(
        [60, fc.constant('POST')],
        [1, fc.constantFrom('GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD')],
      ),
      search: query,
      contentType: oneOf(
        [24, fc.constant('application/transit+json')],
        [4, fc.constant('application/transit+json; charset=utf-8')],
        [
          1,
          fc.constantFrom(
            'application/json',
            'text/plain',
            'application/transit+json;charset=klingon',
            '',
            ',',
            'x'.repeat(3_000),
          ),
        ],
      ),
      origin: oneOf(
        [30, fc.constant(info.rootUrl)],
        [1, fc.constantFrom('null', 'http://evil.example', '', 'x')],
      ),
      cookie: oneOf(
        [16, fc.constant(cookie)],
        [1, fc.constant('')],
        [1, oddCookie(info)],
        [1, fc.tuple(oddCookie(info), fc.constant(cookie)).map(both => both.join('; '))],
      ),
      others: oneOf<Record<string, string>>(
        [2, fc.constant({})],
        [
          1,
          fc.dictionary(
            fc.constantFrom(
              'accept',
              'accept-encoding',
              'content-encoding',
              'forwarded',
              'if-none-match',
              'range',
              'sec-fetch-site',
              'x-forwarded-for',
              'x-forwarded-host',
              'x-http-method-override',
              'x-idempotency-key',
              'x-request-id',
              '__proto__x',
            ),
            headerValue,
            { maxKeys: 2 },
          ),
        ],
      ),
      sent: oneOf([9, orderRequest(info)], [3, fc.record({ path, body: oddBody() })]),
    })
    .map(({ method, search, contentType, origin, cookie: cookies, others, sent }) => ({
      method,
      path: sent.path + search,
      headers: Object.fromEntries(
        Object.entries({ 'content-type': contentType, origin, cookie: cookies, ...others }).filter(
          ([, value]) => value !== '',
        ),
      ),
      body: method === 'GET' || method === 'HEAD' ? null : sent.body,
    }));
}

const oneOf = <T>(...choices: [weight: number, arbitrary: fc.Arbitrary<T>][]) =>
  fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })));

const path = oneOf<string>(
  [8, fc.constant('/api/initiate-privileged')],
  [6, fc.constant('/api/transition-privileged')],
  [6, fc.constant('/api/transaction-line-items')],
  [2, fc.constant('/api/delete-account')],
  [
    1,
    fc.constantFrom(
      '/healthz',
      '/readyz',
      '/',
      '/api',
      '/api/',
      '//api//initiate-privileged',
      '/API/INITIATE-PRIVILEGED/',
    ),
  ],
  [
    1,
    fc.constantFrom(
      '/api/%',
      '/api/%E0%A4%A',
      '/api/initiate-privileged%00',
      '/api/..%2f..%2fetc/passwd',
      '/__proto__',
      '/constructor/prototype',
      `/${'a'.repeat(6_000)}`,
    ),
  ],
  [1, fc.webPath().map(text => text || '/')],
);

const query = oneOf<string>(
  [30, fc.constant('')],
  [1, fc.webQueryParameters().map(text => `?${text}`)],
  [
    1,
    fc.constantFrom('?', '?%', '?a[b][c]=1&a=2', '?__proto__[x]=1', '?%00=%00', `?${'a=1&'.repeat(1_500)}`),
  ],
);

/** What a header can hold at all. */
const headerValue = oneOf<string>(
  [
    2,
    fc.constantFrom(
      'gzip',
      'br',
      'deflate, gzip',
      'identity',
      '*',
      '*/*;q=9',
      'cross-site',
      'same-origin',
      '127.0.0.1',
      'for=1;by=',
      'bytes=0-',
      '"',
    ),
  ],
  [
    1,
    fc.string({ unit: 'binary-ascii', maxLength: 60 }).map(text => text.replace(/[^\x20-\x7e]/g, '').trim()),
  ],
  [1, fc.constantFrom('x'.repeat(2_000), '\u00e9\u00ff', '{"level":"fatal"}', '%0d%0aSet-Cookie: a=b')],
);

const oddCookie = (info: SandboxInfo) => {
  const name = `st-${info.flex.clientId}-token`;
  const token = fc.oneof(
    fc.jsonValue().map(value => JSON.stringify(value)),
    fc
      .record(
        {
          access_token: fc.oneof(fc.jsonValue(), fc.constant('a'.repeat(2_000)), fc.constant('\r\nX: y')),
          refresh_token: fc.oneof(fc.jsonValue(), fc.constant('&grant_type=client_credentials')),
          expires_in: fc.jsonValue(),
          scope: fc.jsonValue(),
          __proto__: fc.constant({ access_token: 'inherited' }),
        },
        { requiredKeys: ['access_token'] },
      )
      .map(value => JSON.stringify(value)),
    fc.string(),
  );
  return fc.oneof(
    token.map(text => `${name}=${encodeURIComponent(wellFormed(text))}`),
    fc.constantFrom(
      `${name}=%`,
      `${name}=%E0%A4%A`,
      name,
      `${name}=j:{"access_token":{}}`,
      '=',
      ';;;',
      `__proto__=1; ${name}=1`,
    ),
  );
};

const wellFormed = (text: string) => text.toWellFormed();

/** An order on the path where it belongs; one in seven is damaged on the way. */
const orderRequest = (info: SandboxInfo) =>
  fc
    .record({
      order: order(info),
      verbose: fc.boolean(),
      damages: oneOf<Damage[]>([6, fc.constant([])], [1, fc.array(damage, { maxLength: 3 })]),
    })
    .map(({ order: { path: address, value }, verbose, damages }) => ({
      path: address,
      body: damages.reduce<Buffer>((bytes, apply) => apply(bytes), Buffer.from(writeOr(value, verbose))),
    }));

const oddBody = () =>
  oneOf<Buffer>(
    [3, fc.tuple(oddValue, fc.boolean()).map(([value, verbose]) => Buffer.from(writeOr(value, verbose)))],
    [3, transitSoup.map(value => Buffer.from(JSON.stringify(value)))],
    [2, fc.json().map(text => Buffer.from(text))],
    [1, fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes))],
    [2, fc.constantFrom(...bombs).map(text => Buffer.from(text))],
  );

/** What transit can not write is sent as JSON. */
function writeOr(value: unknown, verbose: boolean): string {
  try {
    return transit.write(value, { verbose });
  } catch {
    return JSON.stringify(value) ?? '';
  }
}

/** A valid request, half of the time changed in up to three places. */
function order(info: SandboxInfo): fc.Arbitrary<{ path: string; value: unknown }> {
  const listing = fc.constantFrom(...info.listings.map(({ title }) => title));
  const days = fc.tuple(fc.integer({ min: -3, max: 400 }), fc.integer({ min: -2, max: 40 }));
  const booking = fc
    .record({ listing, days, isSpeculative: oneOf([5, fc.constant(true)], [1, fc.constant(false)]) })
    .map(({ listing: title, days: [from, nights], isSpeculative }) => {
      const overrides = { listing: title, start: daysAhead(info, from), end: daysAhead(info, from + nights) };
      return isSpeculative ? speculativeBooking(info, overrides) : realBooking(info, overrides);
    });
  const quote = fc
    .record({ listing, days, isOwnListing: fc.boolean() })
    .map(({ listing: title, days: [from, nights], isOwnListing }) => ({
      isOwnListing,
      listingId: new types.UUID(listingTitled(info, title).id),
      orderData: {
        bookingStart: daysAhead(info, from),
        bookingEnd: daysAhead(info, from + nights),
        seats: 1,
        stockReservationQuantity: 2,
      },
    }));
  const transition = fc.record({ uuid: fc.uuid() }).map(({ uuid }) => ({
    isSpeculative: true,
    orderData: {},
    bodyParams: {
      id: new types.UUID(uuid),
      transition: 'transition/request-payment-after-inquiry',
      params: {},
    },
    queryParams: { expand: true },
  }));
  const deletion = fc.constantFrom({ currentPassword: 'not-hers' }, {});
  const on = (address: string, values: fc.Arbitrary<unknown>) =>
    values.map(value => ({ path: `/api/${address}`, value }));
  const valid = oneOf(
    [4, on('initiate-privileged', booking)],
    [3, on('transaction-line-items', quote)],
    [1, on('transition-privileged', transition)],
    [1, on('delete-account', deletion)],
  );
  const changes = oneOf<Change[]>(
    [1, fc.constant([])],
    [1, fc.array(change, { minLength: 1, maxLength: 3 })],
  );
  return fc.tuple(valid, changes).map(([{ path: address, value }, applied]) => {
    const copy = { root: value };
    for (const apply of applied) apply(copy);
    return { path: address, value: copy.root };
  });
}

const oddText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    '',
    '^ ',
    '~',
    '~#',
    '~:',
    '^0',
    '__proto__',
    '\u0000',
    '\ud800',
    'x'.repeat(10_000),
    'transition/request-payment',
    'a/b/c',
  ),
);
const oddNumber = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, -0, -1, 0.1, 1e308, 2 ** 53, -(2 ** 53), Number.NaN, Number.POSITIVE_INFINITY),
);
const oddLeaf = fc.oneof(
  fc.constantFrom(null, true, false),
  oddNumber,
  oddText,
  fc.date({ noInvalidDate: false }),
  fc.oneof(fc.uuid(), oddText).map(text => new types.UUID(text)),
  fc
    .tuple(oddNumber, fc.oneof(fc.constantFrom('EUR', 'USD', 'JPY', 'HUF'), oddText))
    .map(([amount, currency]) => new types.Money(amount, currency)),
  fc.oneof(fc.constantFrom('1', '1e400', '-0.1', 'x'), oddText).map(text => new types.BigDecimal(text)),
  fc.tuple(oddNumber, oddNumber).map(([lat, lng]) => new types.LatLng(lat, lng)),
);
const oddValue: fc.Arbitrary<unknown> = fc.letrec(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    oddLeaf,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(oddText, tie('value'), { maxKeys: 5 }),
  ),
})).value;

const oddName = fc.constantFrom(
  'lineItems',
  'metadata',
  'offer',
  'quantity',
  'seats',
  'stockReservationQuantity',
  'currency',
  'priceVariantName',
  'stripePaymentIntents',
  'listingId',
  'params',
  'queryParams',
  'include',
  'expand',
  'cardToken',
  'deliveryMethod',
  'constructor',
  'toString',
  'hasOwnProperty',
  '',
  '~#x',
  '^ ',
);

type Slot = { parent: any; key: string | number };

/** Every place in maps and lists; values of the SDK's types are leaves. */
function slotsOf(parent: any): Slot[] {
  const keys = Array.isArray(parent) ? [...parent.keys()] : Object.keys(parent);
  return keys.flatMap(key => [{ parent, key }, ...(isContainer(parent[key]) ? slotsOf(parent[key]) : [])]);
}
const isContainer = (value: unknown) =>
  Array.isArray(value) ||
  (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype);

type Change = (root: object) => void;

const change: fc.Arbitrary<Change> = fc
  .tuple(fc.nat(), fc.constantFrom('replace', 'replace', 'remove', 'add'), oddName, oddValue)
  .map(([where, how, name, value]) => root => {
    const slots = slotsOf(root);
    if (slots.length === 0) return;
    const { parent, key } = slots[where % slots.length]!;
    if (how === 'remove') delete parent[key];
    else if (how === 'add' && isContainer(parent[key])) parent[key][name] = value;
    else parent[key] = value;
  });

type Damage = (bytes: Buffer) => Buffer;

const damage: fc.Arbitrary<Damage> = fc
  .tuple(
    fc.nat(),
    fc.constantFrom('flip', 'cut', 'insert', 'double'),
    fc.uint8Array({ minLength: 1, maxLength: 4 }),
  )
  .map(([where, how, bytes]) => (text: Buffer) => {
    const at = where % (text.length + 1);
    const [before, after] = [text.subarray(0, at), text.subarray(at)];
    if (how === 'cut') return before;
    if (how === 'insert') return Buffer.concat([before, bytes, after]);
    if (how === 'double') return Buffer.concat([text, text]);
    return Buffer.concat([before, bytes, after.subarray(bytes.length)]);
  });

/** Tokens of the transit format in any order. */
const transitSoup: fc.Arbitrary<unknown> = fc.letrec(tie => ({
  value: fc.oneof(
    { depthSize: 'medium' },
    fc.constantFrom<unknown>(
      '^ ',
      '^0',
      '^1',
      '^/',
      '~:bodyParams',
      '~:params',
      '~#list',
      '~#set',
      '~#cmap',
      '~#with-meta',
      "~#'",
      '~#u',
      '~#mn',
      '~#bd',
      '~m0',
      '~mNaN',
      '~t2020-13-45',
      '~zNaN',
      '~zINF',
      '~i99999999999999999999',
      '~n1e9',
      '~f1.5',
      '~uno',
      '~u',
      '~~',
      '~^',
      '~b*',
      '~c',
      '~rhttp://',
      null,
      true,
      1,
      1.5,
    ),
    fc.array(tie('value'), { maxLength: 6 }),
    fc.array(tie('value'), { maxLength: 4 }).map(values => ['^ ', ...values]),
  ),
})).value;

const nested = (depth: number, open: string, close: string) => open.repeat(depth) + close.repeat(depth);
const bombs = [
  nested(2_000, '[', ']'),
  nested(20_000, '[', ']'),
  nested(9_000, '["^ ","a",', '1]'),
  nested(5_000, '{"a":', '}').replace('}', '1}'),
  `["^ ",${Array.from({ length: 5_000 }, (_, index) => `"k${index}",1`).join(',')}]`,
  `["^ ","~:bodyParams",["^ ","__proto__",["^ ","transition","x"]]]`,
  `["~#cmap",[["^ "],["^ "]]]`,
  `["~n${'9'.repeat(60_000)}"]`,
  `["~f${'9'.repeat(60_000)}"]`,
  `["~#bd","${'9'.repeat(50_000)}"]`,
  JSON.stringify(['x'.repeat(63 * 1_024)]),
  JSON.stringify(['x'.repeat(70 * 1_024)]),
  '',
];
