import type { Owned } from '../shapes.ts';

export type Transfer = Owned & {
  amount: number;
  amountReversed: number;
  balanceTransaction: string;
  currency: string;
  description: string | null;
  destination: string;
  destinationPayment: string;
  metadata: Record<string, string>;
  /** The charge whose money it is, if of one. */
  sourceTransaction: string | null;
  transferGroup: string | null;
  reversals: TransferReversal[];
};

export type TransferReversal = Owned & {
  amount: number;
  balanceTransaction: string;
  metadata: Record<string, string>;
  sourceRefund: string | null;
};
