/** The two doors that verification looks through, against the sandbox. */
import { jest } from '@jest/globals';
import { createIntegrationDoor } from '../../server/flex/integration.ts';
import type { UpstreamCall } from '../../server/metrics.ts';
import { digestOfSecret } from '../../server/stripe/describe-intent.ts';
import { createStripeDoor } from '../../server/stripe/door.ts';
import { troubleWithStripe } from '../../server/verification/self-test.ts';
import { realBooking } from '../sandbox/client/orders.ts';
import { signedIn } from '../sandbox/client/web-client.ts';
import { stripeClient } from '../setup/flex-sdks.ts';
import { startWorld, type World } from '../setup/world.ts';

const soon = () => AbortSignal.timeout(5_000);

const book = async (world: World) => {
  const answer = await (await signedIn(world, 'Alice')).post('initiate-privileged', realBooking(world.info));
  const { id, attributes } = answer.body.data.data;
  const shown = attributes.protectedData.stripePaymentIntents.default;
  return {
    transactionId: id.uuid as string,
    id: shown.stripePaymentIntentId as string,
    secret: shown.stripePaymentIntentClientSecret as string,
  };
};

describe('the Integration API', () => {
  let world: World;
  let integration: ReturnType<typeof createIntegrationDoor>;
  beforeAll(async () => {
    world = await startWorld();
    integration = createIntegrationDoor(world.info.integration, world.info.integration.clientSecret);
  });
  afterAll(async () => {
    integration.close();
    await world[Symbol.asyncDispose]();
  });

  beforeEach(() => world.sandbox.reset());

  it('shows a transaction as the operator sees it, and none where there is none', async () => {
    const { transactionId } = await book(world);

    expect(await integration.transaction(transactionId, soon())).toMatchObject({
      id: transactionId,
      processName: 'default-booking',
      processVersion: 1,
      state: 'state/pending-payment',
      transitions: [{ transition: 'transition/request-payment', by: 'customer', at: expect.any(Date) }],
      payinTotal: { amount: 15_750, currency: 'EUR' },
      payoutTotal: { amount: 13_500, currency: 'EUR' },
      charged: { payin: { amount: 15_750, currency: 'EUR' }, payout: { amount: 13_500, currency: 'EUR' } },
      customerId: world.info.users[0]!.id,
      providerId: world.info.listings[0]!.providerId,
      listingId: world.info.listings[0]!.id,
      paymentIntent: null,
    });
    expect(await integration.transaction('16c6a4b8-88ee-429b-835a-6725206cd08c', soon())).toBeNull();
  });

  it('remembers what was charged when it was given back', async () => {
    const { transactionId } = await book(world);
    await world.sandbox.advance(16 * 60_000);

    expect(await integration.transaction(transactionId, soon())).toMatchObject({
      state: 'state/payment-expired',
      payinTotal: { amount: 0 },
      charged: { payin: { amount: 15_750 }, payout: { amount: 13_500 } },
    });
  });

  it("knows providers' accounts, and events in their order", async () => {
    await book(world);
    const accountOf = (name: string) =>
      integration.providerAccount(world.info.users.find(user => user.name.startsWith(name))!.id, soon());

    expect([await accountOf('Petra'), await accountOf('Nora')]).toEqual(['acct_1SbxPetraHealthy', null]);
    const events = await integration.events({ createdAtStart: new Date(0) }, soon());
    expect(events.map(({ sequenceId }) => sequenceId)).toEqual(
      events.map(({ sequenceId }) => sequenceId).toSorted((a, b) => a - b),
    );
    expect(events.map(({ eventType, resourceType }) => [eventType, resourceType])).toEqual([
      ['booking/created', 'booking'],
      ['transaction/initiated', 'transaction'],
    ]);
  });

  it('gets a new token when Flex does not take the old one any more, once', async () => {
    await integration.marketplace(soon());
    await world.scenario({ name: 'expired-token', times: 1 });
    const before = world.sandbox.requests()['POST /v1/auth/token']!.count;

    expect(await integration.marketplace(soon())).toBe('5a9dbc0a-0000-4000-8000-000000000000');
    expect(world.sandbox.requests()['POST /v1/auth/token']!.count - before).toBe(1);
  });

  it('asks for one token however many calls begin together', async () => {
    const door = createIntegrationDoor(world.info.integration, world.info.integration.clientSecret);

    await Promise.all(Array.from({ length: 5 }, () => door.marketplace(soon())));
    door.close();

    expect(world.sandbox.requests()['POST /v1/auth/token']!.count).toBe(1);
  });

  it.each([
    ['a wrong secret', 'flex-credentials-refused', {}],
    ['a Flex that fails', 'flex-unavailable', { name: 'status', code: 503 }],
    ['too many calls', 'flex-refused', { name: 'rate-limited' }],
    ['an answer that can not be read', 'flex-answer-unreadable', { name: 'malformed-transit' }],
  ])('%s is %s, without the token', async (what, code, scenario) => {
    const secret = what === 'a wrong secret' ? 'wrong' : world.info.integration.clientSecret;
    const door = createIntegrationDoor(world.info.integration, secret);
    if ('name' in scenario) await world.scenario({ ...scenario, times: 1, route: '/v1/integration_api' });

    const failure = await door.marketplace(soon()).catch((error: unknown) => error);
    door.close();

    expect(failure).toMatchObject({ name: 'ProxyError', code });
    expect(JSON.stringify(failure)).not.toMatch(/Bearer|access_token/);
  });

  it('gives up when its caller does', async () => {
    await world.scenario({ name: 'hang', times: 1, route: '/v1/integration_api' });

    await expect(integration.marketplace(AbortSignal.timeout(100))).rejects.toMatchObject({
      code: 'flex-timeout',
    });
  });
});

describe('Stripe', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world[Symbol.asyncDispose]());
  beforeEach(() => world.sandbox.reset());

  const door = (key = world.info.stripe.secretKey) => createStripeDoor(key, world.info.stripe.baseUrl);

  it('compares the client secret by its digest, and shows none', async () => {
    const { id, secret } = await book(world);

    const right = await door().paymentIntent(id, digestOfSecret(secret));
    const wrong = await door().paymentIntent(id, digestOfSecret(`${secret}x`));

    expect([right, wrong, await door().paymentIntent(id)]).toMatchObject([
      { outcome: 'found', value: { secretMatches: true, amount: 15_750, captureMethod: 'manual' } },
      { outcome: 'found', value: { secretMatches: false } },
      { outcome: 'found', value: { secretMatches: null } },
    ]);
    expect(JSON.stringify([right, wrong])).not.toContain(secret.split('_secret_')[1]);
  });

  it.each(['', 'pi_', '../accounts', 'pi_3QhWaB7WZ01zgkWS0jxsAJo3/../x'])('asks nothing for %j', async id => {
    expect(await door().paymentIntent(id)).toEqual({ outcome: 'absent', inOtherMode: false });
    expect(world.sandbox.requests()).toEqual({});
  });

  it('tells what is not there from what it could not ask', async () => {
    const nobodys = 'pi_3QhWaB7WZ01zgkWS0jxsAJo3';
    const { flexRevokedKey } = world.sandbox.stripe().platform;
    expect(await door().paymentIntent(nobodys)).toEqual({ outcome: 'absent', inOtherMode: false });
    expect(await door(flexRevokedKey).paymentIntent(nobodys)).toEqual({
      outcome: 'unknown',
      trouble: 'key-refused',
    });
    for (const scenario of [
      { name: 'status', code: 500 },
      { name: 'rate-limited' },
      // Stripe's client repeats once what was cut off.
      { name: 'reset-before', times: 2 },
      { name: 'html-error' },
    ]) {
      await world.scenario({ times: 1, ...scenario, route: '/v1/payment_intents' });
      expect([scenario.name, await door().paymentIntent(nobodys)]).toEqual([
        scenario.name,
        { outcome: 'unknown', trouble: 'unavailable' },
      ]);
    }
  });

  it('finds those of a transaction among many, in the window and not beside it', async () => {
    const { transactionId, id } = await book(world);
    const stripe = stripeClient(world.info);
    for (let made = 0; made < 150; made += 1)
      await stripe.paymentIntents.create({ amount: 1_000, currency: 'eur' });
    const now = world.sandbox.now();

    const near = await door().paymentIntentsOf(transactionId, { from: now - 60_000, to: now + 60_000 });
    const far = await door().paymentIntentsOf(transactionId, { from: now - 7_200_000, to: now - 3_600_000 });

    expect(near).toMatchObject({ outcome: 'found', value: { isComplete: true, intents: [{ id }] } });
    expect(far).toEqual({ outcome: 'found', value: { isComplete: true, intents: [] } });
    expect(world.sandbox.requests()['GET /v1/payment_intents']?.count).toBe(3);
  });

  it('says of each request which it was and what came of it, and no id', async () => {
    const heard: UpstreamCall[] = [];
    const { secretKey, baseUrl } = world.info.stripe;
    const one = createStripeDoor(secretKey, baseUrl, call => heard.push(call));

    await one.paymentIntent('pi_3QhWaB7WZ01zgkWS0jxsAJo3');
    await one.newestPaymentIntentId();
    await world.scenario({ name: 'reset-before', route: '/v1/accounts' });
    await one.connectedAccount('acct_1QhWaB7WZ01zgkWS');

    expect(heard.slice(0, 3).map(({ upstream, endpoint, outcome }) => [upstream, endpoint, outcome])).toEqual(
      [
        ['stripe', '/v1/payment_intents/:id', '404'],
        ['stripe', '/v1/payment_intents', '200'],
        ['stripe', '/v1/accounts/:id', 'stripe-unavailable'],
      ],
    );
    expect(heard.every(({ seconds }) => seconds > 0)).toBe(true);
  });

  it('leaves Stripe alone for a while after five failures in a row', async () => {
    const one = door();
    await world.scenario({ name: 'status', code: 500, route: '/v1/payment_intents' });

    for (let times = 0; times < 12; times += 1) {
      expect(await one.newestPaymentIntentId()).toEqual({ outcome: 'unknown', trouble: 'unavailable' });
    }
    expect(world.sandbox.requests()['GET /v1/payment_intents']?.count).toBe(5);
    expect([one.isResting(), door().isResting()]).toEqual([true, false]);
  });

  it('is tested on what is there and on what is not before it is believed', async () => {
    expect(await troubleWithStripe(door())).toBeNull();
    await book(world);
    expect(await troubleWithStripe(door())).toBeNull();
    await world.scenario({ name: 'status', code: 500, times: 1, route: '/v1/payment_intents' });
    const one = door();
    expect([await troubleWithStripe(one), await troubleWithStripe(one)]).toEqual(['unavailable', null]);
  });

  it('is tested once more after a fault of ours, which only who asked is told', async () => {
    const fault = new TypeError('a fault');
    const one = { ...door(), newestPaymentIntentId: jest.fn(door().newestPaymentIntentId) };
    one.newestPaymentIntentId.mockRejectedValueOnce(fault);

    await expect(troubleWithStripe(one)).rejects.toBe(fault);
    expect(await troubleWithStripe(one)).toBeNull();
  });
});
