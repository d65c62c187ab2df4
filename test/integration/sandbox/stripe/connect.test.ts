/** Connect: who holds what after every step of a payment to a provider, until it is on the provider's bank account. */
import type Stripe from 'stripe';
import {
  atOnce,
  DAY,
  failureOf,
  HEALTHY,
  held,
  paid,
  RESTRICTED,
  startStripe,
} from '../../../setup/stripe-sandbox.ts';

const { sandbox, stripe, control, eventTypes, reset } = startStripe();
afterEach(reset);
afterAll(() => sandbox.close());

const HOUR = 3_600_000;
const SETTLED = 2 * DAY;
const onProvider = { stripeAccount: HEALTHY };

/** 100 euros, of which the platform keeps ten; Stripe takes 2.9 % and 30 cents of the platform's. */
const booking = {
  ...held,
  ...paid,
  amount: 10_000,
  on_behalf_of: HEALTHY,
  transfer_data: { destination: HEALTHY },
  application_fee_amount: 1_000,
} satisfies Stripe.PaymentIntentCreateParams;
const STRIPE_FEE = 320;
const sale = { ...booking, capture_method: 'automatic' } as const;

const euros = (entries: Stripe.Balance.Available[]) =>
  entries.filter(({ currency }) => currency === 'eur').reduce((sum, { amount }) => sum + amount, 0);

async function holdings(options: Stripe.RequestOptions = {}) {
  const { available, pending } = await stripe.balance.retrieve({}, options);
  return { available: euros(available), pending: euros(pending) };
}

/** Platform and provider, each available and pending. */
async function books() {
  const [platform, provider] = [await holdings(), await holdings(onProvider)];
  return [platform.available, platform.pending, provider.available, provider.pending];
}

/** What all hold and have been paid out, and what Stripe took, is what came in and did not go back. */
async function expectToAddUp(expected: { captured: number; paidOut?: number; stripeFees?: number }) {
  const sum = (await books()).reduce((total, amount) => total + amount, 0);
  const { captured, paidOut = 0, stripeFees = STRIPE_FEE } = expected;
  expect(sum + paidOut + stripeFees).toBe(captured);
}

const chargeOf = async (id: string) =>
  (await stripe.paymentIntents.retrieve(id, { expand: ['latest_charge'] })).latest_charge as Stripe.Charge;

describe('a destination charge', () => {
  it('moves no money while it is only held', async () => {
    await stripe.paymentIntents.create(booking);

    expect(await books()).toEqual([0, 0, 0, 0]);
    expect((await stripe.balanceTransactions.list()).data).toEqual([]);
  });

  it('is booked a moment after its capture, is pending for two days, then available', async () => {
    const { id } = await stripe.paymentIntents.create(booking);
    await stripe.paymentIntents.capture(id);
    expect(await books()).toEqual([0, 0, 0, 0]);
    expect(await chargeOf(id)).toMatchObject({ balance_transaction: null, application_fee: null });
    expect(await chargeOf(id)).not.toHaveProperty('transfer');
    await sandbox.advance(1_000);

    expect(await books()).toEqual([0, 1_000 - STRIPE_FEE, 0, 9_000]);
    await expectToAddUp({ captured: 10_000 });
    await sandbox.advance(SETTLED - 1_000);
    expect((await books())[3]).toBe(9_000);
    await sandbox.advance(1_000);
    expect(await books()).toEqual([1_000 - STRIPE_FEE, 0, 9_000, 0]);
  });

  it('leaves a transfer, a payment and a fee that name each other', async () => {
    const { id } = await stripe.paymentIntents.create(sale);
    const charge = await chargeOf(id);
    const transfer = await stripe.transfers.retrieve(charge.transfer as string, {
      expand: ['destination_payment'],
    });
    const payment = transfer.destination_payment as Stripe.Charge;
    const fee = await stripe.applicationFees.retrieve(charge.application_fee as string);

    expect(transfer).toMatchObject({
      amount: 10_000,
      destination: HEALTHY,
      source_transaction: charge.id,
      amount_reversed: 0,
      reversed: false,
    });
    expect(payment).toMatchObject({
      id: expect.stringMatching(/^py_[0-9A-Za-z]{14}$/),
      amount: 10_000,
      application_fee: fee.id,
      application_fee_amount: 1_000,
      source_transfer: transfer.id,
      payment_intent: null,
    });
    expect(fee).toMatchObject({
      account: HEALTHY,
      amount: 1_000,
      charge: payment.id,
      originating_transaction: charge.id,
    });
    expect((await stripe.charges.retrieve(payment.id, {}, onProvider)).id).toBe(payment.id);
    const entries = await stripe.balanceTransactions.list({}, onProvider);
    expect(entries.data).toMatchObject([
      {
        type: 'payment',
        amount: 10_000,
        fee: 1_000,
        net: 9_000,
        source: payment.id,
        status: 'pending',
        fee_details: [{ type: 'application_fee', amount: 1_000 }],
      },
    ]);
    expect((await stripe.balanceTransactions.list()).data.map(({ type, net }) => [type, net])).toEqual([
      ['application_fee', 1_000],
      ['transfer', -10_000],
      ['charge', 10_000 - STRIPE_FEE],
    ]);
  });

  it.each<[string, Stripe.PaymentIntentCaptureParams, number[]]>([
    // Stripe's own price for 50 euros is 1.75.
    ['less is captured, and the fee with it', { amount_to_capture: 5_000 }, [0, 1_000 - 175, 0, 4_000]],
    [
      'less is captured than the fee',
      { amount_to_capture: 800 },
      // 53 cents is Stripe's price for 8 euros.
      [0, 800 - 53, 0, 0],
    ],
    ['another fee is agreed', { application_fee_amount: 2_000 }, [0, 2_000 - STRIPE_FEE, 0, 8_000]],
  ])('when %s', async (_what, parameters, expected) => {
    const { id } = await stripe.paymentIntents.create(booking);
    await stripe.paymentIntents.capture(id, parameters);
    await sandbox.advance(1_000);

    expect(await books()).toEqual(expected);
  });

  it.each<[object, number[]]>([
    [{ amount: 7_000 }, [0, 3_000 - STRIPE_FEE, 0, 7_000]],
    [{}, [0, -STRIPE_FEE, 0, 10_000]],
  ])('with a part for the provider of %j instead of a fee', async (part, expected) => {
    await stripe.paymentIntents.create({
      ...atOnce,
      ...paid,
      amount: 10_000,
      transfer_data: { destination: HEALTHY, ...part },
    });

    expect(await books()).toEqual(expected);
  });
});

describe('a refund', () => {
  const flags = { reverse_transfer: true, refund_application_fee: true };

  it.each<[string, Stripe.RefundCreateParams, number[]]>([
    ['alone is paid by the platform', {}, [-10_000, 1_000 - STRIPE_FEE, 0, 9_000]],
    [
      'with the transfer is paid by the provider, who does not get the fee back',
      { reverse_transfer: true },
      [0, 1_000 - STRIPE_FEE, -10_000, 9_000],
    ],
    [
      'with the fee gives that to the provider, and the money comes from the platform',
      { refund_application_fee: true },
      [-11_000, 1_000 - STRIPE_FEE, 1_000, 9_000],
    ],
    ['with both leaves nobody anything but the price', flags, [-1_000, 1_000 - STRIPE_FEE, -9_000, 9_000]],
    [
      'of a part takes both in proportion',
      { ...flags, amount: 2_500 },
      [-250, 1_000 - STRIPE_FEE, -2_250, 9_000],
    ],
  ])('%s', async (_what, parameters, expected) => {
    const { id } = await stripe.paymentIntents.create(sale);
    await stripe.refunds.create({ payment_intent: id, ...parameters });

    expect(await books()).toEqual(expected);
    await expectToAddUp({ captured: 10_000 - (parameters.amount ?? 10_000) });
  });

  it('in odd parts ends at nothing', async () => {
    const { id } = await stripe.paymentIntents.create({
      ...sale,
      amount: 9_999,
      application_fee_amount: 1_000,
    });
    for (const amount of [3_333, 3_333, 3_333]) {
      await stripe.refunds.create({ payment_intent: id, amount, ...flags });
    }
    await sandbox.advance(SETTLED);

    const charge = await chargeOf(id);
    const transfer = await stripe.transfers.retrieve(charge.transfer as string);
    expect([transfer.amount_reversed, transfer.reversed, transfer.reversals.data.length]).toEqual([
      9_999,
      true,
      3,
    ]);
    expect(await stripe.applicationFees.retrieve(charge.application_fee as string)).toMatchObject({
      amount_refunded: 1_000,
      refunded: true,
    });
    expect(await books()).toEqual([-STRIPE_FEE, 0, 0, 0]);
  });

  it('that takes the transfer back only with its last part takes that part', async () => {
    const { id } = await stripe.paymentIntents.create(sale);
    await stripe.refunds.create({ payment_intent: id, amount: 5_000 });
    await stripe.refunds.create({ payment_intent: id, ...flags });

    expect(await books()).toEqual([-5_000 - 500, 1_000 - STRIPE_FEE, -4_500, 9_000]);
    await expectToAddUp({ captured: 0 });
  });

  it('of what was just captured waits for nothing', async () => {
    const { id } = await stripe.paymentIntents.create(booking);
    await stripe.paymentIntents.capture(id);
    const refund = await stripe.refunds.create({ payment_intent: id, ...flags });
    await sandbox.advance(SETTLED);

    expect(refund).toMatchObject({
      status: 'succeeded',
      transfer_reversal: expect.stringMatching(/^trr_/),
      balance_transaction: expect.stringMatching(/^txn_/),
    });
    expect(await books()).toEqual([-STRIPE_FEE, 0, 0, 0]);
  });

  it('that the bank sends back is the platform’s again, and the charge is not refunded any more', async () => {
    const { id } = await stripe.paymentIntents.create({ ...sale, payment_method: 'pm_card_refundFail' });
    const { id: refund } = await stripe.refunds.create({ payment_intent: id, ...flags });
    await sandbox.advance(60_000);

    expect(await stripe.refunds.retrieve(refund)).toMatchObject({
      status: 'failed',
      failure_reason: 'declined',
      failure_balance_transaction: expect.stringMatching(/^txn_/),
    });
    expect(await chargeOf(id)).toMatchObject({ amount_refunded: 0, refunded: false });
    expect(await books()).toEqual([9_000, 1_000 - STRIPE_FEE, -9_000, 9_000]);
    await expectToAddUp({ captured: 10_000 });
  });
});

describe('a dispute', () => {
  it('takes the money and a fee from the platform, and leaves the provider what it has', async () => {
    const { id } = await stripe.paymentIntents.create({ ...sale, payment_method: 'pm_card_createDispute' });
    await sandbox.advance(1_000);

    expect(await books()).toEqual([-10_000 - 1_500, 1_000 - STRIPE_FEE, 0, 9_000]);
    const { data } = await stripe.disputes.list({ payment_intent: id });
    expect(data).toMatchObject([{ amount: 10_000, status: 'needs_response', reason: 'fraudulent' }]);
    expect((await chargeOf(id)).disputed).toBe(true);
    expect((await stripe.disputes.close(data[0]!.id)).status).toBe('lost');
    expect(eventTypes().filter(type => type.startsWith('charge.dispute'))).toEqual([
      'charge.dispute.created',
      'charge.dispute.funds_withdrawn',
      'charge.dispute.closed',
    ]);
  });
});

describe('a separate transfer', () => {
  const onPlatform = async () =>
    stripe.paymentIntents.create({ ...atOnce, ...paid, amount: 10_000, transfer_group: 'order-1' });
  const transfer = (more: Partial<Stripe.TransferCreateParams> = {}) =>
    stripe.transfers.create({ currency: 'eur', destination: HEALTHY, amount: 4_000, ...more });

  it('takes what is available, and not what is on its way', async () => {
    await onPlatform();
    expect(await failureOf(transfer())).toMatchObject({ statusCode: 400, code: 'balance_insufficient' });
    await sandbox.advance(SETTLED);
    await transfer();

    expect(await books()).toEqual([6_000 - STRIPE_FEE, 0, 4_000, 0]);
    await expectToAddUp({ captured: 10_000 });
  });

  it('of a charge can be made at once, and becomes available with it', async () => {
    const { latest_charge: charge } = await onPlatform();
    const made = await transfer({ source_transaction: charge as string });

    expect(made).toMatchObject({ source_transaction: charge, transfer_group: 'order-1' });
    expect(await books()).toEqual([0, 6_000 - STRIPE_FEE, 0, 4_000]);
    expect(await failureOf(transfer({ source_transaction: charge as string, amount: 6_001 }))).toMatchObject({
      statusCode: 400,
      param: 'amount',
    });
    await sandbox.advance(SETTLED);
    expect(await books()).toEqual([6_000 - STRIPE_FEE, 0, 4_000, 0]);
  });

  it('is reversed in parts, never beyond its amount', async () => {
    await onPlatform();
    await sandbox.advance(SETTLED);
    const { id } = await transfer();
    await stripe.transfers.createReversal(id, { amount: 1_000, metadata: { a: 'b' } });
    expect(await books()).toEqual([7_000 - STRIPE_FEE, 0, 3_000, 0]);
    expect(await failureOf(stripe.transfers.createReversal(id, { amount: 3_001 }))).toMatchObject({
      statusCode: 400,
      param: 'amount',
    });
    await stripe.transfers.createReversal(id);

    expect(await stripe.transfers.retrieve(id)).toMatchObject({ amount_reversed: 4_000, reversed: true });
    expect((await stripe.transfers.listReversals(id)).data.map(({ amount }) => amount)).toEqual([
      3_000, 1_000,
    ]);
    expect(await failureOf(stripe.transfers.createReversal(id))).toMatchObject({ statusCode: 400 });
    await expectToAddUp({ captured: 10_000 });
  });

  it.each([
    ['acct_nobody', { code: 'resource_missing', param: 'destination' }],
    ['acct_1SbxAnotherPlatf', { code: 'resource_missing', param: 'destination' }],
    [RESTRICTED, { code: 'insufficient_capabilities_for_transfer', param: 'destination' }],
  ])('can not go to %s', async (destination, expected) => {
    expect(await failureOf(transfer({ destination }))).toMatchObject({ statusCode: 400, ...expected });
  });
});

describe('a payout', () => {
  const payOut = (parameters: Partial<Stripe.PayoutCreateParams> = {}) =>
    stripe.payouts.create({ amount: 9_000, currency: 'eur', ...parameters }, onProvider);
  const withMoney = async () => {
    await stripe.paymentIntents.create(sale);
    await sandbox.advance(SETTLED);
  };
  const statusOf = async (id: string) => (await stripe.payouts.retrieve(id, {}, onProvider)).status;

  it('is refused while the money is pending, and beyond what is available', async () => {
    await stripe.paymentIntents.create(sale);
    expect(await failureOf(payOut())).toMatchObject({ statusCode: 400, code: 'balance_insufficient' });
    await sandbox.advance(SETTLED);
    expect(await failureOf(payOut({ amount: 9_001 }))).toMatchObject({ code: 'balance_insufficient' });

    expect((await payOut()).status).toBe('pending');
  });

  it('leaves the balance at once, is on its way after hours, and there after a day', async () => {
    await withMoney();
    const payout = await payOut();

    expect(payout).toMatchObject({
      amount: 9_000,
      automatic: false,
      method: 'standard',
      destination: expect.stringMatching(/^ba_[0-9A-Za-z]{24}$/),
      arrival_date: (sandbox.now() + DAY) / 1000,
    });
    expect(await books()).toEqual([1_000 - STRIPE_FEE, 0, 0, 0]);
    await expectToAddUp({ captured: 10_000, paidOut: 9_000 });
    await sandbox.advance(6 * HOUR);
    expect(await statusOf(payout.id)).toBe('in_transit');
    await sandbox.advance(18 * HOUR);
    expect(await statusOf(payout.id)).toBe('paid');
    expect(eventTypes().filter(type => type.startsWith('payout'))).toEqual([
      'payout.created',
      'payout.updated',
      'payout.paid',
    ]);
  });

  it('can be cancelled while it is pending, and the money is back', async () => {
    await withMoney();
    const { id } = await payOut();
    await stripe.payouts.cancel(id, {}, onProvider);

    expect(await statusOf(id)).toBe('canceled');
    expect((await books())[2]).toBe(9_000);
    await sandbox.advance(2 * DAY);
    expect(await statusOf(id)).toBe('canceled');
    expect(await failureOf(stripe.payouts.cancel(id, {}, onProvider))).toMatchObject({ statusCode: 400 });
  });

  it('comes back days after it was paid, when the bank does not take it', async () => {
    await withMoney();
    await control('scenario', { name: 'payout-fails', code: 'no_account', times: 1 });
    const { id } = await payOut();
    await sandbox.advance(DAY);
    expect(await statusOf(id)).toBe('paid');
    await sandbox.advance(2 * DAY);

    expect(await stripe.payouts.retrieve(id, {}, onProvider)).toMatchObject({
      status: 'failed',
      failure_code: 'no_account',
      failure_balance_transaction: expect.stringMatching(/^txn_/),
    });
    expect((await books())[2]).toBe(9_000);
    expect(eventTypes().at(-1)).toBe('payout.failed');
  });

  it.each<[string, Stripe.PayoutCreateParams, string, object]>([
    [
      'from a restricted account',
      { amount: 1, currency: 'eur' },
      RESTRICTED,
      { code: 'payouts_not_allowed' },
    ],
    [
      'to an unknown bank account',
      { amount: 1, currency: 'eur', destination: 'ba_x' },
      HEALTHY,
      { code: 'resource_missing', param: 'destination' },
    ],
    [
      'of nothing',
      { amount: 0, currency: 'eur' },
      HEALTHY,
      { code: 'parameter_invalid_integer', param: 'amount' },
    ],
    ['of another currency', { amount: 1, currency: 'usd' }, HEALTHY, { code: 'balance_insufficient' }],
    ['of parts of a forint', { amount: 150, currency: 'huf' }, HEALTHY, { param: 'amount' }],
  ])('is refused %s', async (_what, parameters, stripeAccount, expected) => {
    expect(await failureOf(stripe.payouts.create(parameters, { stripeAccount }))).toMatchObject({
      statusCode: 400,
      ...expected,
    });
  });

  it('is not seen from the platform', async () => {
    await withMoney();
    const { id } = await payOut();

    expect(await failureOf(stripe.payouts.retrieve(id))).toMatchObject({ statusCode: 404 });
    expect((await stripe.payouts.list()).data).toEqual([]);
    expect(
      (await stripe.payouts.list({ status: 'pending' }, onProvider)).data.map(payout => payout.id),
    ).toEqual([id]);
  });
});

it('the ledger counts what was captured for each transaction of Flex', async () => {
  const of = (id: string) => ({ ...sale, metadata: { 'sharetribe-transaction-id': id } });
  await stripe.paymentIntents.create(of('a'));
  await stripe.paymentIntents.create(of('a'));
  await stripe.paymentIntents.create({ ...of('b'), capture_method: 'manual' });
  await stripe.paymentIntents.create(of('c'));
  const { body } = await sandbox.flexService({
    method: 'GET',
    path: '/sandbox/ledger',
    query: new URLSearchParams(),
    headers: {},
    body: '',
  });

  expect(JSON.parse(body).captures).toEqual({ a: 2, c: 1 });
});
