/** The actions that take and give money, through Flex's own line to Stripe. */
import { conflict, FlexRefusal } from '../../errors.ts';
import { stripeRefusalData } from '../../stripe-client.ts';
import type { Payment, StripePaymentIntentData, Transaction } from '../../transactions/entity.ts';
import { param, type ActionContext, type ActionRun } from './context.ts';

export const createPaymentIntent: ActionRun = context => create(context, 'manual', ['card']);

export const createPushPaymentIntent: ActionRun = context => {
  const types = context.params['paymentMethodTypes'];
  if (!Array.isArray(types) || types.length === 0) {
    throw new FlexRefusal(400, 'validation-missing-key', 'Missing required key', {
      source: { path: ['params', 'paymentMethodTypes'], type: 'body' },
    });
  }
  return create(context, 'automatic', types.map(String));
};

function create(
  context: ActionContext,
  captureMethod: 'manual' | 'automatic',
  paymentMethodTypes: string[],
): void | Promise<void> {
  const { world, transaction, params } = context;
  const order = {
    ...payable(context),
    captureMethod,
    paymentMethodTypes,
    paymentMethod: param.text(params, 'paymentMethod'),
    savePaymentMethod: param.flag(params, 'setupPaymentMethodForSaving'),
  };
  // Stripe is not called in a simulation; two ids that mean nothing stand where its ids would be.
  if (context.speculative) return show(transaction, placeholder(context));
  if (world.scenarios.take('stripe-not-configured')) {
    throw conflict('stripe-missing-api-key', 'Stripe API key is missing');
  }
  if (world.scenarios.take('uuid-payment-intents')) return show(transaction, placeholder(context));
  if (world.scenarios.take('missing-payment-intents')) {
    transaction.payment = { ...newPayment(placeholder(context)), shown: null };
    return;
  }
  return withStripe(async () => {
    const { id, clientSecret } = await world.stripe.createPaymentIntent(order);
    const secret = world.scenarios.take('secret-mismatch') ? secretOfAnother(context, id) : clientSecret;
    show(transaction, { stripePaymentIntentId: id, stripePaymentIntentClientSecret: secret });
  });
}

/** What must hold before a payment can be made. */
function payable({ world, transaction }: ActionContext) {
  const { payinTotal, payoutTotal } = transaction;
  if (transaction.payment) throw conflict('conflict', 'Only one PaymentIntent per transaction is supported');
  if (!payinTotal || !payoutTotal)
    throw conflict('transaction-missing-listing-price', 'The transaction has no price');
  if (payinTotal.amount === 0) throw conflict('transaction-charge-zero-payin', 'The payin is zero');
  if (payinTotal.amount < payoutTotal.amount) throw conflict('conflict', 'The payin is less than the payout');
  const provider = world.users.get(transaction.providerId);
  if (!provider?.stripeAccount) {
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

const placeholder = ({ world }: ActionContext): StripePaymentIntentData => ({
  stripePaymentIntentId: world.random.uuid(),
  stripePaymentIntentClientSecret: world.random.uuid(),
});

/** Well-formed, and of a PaymentIntent that it does not belong to. */
function secretOfAnother({ world }: ActionContext, id: string): string {
  const other = `${id.slice(0, -8)}${world.random.base62(8)}`;
  return `${other}_secret_${world.random.base62(25)}`;
}

const newPayment = (data: StripePaymentIntentData): Payment => ({
  stripePaymentIntentId: data.stripePaymentIntentId,
  status: 'created',
  shown: { default: data },
});

function show(transaction: Transaction, data: StripePaymentIntentData): void {
  transaction.payment = newPayment(data);
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
      (await context.world.stripe.confirmPaymentIntent(payment.stripePaymentIntentId, true));
    if (!ready) {
      throw conflict(
        'stripe-invalid-payment-intent-status',
        'The PaymentIntent is not in a status that can be confirmed',
      );
    }
    confirmed();
  });
};

export const capturePaymentIntent: ActionRun = context => {
  const payment = paymentIn(context, 'confirmed');
  const captured = () => {
    context.transaction.payment = { ...payment, status: 'captured' };
  };
  if (context.speculative) return captured();
  return withStripe(async () => {
    await context.world.stripe.capturePaymentIntent(payment.stripePaymentIntentId);
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
    await context.world.stripe.refundPayment(payment.stripePaymentIntentId);
    ended();
  });
};

export const createPayout: ActionRun = context => {
  const payment = paymentIn(context, 'captured');
  const paidOut = () => {
    context.transaction.payment = { ...payment, status: 'paid-out' };
  };
  if (context.speculative) return paidOut();
  return withStripe(async () => {
    await payOutWhenSettled(context.world, payment.stripePaymentIntentId);
    paidOut();
  });
};

const DAY = 86_400_000;

/** Money that has not settled yet is paid out on a later day. */
async function payOutWhenSettled(world: ActionContext['world'], id: string): Promise<void> {
  if (await world.stripe.createPayout(id)) return;
  world.clock.at(world.clock.now() + DAY, () => payOutWhenSettled(world, id));
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
    if (!refusal) throw error;
    throw new FlexRefusal(402, 'transaction-payment-failed', 'Payment failed', {
      meta: {
        stripeMessage: refusal.stripeMessage,
        ...(refusal.stripeCode !== undefined && { stripeCode: refusal.stripeCode }),
      },
    });
  }
}
