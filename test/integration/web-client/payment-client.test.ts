/** The browser's part, against a server that answers what it is told to, and against the real service. */
import flexSdk from 'sharetribe-flex-sdk';
import { createPaymentClient } from '../../../ext/web-client/payment-client.js';
import { realBooking, speculativeBooking } from '../../sandbox/client/orders.ts';
import { signedIn } from '../../sandbox/client/web-client.ts';
import { cannedServer, type Asked, type CannedAnswer } from '../../setup/canned-http.ts';
import { startWorld } from '../../setup/world.ts';

const { transit, types } = flexSdk as any;
const TRANSIT = 'application/transit+json; charset=utf-8';
const ID = '3f0c6c5e-6d0d-4a51-9b7e-0d7f3b3c6f10';
const SECRET = 'pi_3AbCdEfGhIjKlMnOpQrStUvW_secret_AbCdEfGhIjKlMnOpQrStUvWxY';

const order = (status = 200, protectedData: object = {}): CannedAnswer => ({
  status,
  type: TRANSIT,
  body: transit.write({
    status,
    statusText: status === 202 ? 'Accepted' : 'OK',
    data: { data: { id: new types.UUID(ID), attributes: { state: 'state/x', protectedData } } },
  }),
});
const refused = (status: number, code: string, headers: Record<string, string> = {}): CannedAnswer => ({
  status,
  type: 'application/json',
  headers,
  body: JSON.stringify({
    name: 'LocalAPIError',
    message: 'Local API request failed',
    status,
    statusText: 'Because.',
    data: { transactionId: ID },
    code,
    requestId: 'r',
  }),
});
const payment = (status: string, secret?: string): CannedAnswer => ({
  type: 'application/json',
  body: JSON.stringify({
    transactionId: ID,
    source: 'fallback',
    status,
    verdict: null,
    ...(secret && {
      stripePaymentIntentId: secret.split('_secret_')[0],
      stripePaymentIntentClientSecret: secret,
    }),
  }),
});

const memory = () => {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  };
};

const clientOf = (url: string, options: object = {}) =>
  createPaymentClient({
    serialize: transit.write,
    deserialize: transit.read,
    baseUrl: url,
    storage: memory(),
    timeoutMs: 2_000,
    pauseMs: 5,
    ...options,
  });

/** Answers in their order; the last one again and again. 'nothing' breaks the connection. */
async function against(answers: (CannedAnswer | 'nothing')[], options: object = {}) {
  let next = 0;
  const server = await cannedServer((_asked, response) => {
    const answer = answers[Math.min(next, answers.length - 1)]!;
    next += 1;
    if (answer !== 'nothing') return answer;
    response.destroy();
    return undefined;
  });
  return Object.assign(server, { client: clientOf(server.url, options) });
}

const real = { isSpeculative: false, orderData: { seats: 1 }, bodyParams: { params: { a: 1 } } };
const keysOf = (asked: Asked[]) => asked.map(({ headers }) => headers['x-idempotency-key']);

describe('an order', () => {
  it('is sent as the template sends it, and says what the client can do', async () => {
    await using server = await against([order()]);

    const answer = await server.client.initiatePrivileged(real);

    expect(answer.data.data.id).toEqual(new types.UUID(ID));
    expect(server.asked).toMatchObject([
      {
        method: 'POST',
        url: '/api/initiate-privileged',
        headers: {
          'content-type': 'application/transit+json',
          'x-payment-client': '1',
          'x-idempotency-key': expect.stringMatching(/^[0-9a-f]{32}$/),
        },
        body: transit.write(real),
      },
    ]);
  });

  it('keeps its key until it is confirmed, also over a page load; another order has another', async () => {
    await using server = await against([order()]);
    const storage = memory();
    const [first, reloaded] = [clientOf(server.url, { storage }), clientOf(server.url, { storage })];

    await first.initiatePrivileged(real);
    await reloaded.initiatePrivileged(real);
    await reloaded.initiatePrivileged({ ...real, orderData: { seats: 2 } });
    const kept = [...storage.kept.values()].join('');
    await reloaded.confirmPayment(ID);
    await reloaded.initiatePrivileged(real);

    const [one, again, other, , later] = keysOf(server.asked);
    expect(again).toBe(one);
    expect(new Set([one, other, later]).size).toBe(3);
    expect(kept).toContain(String(one));
    expect(kept).not.toContain('seats');
  });

  it('does without a place to keep it, and with one that holds nonsense', async () => {
    await using server = await against([order()]);
    const odd = memory();
    odd.setItem('flex-payment-proxy.keys', '{');

    await clientOf(server.url, { storage: null }).initiatePrivileged(real);
    await clientOf(server.url, { storage: odd }).initiatePrivileged(real);

    expect(keysOf(server.asked).filter(key => key === undefined)).toEqual([]);
  });

  it.each<[string, CannedAnswer | 'nothing']>([
    ['no answer came', 'nothing'],
    ['the answer says that nobody knows', refused(502, 'outcome-unknown')],
    ['something in between answers', { status: 502, type: 'text/html', body: '<h1>Bad gateway</h1>' }],
    ['the answer can not be read', { type: TRANSIT, body: '["^ ","~:sta' }],
    ['another tab is at it', refused(409, 'idempotency-key-in-use', { 'Retry-After': '0' })],
  ])('is sent again with its key when %s', async (_what, answer) => {
    await using server = await against([answer, order()]);

    const { status } = await server.client.initiatePrivileged(real);

    const [one, again] = keysOf(server.asked);
    expect([status, again]).toEqual([200, one]);
  });

  it('is sent three times at most', async () => {
    await using server = await against([refused(504, 'outcome-unknown')]);

    await expect(server.client.initiatePrivileged(real)).rejects.toMatchObject({
      status: 504,
      code: 'outcome-unknown',
      data: { transactionId: ID },
    });
    expect(server.asked).toHaveLength(3);
  });

  it.each([
    [refused(402, 'flex-refused'), 402],
    [refused(409, 'idempotency-key-reused'), 409],
    [refused(429, 'rate-limited', { 'Retry-After': '0' }), 429],
  ])('is not sent again when it is refused: %j', async (answer, status) => {
    await using server = await against([answer]);

    await expect(server.client.initiatePrivileged(real)).rejects.toMatchObject({
      name: 'LocalAPIError',
      message: 'Local API request failed',
      status,
      statusText: 'Because.',
    });
    expect(server.asked).toHaveLength(1);
  });

  it('that is only simulated has no key, and is not sent again', async () => {
    await using server = await against([refused(502, 'flex-unavailable')]);

    await expect(server.client.initiatePrivileged({ ...real, isSpeculative: true })).rejects.toMatchObject({
      status: 502,
    });
    expect(keysOf(server.asked)).toEqual([undefined]);
  });

  it('moved on by a transition is sent once: the transaction itself says what became of it', async () => {
    await using server = await against([refused(502, 'outcome-unknown')]);

    await expect(server.client.transitionPrivileged(real)).rejects.toMatchObject({ code: 'outcome-unknown' });
    expect(server.asked.map(({ url }) => url)).toEqual(['/api/transition-privileged']);
  });
});

describe('an order whose PaymentIntent is not ready', () => {
  it.each(['initiatePrivileged', 'transitionPrivileged'] as const)(
    'is waited for, and stands then where the template looks: %s',
    async call => {
      await using server = await against([
        order(202, { unitType: 'night' }),
        payment('preparing'),
        'nothing',
        payment('payable', SECRET),
      ]);

      const { data } = await server.client[call](real);

      expect(data.data.attributes).toEqual({
        state: 'state/x',
        protectedData: {
          unitType: 'night',
          stripePaymentIntents: {
            default: {
              stripePaymentIntentId: SECRET.split('_secret_')[0],
              stripePaymentIntentClientSecret: SECRET,
            },
          },
        },
      });
      expect(server.asked.slice(1).map(({ method, url }) => `${method} ${url}`)).toEqual(
        Array(3).fill(`GET /api/payment-intents/${ID}`),
      );
      expect(server.asked[1]!.headers).toMatchObject({ accept: 'application/json', 'x-payment-client': '1' });
    },
  );

  it.each(['over', 'none', 'checking'])('and will not be is an error in words: %s', async status => {
    await using server = await against([order(202), payment(status)]);

    await expect(server.client.initiatePrivileged(real)).rejects.toMatchObject({
      name: 'PaymentNotPossible',
      message: `The payment of this order can not be made now (${status}).`,
      status: 409,
      code: `payment-${status}`,
      data: { transactionId: ID },
    });
  });

  it('is not waited for longer than was said', async () => {
    await using server = await against([order(202), payment('preparing')], { timeoutMs: 60, pauseMs: 20 });

    await expect(server.client.initiatePrivileged(real)).rejects.toMatchObject({ name: 'StillPreparing' });
    expect(server.asked.length).toBeLessThan(6);
  });
});

describe('confirming', () => {
  it('asks for the order by its id, as the SDK has it', async () => {
    await using server = await against([order()]);

    const { data } = await server.client.confirmPayment(new types.UUID(ID));

    expect(data.data.attributes.state).toBe('state/x');
    expect(server.asked).toMatchObject([
      {
        method: 'POST',
        url: '/api/confirm-payment',
        body: transit.write({ transactionId: new types.UUID(ID) }),
      },
    ]);
  });

  it('asks again while the payment is on its way, and when no answer came', async () => {
    await using server = await against([
      refused(409, 'payment-not-authorised', { 'Retry-After': '0' }),
      'nothing',
      refused(503, 'overloaded', { 'Retry-After': '0' }),
      order(),
    ]);

    await expect(server.client.confirmPayment(ID)).resolves.toMatchObject({ status: 200 });
    expect(server.asked).toHaveLength(4);
  });

  it.each([
    ['payment-not-authorised', 'the customer has not paid'],
    ['payment-over', 'it is too late'],
  ])('does not ask again on %s: %s', async code => {
    await using server = await against([refused(409, code)]);

    await expect(server.client.confirmPayment(ID)).rejects.toMatchObject({ status: 409, code });
    expect(server.asked).toHaveLength(1);
  });
});

it('says how a payment stands, by an id of either kind', async () => {
  await using server = await against([payment('payable', SECRET)]);

  const [one, other] = [
    await server.client.paymentIntent(ID),
    await server.client.paymentIntent(new types.UUID(ID)),
  ];

  expect(one).toMatchObject({ status: 'payable', stripePaymentIntentClientSecret: SECRET });
  expect(other).toEqual(one);
  expect(server.asked.map(({ url }) => url)).toEqual(Array(2).fill(`/api/payment-intents/${ID}`));
});

it('works with the service: an order whose answer is lost on the way is made once', async () => {
  await using world = await startWorld();
  const alice = await signedIn(world, 'Alice');
  let isLost = true;
  const fetchAsPage: typeof fetch = async (address, init) => {
    const cookie = [...alice.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(address, {
      ...init,
      headers: { ...(init?.headers as object), Cookie: cookie, Origin: world.info.rootUrl },
    });
    if (!isLost) return response;
    isLost = false;
    throw new TypeError('Failed to fetch');
  };
  const client = clientOf(world.proxyUrl, { fetch: fetchAsPage });

  const answer = await client.initiatePrivileged(realBooking(world.info));
  const speculative = await client.initiatePrivileged(speculativeBooking(world.info, { listing: 'Sauna' }));

  expect(answer.data.data.attributes.protectedData?.stripePaymentIntents?.default).toMatchObject({
    stripePaymentIntentId: expect.stringMatching(/^pi_/),
  });
  expect(speculative.status).toBe(200);
  expect(world.sandbox.flex().transactions.size).toBe(1);
});
