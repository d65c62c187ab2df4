/** Stripe's test cards, and what a payment with each comes to. */
import type Stripe from 'stripe';
import { atOnce, failureOf, held, startStripe } from '../../../setup/stripe-sandbox.ts';

const { sandbox, stripe, reset } = startStripe();
afterEach(reset);
afterAll(() => sandbox.close());

const payWith = (payment_method: string, more: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
  stripe.paymentIntents.create({ ...atOnce, payment_method, confirm: true, ...more });

it.each([
  ['pm_card_visa', 'visa', '4242'],
  ['pm_card_visa_debit', 'visa', '5556'],
  ['pm_card_mastercard', 'mastercard', '4444'],
  ['pm_card_amex', 'amex', '0005'],
  ['pm_card_createDispute', 'visa', '0259'],
  ['pm_card_refundFail', 'visa', '5126'],
])('%s pays', async (name, brand, last4) => {
  const intent = await payWith(name, { expand: ['latest_charge', 'payment_method'] });

  expect(intent).toMatchObject({
    status: 'succeeded',
    payment_method: { id: expect.stringMatching(/^pm_3[0-9A-Za-z]{23}$/), card: { brand, last4 } },
    latest_charge: {
      status: 'succeeded',
      paid: true,
      outcome: { type: 'authorized' },
      payment_method_details: { type: 'card', card: { brand, last4 } },
    },
  });
});

it.each([
  ['pm_card_chargeDeclined', 'card_declined', 'generic_decline', 'Your card was declined.'],
  [
    'pm_card_chargeDeclinedInsufficientFunds',
    'card_declined',
    'insufficient_funds',
    'Your card has insufficient funds.',
  ],
  ['pm_card_chargeDeclinedLostCard', 'card_declined', 'lost_card', 'Your card was declined.'],
  ['pm_card_chargeDeclinedStolenCard', 'card_declined', 'stolen_card', 'Your card was declined.'],
  ['pm_card_chargeDeclinedExpiredCard', 'expired_card', undefined, 'Your card has expired.'],
  [
    'pm_card_chargeDeclinedIncorrectCvc',
    'incorrect_cvc',
    undefined,
    "Your card's security code is incorrect.",
  ],
  [
    'pm_card_chargeDeclinedProcessingError',
    'processing_error',
    undefined,
    'An error occurred while processing your card. Try again in a little bit.',
  ],
])('%s is declined', async (name, code, declineCode, message) => {
  const error = await failureOf(payWith(name));

  expect(error).toMatchObject({ type: 'StripeCardError', statusCode: 402, code, message });
  expect(error.decline_code).toBe(declineCode ?? '');
  expect(error.payment_intent).toMatchObject({
    status: 'requires_payment_method',
    payment_method: null,
    amount_received: 0,
    last_payment_error: {
      type: 'card_error',
      code,
      message,
      charge: error.charge,
      payment_method: { object: 'payment_method' },
    },
  });
  expect(error.payment_intent!.last_payment_error!.decline_code).toBe(declineCode);
  expect(await stripe.charges.retrieve(error.charge!)).toMatchObject({
    status: 'failed',
    paid: false,
    captured: false,
    failure_code: code,
    failure_message: message,
    outcome: { type: 'issuer_declined' },
  });
});

describe.each([
  ['pm_card_threeDSecure2Required', 'requires_action'],
  ['pm_card_threeDSecureRequired', 'authentication_required'],
  ['pm_card_authenticationRequired', 'authentication_required'],
])('%s', (name, offSession) => {
  it('asks the bank', async () => {
    expect(await payWith(name)).toMatchObject({ status: 'requires_action', latest_charge: null });
  });

  const outcomeOf = (work: Promise<Stripe.PaymentIntent>): Promise<string> =>
    work.then(
      ({ status }) => status,
      (error: Stripe.errors.StripeError) => error.code!,
    );

  it.each([true, 'one_off', 'recurring'] as const)(
    `without its owner (off_session: %s) comes to ${offSession}`,
    async off_session => {
      expect(await outcomeOf(payWith(name, { off_session }))).toBe(offSession);
    },
  );
});

it('without its owner is declined with a PaymentIntent that wants another method', async () => {
  expect(await failureOf(payWith('pm_card_authenticationRequired', { off_session: true }))).toMatchObject({
    statusCode: 402,
    code: 'authentication_required',
    decline_code: 'authentication_required',
    payment_intent: { status: 'requires_payment_method', next_action: null },
  });
});

it('each use of a name makes a method of its own', async () => {
  const [one, two] = [await payWith('pm_card_visa'), await payWith('pm_card_visa')];

  expect(one.payment_method).not.toBe(two.payment_method);
  expect(await stripe.paymentMethods.retrieve(one.payment_method as string)).toMatchObject({ type: 'card' });
});

it('a card of a customer is used again by its own id', async () => {
  const { id: customer } = await stripe.customers.create();
  const { id } = await stripe.paymentMethods.attach('pm_card_visa', { customer });

  expect(await payWith(id, { customer })).toMatchObject({
    status: 'succeeded',
    payment_method: id,
    customer,
  });
});

it.each([
  ['4242 4242 4242 4242', 'succeeded'],
  ['4000000000009995', 'card_declined'],
  ['4000000000003220', 'requires_action'],
])('a card typed in as %s comes to %s', async (number, outcome) => {
  const { publishableKey } = sandbox.info().stripe;
  const { id, client_secret } = await stripe.paymentIntents.create(held);
  const body = new URLSearchParams({
    client_secret: client_secret!,
    'payment_method_data[type]': 'card',
    'payment_method_data[card][number]': number,
    'payment_method_data[card][exp_month]': '12',
    'payment_method_data[card][exp_year]': '2034',
    'payment_method_data[card][cvc]': '123',
  });
  const response = await sandbox.stripeService({
    method: 'POST',
    path: `/v1/payment_intents/${id}/confirm`,
    query: new URLSearchParams(),
    headers: { authorization: `Bearer ${publishableKey}` },
    body: body.toString(),
  });
  const answer = JSON.parse(response.body);

  expect(answer.error?.code ?? answer.status).toBe(outcome === 'succeeded' ? 'requires_capture' : outcome);
});

it('what is no test card is no card', async () => {
  expect(await failureOf(payWith('pm_card_imagined'))).toMatchObject({
    statusCode: 400,
    code: 'resource_missing',
    param: 'payment_method',
  });
});
