/** Idempotency keys: what is remembered under one, what is not, and what goes wrong around them on demand. */
import Stripe from 'stripe';
import { startSandbox } from '../../../sandbox/sandbox.ts';
import { stripeClient } from '../../../setup/flex-sdks.ts';
import { atOnce, DAY, failureOf, HEALTHY, held, paid, startStripe } from '../../../setup/stripe-sandbox.ts';

const { sandbox, stripe, client, ask, control, exchanges, reset } = startStripe();
afterEach(reset);
afterAll(() => sandbox.close());

const one = { idempotencyKey: 'one' };
const create = (parameters: object = {}, options: Stripe.RequestOptions = one) =>
  stripe.paymentIntents.create({ ...held, ...parameters }, options);
const wasReplayed = () => exchanges.at(-1)!.response.headers['idempotent-replayed'] === 'true';
const made = () => sandbox.stripe().paymentIntents.size;
const scenario = (name: string, options: object = {}) => control('scenario', { name, ...options });

describe('a key', () => {
  it('gives the first answer again: same status and body, a request id of its own', async () => {
    await create();
    await create();

    const [first, second] = exchanges.map(({ response }) => response);
    expect([second!.status, second!.body]).toEqual([first!.status, first!.body]);
    expect(second!.headers).toEqual({
      ...first!.headers,
      'request-id': expect.not.stringMatching(first!.headers['request-id']!),
      'idempotent-replayed': 'true',
      'original-request': first!.headers['request-id'],
    });
    expect(made()).toBe(1);
  });

  it('gives what was true then, not what is true now', async () => {
    const { id } = await create();
    await stripe.paymentIntents.cancel(id);

    const again = await create();

    expect([again.id, again.status]).toEqual([id, 'requires_payment_method']);
    expect(wasReplayed()).toBe(true);
    expect((await stripe.paymentIntents.retrieve(id)).status).toBe('canceled');
  });

  it.each<[string, () => Promise<unknown>]>([
    ['another amount', () => create({ amount: 500 })],
    ['a parameter more', () => create({ description: 'x' })],
    ['another address', () => stripe.customers.create({}, one)],
  ])('is refused for %s', async (_what, work) => {
    await create();

    expect(await failureOf(work())).toMatchObject({
      type: 'StripeIdempotencyError',
      statusCode: 400,
      rawType: 'idempotency_error',
      code: undefined,
      message: expect.stringContaining("Try using a key other than 'one'"),
    });
  });

  it('does not care for the order of parameters', async () => {
    const headers = { 'idempotency-key': 'one' };
    const [first, second] = [
      await ask(
        'POST',
        '/v1/payment_intents',
        'amount=500&currency=eur&metadata[a]=1&metadata[b]=2',
        headers,
      ),
      await ask(
        'POST',
        '/v1/payment_intents',
        'metadata[b]=2&metadata[a]=1&currency=eur&amount=500',
        headers,
      ),
    ];

    expect(second.body).toBe(first.body);
  });

  it('belongs to an account and a mode', async () => {
    const live = client(sandbox.stripe().platform.flexLiveKey);

    const ids = [
      await create(),
      await create({}, { ...one, stripeAccount: HEALTHY }),
      await live.paymentIntents.create(held, one),
      await client(sandbox.stripe().platform.otherKey).paymentIntents.create(held, one),
    ].map(({ id }) => id);

    expect(new Set(ids).size).toBe(4);
  });

  it('is shared by all keys of the account', async () => {
    const { id } = await create();

    expect((await client(sandbox.stripe().platform.flexKey).paymentIntents.create(held, one)).id).toBe(id);
  });

  it('is kept for 24 hours to the millisecond, and then is new', async () => {
    const { id } = await create();
    await sandbox.advance(DAY - 1);
    expect((await create()).id).toBe(id);
    await sandbox.advance(1);

    const late = await create();

    expect(late.id).not.toBe(id);
    expect(wasReplayed()).toBe(false);
    expect(made()).toBe(2);
  });

  it('may have 255 characters, and must have one', async () => {
    const keyed = (key: string) =>
      ask('POST', '/v1/payment_intents', 'amount=500&currency=eur', { 'idempotency-key': key });

    expect((await keyed('x'.repeat(255))).status).toBe(200);
    expect([(await keyed('x'.repeat(256))).status, (await keyed('')).status]).toEqual([400, 400]);
    expect(made()).toBe(1);
  });

  it('means nothing to what only reads or deletes', async () => {
    const { id } = await stripe.customers.create();
    const read = () => ask('GET', '/v1/payment_intents', '', { 'idempotency-key': 'one' });
    const before = JSON.parse((await read()).body).data.length;
    await create({}, {});
    expect([before, JSON.parse((await read()).body).data.length]).toEqual([0, 1]);

    const statuses = [1, 2].map(() =>
      ask('DELETE', `/v1/customers/${id}`, '', { 'idempotency-key': 'two' }).then(
        ({ headers }) => headers['idempotent-replayed'],
      ),
    );
    expect(await Promise.all(statuses)).toEqual([undefined, undefined]);
  });
});

describe('what is remembered', () => {
  it('a decline: the same attempt is declined again, the next needs another key', async () => {
    const { id } = await create({}, {});
    const confirm = (payment_method: string, key: string) =>
      stripe.paymentIntents.confirm(id, { payment_method }, { idempotencyKey: key });

    const first = await failureOf(confirm('pm_card_chargeDeclined', 'attempt-1'));
    const second = await failureOf(confirm('pm_card_chargeDeclined', 'attempt-1'));

    expect([first.charge, first.statusCode]).toEqual([second.charge, 402]);
    expect(second.headers!['idempotent-replayed']).toBe('true');
    expect(sandbox.stripe().charges.size).toBe(1);
    expect(await failureOf(confirm('pm_card_visa', 'attempt-1'))).toMatchObject({
      rawType: 'idempotency_error',
    });
    expect((await confirm('pm_card_visa', 'attempt-2')).status).toBe('requires_capture');
  });

  it('a refusal because of the state: it stays when the state has changed', async () => {
    const { id } = await create({}, {});
    const capture = () => stripe.paymentIntents.capture(id, {}, one);
    await failureOf(capture());
    await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });

    expect(await failureOf(capture())).toMatchObject({ code: 'payment_intent_unexpected_state' });
    expect((await stripe.paymentIntents.retrieve(id)).status).toBe('requires_capture');
  });
});

describe('what is not remembered', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['an unknown parameter', () => create({ colour: 'red' })],
    [
      'too much metadata',
      () =>
        create({
          metadata: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, 'x'])),
        }),
    ],
    ['a missing parameter', () => create({ amount: undefined })],
    ['a field that can not be opened', () => create({ expand: ['colour'] })],
    ['a key that nobody knows', () => client('sk_test_x').paymentIntents.create(held, one)],
    [
      'a permission that is missing',
      async () => {
        const { key } = await control('stripe/keys', { scopes: { payment_intents: 'read' } });
        return client(key).paymentIntents.create(held, one);
      },
    ],
    ['another version', () => stripe.paymentIntents.create(held, { ...one, apiVersion: '2020-08-27' })],
    [
      'too many requests',
      async () => {
        await scenario('rate-limited', { times: 1, route: '/v1/payment_intents' });
        return create();
      },
    ],
    [
      'a key in use',
      async () => {
        await scenario('in-flight-409', { times: 1 });
        return create();
      },
    ],
    [
      'a locked object',
      async () => {
        await scenario('locked', { times: 1, route: '/v1/payment_intents' });
        return create();
      },
    ],
  ])('%s', async (_what, work) => {
    await failureOf(work());

    expect((await create()).status).toBe('requires_payment_method');
    expect(wasReplayed()).toBe(false);
    expect(made()).toBe(1);
  });
});

describe('saved-500', () => {
  it('does it, says 500, and says so again for a day', async () => {
    await scenario('saved-500', { times: 1 });

    const errors = [await failureOf(create()), await failureOf(create())];

    expect(errors.map(({ statusCode, rawType }) => [statusCode, rawType])).toEqual([
      [500, 'api_error'],
      [500, 'api_error'],
    ]);
    expect(errors[1]!.headers!['idempotent-replayed']).toBe('true');
    expect(made()).toBe(1);
  });

  it('outlasts the retries of the client', async () => {
    await scenario('saved-500', { times: 1 });
    const patient = client(undefined, { maxNetworkRetries: 1 });

    expect(await failureOf(patient.paymentIntents.create(held, one))).toMatchObject({ statusCode: 500 });
    expect([made(), exchanges.length]).toEqual([1, 2]);
  });

  it('keeps to its route', async () => {
    await scenario('saved-500', { route: 'POST /v1/refunds' });

    expect((await create()).status).toBe('requires_payment_method');
  });
});

describe('slow-commit', () => {
  it('answers 409 to the same key until it is done, and then with what was done', async () => {
    await scenario('slow-commit', { ms: 5_000, times: 1 });
    const first = create();
    await Promise.resolve();

    const early = await failureOf(create());
    expect(early).toMatchObject({
      type: 'StripeAPIError',
      statusCode: 409,
      code: 'idempotency_key_in_use',
      headers: { 'stripe-should-retry': 'true' },
    });
    expect(made()).toBe(0);
    await sandbox.advance(5_000);

    expect((await create()).id).toBe((await first).id);
    expect(made()).toBe(1);
  });

  it('locks what it is about to change against other keys', async () => {
    const { id } = await create(paid);
    await scenario('slow-commit', { ms: 5_000, times: 1 });
    const capture = stripe.paymentIntents.capture(id, {}, { idempotencyKey: 'capture' });
    await Promise.resolve();

    const cancel = () => stripe.paymentIntents.cancel(id, {}, { idempotencyKey: 'cancel' });
    expect(await failureOf(cancel())).toMatchObject({
      type: 'StripeRateLimitError',
      statusCode: 429,
      code: 'lock_timeout',
    });
    expect((await stripe.paymentIntents.retrieve(id)).status).toBe('requires_capture');
    expect((await create({}, {})).status).toBe('requires_payment_method');
    await sandbox.advance(5_000);
    expect((await capture).status).toBe('succeeded');

    // It was turned away at the door, and its key is still good.
    expect(await failureOf(cancel())).toMatchObject({ code: 'payment_intent_unexpected_state' });
  });
});

describe('in-flight-409', () => {
  it('is retried by the client with the same key until it is over', async () => {
    await scenario('in-flight-409', { times: 1 });
    const patient = client(undefined, { maxNetworkRetries: 1 });

    expect((await patient.paymentIntents.create(held, one)).status).toBe('requires_payment_method');
    expect(
      exchanges.map(({ request, response }) => [request.headers['idempotency-key'], response.status]),
    ).toEqual([
      ['one', 409],
      ['one', 200],
    ]);
  });
});

describe('over real connections', () => {
  const served = startSandbox();
  afterEach(async () => (await served).reset());
  afterAll(async () => (await served).close());

  it.each([
    ['drop-after-commit', Stripe.errors.StripeConnectionError],
    ['reset-after', Stripe.errors.StripeConnectionError],
    ['truncate', Stripe.errors.StripeConnectionError],
  ])('an answer lost by %s is found again under its key', async (name, kind) => {
    const real = await served;
    const payments = stripeClient(real.info()).paymentIntents;
    // The client tries once more by itself when a connection breaks before an answer.
    real.scenarios.add({ name, times: name === 'truncate' ? 1 : 2, route: 'POST /v1/payment_intents' });

    expect(await failureOf(payments.create({ ...atOnce, ...paid }, one))).toBeInstanceOf(kind);
    const again = await payments.create({ ...atOnce, ...paid }, one);

    expect([again.status, again.lastResponse.headers['idempotent-replayed']]).toEqual(['succeeded', 'true']);
    expect([real.stripe().paymentIntents.size, real.stripe().charges.size]).toEqual([1, 1]);
  });

  it('a connection that breaks before anything was done has done nothing', async () => {
    const real = await served;
    const payments = stripeClient(real.info()).paymentIntents;
    real.scenarios.add({ name: 'reset-before', times: 2, route: '/v1/payment_intents' });

    await failureOf(payments.create(held, one));

    expect(real.stripe().paymentIntents.size).toBe(0);
    expect((await payments.create(held, one)).lastResponse.headers).not.toHaveProperty('idempotent-replayed');
  });

  it('a client that gave up does not know that it was done', async () => {
    const real = await served;
    real.scenarios.add({ name: 'slow-commit', ms: 60_000, times: 1 });
    const impatient = stripeClient(real.info(), undefined, { timeout: 50 });
    expect(await failureOf(impatient.paymentIntents.create(held, one))).toBeInstanceOf(
      Stripe.errors.StripeConnectionError,
    );
    expect(real.stripe().paymentIntents.size).toBe(0);
    await real.advance(60_000);

    expect(real.stripe().paymentIntents.size).toBe(1);
    const again = await stripeClient(real.info()).paymentIntents.create(held, one);
    expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
  });

  it('five at once with one key make one, and all learn of it', async () => {
    const real = await served;
    const patient = stripeClient(real.info(), undefined, { maxNetworkRetries: 3 });
    real.scenarios.add({ name: 'slow-commit', ms: 100, times: 1 });

    const intents = await Promise.all([1, 2, 3, 4, 5].map(() => patient.paymentIntents.create(held, one)));

    expect(new Set(intents.map(({ id }) => id)).size).toBe(1);
    expect(real.stripe().paymentIntents.size).toBe(1);
  });
});
