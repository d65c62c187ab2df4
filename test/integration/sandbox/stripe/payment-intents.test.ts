/** Stripe's PaymentIntents, through the real client. */
import Stripe from 'stripe';
import { judgePair } from '../../../../server/domain/payment-intent.ts';
import { startSandbox, type Sandbox } from '../../../sandbox/sandbox.ts';
import { stripeClient } from '../../../setup/flex-sdks.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterEach(() => sandbox.reset());
afterAll(() => sandbox.close());

const stripe = (key?: string) => stripeClient(sandbox.info(), key);
const held = {
  amount: 1099,
  currency: 'eur',
  capture_method: 'manual',
  allowed_payment_method_types: ['card' as const],
} satisfies Stripe.PaymentIntentCreateParams;

const failureOf = async (work: Promise<unknown>): Promise<Stripe.errors.StripeError> => {
  try {
    await work;
  } catch (error) {
    return error as Stripe.errors.StripeError;
  }
  throw new Error('It did not fail');
};

describe('a PaymentIntent', () => {
  it('is made with an id and secret of the right shape', async () => {
    const intent = await stripe().paymentIntents.create(held);

    expect(intent).toMatchObject({
      ...held,
      status: 'requires_payment_method',
      livemode: false,
      amount_capturable: 0,
    });
    expect(judgePair({ id: intent.id, clientSecret: intent.client_secret })).toEqual({
      valid: true,
      reasons: [],
    });
    expect([intent.id.length, intent.client_secret!.length]).toEqual([27, 60]);
  });

  it('is held, captured and done', async () => {
    const { id } = await stripe().paymentIntents.create(held);

    const confirmed = await stripe().paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
    const captured = await stripe().paymentIntents.capture(id, {}, { idempotencyKey: 'capture-1' });

    expect(confirmed).toMatchObject({ status: 'requires_capture', amount_capturable: 1099 });
    expect(captured).toMatchObject({ status: 'succeeded', amount_received: 1099, amount_capturable: 0 });
    expect(sandbox.stripe().events.map(event => event.type)).toEqual([
      'payment_intent.created',
      'charge.succeeded',
      'payment_intent.amount_capturable_updated',
      'charge.captured',
      'payment_intent.succeeded',
    ]);
  });

  it('is paid at once where capture is automatic', async () => {
    const intent = await stripe().paymentIntents.create({
      amount: 500,
      currency: 'usd',
      allowed_payment_method_types: ['card'],
      payment_method: 'pm_card_visa',
      confirm: true,
    });

    expect(intent).toMatchObject({ status: 'succeeded', amount_received: 500 });
  });

  it('is declined with 402, keeps the error and can be tried again', async () => {
    const { id } = await stripe().paymentIntents.create(held);

    const error = await failureOf(
      stripe().paymentIntents.confirm(id, { payment_method: 'pm_card_chargeDeclinedInsufficientFunds' }),
    );

    expect(error).toBeInstanceOf(Stripe.errors.StripeCardError);
    expect(error).toMatchObject({
      statusCode: 402,
      code: 'card_declined',
      decline_code: 'insufficient_funds',
      payment_intent: { id, status: 'requires_payment_method' },
    });
    expect(await stripe().paymentIntents.retrieve(id)).toMatchObject({
      last_payment_error: { code: 'card_declined' },
      payment_method: null,
    });
    expect(await stripe().paymentIntents.confirm(id, { payment_method: 'pm_card_visa' })).toMatchObject({
      status: 'requires_capture',
      last_payment_error: null,
    });
  });

  it('waits for authentication and goes on when it is done', async () => {
    const { id } = await stripe().paymentIntents.create(held);
    const finish = (passed: boolean) =>
      fetch(`${sandbox.url}/sandbox/stripe/authenticate`, {
        method: 'POST',
        body: JSON.stringify({ paymentIntent: id, passed }),
      });

    expect(
      await stripe().paymentIntents.confirm(id, { payment_method: 'pm_card_threeDSecure2Required' }),
    ).toMatchObject({ status: 'requires_action', next_action: { type: 'use_stripe_sdk' } });
    await finish(false);
    expect(await stripe().paymentIntents.retrieve(id)).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { code: 'payment_intent_authentication_failure' },
    });
    await stripe().paymentIntents.confirm(id, { payment_method: 'pm_card_threeDSecure2Required' });
    await finish(true);

    expect((await stripe().paymentIntents.retrieve(id)).status).toBe('requires_capture');
  });

  it('loses its hold after seven days', async () => {
    const { id } = await stripe().paymentIntents.create({
      ...held,
      payment_method: 'pm_card_visa',
      confirm: true,
    });

    await sandbox.advance(7 * 86_400_000);

    expect(await stripe().paymentIntents.retrieve(id)).toMatchObject({
      status: 'canceled',
      cancellation_reason: 'automatic',
    });
  });

  it.each<[string, (id: string) => Promise<unknown>, object]>([
    [
      'captured before it is held',
      id => stripe().paymentIntents.capture(id),
      { code: 'payment_intent_unexpected_state' },
    ],
    [
      'confirmed without a card',
      id => stripe().paymentIntents.confirm(id),
      { code: 'payment_intent_unexpected_state' },
    ],
    [
      'refunded before it is paid',
      id => stripe().refunds.create({ payment_intent: id }),
      { param: 'payment_intent' },
    ],
    [
      'cancelled twice',
      id =>
        stripe()
          .paymentIntents.cancel(id)
          .then(() => stripe().paymentIntents.cancel(id)),
      { code: 'payment_intent_unexpected_state', payment_intent: { status: 'canceled' } },
    ],
  ])('can not be %s', async (_what, work, expected) => {
    const { id } = await stripe().paymentIntents.create(held);

    expect(await failureOf(work(id))).toMatchObject({ statusCode: 400, ...expected });
  });

  it.each<[string, object, object]>([
    ['too little', { amount: 49 }, { code: 'amount_too_small', param: 'amount' }],
    ['too much', { amount: 100_000_000 }, { code: 'amount_too_large', param: 'amount' }],
    ['no currency', { currency: '' }, { code: 'parameter_missing', param: 'currency' }],
    ['an unknown parameter', { colour: 'red' }, { code: 'parameter_unknown', param: 'colour' }],
    [
      'the list of types of old',
      { payment_method_types: ['card'] },
      { code: 'payment_method_types_no_longer_supported', param: 'payment_method_types' },
    ],
    [
      'an unknown account',
      { transfer_data: { destination: 'acct_nobody' } },
      { code: 'resource_missing', param: 'transfer_data[destination]' },
    ],
    [
      'a restricted account',
      { transfer_data: { destination: 'acct_1SbxRicoRestrict' } },
      { code: 'insufficient_capabilities_for_transfer' },
    ],
    ['a fee without a destination', { application_fee_amount: 1 }, { param: 'application_fee_amount' }],
    ['an unknown word', { capture_method: 'later' }, { param: 'capture_method' }],
    ['metadata that is too long', { metadata: { a: 'x'.repeat(501) } }, { param: 'metadata[a]' }],
  ])('can not be made with %s', async (_what, parameters, expected) => {
    const error = await failureOf(stripe().paymentIntents.create({ ...held, ...parameters }));

    expect(error).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
    expect(error).toMatchObject(expected);
    expect(sandbox.stripe().paymentIntents.size).toBe(0);
  });

  it('is not found by a wrong id, with a wrong key, or for another account', async () => {
    const { id } = await stripe().paymentIntents.create(held);

    expect(await failureOf(stripe().paymentIntents.retrieve('pi_nothing'))).toMatchObject({
      statusCode: 404,
      code: 'resource_missing',
      param: 'intent',
    });
    expect(await failureOf(stripe('sk_test_wrong').paymentIntents.retrieve(id))).toBeInstanceOf(
      Stripe.errors.StripeAuthenticationError,
    );
    expect(
      await failureOf(stripe().paymentIntents.retrieve(id, {}, { stripeAccount: 'acct_1SbxPetraHealthy' })),
    ).toMatchObject({ statusCode: 404 });
  });
});

describe('a browser', () => {
  const browser = () => stripe(sandbox.info().stripe.publishableKey);

  it('sees and confirms with the client secret, and only what it may', async () => {
    const { id, client_secret } = await stripe().paymentIntents.create({
      ...held,
      metadata: { internal: 'x' },
    });
    const withSecret = { client_secret: client_secret! };

    const seen = await browser().paymentIntents.retrieve(id, withSecret);
    const confirmed = await browser().paymentIntents.confirm(id, {
      ...(withSecret as object),
      payment_method: 'pm_card_visa',
    });

    expect(seen).not.toHaveProperty('metadata');
    expect(seen.status).toBe('requires_payment_method');
    expect(confirmed.status).toBe('requires_capture');
  });

  it('can do nothing without it, nor anything else with it', async () => {
    const { id, client_secret } = await stripe().paymentIntents.create(held);

    expect(await failureOf(browser().paymentIntents.retrieve(id))).toMatchObject({
      statusCode: 400,
      param: 'client_secret',
    });
    expect(
      await failureOf(browser().paymentIntents.retrieve(id, { client_secret: `${client_secret}x` })),
    ).toMatchObject({ statusCode: 400 });
    expect(await failureOf(browser().paymentIntents.cancel(id))).toMatchObject({
      statusCode: 401,
      code: 'secret_key_required',
    });
  });
});

describe('an idempotency key', () => {
  it('gives the first answer again, for the same parameters only', async () => {
    const create = (amount: number) =>
      stripe().paymentIntents.create({ ...held, amount }, { idempotencyKey: 'key-1' });

    const [first, second] = [await create(1099), await create(1099)];

    expect(second.id).toBe(first.id);
    expect(second.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(await failureOf(create(1100))).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
    expect(sandbox.stripe().paymentIntents.size).toBe(1);
  });

  it('is forgotten after 24 hours, and not used up by a refusal of the parameters', async () => {
    const create = (amount: number) =>
      stripe().paymentIntents.create({ ...held, amount }, { idempotencyKey: 'key-1' });
    await failureOf(
      stripe().paymentIntents.create({ ...held, unknown: 1 } as never, { idempotencyKey: 'key-1' }),
    );
    const first = await create(1099);

    await sandbox.advance(24 * 3_600_000);

    expect((await create(1099)).id).not.toBe(first.id);
  });
});

it('answers loudly where nothing is built', async () => {
  expect(await failureOf(stripe().climate.orders.list())).toMatchObject({
    statusCode: 404,
    message: expect.stringContaining('Unrecognized request URL'),
  });
});
