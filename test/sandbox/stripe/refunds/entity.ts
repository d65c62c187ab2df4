import type { Owned } from '../shapes.ts';

export type Refund = Owned & {
  amount: number;
  balanceTransaction: string | null;
  charge: string;
  currency: string;
  metadata: Record<string, string>;
  paymentIntent: string | null;
  reason: string | null;
  status: 'succeeded' | 'failed';
  /** The bank sent it back: the entry that books it. */
  failureBalanceTransaction: string | null;
  transferReversal: string | null;
};
