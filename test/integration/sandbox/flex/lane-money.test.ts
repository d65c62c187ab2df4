/**
 * The lane together with the money beside it, as a server moves it: with a restricted key that has the permissions which
 * docs/fallback.md lists and no others, on a Flex that makes no PaymentIntent, or makes it too late.
 */
import Stripe from 'stripe';
import { fallbackPermissions } from '../../../../server/stripe/permissions.ts';
import { cabinOrder, operatorSdk, stripeClient, userSdks } from '../../../setup/flex-sdks.ts';
import {
  control,
  DAY,
  expectRefusal,
  intentIn,
  nights,
  payInBrowser,
  scenario,
  stateOf,
  transition,
  useSandbox,
  UUID,
} from './support.ts';

const sandbox = useSandbox();
const info = () => sandbox().info();
const PROVIDER = 'acct_1SbxPetraHealthy';
const onProvider = { stripeAccount: PROVIDER };

async function parties() {
  const scopes = Object.fromEntries(fallbackPermissions.map(({ resource, access }) => [resource, access]));
  const [alice, petra, { key }] = await Promise.all([
    userSdks(info(), 'Alice'),
    userSdks(info(), 'Petra'),
    control(sandbox(), 'stripe/keys', { scopes }),
  ]);
  return {
    customer: alice.sdk,
    trusted: alice.trusted,
    provider: petra.sdk,
    operator: operatorSdk(info()),
    stripe: stripeClient(info(), key),
  };
}

const ordered = async (trusted: any, entry: string) => {
  const order = { ...cabinOrder(info()), transition: `transition/${entry}` };
  return (await trusted.transactions.initiate(order, { expand: true })).data.data;
};

/** As Flex would have made it. */
const intentFor = (stripe: Stripe, transactionId: string) =>
  stripe.paymentIntents.create(
    {
      amount: 15_000,
      currency: 'eur',
      capture_method: 'manual',
      allowed_payment_method_types: ['card'],
      on_behalf_of: PROVIDER,
      transfer_data: { destination: PROVIDER },
      application_fee_amount: 1_500,
      metadata: { 'sharetribe-transaction-id': transactionId },
    },
    { idempotencyKey: `test:${transactionId}:create:1` },
  );

/** Paid by the customer's browser, with the secret and nothing else. */
const pay = ({ id, client_secret: secret }: Stripe.PaymentIntent) =>
  payInBrowser(sandbox(), { stripePaymentIntentId: id, stripePaymentIntentClientSecret: secret });

const held = async (entry = 'request-payment-fallback') => {
  const all = await parties();
  const { id } = await ordered(all.trusted, entry);
  const intent = await intentFor(all.stripe, id.uuid);
  return { ...all, id, intent, operate: (name: string) => transition(all.operator, id.uuid, name) };
};

/** Authorised, accepted and captured. */
async function booked() {
  const order = await held();
  await pay(order.intent);
  await order.operate('confirm-payment-fallback');
  await transition(order.provider, order.id, 'accept-fallback');
  await order.stripe.paymentIntents.capture(order.intent.id, { amount_to_capture: 15_000 });
  await order.operate('captured-fallback');
  return order;
}

const shareOf = async (stripe: Stripe, id: string) => {
  const intent = await stripe.paymentIntents.retrieve(id, { expand: ['latest_charge.transfer'] });
  const { transfer } = intent.latest_charge as Stripe.Charge;
  const { destination_payment: payment } = transfer as Stripe.Transfer;
  const charge = await stripe.charges.retrieve(
    payment as string,
    { expand: ['balance_transaction'] },
    onProvider,
  );
  return charge.balance_transaction as Stripe.BalanceTransaction;
};

it('where Flex has no key: refused the normal way, carried to the payout in the lane', async () => {
  await scenario(sandbox(), { name: 'stripe-not-configured' });
  const { trusted } = await parties();
  await expectRefusal(ordered(trusted, 'request-payment'), 409, 'stripe-missing-api-key');
  expect(sandbox().flex().transactions.size).toBe(0);

  const { id, intent, stripe } = await booked();
  const end = nights().bookingEnd.getTime();
  await sandbox().advance(end + 2 * DAY - sandbox().now());

  expect(stateOf(sandbox(), id)).toBe('state/delivered');
  const share = await shareOf(stripe, intent.id);
  expect(share).toMatchObject({ net: 13_500, currency: 'eur', status: 'available' });
  const payout = await stripe.payouts.create({ amount: share.net, currency: share.currency }, onProvider);
  await sandbox().advance(DAY);
  expect((await stripe.payouts.retrieve(payout.id, {}, onProvider)).status).toBe('paid');
  expect((await stripe.payouts.list({}, onProvider)).data).toHaveLength(1);
});

it('the share can not be paid out before it has settled', async () => {
  const { stripe, intent } = await booked();
  await sandbox().advance(60_000);

  const share = await shareOf(stripe, intent.id);

  expect(share.status).toBe('pending');
  await expect(
    stripe.payouts.create({ amount: share.net, currency: share.currency }, onProvider),
  ).rejects.toMatchObject({ code: 'balance_insufficient' });
  await sandbox().advance(share.available_on * 1000 - sandbox().now());
  expect((await shareOf(stripe, intent.id)).status).toBe('available');
});

it('a cancelled booking is refunded, transfer and fee with it', async () => {
  const { stripe, intent, operate } = await booked();
  await operate('cancel-fallback');

  await stripe.refunds.create({
    payment_intent: intent.id,
    amount: 15_000,
    reverse_transfer: true,
    refund_application_fee: true,
  });

  expect((await stripe.refunds.list({ payment_intent: intent.id })).data).toMatchObject([
    { amount: 15_000, status: 'succeeded' },
  ]);
  const sums = [...sandbox().stripe().balanceTransactions.values()]
    .filter(({ account }) => account === PROVIDER)
    .reduce((sum, { amount, fee }) => sum + amount - fee, 0);
  expect(sums).toBe(0);
});

it('a declined one holds no money any more', async () => {
  const { stripe, intent, provider, id, operate } = await held();
  await pay(intent);
  await operate('confirm-payment-fallback');
  await transition(provider, id, 'decline-fallback');

  await stripe.paymentIntents.cancel(intent.id);

  expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({
    status: 'canceled',
    amount_capturable: 0,
  });
});

it('where Flex answers with UUIDs: the order is moved into the lane, and paid there', async () => {
  await scenario(sandbox(), { name: 'uuid-payment-intents' });
  const all = await parties();
  const order = await ordered(all.trusted, 'request-payment');
  expect(intentIn(order).stripePaymentIntentId).toMatch(UUID);

  const now = Math.floor(sandbox().now() / 1000);
  const listed = await all.stripe.paymentIntents.list({ created: { gte: now - 300, lte: now + 300 } });
  expect(listed.data).toEqual([]);
  await transition(all.operator, order.id.uuid, 'enter-fallback');
  const intent = await intentFor(all.stripe, order.id.uuid);
  await pay(intent);
  await transition(all.operator, order.id.uuid, 'confirm-payment-fallback');

  expect(stateOf(sandbox(), order.id)).toBe('state/fallback-preauthorized');
});

it('where Flex makes its own too late: it appears beside ours, can not be confirmed at Flex, and our key ends it', async () => {
  await scenario(sandbox(), { name: 'late-payment-intent', ms: 60_000 });
  const all = await parties();
  const order = await ordered(all.trusted, 'request-payment');
  await transition(all.operator, order.id.uuid, 'enter-fallback');
  const ours = await intentFor(all.stripe, order.id.uuid);
  await sandbox().advance(60_000);

  const { data } = await all.customer.transactions.show({ id: order.id });
  const theirs = intentIn(data.data).stripePaymentIntentId;
  await payInBrowser(sandbox(), intentIn(data.data));
  await expectRefusal(
    transition(all.customer, order.id, 'confirm-payment'),
    409,
    'transaction-invalid-transition',
  );
  const created = { gte: Math.floor(sandbox().now() / 1000) - 600 };
  const listed = (await all.stripe.paymentIntents.list({ created })).data.filter(
    ({ metadata }) => metadata['sharetribe-transaction-id'] === order.id.uuid,
  );
  expect(listed.map(({ id, status }) => [id, status])).toEqual([
    [theirs, 'requires_capture'],
    [ours.id, 'requires_payment_method'],
  ]);

  await all.stripe.paymentIntents.cancel(theirs);

  expect((await all.stripe.paymentIntents.retrieve(theirs)).status).toBe('canceled');
});
