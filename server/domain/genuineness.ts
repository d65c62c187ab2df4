/** Whether a PaymentIntent that looks right is the one at Stripe, and says the same as the Flex transaction. */

export type Genuineness = 'genuine' | 'foreign' | 'mismatch' | 'unverified';

/** What Flex says. Amount in minor units. */
export type ClaimedPaymentIntent = {
  id: string;
  transactionId: string;
  amount: number;
  currency: string;
  livemode: boolean;
};

/** What Stripe says. `secretMatches`: compared at the door, so that no secret comes in here. */
export type StripePaymentIntent = {
  id: string;
  amount: number;
  currency: string;
  livemode: boolean;
  status: string;
  captureMethod: string;
  destination: string | null;
  applicationFeeAmount: number | null;
  sharetribeTransactionId: string | null;
  secretMatches: boolean;
};

export type Comparison = { genuineness: Genuineness; differing: string[] };

/** `actual` is null when Stripe, asked with our key, knows no such PaymentIntent; undefined when it could not be asked. */
export function compareWithStripe(
  claimed: ClaimedPaymentIntent,
  actual: StripePaymentIntent | null | undefined,
): Comparison {
  if (actual === undefined) return { genuineness: 'unverified', differing: [] };
  if (actual === null) return { genuineness: 'foreign', differing: [] };
  const agrees: Record<string, boolean> = {
    id: actual.id === claimed.id,
    clientSecret: actual.secretMatches,
    amount: actual.amount === claimed.amount,
    currency: actual.currency.toLowerCase() === claimed.currency.toLowerCase(),
    livemode: actual.livemode === claimed.livemode,
    'sharetribe-transaction-id': actual.sharetribeTransactionId === claimed.transactionId,
  };
  const differing = Object.keys(agrees).filter(name => !agrees[name]);
  return { genuineness: differing.length === 0 ? 'genuine' : 'mismatch', differing };
}
