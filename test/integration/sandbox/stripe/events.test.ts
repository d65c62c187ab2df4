/** Which events an operation leaves, in the order in which one led to the other, and what stands in them. */
import type Stripe from 'stripe';
import {
  atOnce,
  DAY,
  failureOf,
  HEALTHY,
  held,
  paid,
  startStripe,
  toProvider,
} from '../../../setup/stripe-sandbox.ts';

const { sandbox, stripe, control, eventTypes, reset } = startStripe();
afterEach(reset);
afterAll(() => sandbox.close());

const intents = stripe.paymentIntents;
const three = { payment_method: 'pm_card_threeDSecure2Required', confirm: true } as const;
const debit = {
  amount: 500,
  currency: 'usd',
  allowed_payment_method_types: ['us_bank_account' as const],
  confirm: true,
};
const finish = (id: string, passed: boolean) => control('stripe/authenticate', { paymentIntent: id, passed });
const newCustomer = async () => (await stripe.customers.create()).id;

/** What an operation writes. What `before` writes does not count. */
type Row = {
  what: string;
  before?: () => Promise<string>;
  operation: (id: string) => Promise<unknown>;
  events: string[];
};

const rows: Row[] = [
  {
    what: 'a PaymentIntent is made',
    operation: () => intents.create(held),
    events: ['payment_intent.created'],
  },
  {
    what: 'it is confirmed and captured at once',
    operation: () => intents.create({ ...atOnce, ...paid }),
    events: ['payment_intent.created', 'charge.succeeded', 'payment_intent.succeeded'],
  },
  {
    what: 'the same for a provider',
    operation: () => intents.create({ ...atOnce, ...paid, ...toProvider }),
    events: [
      'payment_intent.created',
      'charge.succeeded',
      'payment_intent.succeeded',
      'transfer.created',
      'application_fee.created',
    ],
  },
  {
    what: 'the same for a provider, asynchronously',
    operation: async () => {
      await intents.create({ ...atOnce, ...paid, ...toProvider, capture_method: 'automatic_async' });
      await sandbox.advance(1_000);
    },
    events: [
      'payment_intent.created',
      'charge.succeeded',
      'payment_intent.succeeded',
      'transfer.created',
      'application_fee.created',
      'charge.updated',
    ],
  },
  {
    what: 'it is held',
    operation: () => intents.create({ ...held, ...paid }),
    events: ['payment_intent.created', 'charge.succeeded', 'payment_intent.amount_capturable_updated'],
  },
  {
    what: 'the bank is asked',
    operation: () => intents.create({ ...held, ...three }),
    events: ['payment_intent.created', 'payment_intent.requires_action'],
  },
  {
    what: 'the customer passes',
    before: async () => (await intents.create({ ...held, ...three })).id,
    operation: id => finish(id, true),
    events: ['charge.succeeded', 'payment_intent.amount_capturable_updated'],
  },
  {
    what: 'the customer fails',
    before: async () => (await intents.create({ ...held, ...three })).id,
    operation: id => finish(id, false),
    events: ['payment_intent.payment_failed'],
  },
  {
    what: 'a card is declined',
    before: async () => (await intents.create(held)).id,
    operation: id => failureOf(intents.confirm(id, { payment_method: 'pm_card_chargeDeclined' })),
    events: ['charge.failed', 'payment_intent.payment_failed'],
  },
  {
    what: 'a debit is under way, and succeeds',
    operation: async () => {
      await intents.create({ ...debit, payment_method: 'pm_usBankAccount_success' });
      await sandbox.advance(4 * DAY);
    },
    events: [
      'payment_intent.created',
      'payment_intent.processing',
      'charge.succeeded',
      'payment_intent.succeeded',
    ],
  },
  {
    what: 'a debit is under way, and fails',
    operation: async () => {
      await intents.create({ ...debit, payment_method: 'pm_usBankAccount_accountClosed' });
      await sandbox.advance(4 * DAY);
    },
    events: [
      'payment_intent.created',
      'payment_intent.processing',
      'charge.failed',
      'payment_intent.payment_failed',
    ],
  },
  {
    what: 'a hold is captured for a provider',
    before: async () => (await intents.create({ ...held, ...paid, ...toProvider })).id,
    operation: async id => {
      await intents.capture(id);
      await sandbox.advance(1_000);
    },
    events: [
      'charge.captured',
      'payment_intent.succeeded',
      'transfer.created',
      'application_fee.created',
      'charge.updated',
    ],
  },
  {
    what: 'it is cancelled before any charge',
    before: async () => (await intents.create(held)).id,
    operation: id => intents.cancel(id),
    events: ['payment_intent.canceled'],
  },
  {
    what: 'a hold is cancelled',
    before: async () => (await intents.create({ ...held, ...paid })).id,
    operation: id => intents.cancel(id),
    events: ['charge.refunded', 'payment_intent.canceled'],
  },
  {
    what: 'a hold runs out',
    before: async () => (await intents.create({ ...held, ...paid })).id,
    operation: () => sandbox.advance(7 * DAY),
    events: ['charge.expired', 'payment_intent.canceled'],
  },
  {
    what: 'a payment is refunded',
    before: async () => (await intents.create({ ...atOnce, ...paid })).id,
    operation: id => stripe.refunds.create({ payment_intent: id }),
    events: ['refund.created', 'charge.refunded', 'refund.updated', 'charge.refund.updated'],
  },
  {
    what: 'a payment is refunded with transfer and fee',
    before: async () => (await intents.create({ ...atOnce, ...paid, ...toProvider })).id,
    operation: id =>
      stripe.refunds.create({ payment_intent: id, reverse_transfer: true, refund_application_fee: true }),
    events: [
      'refund.created',
      'charge.refunded',
      'refund.updated',
      'charge.refund.updated',
      'transfer.reversed',
      'application_fee.refunded',
    ],
  },
  {
    what: 'a refund fails later',
    before: async () => {
      const { id } = await intents.create({ ...atOnce, payment_method: 'pm_card_refundFail', confirm: true });
      await stripe.refunds.create({ payment_intent: id });
      return id;
    },
    operation: () => sandbox.advance(60_000),
    events: ['refund.failed', 'refund.updated'],
  },
  {
    what: 'a SetupIntent is made and confirmed for a customer',
    before: newCustomer,
    operation: customer =>
      stripe.setupIntents.create({
        customer,
        payment_method: 'pm_card_visa',
        confirm: true,
        return_url: 'http://a.example',
      }),
    events: ['setup_intent.created', 'setup_intent.succeeded', 'payment_method.attached'],
  },
  {
    what: 'a SetupIntent asks the bank',
    operation: () =>
      stripe.setupIntents.create({
        payment_method: 'pm_card_threeDSecure2Required',
        confirm: true,
        return_url: 'http://a.example',
      }),
    events: ['setup_intent.created', 'setup_intent.requires_action'],
  },
  {
    what: 'a SetupIntent fails',
    before: async () => (await stripe.setupIntents.create({})).id,
    operation: id =>
      failureOf(
        stripe.setupIntents.confirm(id, {
          payment_method: 'pm_card_chargeDeclined',
          return_url: 'http://a.example',
        }),
      ),
    events: ['setup_intent.setup_failed'],
  },
  {
    what: 'a SetupIntent is cancelled',
    before: async () => (await stripe.setupIntents.create({})).id,
    operation: id => stripe.setupIntents.cancel(id),
    events: ['setup_intent.canceled'],
  },
  {
    what: 'a customer comes, changes and goes',
    operation: async () => {
      const id = await newCustomer();
      await stripe.customers.update(id, { name: 'Ada' });
      await stripe.customers.update(id, { name: 'Ada' });
      await stripe.customers.del(id);
    },
    events: ['customer.created', 'customer.updated', 'customer.deleted'],
  },
  {
    what: 'a card is attached and detached',
    before: newCustomer,
    operation: async customer => {
      const { id } = await stripe.paymentMethods.attach('pm_card_visa', { customer });
      await stripe.paymentMethods.detach(id);
    },
    events: ['payment_method.attached', 'payment_method.detached'],
  },
  {
    what: 'what is only read or refused',
    before: async () => (await intents.create(held)).id,
    operation: async id => {
      await intents.retrieve(id);
      await intents.list();
      await failureOf(intents.capture(id));
      await failureOf(intents.create({ ...held, confirm: true }));
    },
    events: [],
  },
];

it.each(rows)('$what', async ({ before, operation, events }) => {
  const id = (await before?.()) ?? '';
  const earlier = eventTypes().length;

  await operation(id);

  expect(eventTypes().slice(earlier)).toEqual(events);
});

describe('an event', () => {
  const last = async () => (await stripe.events.list({ limit: 1 })).data[0]!;

  it('of a change says what stood there before, and only that', async () => {
    const { id } = await stripe.customers.create({ name: 'Ada', metadata: { a: '1', b: '2' } });
    await stripe.customers.update(id, { name: 'Eve', metadata: { a: '3', c: '4' } });

    expect((await last()).data).toEqual({
      object: expect.objectContaining({ id, name: 'Eve', metadata: { a: '3', b: '2', c: '4' } }),
      previous_attributes: { name: 'Ada', metadata: { a: '1', c: null } },
    });
  });

  it('of what came later to a charge names the three that were null', async () => {
    await intents.create({ ...atOnce, ...paid, ...toProvider, capture_method: 'automatic_async' });
    const { data } = await stripe.events.list({ types: ['charge.succeeded', 'payment_intent.succeeded'] });
    const early = data.find(({ type }) => type === 'charge.succeeded')!.data.object as Stripe.Charge;
    expect([early.balance_transaction, early.application_fee, 'transfer' in early]).toEqual([
      null,
      null,
      false,
    ]);
    await sandbox.advance(1_000);

    expect((await last()).data.previous_attributes).toEqual({
      application_fee: null,
      balance_transaction: null,
      transfer: null,
    });
  });

  it('of anything else has no word of before', async () => {
    await newCustomer();

    expect((await last()).data).not.toHaveProperty('previous_attributes');
  });

  it('names the request that caused it, and the account it happened on', async () => {
    const { lastResponse } = await stripe.customers.create(
      {},
      { idempotencyKey: 'one', stripeAccount: HEALTHY },
    );
    const [event] = (await stripe.events.list({}, { stripeAccount: HEALTHY })).data;

    expect(event).toMatchObject({
      id: expect.stringMatching(/^evt_3[0-9A-Za-z]{23}$/),
      account: HEALTHY,
      request: { id: lastResponse.requestId, idempotency_key: 'one' },
    });
    expect((await stripe.events.list()).data).toEqual([]);
  });
});
