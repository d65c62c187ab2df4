/** Refusals, as they stand on the wire and as the real client understands them. */
import Stripe from 'stripe';
import {
  failureOf,
  HEALTHY,
  held,
  atOnce,
  paid,
  RESTRICTED,
  startStripe,
  toProvider,
} from '../../../setup/stripe-sandbox.ts';

const { sandbox, stripe, client, ask, exchanges, control, reset } = startStripe();
afterEach(reset);
afterAll(() => sandbox.close());

const { errors } = Stripe;
const lastError = () => JSON.parse(exchanges.at(-1)!.response.body);
const docs = (code: string) => `https://stripe.com/docs/error-codes/${code}`;

describe('an error', () => {
  it('says on the wire what, why, where, and where to read on', async () => {
    const error = await failureOf(stripe.paymentIntents.create({ ...held, amount: 49 }));

    expect(lastError()).toEqual({
      error: {
        type: 'invalid_request_error',
        code: 'amount_too_small',
        doc_url: docs('amount-too-small'),
        message: 'Amount must be at least 50 eur',
        param: 'amount',
        request_log_url: `https://dashboard.stripe.com/test/logs/${error.requestId}?t=${sandbox.now() / 1000}`,
      },
    });
  });

  it('leaves out what it does not have', async () => {
    const error = await failureOf(stripe.payouts.cancel('po_nobody', {}, { stripeAccount: 'acct_nobody' }));

    expect(error).toMatchObject({ statusCode: 403, rawType: 'invalid_request_error' });
    expect(Object.keys(lastError().error).toSorted()).toEqual([
      'code',
      'doc_url',
      'message',
      'request_log_url',
      'type',
    ]);
  });

  it('of a declined card has the charge, the PaymentIntent and the payment method in it', async () => {
    const { id } = await stripe.paymentIntents.create({ ...held, metadata: { a: 'b' } });
    await failureOf(
      stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_chargeDeclinedInsufficientFunds' }),
    );
    const { error } = lastError();

    const intent = await stripe.paymentIntents.retrieve(id);
    const charge = intent.latest_charge as string;
    const [method] = [...sandbox.stripe().paymentMethods.keys()];
    expect(error).toEqual({
      type: 'card_error',
      code: 'card_declined',
      decline_code: 'insufficient_funds',
      doc_url: docs('card-declined'),
      message: 'Your card has insufficient funds.',
      charge,
      payment_intent: { ...intent },
      payment_method: expect.objectContaining({ id: method, object: 'payment_method' }),
      request_log_url: expect.any(String),
    });
  });
});

describe("Stripe's client", () => {
  type Row = [what: string, work: () => Promise<unknown>, kind: unknown, expected: object];
  const invalid = { rawType: 'invalid_request_error' };

  it.each<Row>([
    [
      'a parameter that is missing',
      () => stripe.paymentIntents.create({ currency: 'eur' } as never),
      errors.StripeInvalidRequestError,
      { ...invalid, statusCode: 400, code: 'parameter_missing', param: 'amount' },
    ],
    [
      'a parameter that is unknown',
      () => stripe.paymentIntents.create({ ...held, colour: 'red' } as never),
      errors.StripeInvalidRequestError,
      { ...invalid, statusCode: 400, code: 'parameter_unknown', param: 'colour' },
    ],
    [
      'an empty parameter',
      () => stripe.paymentIntents.create({ ...held, customer: '' }),
      errors.StripeInvalidRequestError,
      { ...invalid, statusCode: 400, code: 'parameter_invalid_empty', param: 'customer' },
    ],
    [
      'a number that is none',
      () => stripe.paymentIntents.create({ ...held, amount: 10.5 }),
      errors.StripeInvalidRequestError,
      { ...invalid, statusCode: 400, code: 'parameter_invalid_integer', param: 'amount' },
    ],
    [
      'an object that is not there',
      () => stripe.refunds.retrieve('re_nobody'),
      errors.StripeInvalidRequestError,
      { ...invalid, statusCode: 404, code: 'resource_missing' },
    ],
    [
      'a key with other parameters',
      async () => {
        await stripe.paymentIntents.create(held, { idempotencyKey: 'one' });
        await stripe.paymentIntents.create({ ...held, amount: 500 }, { idempotencyKey: 'one' });
      },
      errors.StripeIdempotencyError,
      { rawType: 'idempotency_error', statusCode: 400, code: undefined, param: undefined },
    ],
    [
      'a key that nobody knows',
      () => client('sk_test_nobodyKnowsThisOne').paymentIntents.list(),
      errors.StripeAuthenticationError,
      {
        ...invalid,
        statusCode: 401,
        code: undefined,
        message: 'Invalid API Key provided: sk_test_**************sOne',
      },
    ],
    [
      'a key that was revoked',
      () => client(sandbox.stripe().platform.flexRevokedKey).paymentIntents.list(),
      errors.StripeAuthenticationError,
      { ...invalid, statusCode: 401, code: 'api_key_expired' },
    ],
    [
      'a publishable key where a secret one is needed',
      () => client(sandbox.info().stripe.publishableKey).paymentIntents.list(),
      errors.StripeAuthenticationError,
      { ...invalid, statusCode: 401, code: 'secret_key_required' },
    ],
    [
      'a card that is declined',
      () =>
        stripe.paymentIntents.create({ ...held, payment_method: 'pm_card_chargeDeclined', confirm: true }),
      errors.StripeCardError,
      { rawType: 'card_error', statusCode: 402, code: 'card_declined', decline_code: 'generic_decline' },
    ],
    [
      'a card that has expired, which has no decline code',
      () =>
        stripe.paymentIntents.create({
          ...held,
          payment_method: 'pm_card_chargeDeclinedExpiredCard',
          confirm: true,
        }),
      errors.StripeCardError,
      { rawType: 'card_error', statusCode: 402, code: 'expired_card', decline_code: '' },
    ],
    [
      'an account that is not connected',
      () => stripe.balance.retrieve({}, { stripeAccount: 'acct_nobody' }),
      errors.StripePermissionError,
      { ...invalid, statusCode: 403, code: 'account_invalid' },
    ],
    [
      'an endpoint that is not built',
      () => stripe.climate.orders.list(),
      errors.StripeInvalidRequestError,
      { ...invalid, statusCode: 404, code: undefined },
    ],
    [
      'a destination that is not there',
      () => stripe.paymentIntents.create({ ...held, transfer_data: { destination: 'acct_nobody' } }),
      errors.StripeInvalidRequestError,
      { ...invalid, statusCode: 400, code: 'resource_missing', param: 'transfer_data[destination]' },
    ],
    [
      'a destination that may not take transfers',
      () => stripe.paymentIntents.create({ ...held, transfer_data: { destination: RESTRICTED } }),
      errors.StripeInvalidRequestError,
      {
        ...invalid,
        statusCode: 400,
        code: 'insufficient_capabilities_for_transfer',
        param: 'transfer_data[destination]',
      },
    ],
  ])('tells %s', async (_what, work, kind, expected) => {
    const error = await failureOf(work());

    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject(expected);
    expect(error.requestId).toMatch(/^req_/);
    expect(error.doc_url).toBe(error.code && docs(error.code.replaceAll('_', '-')));
  });

  it.each<[object, unknown, object, string | undefined]>([
    [
      { name: 'in-flight-409' },
      errors.StripeAPIError,
      { statusCode: 409, rawType: 'invalid_request_error', code: 'idempotency_key_in_use' },
      'true',
    ],
    [
      { name: 'saved-500' },
      errors.StripeAPIError,
      { statusCode: 500, rawType: 'api_error', code: undefined },
      undefined,
    ],
    [
      { name: 'rate-limited', route: '/v1/payment_intents' },
      errors.StripeRateLimitError,
      { statusCode: 429, rawType: 'invalid_request_error', code: 'rate_limit' },
      undefined,
    ],
    [
      { name: 'locked', route: '/v1/payment_intents' },
      errors.StripeRateLimitError,
      { statusCode: 429, rawType: 'invalid_request_error', code: 'lock_timeout' },
      undefined,
    ],
    [
      { name: 'status', code: 424, route: '/v1/payment_intents' },
      errors.StripeAPIError,
      { statusCode: 424, rawType: 'api_error' },
      undefined,
    ],
    [
      { name: 'status', code: 503, route: '/v1/payment_intents' },
      errors.StripeAPIError,
      { statusCode: 503, rawType: 'api_error' },
      undefined,
    ],
    [
      { name: 'html-error', route: '/v1/payment_intents' },
      errors.StripeAPIError,
      { statusCode: undefined },
      undefined,
    ],
    [
      { name: 'empty-error', route: '/v1/payment_intents' },
      errors.StripeAPIError,
      { statusCode: undefined },
      undefined,
    ],
    [
      { name: 'malformed-transit', route: '/v1/payment_intents' },
      errors.StripeAPIError,
      { statusCode: undefined },
      undefined,
    ],
    [
      { name: 'reset-before', route: '/v1/payment_intents' },
      errors.StripeConnectionError,
      { statusCode: undefined },
      undefined,
    ],
  ])('tells the scenario %j', async (scenario, kind, expected, shouldRetry) => {
    await control('scenario', scenario);
    const error = await failureOf(stripe.paymentIntents.create(held));

    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject(expected);
    expect(exchanges.at(-1)!.response.headers['stripe-should-retry']).toBe(shouldRetry);
  });
});

describe('what is refused before it began', () => {
  it.each<[string, () => Promise<{ status: number; body: string }>, number, string]>([
    ['no key at all', () => ask('GET', '/v1/balance', '', { authorization: '' }), 401, 'did not provide'],
    [
      'another version of the interface',
      () => ask('GET', '/v1/balance', '', { 'stripe-version': '2020-08-27' }),
      400,
      'Invalid Stripe API version: 2020-08-27',
    ],
    [
      'an address that Stripe does not have',
      () => ask('GET', '/v1/nothing/here'),
      404,
      'Unrecognized request URL (GET: /v1/nothing/here)',
    ],
    [
      'a method that an address does not have',
      () => ask('DELETE', '/v1/payment_intents/pi_x'),
      404,
      'Unrecognized request URL (DELETE: /v1/payment_intents/pi_x)',
    ],
  ])('%s', async (_what, work, status, message) => {
    const answer = await work();

    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toEqual({
      error: expect.objectContaining({
        type: 'invalid_request_error',
        message: expect.stringContaining(message),
      }),
    });
  });

  it('takes the pinned version, and a call without one', async () => {
    const statuses = [
      await ask('GET', '/v1/balance', '', { 'stripe-version': Stripe.API_VERSION }),
      await ask('GET', '/v1/balance'),
    ].map(({ status }) => status);

    expect(statuses).toEqual([200, 200]);
  });
});

describe('the other mode', () => {
  const live = () => client(sandbox.stripe().platform.flexLiveKey);

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'a live object is not there for a test key',
      async () => stripe.paymentIntents.retrieve((await live().paymentIntents.create(held)).id),
      'a similar object exists in live mode, but a test mode key was used to make this request.',
    ],
    [
      'a test object is not there for a live key',
      async () => live().paymentIntents.retrieve((await stripe.paymentIntents.create(held)).id),
      'a similar object exists in test mode, but a live mode key was used to make this request.',
    ],
    [
      'a test card is not there for a live key',
      () => live().paymentIntents.create({ ...held, ...paid }),
      'a similar object exists in test mode, but a live mode key was used to make this request.',
    ],
  ])('%s, and the refusal says where it is', async (_what, work, hint) => {
    expect(await failureOf(work())).toMatchObject({
      code: 'resource_missing',
      message: expect.stringContaining(hint),
    });
  });

  it('says so on its objects and nowhere in their ids', async () => {
    const intent = await live().paymentIntents.create(held);

    expect([intent.livemode, intent.id]).toEqual([true, expect.stringMatching(/^pi_3[0-9A-Za-z]{23}$/)]);
    expect((await stripe.paymentIntents.list()).data).toEqual([]);
    expect((await stripe.events.list()).data).toEqual([]);
  });

  it('does not tell what is of another account', async () => {
    const other = client(sandbox.stripe().platform.otherKey);
    const { id } = await other.paymentIntents.create(held);

    expect((await failureOf(stripe.paymentIntents.retrieve(id))).message).toBe(
      `No such payment_intent: '${id}'`,
    );
  });
});

describe('what can not be', () => {
  const intentOf = async (parameters: Stripe.PaymentIntentCreateParams) =>
    (await stripe.paymentIntents.create(parameters)).id;

  it.each<[string, () => Promise<unknown>, object]>([
    [
      'a refund of more than is left',
      async () =>
        stripe.refunds.create({ payment_intent: await intentOf({ ...atOnce, ...paid }), amount: 1100 }),
      { code: undefined, param: 'amount' },
    ],
    [
      'a refund of what was refunded',
      async () => {
        const id = await intentOf({ ...atOnce, ...paid });
        await stripe.refunds.create({ payment_intent: id });
        await stripe.refunds.create({ payment_intent: id });
      },
      { code: 'charge_already_refunded', param: undefined },
    ],
    [
      'a refund of what was never paid',
      async () => stripe.refunds.create({ payment_intent: await intentOf(held) }),
      { code: undefined, param: 'payment_intent' },
    ],
    [
      'a refund of what is only held',
      async () => stripe.refunds.create({ payment_intent: await intentOf({ ...held, ...paid }) }),
      { code: undefined, param: 'payment_intent' },
    ],
    [
      'a refund of a disputed charge',
      async () => {
        const id = await intentOf({ ...atOnce, payment_method: 'pm_card_createDispute', confirm: true });
        await sandbox.advance(1_000);
        await stripe.refunds.create({ payment_intent: id });
      },
      { code: 'charge_disputed' },
    ],
    [
      'a refund that takes back a transfer which never was',
      async () =>
        stripe.refunds.create({
          payment_intent: await intentOf({ ...atOnce, ...paid }),
          reverse_transfer: true,
        }),
      { param: 'reverse_transfer' },
    ],
    [
      'a refund that takes back a fee which never was',
      async () =>
        stripe.refunds.create({
          payment_intent: await intentOf({ ...atOnce, ...paid }),
          refund_application_fee: true,
        }),
      { param: 'refund_application_fee' },
    ],
    ['a refund of nothing', () => stripe.refunds.create({}), { code: 'parameter_missing' }],
    [
      'a capture of more than is held',
      async () =>
        stripe.paymentIntents.capture(await intentOf({ ...held, ...paid }), { amount_to_capture: 1100 }),
      { code: 'amount_too_large', param: 'amount_to_capture' },
    ],
    [
      'a second part of a capture',
      async () =>
        stripe.paymentIntents.capture(await intentOf({ ...held, ...paid }), { final_capture: false }),
      { param: 'final_capture' },
    ],
    [
      'a fee above the amount',
      () => stripe.paymentIntents.create({ ...held, ...toProvider, application_fee_amount: 1100 }),
      { param: 'application_fee_amount' },
    ],
    [
      'a fee beside a fixed part for the provider',
      () =>
        stripe.paymentIntents.create({
          ...held,
          ...toProvider,
          transfer_data: { destination: HEALTHY, amount: 5 },
        }),
      { param: 'application_fee_amount' },
    ],
    [
      'a part for the provider above the amount',
      () => stripe.paymentIntents.create({ ...held, transfer_data: { destination: HEALTHY, amount: 1100 } }),
      { param: 'transfer_data[amount]' },
    ],
    [
      'a statement descriptor of a card payment',
      () => stripe.paymentIntents.create({ ...held, statement_descriptor: 'SHOP' }),
      { param: 'statement_descriptor' },
    ],
    [
      'a statement descriptor suffix of more than 22 characters',
      () => stripe.paymentIntents.create({ ...held, statement_descriptor_suffix: 'x'.repeat(23) }),
      { param: 'statement_descriptor_suffix' },
    ],
    [
      'a confirmation without a way back, when any method is allowed',
      () => stripe.paymentIntents.create({ amount: 500, currency: 'eur', ...paid }),
      { param: 'return_url' },
    ],
    [
      'a list of methods and another choice of methods',
      () => stripe.paymentIntents.create({ ...held, automatic_payment_methods: { enabled: true } }),
      { param: 'automatic_payment_methods' },
    ],
    [
      'a bank account where only cards are allowed',
      () => stripe.paymentIntents.create({ ...atOnce, payment_method: 'pm_usBankAccount_success' }),
      { code: 'payment_intent_incompatible_payment_method', param: 'payment_method' },
    ],
    [
      'a hold on a bank account',
      () =>
        stripe.paymentIntents.create({
          ...held,
          allowed_payment_method_types: ['us_bank_account'],
          payment_method: 'pm_usBankAccount_success',
        }),
      { code: 'payment_intent_incompatible_payment_method', param: 'payment_method' },
    ],
    [
      'a charge on behalf of a restricted account',
      () => stripe.paymentIntents.create({ ...held, on_behalf_of: RESTRICTED }),
      { message: 'Your account cannot currently make charges.' },
    ],
    [
      'a customer who was deleted',
      async () => {
        const { id } = await stripe.customers.create();
        await stripe.customers.del(id);
        await stripe.paymentIntents.create({ ...held, customer: id });
      },
      { code: 'resource_missing', param: 'customer' },
    ],
  ])('%s', async (_what, work, expected) => {
    expect(await failureOf(work())).toMatchObject({ statusCode: 400, ...expected });
  });

  it('needs no way back where redirects are not allowed', async () => {
    const { status } = await stripe.paymentIntents.create({
      amount: 500,
      currency: 'eur',
      automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
      ...paid,
    });

    expect(status).toBe('succeeded');
  });
});
