/** API keys: what each may do, for which account, and what a browser may see. */
import { stripeRoutes } from '../../../sandbox/stripe/service.ts';
import { failureOf, HEALTHY, held, paid, RESTRICTED, startStripe } from '../../../setup/stripe-sandbox.ts';

const { sandbox, stripe, client, ask, control, reset } = startStripe();
afterEach(reset);
afterAll(() => sandbox.close());

const restricted = async (scopes: Record<string, 'read' | 'write'>) =>
  client((await control('stripe/keys', { scopes })).key);

const basic = (key: string) => ({ authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` });

it('a key comes as bearer or as the user of basic authentication', async () => {
  const { secretKey } = sandbox.info().stripe;

  const statuses = [
    await ask('GET', '/v1/balance'),
    await ask('GET', '/v1/balance', '', { authorization: `bearer ${secretKey}` }),
    await ask('GET', '/v1/balance', '', basic(secretKey)),
    await ask('GET', '/v1/balance', '', basic('sk_test_nobody')),
    await ask('GET', '/v1/balance', '', { authorization: `Bearer ${secretKey}x` }),
  ].map(({ status }) => status);

  expect(statuses).toEqual([200, 200, 200, 401, 401]);
});

it('a wrong key is told without giving it away', async () => {
  const error = await failureOf(client('sk_test_51SbxSomebodyElsesKey99').balance.retrieve());

  expect(error.message).toBe('Invalid API Key provided: sk_test_*******************ey99');
});

describe('a restricted key', () => {
  it('does what its scopes name', async () => {
    const payments = await restricted({ payment_intents: 'write', events: 'read' });

    const { id } = await payments.paymentIntents.create({ ...held, ...paid });
    await payments.paymentIntents.capture(id);

    expect((await payments.paymentIntents.retrieve(id)).status).toBe('succeeded');
    expect((await payments.events.list()).data.length).toBeGreaterThan(0);
  });

  it.each([
    ['read', 'rak_refund_write', { refunds: 'read' as const }],
    ['nothing', 'rak_refund_write', { payment_intents: 'write' as const }],
  ])('that may do %s is told what it lacks: %s', async (_what, permission, scopes) => {
    const key = await restricted(scopes);

    expect(await failureOf(key.refunds.create({ payment_intent: 'pi_x' }))).toMatchObject({
      type: 'StripePermissionError',
      statusCode: 403,
      rawType: 'invalid_request_error',
      message: expect.stringContaining(`Having the '${permission}' permission`),
    });
  });

  it('may read what it may write, and nothing it may not', async () => {
    const key = await restricted({ refunds: 'write' });

    expect((await key.refunds.list()).data).toEqual([]);
    expect(await failureOf(key.charges.list())).toMatchObject({
      statusCode: 403,
      message: expect.stringContaining("'rak_charge_read'"),
    });
  });

  it('opens in an answer what it may read, and nothing else, before anything is done', async () => {
    const payments = await restricted({ payment_intents: 'write' });
    const expand = ['latest_charge.balance_transaction'];

    expect(await failureOf(payments.paymentIntents.create({ ...held, ...paid, expand }))).toMatchObject({
      statusCode: 403,
      message: expect.stringContaining("'rak_charge_read'"),
    });
    expect(sandbox.stripe().paymentIntents.size).toBe(0);

    const more = await restricted({ payment_intents: 'write', charges: 'read' });
    const { id } = await more.paymentIntents.create({ ...held, ...paid, expand: ['latest_charge'] });
    expect(await failureOf(more.paymentIntents.list({ expand: [`data.${expand[0]}`] }))).toMatchObject({
      message: expect.stringContaining("'rak_balance_transaction_read'"),
    });
    const { latest_charge: charge } = await more.paymentIntents.retrieve(id, { expand: ['latest_charge'] });
    expect(charge).toMatchObject({ object: 'charge' });
  });

  it('does nothing at all without scopes, at any endpoint', async () => {
    const { key } = await control('stripe/keys', { scopes: {} });
    const statuses = await Promise.all(
      stripeRoutes.map(async ({ method, path }) => {
        const { status } = await ask(method, path.replaceAll(/:\w+/g, 'x'), '', {
          authorization: `Bearer ${key}`,
        });
        return [method, path, status];
      }),
    );

    expect(statuses.filter(([, , status]) => status !== 403)).toEqual([]);
  });
});

describe('a publishable key', () => {
  const browser = () => client(sandbox.info().stripe.publishableKey);
  const withSecret = (secret: string | null) => ({ client_secret: secret! });

  it('does nothing but look at and confirm intents', async () => {
    const { publishableKey } = sandbox.info().stripe;
    const statuses = await Promise.all(
      stripeRoutes.map(async ({ method, path }) => {
        const { body } = await ask(method, path.replaceAll(/:\w+/g, 'x'), '', {
          authorization: `Bearer ${publishableKey}`,
        });
        return [`${method} ${path}`, JSON.parse(body).error.code];
      }),
    );

    expect(statuses.filter(([, code]) => code !== 'secret_key_required').map(([route]) => route)).toEqual([
      'GET /v1/payment_intents/:id',
      'POST /v1/payment_intents/:id/confirm',
      'GET /v1/setup_intents/:id',
      'POST /v1/setup_intents/:id/confirm',
    ]);
  });

  it('sees a PaymentIntent by its secret, without what is the own affair of the marketplace', async () => {
    const intent = await stripe.paymentIntents.create({ ...held, metadata: { internal: 'x' } });

    const seen = await browser().paymentIntents.retrieve(intent.id, withSecret(intent.client_secret));

    expect(Object.keys(seen).toSorted()).toEqual([
      'amount',
      'canceled_at',
      'cancellation_reason',
      'capture_method',
      'client_secret',
      'confirmation_method',
      'created',
      'currency',
      'description',
      'id',
      'last_payment_error',
      'livemode',
      'next_action',
      'object',
      'payment_method',
      'payment_method_types',
      'processing',
      'receipt_email',
      'setup_future_usage',
      'shipping',
      'source',
      'status',
    ]);
  });

  it.each<[string, (intent: { id: string; client_secret: string | null }) => object]>([
    ['no secret', () => ({})],
    ['a longer secret', intent => withSecret(`${intent.client_secret}x`)],
    ['the beginning of the secret', intent => withSecret(intent.client_secret!.slice(0, -1))],
    ['the id', intent => withSecret(intent.id)],
  ])('sees nothing by %s', async (_what, given) => {
    const intent = await stripe.paymentIntents.create(held);

    expect(await failureOf(browser().paymentIntents.retrieve(intent.id, given(intent)))).toMatchObject({
      statusCode: 400,
      code: 'payment_intent_invalid_parameter',
      param: 'client_secret',
    });
  });

  it('sees nothing by the secret of another', async () => {
    const [one, other] = [await stripe.paymentIntents.create(held), await stripe.paymentIntents.create(held)];

    expect(
      await failureOf(browser().paymentIntents.retrieve(one.id, withSecret(other.client_secret))),
    ).toMatchObject({ statusCode: 400 });
  });

  it('does not confirm what only the server may', async () => {
    const { id, client_secret } = await stripe.paymentIntents.create({
      ...held,
      confirmation_method: 'manual',
      payment_method: 'pm_card_visa',
    });

    expect(
      await failureOf(browser().paymentIntents.confirm(id, withSecret(client_secret) as object)),
    ).toMatchObject({ statusCode: 401, code: 'secret_key_required' });
  });

  it('confirms a SetupIntent by its secret', async () => {
    const { id, client_secret } = await stripe.setupIntents.create({});
    const given = { ...withSecret(client_secret), payment_method: 'pm_card_visa' };

    expect((await browser().setupIntents.confirm(id, given as object)).status).toBe('succeeded');
    expect(await failureOf(browser().setupIntents.retrieve(id))).toMatchObject({ param: 'client_secret' });
  });
});

describe('a connected account', () => {
  it('has objects of its own', async () => {
    const { id } = await stripe.customers.create({}, { stripeAccount: HEALTHY });

    expect((await stripe.customers.retrieve(id, {}, { stripeAccount: HEALTHY })).id).toBe(id);
    expect(await failureOf(stripe.customers.retrieve(id))).toMatchObject({ statusCode: 404 });
    expect((await stripe.customers.list()).data).toEqual([]);
  });

  it.each(['acct_nobody', 'acct_1SbxAnotherPlatf'])('that is not connected is out of reach: %s', async id => {
    const expected = {
      statusCode: 403,
      code: 'account_invalid',
      message: expect.stringContaining(`does not have access to account '${id}'`),
    };

    expect(await failureOf(stripe.balance.retrieve({}, { stripeAccount: id }))).toMatchObject(expected);
    expect(await failureOf(stripe.accounts.retrieve(id))).toMatchObject(expected);
  });

  it.each([
    [
      HEALTHY,
      {
        type: 'custom',
        charges_enabled: true,
        payouts_enabled: true,
        capabilities: { card_payments: 'active', transfers: 'active' },
        requirements: { currently_due: [], past_due: [], disabled_reason: null },
        settings: { payouts: { schedule: { interval: 'manual' } } },
      },
    ],
    [
      RESTRICTED,
      {
        charges_enabled: false,
        payouts_enabled: false,
        capabilities: { card_payments: 'inactive', transfers: 'inactive' },
        requirements: {
          currently_due: ['individual.verification.document'],
          past_due: ['individual.verification.document'],
          disabled_reason: 'requirements.past_due',
        },
      },
    ],
  ])('says what it may do: %s', async (id, expected) => {
    expect(await stripe.accounts.retrieve(id)).toMatchObject({ id, object: 'account', ...expected });
  });

  it('is restricted while a scenario lasts, for all that asks', async () => {
    await control('scenario', { name: 'provider-restricted' });

    expect(await stripe.accounts.retrieve(HEALTHY)).toMatchObject({
      charges_enabled: false,
      requirements: { disabled_reason: 'requirements.past_due' },
    });
    const create = (parameters: object) =>
      failureOf(stripe.paymentIntents.create({ ...held, ...parameters }));
    expect(await create({ transfer_data: { destination: HEALTHY } })).toMatchObject({
      code: 'insufficient_capabilities_for_transfer',
    });
    expect(await create({ on_behalf_of: HEALTHY })).toMatchObject({ statusCode: 400 });
    expect(
      await failureOf(stripe.payouts.create({ amount: 1, currency: 'eur' }, { stripeAccount: HEALTHY })),
    ).toMatchObject({ code: 'payouts_not_allowed' });
    expect(
      await failureOf(stripe.transfers.create({ amount: 1, currency: 'eur', destination: HEALTHY })),
    ).toMatchObject({ code: 'insufficient_capabilities_for_transfer' });
    expect((await stripe.accounts.retrieveCurrent()).charges_enabled).toBe(true);
  });

  it('is listed without the platform itself', async () => {
    expect((await stripe.accounts.list()).data.map(({ id }) => id).toSorted()).toEqual([HEALTHY, RESTRICTED]);
    expect(await stripe.accounts.retrieveCurrent()).toMatchObject({
      id: sandbox.stripe().platform.accountId,
      type: 'standard',
    });
  });
});
