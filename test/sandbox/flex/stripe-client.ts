/**
 * Flex's own line to Stripe: the real client with the marketplace's key, as Flex has it in Console.
 * A destination charge with manual capture, the commission as application fee, and Sharetribe's metadata.
 */
import Stripe from 'stripe';
import { conflict } from './errors.ts';
import type { TakeScenario } from './request-scenarios.ts';

/** Which key Flex holds in Console. The others are what goes wrong there. */
export type FlexKey = 'own' | 'revoked' | 'live' | 'other-account';

export type FlexStripe = (key: FlexKey) => FlexStripeCalls;

export type FlexStripeCalls = {
  createPaymentIntent(order: PaymentIntentOrder): Promise<{ id: string; clientSecret: string }>;
  /** Moves a PaymentIntent that its customer has confirmed on; false when its status does not allow that. */
  confirmPaymentIntent(id: string): Promise<boolean>;
  capturePaymentIntent(id: string): Promise<void>;
  /** Gives all money back: cancels what is not captured, refunds what is. */
  refundPayment(id: string): Promise<void>;
  /** Pays out what a captured payment brought its provider; false while the money has not settled. */
  createPayout(id: string): Promise<boolean>;
  createCustomer(customer: { email: string; name: string; userId: string }): Promise<{ id: string }>;
  deleteCustomer(id: string): Promise<void>;
  attachPaymentMethod(
    customerId: string,
    paymentMethod: string,
  ): Promise<{ id: string; brand: string; last4: string }>;
  detachPaymentMethod(id: string): Promise<void>;
  createSetupIntent(): Promise<{ id: string; clientSecret: string }>;
  /** Stripe's own description of a connected account. */
  retrieveAccount(id: string): Promise<Record<string, unknown>>;
  /** Does a connected account hold money, available or pending? */
  holdsMoney(id: string): Promise<boolean>;
};

/** Amounts in minor units. */
export type PaymentIntentOrder = {
  transactionId: string;
  customerId: string;
  providerId: string;
  amount: number;
  applicationFee: number;
  currency: string;
  destination: string;
  captureMethod: 'manual' | 'automatic';
  paymentMethodTypes: string[];
  paymentMethod: string | undefined;
  stripeCustomerId: string | undefined;
  savePaymentMethod: boolean;
  /** The customer is not there: confirmed at once with the saved payment method. */
  offSession: boolean;
};

/** A key that was revoked or taken out of Console is gone for everything, also for what was made with it. */
export function lineToStripe(stripe: FlexStripe, scenario: TakeScenario, key: FlexKey): FlexStripeCalls {
  if (scenario('stripe-not-configured'))
    throw conflict('stripe-missing-api-key', 'Stripe API key is missing');
  return stripe(scenario('stripe-key-revoked') ? 'revoked' : key);
}

/** What Stripe said when it refused, for Flex's 402. */
export type StripeRefusalData = { stripeMessage: string; stripeCode: string | undefined };

export const stripeRefusalData = (error: unknown): StripeRefusalData | undefined =>
  error instanceof Stripe.errors.StripeError
    ? { stripeMessage: error.message, stripeCode: error.code }
    : undefined;

export const createFlexStripe = (clientFor: (key: FlexKey) => Stripe): FlexStripe => {
  const calls = new Map<FlexKey, FlexStripeCalls>();
  return key => {
    const known = calls.get(key) ?? flexStripeCalls(clientFor(key));
    calls.set(key, known);
    return known;
  };
};

/** A PaymentIntent that was confirmed as it was made, and declined, exists all the same. */
async function cancelledIfDeclined(stripe: Stripe, order: Stripe.PaymentIntentCreateParams) {
  try {
    return await stripe.paymentIntents.create(order);
  } catch (error) {
    const left = error instanceof Stripe.errors.StripeError ? error.payment_intent : undefined;
    if (left) await stripe.paymentIntents.cancel(left.id).catch(() => undefined);
    throw error;
  }
}

function flexStripeCalls(stripe: Stripe): FlexStripeCalls {
  return {
    async createPaymentIntent(order) {
      const intent = await cancelledIfDeclined(stripe, {
        amount: order.amount,
        currency: order.currency.toLowerCase(),
        capture_method: order.captureMethod,
        allowed_payment_method_types: order.paymentMethodTypes,
        application_fee_amount: order.applicationFee,
        on_behalf_of: order.destination,
        transfer_data: { destination: order.destination },
        metadata: {
          'sharetribe-transaction-id': order.transactionId,
          'sharetribe-customer-id': order.customerId,
          'sharetribe-provider-id': order.providerId,
          'sharetribe-platform': 'sharetribe',
        },
        ...(order.paymentMethod !== undefined && { payment_method: order.paymentMethod }),
        ...(order.stripeCustomerId !== undefined && { customer: order.stripeCustomerId }),
        ...(order.savePaymentMethod && { setup_future_usage: 'off_session' }),
        ...(order.offSession && { off_session: true, confirm: true }),
      });
      return { id: intent.id, clientSecret: intent.client_secret! };
    },
    async confirmPaymentIntent(id) {
      const intent = await stripe.paymentIntents.retrieve(id);
      const isPush = intent.capture_method !== 'manual';
      if (intent.status === 'requires_capture' || (isPush && intent.status === 'succeeded')) return true;
      if (intent.status !== 'requires_confirmation') return false;
      const confirmed = await stripe.paymentIntents.confirm(id);
      return confirmed.status === 'requires_capture' || confirmed.status === 'succeeded';
    },
    async capturePaymentIntent(id) {
      const intent = await stripe.paymentIntents.retrieve(id);
      if (intent.status !== 'succeeded') await stripe.paymentIntents.capture(id);
    },
    async refundPayment(id) {
      const intent = await stripe.paymentIntents.retrieve(id);
      if (intent.status === 'canceled') return;
      if (intent.status === 'succeeded') {
        await stripe.refunds.create({
          payment_intent: id,
          reverse_transfer: true,
          refund_application_fee: true,
        });
      } else await stripe.paymentIntents.cancel(id);
    },
    async createPayout(id) {
      const intent = await stripe.paymentIntents.retrieve(id, { expand: ['latest_charge.transfer'] });
      const transfer = (intent.latest_charge as Stripe.Charge).transfer as Stripe.Transfer | null;
      // A captured payment has no transfer for a moment.
      if (!transfer) return false;
      try {
        await stripe.payouts.create(
          { amount: transfer.amount - (intent.application_fee_amount ?? 0), currency: intent.currency },
          { stripeAccount: transfer.destination as string, idempotencyKey: `payout:${id}` },
        );
        return true;
      } catch (error) {
        if (stripeRefusalData(error)?.stripeCode === 'balance_insufficient') return false;
        throw error;
      }
    },
    async createCustomer({ email, name, userId }) {
      return stripe.customers.create({ email, name, metadata: { 'sharetribe-user-id': userId } });
    },
    async deleteCustomer(id) {
      await stripe.customers.del(id);
    },
    async attachPaymentMethod(customerId, paymentMethod) {
      const method = await stripe.paymentMethods.attach(paymentMethod, { customer: customerId });
      return { id: method.id, brand: method.card?.brand ?? 'unknown', last4: method.card?.last4 ?? '' };
    },
    async detachPaymentMethod(id) {
      await stripe.paymentMethods.detach(id);
    },
    async createSetupIntent() {
      const intent = await stripe.setupIntents.create({});
      return { id: intent.id, clientSecret: intent.client_secret! };
    },
    async retrieveAccount(id) {
      return { ...(await stripe.accounts.retrieve(id)) };
    },
    async holdsMoney(id) {
      const { available, pending } = await stripe.balance.retrieve({}, { stripeAccount: id });
      return [...available, ...pending].some(({ amount }) => amount !== 0);
    },
  };
}
