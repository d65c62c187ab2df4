/** The actions that take and give money, through Flex's own line to Stripe. */
import { conflict, FlexRefusal, missingKey } from '../../errors.ts';
import { stripeRefusalData, type FlexKey, type PaymentIntentOrder } from '../../stripe-client.ts';
import type { Payment, StripePaymentIntentData, Transaction } from '../../transactions/entity.ts';
import { saveTransaction } from '../../world.ts';
import { param, required, type ActionContext, type ActionRun } from './context.ts';

export const createPaymentIntent: ActionRun = context => {
  const { params, config } = context;
  // One published process writes the keyword `:true`.
  const offSession = [true, 'true'].includes(config['use-customer-default-payment-method?'] as boolean);
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

export const createPushPaymentIntent: ActionRun = context => {
  const types = context.params['paymentMethodTypes'];
  if (!Array.isArray(types) || types.length === 0) throw missingKey(['params', 'paymentMethodTypes']);
  return create(context, {
    captureMethod: 'automatic',
    paymentMethodTypes: types.map(String),
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
  const { world, transaction } = context;
  const order = { ...payable(context), ...how };
  // Stripe is not called in a simulation; two ids that mean nothing stand where its ids would be.
  if (context.speculative) return showFirst(transaction, how, placeholder(context));
  refuseByScenario(context);
  const { scenarios } = world;
  if (scenarios.take('uuid-payment-intents')) return showFirst(transaction, how, placeholder(context));
  if (scenarios.take('missing-payment-intents')) {
    transaction.payment = newPayment(how, 'own', placeholder(context).stripePaymentIntentId, null);
    return undefined;
  }
  const late = scenarios.take('late-payment-intent');
  if (late) return createLate(context, how, order, Number(late['ms']));
  const key = keyInConsole(context);
  return withStripe(async () => {
    const { id, clientSecret } = await world.stripe(key).createPaymentIntent(order);
    context.journal.onUndo(() => world.stripe(key).refundPayment(id));
    const data = { stripePaymentIntentId: id, stripePaymentIntentClientSecret: clientSecret };
    transaction.payment = newPayment(how, key, id, shownByScenario(context, data));
  });
}

/** Whose key the operator put into Console. */
function keyInConsole({ world: { scenarios } }: ActionContext): FlexKey {
  if (scenarios.take('foreign-payment-intents')) return 'other-account';
  if (scenarios.take('other-mode')) return 'live';
  return scenarios.take('stripe-key-revoked') ? 'revoked' : 'own';
}

/** What must hold before a payment can be made. */
function payable({ world, transaction }: ActionContext) {
  const { payinTotal, payoutTotal } = transaction;
  if (transaction.payment) throw conflict('conflict', 'Only one PaymentIntent per transaction is supported');
  if (!payinTotal || !payoutTotal) {
    throw conflict('transaction-missing-listing-price', 'The transaction has no price');
  }
  if (payinTotal.amount === 0) throw conflict('transaction-charge-zero-payin', 'The payin is zero');
  if (payinTotal.amount < payoutTotal.amount) throw conflict('conflict', 'The payin is less than the payout');
  const provider = world.users.get(transaction.providerId);
  if (!provider?.stripeAccount || world.scenarios.peek('provider-without-account')) {
    throw conflict('transaction-missing-stripe-account', 'The provider has no Stripe account');
  }
  return {
    transactionId: transaction.id,
    customerId: transaction.customerId,
    providerId: transaction.providerId,
    amount: payinTotal.amount,
    applicationFee: payinTotal.amount - payoutTotal.amount,
    currency: payinTotal.currency,
    destination: provider.stripeAccount.stripeAccountId,
  };
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

function refuseByScenario({ world }: ActionContext): void {
  if (world.scenarios.take('stripe-not-configured')) {
    throw conflict('stripe-missing-api-key', 'Stripe API key is missing');
  }
  const declined = world.scenarios.take('payment-failed');
  if (declined)
    throw paymentFailed({ stripeMessage: 'Your card was declined.', stripeCode: String(declined['code']) });
}

/** What the customer is shown of a PaymentIntent that does exist. */
function shownByScenario(context: ActionContext, data: StripePaymentIntentData): Payment['shown'] {
  const { scenarios } = context.world;
  if (scenarios.take('uuid-over-real')) return { default: placeholder(context) };
  if (scenarios.take('missing-default')) return {};
  if (scenarios.take('secret-mismatch')) {
    return { default: { ...data, stripePaymentIntentClientSecret: secretOfAnother(context) } };
  }
  return { default: data };
}

/** The answer goes out without a PaymentIntent; Flex makes one afterwards, if the transaction still stands where it stood. */
function createLate(context: ActionContext, how: HowToPay, order: PaymentIntentOrder, ms: number): void {
  const { world, transaction } = context;
  transaction.payment = newPayment(how, 'own', placeholder(context).stripePaymentIntentId, null);
  const waiting = transaction.payment;
  world.clock.at(world.clock.now() + ms, async () => {
    const current = world.transactions.get(transaction.id);
    if (
      current?.payment?.stripePaymentIntentId !== waiting.stripePaymentIntentId ||
      current.payment.status !== 'created'
    )
      return;
    const { id, clientSecret } = await world.stripe('own').createPaymentIntent(order);
    const shown = { default: { stripePaymentIntentId: id, stripePaymentIntentClientSecret: clientSecret } };
    saveTransaction(world, { ...current, payment: newPayment(how, 'own', id, shown) });
  });
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
  return withStripe(async () => {
    const ready =
      isPaymentIntentId(payment) &&
      (await context.world.stripe(payment.key).confirmPaymentIntent(payment.stripePaymentIntentId));
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
  const captured = () => {
    context.transaction.payment = { ...payment, status: 'captured' };
  };
  if (context.speculative || payment.isPush) return captured();
  return withStripe(async () => {
    await context.world.stripe(payment.key).capturePaymentIntent(payment.stripePaymentIntentId);
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
  return withStripe(async () => {
    await context.world.stripe(payment.key).refundPayment(payment.stripePaymentIntentId);
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
  return withStripe(async () => {
    await payOutWhenSettled(context.world, payment);
    paidOut();
  });
};

const DAY = 86_400_000;

/** Money that has not settled yet is paid out on a later day. */
async function payOutWhenSettled(world: ActionContext['world'], payment: Payment): Promise<void> {
  if (await world.stripe(payment.key).createPayout(payment.stripePaymentIntentId)) return;
  world.clock.at(world.clock.now() + DAY, () => payOutWhenSettled(world, payment));
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
