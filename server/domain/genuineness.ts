/** Whether a PaymentIntent that looks right is the one at Stripe, and says the same as the Flex transaction. */

export const genuinenesses = ['genuine', 'foreign', 'mismatch', 'unverified'] as const;
export type Genuineness = (typeof genuinenesses)[number];

/** What Flex says. Amounts in minor units; what is not known is left out, and not compared. */
export type ClaimedPaymentIntent = {
  id: string;
  transactionId: string;
  amount: number;
  currency: string;
  livemode: boolean;
  /** Payin less payout. */
  applicationFeeAmount?: number;
  captureMethod?: 'manual' | 'automatic';
  /** The provider's connected account. Flex always names one: left out, any will do, but none will not. */
  destination?: string;
};

/** What Stripe says. `secretMatches`: compared at the door, so that no secret comes in here; null when there was none. */
export type StripePaymentIntent = {
  id: string;
  amount: number;
  currency: string;
  livemode: boolean;
  status: string;
  captureMethod: string;
  destination: string | null;
  onBehalfOf: string | null;
  applicationFeeAmount: number | null;
  sharetribeTransactionId: string | null;
  secretMatches: boolean | null;
  /** Seconds since the epoch. */
  created: number;
  amountReceived: number;
  /** The code of the last failed attempt to pay. */
  lastPaymentError: string | null;
  cancellationReason: string | null;
};

export type Comparison = { genuineness: Genuineness; differing: string[] };

/** `actual` is null when Stripe, asked with our key, knows no such PaymentIntent; undefined when it could not be asked. */
export function compareWithStripe(
  claimed: ClaimedPaymentIntent,
  actual: StripePaymentIntent | null | undefined,
): Comparison {
  if (actual === undefined) return { genuineness: 'unverified', differing: [] };
  if (actual === null) return { genuineness: 'foreign', differing: [] };
  const { applicationFeeAmount: fee, captureMethod, destination } = claimed;
  const agrees: Record<string, boolean> = {
    id: actual.id === claimed.id,
    clientSecret: actual.secretMatches !== false,
    amount: actual.amount === claimed.amount,
    currency: actual.currency.toLowerCase() === claimed.currency.toLowerCase(),
    livemode: actual.livemode === claimed.livemode,
    destination: destination === undefined ? actual.destination !== null : actual.destination === destination,
    onBehalfOf: actual.onBehalfOf === actual.destination,
    applicationFeeAmount: fee === undefined || (actual.applicationFeeAmount ?? 0) === fee,
    // Stripe has two ways to be automatic.
    captureMethod:
      captureMethod === undefined ||
      actual.captureMethod === captureMethod ||
      (captureMethod === 'automatic' && actual.captureMethod === 'automatic_async'),
    'sharetribe-transaction-id': actual.sharetribeTransactionId === claimed.transactionId,
  };
  const differing = Object.keys(agrees).filter(name => !agrees[name]);
  return { genuineness: differing.length === 0 ? 'genuine' : 'mismatch', differing };
}
