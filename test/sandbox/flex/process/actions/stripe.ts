/** The actions that take and give money, through Flex's own line to Stripe. */
import type { Clock } from '../../../core/clock.ts';
import { conflict, FlexRefusal, missingKey } from '../../errors.ts';
import {
  lineToStripe,
  stripeRefusalData,
  type FlexKey,
  type FlexStripeCalls,
  type PaymentIntentOrder,
} from '../../stripe-client.ts';
import type { Payment, StripePaymentIntentData, Transaction } from '../../transactions/entity.ts';
import { saveTransaction } from '../../world.ts';
import { isSwitchedOn, param, required, type ActionContext, type ActionRun } from './context.ts';

export const createPaymentIntent: ActionRun = context => {
  const { params } = context;
  const offSession = isSwitchedOn(context, 'use-customer-default-payment-method?');
  const saved = offSession ? savedPaymentMethod(context) : undefined;
  return create(context, {
    captureMethod: 'manual',
    paymentMethodTypes: ['card'],
    paymentMethod: saved?.paymentMethod ?? param.text(params, 'paymentMethod'),
    stripeCustomerId: saved?.stripeCustomerId,
    savePaymentMethod: param.flag(params, 'setupPaymentMethodForSaving'),
    offSession,
  });
};

/** Those that the public list of actions names. */
const pushTypes = [
  'affirm',
  'alipay',
  'bancontact',
  'eps',
  'giropay',
  'ideal',
  'klarna',
  'p24',
  'paypal',
] as const satisfies string[];

export const createPushPaymentIntent: ActionRun = context => {
  const types: unknown = context.params['paymentMethodTypes'];
  if (!Array.isArray(types) || types.length === 0) throw missingKey(['params', 'paymentMethodTypes']);
  const unknown = types.find(type => !pushTypes.includes(type as (typeof pushTypes)[number]));
  if (unknown !== undefined)
    throw conflict('stripe-payment-method-type-not-supported', `${String(unknown)} is no push payment`);
  return create(context, {
    captureMethod: 'automatic',
    paymentMethodTypes: types as string[],
    paymentMethod: param.text(context.params, 'paymentMethod'),
    stripeCustomerId: undefined,
    savePaymentMethod: false,
    offSession: false,
  });
};

/** The old way: a card token, charged at once. */
export const createCharge: ActionRun = context => {
  const token = required(param.text(context.params, 'cardToken'), 'cardToken');
  return create(context, {
    captureMethod: 'manual',
    paymentMethodTypes: ['card'],
    paymentMethod: token.replace(/^tok_/, 'pm_card_'),
    stripeCustomerId: undefined,
    savePaymentMethod: false,
    offSession: true,
  });
};

type HowToPay = Pick<
  PaymentIntentOrder,
  | 'captureMethod'
  | 'paymentMethodTypes'
  | 'paymentMethod'
  | 'stripeCustomerId'
  | 'savePaymentMethod'
  | 'offSession'
>;

function create(context: ActionContext, how: HowToPay): void | Promise<void> {
  const { world, transaction, scenario } = context;
  const order = { ...payable(context), ...how };
  // Stripe is not called in a simulation; two ids that mean nothing stand where its ids would be.
  if (context.speculative) return showFirst(transaction, how, placeholder(context));
  const key = keyInConsole(context);
  const stripe = lineFor(context, key);
  const declined = scenario('payment-failed');
  if (declined)
    throw paymentFailed({ stripeMessage: 'Your card was declined.', stripeCode: String(declined['code']) });
  if (scenario('uuid-payment-intents')) return showFirst(transaction, how, placeholder(context));
  if (scenario('missing-payment-intents')) {
    transaction.payment = newPayment(how, 'own', placeholder(context).stripePaymentIntentId, null);
    return undefined;
  }
  const late = scenario('late-payment-intent');
  if (late) return createLate(context, how, order, Number(late['ms']));
  return withStripe(async () => {
    const { id, clientSecret } = await stripe.createPaymentIntent(order);
    context.journal.onUndo(() => unlessRefused(() => world.stripe(key).refundPayment(id)));
    const data = { stripePaymentIntentId: id, stripePaymentIntentClientSecret: clientSecret };
    transaction.payment = newPayment(how, key, id, shownByScenario(context, data));
  });
}

/** Whose key the operator put into Console. */
function keyInConsole({ scenario }: ActionContext): FlexKey {
  if (scenario('foreign-payment-intents')) return 'other-account';
  return scenario('other-mode') ? 'live' : 'own';
}

const lineFor = ({ world, scenario }: ActionContext, key: FlexKey) =>
  lineToStripe(world.stripe, scenario, key);

/** For what nobody waits for: when Stripe refuses, things stay as they are. */
async function unlessRefused(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!stripeRefusalData(error)) throw error;
  }
}

/** What must hold before a payment can be made. */
function payable(context: ActionContext) {
  const { transaction } = context;
  const { payinTotal, payoutTotal } = transaction;
  if (transaction.payment) throw conflict('conflict', 'Only one PaymentIntent per transaction is supported');
  if (!payinTotal || !payoutTotal) {
    throw conflict('transaction-missing-listing-price', 'The transaction has no price');
  }
  if (payinTotal.amount === 0) throw conflict('transaction-charge-zero-payin', 'The payin is zero');
  if (payinTotal.amount < payoutTotal.amount) throw conflict('conflict', 'The payin is less than the payout');
  return {
    transactionId: transaction.id,
    customerId: transaction.customerId,
    providerId: transaction.providerId,
    amount: payinTotal.amount,
    applicationFee: payinTotal.amount - payoutTotal.amount,
    currency: payinTotal.currency,
    destination: accountOfProvider(context),
  };
}

function accountOfProvider({ world, transaction, scenario }: ActionContext): string {
  const account = world.users.get(transaction.providerId)?.stripeAccount;
  if (!account || scenario('provider-without-account')) {
    throw conflict('transaction-missing-stripe-account', 'The provider has no Stripe account');
  }
  return account.stripeAccountId;
}

function savedPaymentMethod({ world, transaction }: ActionContext) {
  const customer = world.users.get(transaction.customerId)?.stripeCustomer;
  if (!customer?.paymentMethod)
    throw conflict('stripe-customer-not-found', 'The customer has no saved payment method');
  return {
    stripeCustomerId: customer.stripeCustomerId,
    paymentMethod: customer.paymentMethod.stripePaymentMethodId,
  };
}

/** What the customer is shown of a PaymentIntent that does exist. */
function shownByScenario(context: ActionContext, data: StripePaymentIntentData): Payment['shown'] {
  const { scenario } = context;
  if (scenario('uuid-over-real')) return { default: placeholder(context) };
  if (scenario('missing-default')) return {};
  if (scenario('secret-mismatch')) {
    return { default: { ...data, stripePaymentIntentClientSecret: secretOfAnother(context) } };
  }
  return { default: data };
}

/** The answer goes out without a PaymentIntent; Flex makes one afterwards, if the transaction still stands where it stood. */
function createLate(context: ActionContext, how: HowToPay, order: PaymentIntentOrder, ms: number): void {
  const { world, transaction } = context;
  transaction.payment = newPayment(how, 'own', placeholder(context).stripePaymentIntentId, null);
  const waiting = transaction.payment;
  const isStillWaiting = (current: Transaction | undefined): current is Transaction =>
    current?.payment?.stripePaymentIntentId === waiting.stripePaymentIntentId &&
    current.payment.status === 'created' &&
    !world.locked.has(transaction.id);
  const stripe = world.stripe('own');
  const createNow = async () => {
    if (!isStillWaiting(world.transactions.get(transaction.id))) return;
    const { id, clientSecret } = await stripe.createPaymentIntent(order);
    const current = world.transactions.get(transaction.id);
    if (!isStillWaiting(current)) return stripe.refundPayment(id);
    const shown = { default: { stripePaymentIntentId: id, stripePaymentIntentClientSecret: clientSecret } };
    saveTransaction(world, { ...current, payment: newPayment(how, 'own', id, shown) });
  };
  world.clock.at(world.clock.now() + ms, () => unlessRefused(createNow));
}

const placeholder = ({ world }: ActionContext): StripePaymentIntentData => ({
  stripePaymentIntentId: world.random.uuid(),
  stripePaymentIntentClientSecret: world.random.uuid(),
});

/** Well-formed, and of a PaymentIntent that nobody made. */
const secretOfAnother = ({ world }: ActionContext) =>
  `pi_3${world.random.base62(23)}_secret_${world.random.base62(25)}`;

const newPayment = (how: HowToPay, key: FlexKey, id: string, shown: Payment['shown']): Payment => ({
  stripePaymentIntentId: id,
  key,
  // Confirmed with its making when the customer is not there to do it.
  status: how.offSession ? 'confirmed' : 'created',
  isPush: how.captureMethod === 'automatic',
  shown: how.offSession ? null : shown,
});

function showFirst(transaction: Transaction, how: HowToPay, data: StripePaymentIntentData): void {
  transaction.payment = newPayment(how, 'own', data.stripePaymentIntentId, { default: data });
}

export const confirmPaymentIntent: ActionRun = context => {
  const payment = paymentIn(context, 'created');
  const confirmed = () => {
    context.transaction.payment = { ...payment, status: 'confirmed', shown: null };
  };
  if (context.speculative) return confirmed();
  const stripe = lineFor(context, payment.key);
  return withStripe(async () => {
    const ready =
      isPaymentIntentId(payment) && (await stripe.confirmPaymentIntent(payment.stripePaymentIntentId));
    if (!ready) {
      throw conflict(
        'stripe-invalid-payment-intent-status',
        'The PaymentIntent is not in a status that can be confirmed',
      );
    }
    confirmed();
  });
};

/** Nothing to do for push payments: they were captured when they were made. */
export const capturePaymentIntent: ActionRun = context => {
  const payment = paymentIn(context, 'confirmed');
  accountOfProvider(context);
  const captured = () => {
    context.transaction.payment = { ...payment, status: 'captured' };
  };
  if (context.speculative || payment.isPush) return captured();
  const stripe = lineFor(context, payment.key);
  return withStripe(async () => {
    await stripe.capturePaymentIntent(payment.stripePaymentIntentId);
    captured();
  });
};

export const refundPayment: ActionRun = context => {
  const payment = paymentIn(context, 'created', 'confirmed', 'captured');
  const ended = () => {
    context.transaction.payment = { ...payment, status: 'ended', shown: null };
  };
  // A placeholder has nothing behind it that could be given back.
  if (context.speculative || !isPaymentIntentId(payment)) return ended();
  const stripe = lineFor(context, payment.key);
  return withStripe(async () => {
    await stripe.refundPayment(payment.stripePaymentIntentId);
    ended();
  });
};

export const createPayout: ActionRun = context => {
  const payment = context.transaction.payment?.isPush
    ? paymentIn(context, 'confirmed', 'captured')
    : paymentIn(context, 'captured');
  const paidOut = () => {
    context.transaction.payment = { ...payment, status: 'paid-out' };
  };
  if (context.speculative) return paidOut();
  const stripe = lineFor(context, payment.key);
  return withStripe(async () => {
    await payOutWhenSettled(context.world.clock, stripe, payment);
    paidOut();
  });
};

const DAY = 86_400_000;

/** Money that has not settled yet is paid out on a later day; if Stripe refuses then, nobody asks again. */
async function payOutWhenSettled(clock: Clock, stripe: FlexStripeCalls, payment: Payment): Promise<void> {
  if (await stripe.createPayout(payment.stripePaymentIntentId)) return;
  clock.at(clock.now() + DAY, () => unlessRefused(() => payOutWhenSettled(clock, stripe, payment)));
}

const isPaymentIntentId = (payment: Payment) => payment.stripePaymentIntentId.startsWith('pi_');

function paymentIn({ transaction }: ActionContext, ...statuses: Payment['status'][]): Payment {
  const { payment } = transaction;
  if (!payment || !statuses.includes(payment.status)) {
    throw conflict(
      'transaction-invalid-action-sequence',
      'There is no payment that this action could work on',
    );
  }
  return payment;
}

/** Stripe's refusal becomes Flex's 402, with Stripe's words. */
async function withStripe(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const refusal = stripeRefusalData(error);
    throw refusal ? paymentFailed(refusal) : error;
  }
}

const paymentFailed = ({
  stripeMessage,
  stripeCode,
}: {
  stripeMessage: string;
  stripeCode: string | undefined;
}) =>
  new FlexRefusal(402, 'transaction-payment-failed', 'Payment failed', {
    meta: { stripeMessage, ...(stripeCode !== undefined && { stripeCode }) },
  });
