/** The only way to Stripe: typed reads with a deadline; Stripe's errors end here. */
import { timingSafeEqual } from 'node:crypto';
import Stripe from 'stripe';
import type { StripePaymentIntent } from '../domain/genuineness.ts';
import { judgePaymentIntentId } from '../domain/payment-intent.ts';

export type StripeDoor = {
  /**
   * The PaymentIntent as our key sees it: null when it is not on this account or in this mode, undefined when Stripe
   * could not be asked. `clientSecret` is compared in constant time and goes no further.
   */
  paymentIntent(id: string, clientSecret: string): Promise<StripePaymentIntent | null | undefined>;
};

const DEADLINE_MS = 5_000;

/** `baseUrl` only for a Stripe that is not the real one. */
export function createStripeDoor(secretKey: string, baseUrl?: string): StripeDoor {
  const stripe = new Stripe(secretKey, {
    telemetry: false,
    maxNetworkRetries: 0,
    timeout: DEADLINE_MS,
    ...addressOf(baseUrl),
  });
  return {
    async paymentIntent(id, clientSecret) {
      // With an empty id the client would ask for the list of all, and take the list for the answer.
      if (!judgePaymentIntentId(id).valid) return null;
      try {
        const intent = await stripe.paymentIntents.retrieve(id);
        return describe(intent, clientSecret);
      } catch (error) {
        return error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing'
          ? null
          : undefined;
      }
    },
  };
}

function addressOf(baseUrl: string | undefined) {
  if (baseUrl === undefined) return {};
  const { hostname, port, protocol } = new URL(baseUrl);
  return { host: hostname, port, protocol: protocol === 'https:' ? ('https' as const) : ('http' as const) };
}

const describe = (intent: Stripe.PaymentIntent, clientSecret: string): StripePaymentIntent => ({
  id: intent.id,
  amount: intent.amount,
  currency: intent.currency,
  livemode: intent.livemode,
  status: intent.status,
  captureMethod: intent.capture_method,
  destination: destinationOf(intent),
  applicationFeeAmount: intent.application_fee_amount,
  sharetribeTransactionId: intent.metadata['sharetribe-transaction-id'] ?? null,
  secretMatches: equalInConstantTime(intent.client_secret ?? '', clientSecret),
});

function destinationOf({ transfer_data }: Stripe.PaymentIntent): string | null {
  const destination = transfer_data?.destination;
  return typeof destination === 'object' ? destination.id : (destination ?? null);
}

function equalInConstantTime(one: string, other: string): boolean {
  const [first, second] = [Buffer.from(one), Buffer.from(other)];
  return first.length === second.length && timingSafeEqual(first, second);
}
