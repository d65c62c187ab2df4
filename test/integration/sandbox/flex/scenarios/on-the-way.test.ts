/** What goes wrong between a client and Flex, whatever the call: what the client sees, and whether it was done. */
import { once } from 'node:events';
import { cabinOrder, operatorSdk, refusalOf, types, userSdks } from '../../../../setup/flex-sdks.ts';
import { intentIn, MINUTE, requested, scenario, transition, useSandbox, UUID } from '../support.ts';

const sandbox = useSandbox();
const info = () => sandbox().info();
const on = (name: string, options: object = {}) => scenario(sandbox(), { name, ...options });

const show = (sdk: any) => sdk.listings.show({ id: info().listings[0]!.id });
const initiate = (trusted: any) => trusted.transactions.initiate(cabinOrder(info()), { expand: true });
const orders = () => sandbox().flex().transactions.size;

/** What is left of an answer when it has gone through the SDK. */
async function outcomeOf(work: Promise<any>) {
  try {
    const { status, data } = await work;
    return { status, type: data.data.type };
  } catch (error) {
    const { name, code, status, statusText, data } = error as any;
    return { name, code, status, statusText, data };
  }
}

const errors = (status: number, code: string) => ({
  errors: [
    {
      id: expect.any(types.UUID),
      status,
      code,
      title: 'A scenario of the sandbox',
    },
  ],
});
const refused = (status: number, statusText: string, data: unknown) => ({
  name: 'AxiosError',
  code: status < 500 ? 'ERR_BAD_REQUEST' : 'ERR_BAD_RESPONSE',
  status,
  statusText,
  data,
});
const broken = (code = 'ECONNRESET') => ({ name: expect.stringMatching(/Error$/), code });
const page = expect.stringMatching(/^<html>.*<h1>\d{3}<\/h1>.*<\/html>$/);

/** Each with what a client sees, and whether a command was carried out. */
const faults: [string, object, object, boolean][] = [
  ['status', {}, refused(500, 'Internal Server Error', errors(500, 'internal-error')), false],
  ['status', { code: 503 }, refused(503, 'Service Unavailable', errors(503, 'internal-error')), false],
  ['status', { code: 409 }, refused(409, 'Conflict', errors(409, 'conflict')), false],
  ['rate-limited', {}, refused(429, 'Too Many Requests', errors(429, 'too-many-requests')), false],
  ['empty-error', {}, refused(502, 'Bad Gateway', ''), false],
  ['empty-error', { code: 500 }, refused(500, 'Internal Server Error', ''), false],
  ['html-error', {}, refused(502, 'Bad Gateway', page), false],
  ['html-error', { code: 413 }, refused(413, 'Payload Too Large', page), false],
  ['reset-before', {}, broken(), false],
  ['reset-after', {}, broken(), true],
  // Half an answer reaches nobody: the SDK tries to read what is not there.
  ['truncate', {}, { name: 'SyntaxError' }, true],
  ['malformed-transit', {}, { name: 'SyntaxError' }, true],
  ['wrong-entity', {}, { status: 200, type: 'marketplace' }, true],
];

describe('a query meets', () => {
  it.each(faults)('%s %j', async (name, options, seen) => {
    const { sdk } = await userSdks(info(), 'Alice');
    await on(name, { ...options, times: 1 });

    expect(await outcomeOf(show(sdk))).toEqual(seen);
    expect(await outcomeOf(show(sdk))).toEqual({ status: 200, type: 'listing' });
  });
});

describe('a command meets', () => {
  it.each(faults)('%s %j', async (name, options, seen, isDone) => {
    const { trusted } = await userSdks(info(), 'Alice');
    await on(name, { ...options, times: 1 });

    expect(await outcomeOf(initiate(trusted))).toEqual(seen);
    expect(orders()).toBe(isDone ? 1 : 0);
  });

  it('drop-after-commit: it is carried out, and no answer comes; queries and simulations have theirs', async () => {
    const { sdk, trusted } = await userSdks(info(), 'Alice');
    await on('drop-after-commit');

    expect(await outcomeOf(show(sdk))).toEqual({ status: 200, type: 'listing' });
    expect(await outcomeOf(trusted.transactions.initiateSpeculative(cabinOrder(info())))).toEqual({
      status: 200,
      type: 'transaction',
    });
    expect(await outcomeOf(initiate(trusted))).toEqual(broken());

    expect(orders()).toBe(1);
    expect(sandbox().stripe().paymentIntents.size).toBe(1);
  });

  it.each(['reset-after', 'drop-after-commit', 'truncate', 'malformed-transit', 'wrong-entity'])(
    '%s only where it was carried out: a refusal arrives',
    async name => {
      const { sdk } = await userSdks(info(), 'Alice');
      await on(name);

      expect(await refusalOf(initiate(sdk))).toMatchObject({ status: 403, code: 'forbidden' });
    },
  );
});

describe('waiting', () => {
  /** Says whether it has come to an end, without waiting for it. */
  const isSettled = (work: Promise<unknown>) =>
    Promise.race([
      work.then(
        () => true,
        () => true,
      ),
      new Promise(resolve => {
        setImmediate(() => resolve(false));
      }),
    ]);
  const arrival = (route: string) => once(sandbox().arrivals, route);

  it('slow: the answer comes `ms` later, and it is the right one', async () => {
    const { sdk } = await userSdks(info(), 'Alice');
    await on('slow', { ms: 5 * MINUTE, times: 1 });
    const arrived = arrival('GET /v1/api/listings/show');
    const work = outcomeOf(show(sdk));
    await arrived;

    await sandbox().advance(4 * MINUTE);
    // Whoever asks after it is answered before it.
    expect(await outcomeOf(show(sdk))).toEqual({ status: 200, type: 'listing' });
    expect(await isSettled(work)).toBe(false);
    await sandbox().advance(MINUTE);

    expect(await work).toEqual({ status: 200, type: 'listing' });
  });

  it('slow: nothing is done before', async () => {
    const { sdk, trusted } = await userSdks(info(), 'Alice');
    await on('slow', { ms: 5 * MINUTE, times: 1 });
    const arrived = arrival('POST /v1/api/transactions/initiate');
    const work = initiate(trusted);
    await arrived;
    await show(sdk);

    expect(orders()).toBe(0);
    await sandbox().advance(5 * MINUTE);
    await work;
    expect(orders()).toBe(1);
  });

  it('hang: no answer ever, nothing is done, and others are served', async () => {
    const { sdk, trusted } = await userSdks(info(), 'Alice');
    await on('hang', { times: 1 });
    const arrived = arrival('POST /v1/api/transactions/initiate');
    const work = initiate(trusted);
    void work.catch(() => undefined);
    await arrived;

    await sandbox().advance(60 * MINUTE);

    expect(await outcomeOf(show(sdk))).toEqual({ status: 200, type: 'listing' });
    expect(await isSettled(work)).toBe(false);
    expect(orders()).toBe(0);
  });

  it('hang: takes up one of the places of the Integration API until its caller hangs up', async () => {
    sandbox().flex().settings.integrationConcurrency = 1;
    const path = '/v1/integration_api/marketplace/show';
    const status = async (signal?: AbortSignal) =>
      (await fetch(`${sandbox().url}${path}`, signal ? { signal } : {})).status;
    await on('hang', { times: 1 });
    const arrived = arrival(`GET ${path}`);
    const patience = new AbortController();
    const hanging = status(patience.signal);
    await arrived;

    expect(await status()).toBe(429);
    patience.abort();
    await expect(hanging).rejects.toThrow(/aborted/);
    let next: number;
    do next = await status();
    while (next === 429);

    expect(next).toBe(401);
  });
});

describe('where and how often', () => {
  const at = async (path: string) => (await fetch(`${sandbox().url}${path}`, { method: 'POST' })).status;
  const LISTING = '/v1/api/listings/show';
  const get = async (path: string) => (await fetch(`${sandbox().url}${path}`)).status;

  it('`times` counts the requests that it met', async () => {
    await on('html-error', { times: 2 });

    expect([await get(LISTING), await get(LISTING), await get(LISTING)]).toEqual([502, 502, 401]);
  });

  it('two of the same name are used up one after the other', async () => {
    await on('status', { code: 503, times: 1 });
    await on('status', { code: 429, times: 1 });

    expect([await get(LISTING), await get(LISTING), await get(LISTING)]).toEqual([503, 429, 401]);
  });

  it.each<[string, number[]]>([
    // Of initiate, initiate_speculative, transition and listings/show.
    ['POST /v1/api/transactions/initiate', [500, 401, 401, 401]],
    ['/v1/api/transactions/initiate', [500, 401, 401, 401]],
    ['POST /v1/api/transactions', [500, 500, 500, 401]],
    ['/v1/api/transactions/', [500, 500, 500, 401]],
    ['/v1/api', [500, 500, 500, 500]],
    ['GET /v1/api/', [401, 401, 401, 500]],
    ['/v1/integration_api', [401, 401, 401, 401]],
    ['GET /v1/api/transactions/initiate', [401, 401, 401, 401]],
  ])('a route is a path or its beginning, in whole parts: %s', async (route, statuses) => {
    await on('status', { route });

    expect([
      await at('/v1/api/transactions/initiate'),
      await at('/v1/api/transactions/initiate_speculative'),
      await at('/v1/api/transactions/transition'),
      await get(LISTING),
    ]).toEqual(statuses);
  });

  it('a route may be a path as it is requested: it stands for all of its kind', async () => {
    const asset = (path: string) => `/v1/assets/pub/${info().flex.clientId}/${path}`;
    await on('empty-error', { route: asset('a/latest/transactions/commission.json') });

    expect([
      await get(asset('a/latest/transactions/commission.json')),
      await get(asset('a/latest/transactions/?assets=commission.json')),
      await get(asset('v/v1/transactions/commission.json')),
    ]).toEqual([502, 502, 200]);
  });

  it('without a route, tokens and assets are spared; with one they are met', async () => {
    const token = '/v1/auth/token';
    await on('status');
    expect([await at(token), await get('/v1/assets/pub/x/a/latest/y')]).toEqual([400, 404]);

    await on('status', { code: 503, route: token });
    await on('hang', { route: 'GET /v1/nowhere' });
    await on('html-error', { code: 504, route: '/v1/assets' });

    expect([await at(token), await get('/v1/assets/pub/x/a/latest/y')]).toEqual([503, 504]);
  });

  it('a route holds for what Flex says of payments as well', async () => {
    await on('uuid-payment-intents', { route: 'POST /v1/api/transactions/transition' });

    const { intent } = await requested(sandbox());

    expect(intent.stripePaymentIntentId).toMatch(/^pi_/);
  });

  it('healthy ends all', async () => {
    await on('html-error');
    await on('uuid-payment-intents');
    await on('healthy');

    expect(sandbox().scenarios.active()).toEqual([]);
    expect((await requested(sandbox())).intent.stripePaymentIntentId).toMatch(/^pi_/);
  });
});

describe('together', () => {
  it('slow and html-error: the page comes late', async () => {
    await on('slow', { ms: MINUTE });
    await on('html-error');
    const { sdk } = await userSdks(info(), 'Alice');
    const arrived = once(sandbox().arrivals, 'GET /v1/api/listings/show');
    const work = outcomeOf(show(sdk));
    await arrived;

    await sandbox().advance(MINUTE);

    expect(await work).toEqual(refused(502, 'Bad Gateway', page));
  });

  it('uuid-over-real and drop-after-commit: the order is there, and the customer is shown two UUIDs', async () => {
    const { sdk, trusted } = await userSdks(info(), 'Alice');
    await on('uuid-over-real');
    await on('drop-after-commit', { times: 1 });

    expect(await outcomeOf(initiate(trusted))).toEqual(broken());

    const [found] = (await sdk.transactions.query({ only: 'order' })).data.data;
    expect(intentIn(found).stripePaymentIntentClientSecret).toMatch(UUID);
    expect(sandbox().stripe().paymentIntents.size).toBe(1);
  });

  it('stale-read and event-lag: neither the reader nor the feed knows of it yet', async () => {
    await on('stale-read', { ms: MINUTE });
    await on('event-lag', { ms: 2 * MINUTE });
    const { sdk, id } = await requested(sandbox());
    const operator = operatorSdk(info());
    const seen = async () => [
      (await sdk.transactions.query({})).data.data.length,
      (await operator.events.query({ eventTypes: 'transaction/initiated' })).data.data.length,
    ];

    expect(await seen()).toEqual([0, 0]);
    expect(await refusalOf(sdk.transactions.show({ id }))).toMatchObject({ status: 404, code: 'not-found' });
    await sandbox().advance(MINUTE);
    expect(await seen()).toEqual([1, 0]);
    await sandbox().advance(MINUTE);

    expect(await seen()).toEqual([1, 1]);
  });
});

describe('stale-read', () => {
  it('answers with what was true `ms` ago, for `times` reads', async () => {
    const { sdk, id } = await requested(sandbox());
    await sandbox().advance(10 * MINUTE);
    const operator = operatorSdk(info());
    await operator.transactions.updateMetadata({ id, metadata: { seen: true } });
    await on('stale-read', { ms: MINUTE, times: 2 });
    const metadata = async (reader: any) =>
      (await reader.transactions.show({ id: id.uuid })).data.data.attributes.metadata;

    expect([await metadata(sdk), await metadata(operator), await metadata(sdk)]).toEqual([
      {},
      {},
      { seen: true },
    ]);
  });

  it('shows the booking as it was, too', async () => {
    const { sdk, id } = await requested(sandbox());
    await sandbox().advance(14 * MINUTE);
    const operator = operatorSdk(info());
    const bookingOf = async (reader: any) =>
      (await reader.transactions.show({ id: id.uuid, include: ['booking'] })).data.included[0].attributes
        .state;
    await sandbox().advance(MINUTE);
    expect(await bookingOf(sdk)).toBe('declined');

    await on('stale-read', { ms: MINUTE });

    expect([await bookingOf(sdk), await bookingOf(operator)]).toEqual(['pending', 'pending']);
  });

  it('does not hold for commands', async () => {
    const { sdk, id } = await requested(sandbox());
    await on('stale-read', { ms: MINUTE });

    expect(await refusalOf(transition(sdk, id, 'inquire'))).toMatchObject({
      code: 'transaction-invalid-transition',
    });
  });
});
