/** What we read of a PaymentIntent. Its client secret is compared here and goes no further. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type Stripe from 'stripe';
import type { StripePaymentIntent } from '../domain/genuineness.ts';

/** What stands for a client secret while it waits to be compared: nobody can pay with it. */
export const digestOfSecret = (clientSecret: string): string =>
  createHash('sha256').update(clientSecret).digest('hex');

export const describeIntent = (intent: Stripe.PaymentIntent, secretDigest?: string): StripePaymentIntent => ({
  id: intent.id,
  amount: intent.amount,
  currency: intent.currency,
  livemode: intent.livemode,
  status: intent.status,
  captureMethod: intent.capture_method,
  destination: idOf(intent.transfer_data?.destination),
  onBehalfOf: idOf(intent.on_behalf_of),
  applicationFeeAmount: intent.application_fee_amount,
  sharetribeTransactionId: intent.metadata['sharetribe-transaction-id'] ?? null,
  secretMatches:
    secretDigest === undefined
      ? null
      : equalInConstantTime(digestOfSecret(intent.client_secret ?? ''), secretDigest),
  created: intent.created,
  amountReceived: intent.amount_received,
  lastPaymentError: intent.last_payment_error
    ? (intent.last_payment_error.decline_code ?? intent.last_payment_error.code ?? 'unknown')
    : null,
  cancellationReason: intent.cancellation_reason,
});

export const idOf = (reference: string | { id: string } | null | undefined): string | null =>
  typeof reference === 'object' && reference !== null ? reference.id : (reference ?? null);

function equalInConstantTime(one: string, other: string): boolean {
  const [first, second] = [Buffer.from(one), Buffer.from(other)];
  return first.length === second.length && timingSafeEqual(first, second);
}
