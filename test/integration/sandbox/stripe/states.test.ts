/** The states of a PaymentIntent: what leads from one to the next, what is refused where, and its amounts along the way. */
import type Stripe from 'stripe';
import { atOnce, DAY, failureOf, held, paid, startStripe } from '../../../setup/stripe-sandbox.ts';

const { sandbox, stripe, control, reset } = startStripe();
afterEach(reset);
afterAll(() => sandbox.close());

type Status = Stripe.PaymentIntent.Status;

const intents = stripe.paymentIntents;
const authenticate = (id: string, passed: boolean) =>
  control('stripe/authenticate', { paymentIntent: id, passed });
const debit = {
  amount: 1099,
  currency: 'usd',
  allowed_payment_method_types: ['us_bank_account' as const],
  confirm: true,
};

/** One in each status. */
const inStatus: Record<string, () => Promise<Stripe.PaymentIntent>> = {
  requires_payment_method: () => intents.create(held),
  requires_confirmation: () => intents.create({ ...held, payment_method: 'pm_card_visa' }),
  requires_action: () =>
    intents.create({ ...held, payment_method: 'pm_card_threeDSecure2Required', confirm: true }),
  processing: () => intents.create({ ...debit, payment_method: 'pm_usBankAccount_success' }),
  requires_capture: () => intents.create({ ...held, ...paid }),
  succeeded: () => intents.create({ ...atOnce, ...paid }),
  canceled: async () => intents.cancel((await intents.create(held)).id),
};

const operations: Record<string, (id: string) => Promise<unknown>> = {
  'update of the amount': id => intents.update(id, { amount: 500 }),
  'update of the currency': id => intents.update(id, { currency: 'usd' }),
  'update of the payment method': id => intents.update(id, { payment_method: 'pm_card_visa' }),
  'update of the description': id => intents.update(id, { description: 'x', metadata: { a: 'b' } }),
  confirmation: id => intents.confirm(id, { payment_method: 'pm_card_visa' }),
  'confirmation without a method': id => intents.confirm(id),
  capture: id => intents.capture(id),
  cancellation: id => intents.cancel(id),
  increment: id => intents.incrementAuthorization(id, { amount: 2000 }),
};

const REFUSED = 'payment_intent_unexpected_state';
const open = ['requires_payment_method', 'requires_confirmation', 'requires_action'];

/** Where each is allowed, and what it leads to. */
const allowed: Record<string, Partial<Record<Status, Status>>> = {
  'update of the amount': Object.fromEntries(open.map(status => [status, status])),
  'update of the currency': Object.fromEntries(open.map(status => [status, status])),
  'update of the payment method': {
    requires_payment_method: 'requires_confirmation',
    requires_confirmation: 'requires_confirmation',
    requires_action: 'requires_confirmation',
  },
  'update of the description': Object.fromEntries(Object.keys(inStatus).map(status => [status, status])),
  confirmation: Object.fromEntries(open.map(status => [status, 'requires_capture'])),
  'confirmation without a method': {
    requires_confirmation: 'requires_capture',
    requires_action: 'requires_action',
  },
  capture: { requires_capture: 'succeeded' },
  cancellation: Object.fromEntries(
    [...open, 'processing', 'requires_capture'].map(status => [status, 'canceled']),
  ),
  increment: {},
};

const statuses = Object.keys(inStatus) as Status[];
/** Each operation in each status. */
const cases = Object.keys(operations).flatMap(operation =>
  statuses.map(status => ({ operation, status, next: allowed[operation]![status] })),
);

it.each(cases.filter(({ next }) => next))(
  'a $operation of one that is $status leads to $next',
  async ({ operation, status, next }) => {
    const before = await inStatus[status]!();
    expect(before.status).toBe(status);

    await operations[operation]!(before.id);

    expect((await intents.retrieve(before.id)).status).toBe(next);
  },
);

it.each(cases.filter(({ next }) => !next))(
  'a $operation of one that is $status is refused and changes nothing',
  async ({ operation, status }) => {
    const before = await inStatus[status]!();
    expect(before.status).toBe(status);

    expect(await failureOf(operations[operation]!(before.id))).toMatchObject({
      statusCode: 400,
      rawType: 'invalid_request_error',
      code: REFUSED,
      payment_intent: { ...before },
    });
    expect(await intents.retrieve(before.id)).toEqual({ ...before });
  },
);

it('a refund leaves the status as it is', async () => {
  const { id } = await inStatus['succeeded']!();

  expect((await stripe.refunds.create({ payment_intent: id })).status).toBe('succeeded');
  expect((await intents.retrieve(id)).status).toBe('succeeded');
});

it.each(statuses.filter(status => status !== 'succeeded'))(
  'a refund of one that is %s is refused',
  async status => {
    const { id } = await inStatus[status]!();

    expect(await failureOf(stripe.refunds.create({ payment_intent: id }))).toMatchObject({
      statusCode: 400,
      code: undefined,
      param: 'payment_intent',
    });
    expect((await intents.retrieve(id)).status).toBe(status);
  },
);

describe('the words of a refusal', () => {
  it('name the status and those that would do', async () => {
    const { id } = await intents.create(held);

    expect((await failureOf(intents.capture(id))).message).toBe(
      'This PaymentIntent could not be captured because it has a status of requires_payment_method. ' +
        'Only a PaymentIntent with one of the following statuses may be captured: requires_capture.',
    );
  });

  it.each(['retrieve', 'update', 'confirm', 'capture', 'cancel', 'incrementAuthorization'] as const)(
    'say that there is none to %s',
    async operation => {
      const call = intents[operation] as (id: string, parameters?: object) => Promise<unknown>;
      const given = operation === 'incrementAuthorization' ? { amount: 5 } : {};

      expect(await failureOf(call.call(intents, 'pi_nobody', given))).toMatchObject({
        statusCode: 404,
        code: 'resource_missing',
        param: 'intent',
        message: "No such payment_intent: 'pi_nobody'",
      });
    },
  );
});

describe('a customer at the bank', () => {
  const asked = (more: object = {}) =>
    intents.create({ ...held, payment_method: 'pm_card_threeDSecure2Required', confirm: true, ...more });

  it.each([
    [{ capture_method: 'manual' }, 'requires_capture'],
    [{ capture_method: 'automatic' }, 'succeeded'],
    [{ capture_method: 'automatic_async' }, 'succeeded'],
    [{ confirmation_method: 'manual' }, 'requires_confirmation'],
  ])('who passes moves one with %j to %s', async (terms, status) => {
    const { id } = await asked(terms);
    await authenticate(id, true);

    expect(await intents.retrieve(id)).toMatchObject({
      status,
      next_action: null,
      payment_method: expect.stringMatching(/^pm_/),
    });
  });

  it('who passed does not have to pass again when the server confirms', async () => {
    const { id } = await asked({ confirmation_method: 'manual' });
    await authenticate(id, true);

    expect((await intents.confirm(id)).status).toBe('requires_capture');
  });

  it('who fails has to give another card', async () => {
    const { id } = await asked();
    await authenticate(id, false);

    expect(await intents.retrieve(id)).toMatchObject({
      status: 'requires_payment_method',
      payment_method: null,
      next_action: null,
      latest_charge: null,
      last_payment_error: { code: 'payment_intent_authentication_failure' },
    });
    expect((await intents.confirm(id, { payment_method: 'pm_card_visa' })).last_payment_error).toBeNull();
  });

  it.each([
    [{}, { type: 'use_stripe_sdk', use_stripe_sdk: expect.any(Object) }],
    [
      { return_url: 'http://shop.example' },
      {
        type: 'redirect_to_url',
        redirect_to_url: { url: expect.any(String), return_url: 'http://shop.example' },
      },
    ],
  ])('is sent there by what %j asks for', async (given, action) => {
    expect((await asked(given)).next_action).toEqual(action);
  });

  it('can not be asked when an attempt is to fail instead', async () => {
    expect(await failureOf(asked({ error_on_requires_action: true }))).toMatchObject({
      statusCode: 402,
      code: 'authentication_required',
      payment_intent: { status: 'requires_payment_method' },
    });
  });
});

const amountsOf = async (id: string) => {
  const intent = await intents.retrieve(id, { expand: ['latest_charge'] });
  const charge = intent.latest_charge as Stripe.Charge | null;
  return {
    amount: intent.amount,
    capturable: intent.amount_capturable,
    received: intent.amount_received,
    charge: charge && [charge.captured, charge.amount_captured, charge.amount_refunded, charge.refunded],
  };
};

describe('the amounts', () => {
  it.each<[string, object]>([
    ['requires_payment_method', { capturable: 0, received: 0, charge: null }],
    ['requires_confirmation', { capturable: 0, received: 0, charge: null }],
    ['requires_action', { capturable: 0, received: 0, charge: null }],
    ['processing', { capturable: 0, received: 0, charge: [false, 0, 0, false] }],
    ['requires_capture', { capturable: 1099, received: 0, charge: [false, 0, 0, false] }],
    ['succeeded', { capturable: 0, received: 1099, charge: [true, 1099, 0, false] }],
    ['canceled', { capturable: 0, received: 0, charge: null }],
  ])('of one that is %s', async (status, expected) => {
    expect(await amountsOf((await inStatus[status]!()).id)).toEqual({ amount: 1099, ...expected });
  });

  it('after a capture in part: the rest is gone, and so is a second capture', async () => {
    const { id } = await inStatus['requires_capture']!();
    await intents.capture(id, { amount_to_capture: 700 });

    expect(await amountsOf(id)).toMatchObject({ amount: 1099, capturable: 0, received: 700 });
    expect(await failureOf(intents.capture(id, { amount_to_capture: 399 }))).toMatchObject({ code: REFUSED });
    await stripe.refunds.create({ payment_intent: id });
    expect(await amountsOf(id)).toMatchObject({ received: 700, charge: [true, 700, 700, true] });
  });

  it('after a cancelled hold: it counts as refunded, though no money came back', async () => {
    const { id } = await inStatus['requires_capture']!();
    const canceled = await intents.cancel(id, { cancellation_reason: 'requested_by_customer' });

    expect(canceled).toMatchObject({
      canceled_at: sandbox.now() / 1000,
      cancellation_reason: 'requested_by_customer',
    });
    expect(await amountsOf(id)).toMatchObject({ capturable: 0, received: 0, charge: [false, 0, 1099, true] });
  });

  it('after refunds in parts', async () => {
    const { id } = await inStatus['succeeded']!();
    await stripe.refunds.create({ payment_intent: id, amount: 99 });
    expect(await amountsOf(id)).toMatchObject({ received: 1099, charge: [true, 1099, 99, false] });
    await stripe.refunds.create({ payment_intent: id });
    expect(await amountsOf(id)).toMatchObject({ received: 1099, charge: [true, 1099, 1099, true] });
  });
});

describe('time', () => {
  it('ends a hold after seven days to the second, which the charge says beforehand', async () => {
    const { id } = await inStatus['requires_capture']!();
    const { latest_charge: charge } = await intents.retrieve(id, { expand: ['latest_charge'] });
    expect((charge as Stripe.Charge).payment_method_details!.card!.capture_before).toBe(
      (sandbox.now() + 7 * DAY) / 1000,
    );

    await sandbox.advance(7 * DAY - 1);
    expect((await intents.retrieve(id)).status).toBe('requires_capture');
    await sandbox.advance(1);

    expect(await intents.retrieve(id)).toMatchObject({
      status: 'canceled',
      cancellation_reason: 'automatic',
      amount_capturable: 0,
    });
    expect(await amountsOf(id)).toMatchObject({ charge: [false, 0, 1099, true] });
    expect(await failureOf(intents.capture(id))).toMatchObject({ code: REFUSED });
  });

  it.each([
    ['pm_usBankAccount_success', { status: 'succeeded', amount_received: 1099 }],
    [
      'pm_usBankAccount_accountClosed',
      {
        status: 'requires_payment_method',
        payment_method: null,
        last_payment_error: { code: 'account_closed' },
      },
    ],
  ])('decides about %s', async (method, expected) => {
    const { id } = await intents.create({ ...debit, payment_method: method });
    await sandbox.advance(4 * DAY - 1);
    expect((await intents.retrieve(id)).status).toBe('processing');
    await sandbox.advance(1);

    expect(await intents.retrieve(id)).toMatchObject(expected);
  });

  it('brings what an asynchronous capture does not have yet', async () => {
    const { id } = await intents.create({ ...atOnce, capture_method: undefined, ...paid } as never);
    const settled = async () => {
      const intent = await intents.retrieve(id, { expand: ['latest_charge'] });
      expect([intent.capture_method, intent.status]).toEqual(['automatic_async', 'succeeded']);
      return (intent.latest_charge as Stripe.Charge).balance_transaction !== null;
    };

    expect(await settled()).toBe(false);
    await sandbox.advance(1_000);
    expect(await settled()).toBe(true);
  });
});

describe('an update', () => {
  it('changes what it names and nothing else, and takes away what it sends empty', async () => {
    const { id } = await intents.create({ ...held, description: 'a', metadata: { a: '1', b: '2' } });
    const before = await intents.retrieve(id);

    const after = await intents.update(id, {
      amount: 500,
      metadata: { a: '', c: '3' },
      receipt_email: 'ada@shop.example',
      shipping: { name: 'Ada', address: { city: 'Oulu' } },
      transfer_group: 'g',
      statement_descriptor_suffix: 'S',
      setup_future_usage: 'off_session',
    });

    expect(after).toEqual({
      ...before,
      amount: 500,
      metadata: { b: '2', c: '3' },
      receipt_email: 'ada@shop.example',
      shipping: { name: 'Ada', address: { city: 'Oulu' } },
      transfer_group: 'g',
      statement_descriptor_suffix: 'S',
      setup_future_usage: 'off_session',
    });
    expect(
      await intents.update(id, { description: '', metadata: '', receipt_email: '', shipping: '' }),
    ).toMatchObject({ description: null, metadata: {}, receipt_email: null, shipping: null });
  });

  it('that is refused changes nothing', async () => {
    const before = await intents.create(held);
    await failureOf(intents.update(before.id, { amount: 500, application_fee_amount: 5 }));

    expect(await intents.retrieve(before.id)).toEqual({ ...before });
  });
});
