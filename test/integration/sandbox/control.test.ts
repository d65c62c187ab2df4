/** The control surface, as strangers drive it. */
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import { cabinOrder, stripeClient, userSdks } from '../../setup/flex-sdks.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterEach(() => sandbox.reset());
afterAll(() => sandbox.close());

const get = async (path: string): Promise<any> => (await fetch(`${sandbox.url}/sandbox/${path}`)).json();
const post = async (path: string, body?: unknown): Promise<{ status: number; body: any }> => {
  const response = await fetch(`${sandbox.url}/sandbox/${path}`, {
    method: 'POST',
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
};

describe('GET /sandbox/info', () => {
  it('says all that a client needs', async () => {
    expect(await get('info')).toEqual({
      ready: true,
      rootUrl: 'http://localhost:3000',
      flex: {
        baseUrl: sandbox.url,
        assetCdnBaseUrl: sandbox.url,
        clientId: expect.any(String),
        clientSecret: expect.any(String),
      },
      integration: { baseUrl: sandbox.url, clientId: expect.any(String), clientSecret: expect.any(String) },
      stripe: {
        baseUrl: sandbox.stripeUrl,
        secretKey: expect.stringMatching(/^sk_test_/),
        publishableKey: expect.stringMatching(/^pk_test_/),
        webhookSecret: expect.stringMatching(/^whsec_/),
      },
      users: expect.any(Array),
      listings: expect.any(Array),
      scenarios: expect.arrayContaining([
        'healthy',
        'uuid-payment-intents',
        'missing-payment-intents',
        'secret-mismatch',
        'hang',
        'status',
        'drop-after-commit',
        'stripe-not-configured',
      ]),
      now: expect.any(Number),
    });
  });

  it('describes a marketplace that looks like one', async () => {
    const { users, listings } = await get('info');

    expect(users.filter((user: any) => user.role === 'customer').length).toBeGreaterThanOrEqual(2);
    expect(
      new Set(users.filter((user: any) => user.role === 'provider').map((user: any) => user.stripeAccount)),
    ).toEqual(new Set(['healthy', 'restricted', null]));
    expect(new Set(listings.map((listing: any) => listing.unitType))).toEqual(
      new Set(['night', 'day', 'hour', 'fixed', 'item', 'file', 'offer', 'request', 'inquiry']),
    );
    expect(new Set(listings.map((listing: any) => listing.price?.currency)).size).toBeGreaterThanOrEqual(3);
    expect(listings.map((listing: any) => listing.price?.currency)).toContain('JPY');
    expect(Object.keys(users[0]).toSorted()).toEqual([
      'email',
      'id',
      'name',
      'password',
      'role',
      'stripeAccount',
    ]);
    expect(Object.keys(listings[0]).toSorted()).toEqual([
      'id',
      'price',
      'processAlias',
      'providerId',
      'title',
      'unitType',
    ]);
  });
});

describe('POST /sandbox/scenario', () => {
  it('lasts as many times as it is told, and healthy ends all', async () => {
    const status = async () => (await fetch(`${sandbox.url}/v1/api/listings/show?id=x`)).status;

    await post('scenario', { name: 'status', code: 503, times: 2 });
    expect([await status(), await status(), await status()]).toEqual([503, 503, 401]);
    await post('scenario', { name: 'status', code: 429 });
    expect(await status()).toBe(429);
    expect((await post('scenario', { name: 'healthy' })).body).toEqual({ scenarios: [] });

    expect(await status()).toBe(401);
  });

  it('keeps to its route', async () => {
    await post('scenario', { name: 'status', code: 503, route: 'GET /v1/api/users/show' });

    const statuses = await Promise.all(
      ['users', 'listings'].map(
        async name => (await fetch(`${sandbox.url}/v1/api/${name}/show?id=x`)).status,
      ),
    );

    expect(statuses).toEqual([503, 401]);
  });

  it.each([
    {},
    { name: 'no-such-thing' },
    { name: 'constructor' },
    { name: 'hang', times: 0 },
    { name: 'hang', times: 'two' },
    { name: 'hang', route: 5 },
    { name: 'status', code: 'teapot' },
    { name: 'status', code: 42 },
    { name: 'html-error', code: 200 },
    { name: 'slow', ms: 'long' },
    { name: 'slow', ms: -1 },
    { name: 'payment-failed', code: 402 },
    [],
  ])('refuses %j in words', async body => {
    const answer = await post('scenario', body);

    expect(answer).toEqual({ status: 400, body: { error: expect.stringMatching(/\S+ \S+/) } });
  });
});

describe('POST /sandbox/clock/advance', () => {
  it('moves time forward for both sides', async () => {
    const before = (await get('info')).now;

    const { body } = await post('clock/advance', { ms: 86_400_000 });

    expect(body.now - before).toBeGreaterThanOrEqual(86_400_000);
    const { created } = await stripeClient(sandbox.info()).paymentIntents.create({
      amount: 500,
      currency: 'eur',
    });
    expect(Math.abs(created * 1000 - body.now)).toBeLessThan(5_000);
  });

  it.each([{}, { ms: -1 }, { ms: 'soon' }])('refuses %j', async body => {
    expect((await post('clock/advance', body)).status).toBe(400);
  });
});

describe('POST /sandbox/clock/advance for tokens', () => {
  it('ends sessions, and moves nothing else', async () => {
    const { tokenStore } = await userSdks(sandbox.info(), 'Alice');
    const before = (await get('info')).now;

    await post('clock/advance', { ms: 3_600_000, clock: 'tokens' });

    const answer = await fetch(`${sandbox.url}/v1/api/current_user/show`, {
      headers: { Authorization: `Bearer ${tokenStore.getToken().access_token}` },
    });
    expect(answer.status).toBe(401);
    expect((await get('info')).now - before).toBeLessThan(60_000);
  });
});

describe('POST /sandbox/settings', () => {
  it('changes what is named, until the reset', async () => {
    const { settings } = (await post('settings')).body;

    expect((await post('settings', { eventRetentionDays: 90 })).body.settings).toEqual({
      ...settings,
      eventRetentionDays: 90,
    });
    await post('reset');
    expect((await post('settings')).body.settings).toEqual(settings);
  });

  it.each<object>([{ unknown: 1 }, { devRateLimits: 'yes' }, { constructor: 1 }])(
    'refuses %j',
    async body => {
      expect(await post('settings', body)).toEqual({
        status: 400,
        body: { error: `${Object.keys(body)[0]} is no setting, or has another type` },
      });
    },
  );
});

describe('POST /sandbox/processes', () => {
  const edn =
    '{:format :v3 :transitions [{:name :transition/go :actor :actor.role/customer :to :state/gone}]}';

  it('adds a version, which the reset takes away', async () => {
    expect((await post('processes', { name: 'go', edn })).body).toEqual({ version: 1 });
    expect((await post('processes', { name: 'go', edn })).body).toEqual({ version: 2 });
    await post('reset');

    expect((await post('processes', { name: 'go', edn })).body).toEqual({ version: 1 });
  });

  it.each<[object, RegExp]>([
    [{ name: 'go' }, /must be texts/],
    [{ name: 'go', edn: edn.replace('customer', 'stranger') }, /^go\/process\.edn:1:\d+: .*is not a role/],
  ])('refuses %j in words', async (body, message) => {
    expect(await post('processes', body)).toEqual({
      status: 400,
      body: { error: expect.stringMatching(message) },
    });
  });
});

describe('GET /sandbox/ledger', () => {
  it("shows both sides, Stripe's in wire form and without secrets, and counts requests", async () => {
    const { trusted } = await userSdks(sandbox.info(), 'Alice');
    const { data } = await trusted.transactions.initiate(cabinOrder(sandbox.info()), { expand: true });

    const ledger = await get('ledger');

    expect(Object.keys(ledger.stripe)).toEqual([
      'paymentIntents',
      'charges',
      'refunds',
      'customers',
      'events',
    ]);
    expect(ledger.stripe.paymentIntents).toMatchObject([
      {
        object: 'payment_intent',
        amount: 15000,
        metadata: { 'sharetribe-transaction-id': data.data.id.uuid },
      },
    ]);
    expect(ledger.stripe.events).toMatchObject([
      { object: 'event', type: 'payment_intent.created', data: { object: { object: 'payment_intent' } } },
    ]);
    expect(ledger.flex.transactions).toMatchObject([
      { id: data.data.id.uuid, state: 'state/pending-payment', booking: { state: 'pending' } },
    ]);
    expect(ledger.requests['POST /v1/api/transactions/initiate']).toEqual({ count: 1, peakInFlight: 1 });
    expect(JSON.stringify(ledger)).not.toContain('_secret_');
  });
});

describe('POST /sandbox/reset', () => {
  it('brings back the seed: same ids, no bookings, no sessions, no scenarios, the old time', async () => {
    const before = await get('info');
    const { trusted, sdk } = await userSdks(sandbox.info(), 'Alice');
    await trusted.transactions.initiate(cabinOrder(sandbox.info()));
    await post('scenario', { name: 'stripe-not-configured' });
    await post('clock/advance', { ms: 86_400_000 });

    await post('reset');

    const after = await get('info');
    expect({ ...after, now: 0 }).toEqual({ ...before, now: 0 });
    expect(after.now - before.now).toBeLessThan(60_000);
    expect(await get('ledger')).toMatchObject({
      stripe: { paymentIntents: [], events: [] },
      flex: { transactions: [] },
    });
    await expect(sdk.currentUser.show()).rejects.toMatchObject({ status: 403 });
  });
});

it('names its controls where there is none', async () => {
  expect((await fetch(`${sandbox.url}/sandbox/nothing`)).status).toBe(404);
});
