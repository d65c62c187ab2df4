/**
 * Flex's own line to Stripe: the real client with the marketplace's key, as Flex has it in Console.
 * A destination charge with manual capture, the commission as application fee, and Sharetribe's metadata.
 */
import Stripe from 'stripe';

export type FlexStripe = {
  createPaymentIntent(order: PaymentIntentOrder): Promise<{ id: string; clientSecret: string }>;
  /** Moves a PaymentIntent that its customer has confirmed on; false when its status does not allow that. */
  confirmPaymentIntent(id: string, push: boolean): Promise<boolean>;
  capturePaymentIntent(id: string): Promise<void>;
  /** Gives all money back: cancels what is not captured, refunds what is. */
  refundPayment(id: string): Promise<void>;
  /** Pays out what a captured payment brought its provider; false while the money has not settled. */
  createPayout(id: string): Promise<boolean>;
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
  savePaymentMethod: boolean;
};

/** What Stripe said when it refused, for Flex's 402. */
export type StripeRefusalData = { stripeMessage: string; stripeCode: string | undefined };

export const stripeRefusalData = (error: unknown): StripeRefusalData | undefined =>
  error instanceof Stripe.errors.StripeError
    ? { stripeMessage: error.message, stripeCode: error.code }
    : undefined;

export function createFlexStripe(stripe: Stripe): FlexStripe {
  return {
    async createPaymentIntent(order) {
      const intent = await stripe.paymentIntents.create({
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
        ...(order.savePaymentMethod && { setup_future_usage: 'off_session' }),
      });
      return { id: intent.id, clientSecret: intent.client_secret! };
    },
    async confirmPaymentIntent(id, push) {
      const intent = await stripe.paymentIntents.retrieve(id);
      if (intent.status === 'requires_capture' || (push && intent.status === 'succeeded')) return true;
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
      const intent = await stripe.paymentIntents.retrieve(id);
      const destination = intent.transfer_data?.destination as string;
      try {
        await stripe.payouts.create(
          {
            amount: intent.amount_received - (intent.application_fee_amount ?? 0),
            currency: intent.currency,
          },
          { stripeAccount: destination, idempotencyKey: `payout:${id}` },
        );
        return true;
      } catch (error) {
        if (stripeRefusalData(error)?.stripeCode === 'balance_insufficient') return false;
        throw error;
      }
    },
  };
}
