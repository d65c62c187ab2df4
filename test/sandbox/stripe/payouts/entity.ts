import type { Owned } from '../shapes.ts';

export type Payout = Owned & {
  amount: number;
  arrivalDate: number;
  balanceTransaction: string;
  currency: string;
  description: string | null;
  destination: string;
  /** Why the bank sent it back, and the entry that books it. */
  failure: { balanceTransaction: string; code: string; message: string } | null;
  metadata: Record<string, string>;
  statementDescriptor: string | null;
  status: 'pending' | 'in_transit' | 'paid' | 'failed' | 'canceled';
};
