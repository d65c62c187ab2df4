import type { Owned } from '../shapes.ts';

/** A movement on one account's balance. The sum of `net` over an account is what it holds. */
export type BalanceTransaction = Owned & {
  availableOn: number;
  amount: number;
  fee: number;
  feeKind: 'application_fee' | 'stripe_fee' | null;
  currency: string;
  source: string;
  type:
    | 'charge'
    | 'transfer'
    | 'payment'
    | 'application_fee'
    | 'refund'
    | 'transfer_refund'
    | 'payment_refund'
    | 'application_fee_refund'
    | 'payout'
    | 'payout_cancel'
    | 'refund_failure';
};

export type Transfer = Owned & {
  amount: number;
  amountReversed: number;
  balanceTransaction: string;
  currency: string;
  destination: string;
  destinationPayment: string;
  sourceTransaction: string;
  transferGroup: string | null;
  reversals: TransferReversal[];
};

export type TransferReversal = { id: string; amount: number; created: number; sourceRefund: string | null };

export type ApplicationFee = Owned & {
  /** The connected account it was taken from. */
  payer: string;
  amount: number;
  amountRefunded: number;
  balanceTransaction: string;
  charge: string;
  currency: string;
};

export type Payout = Owned & {
  amount: number;
  balanceTransaction: string;
  currency: string;
  description: string | null;
  metadata: Record<string, string>;
  destination: string;
  status: 'pending' | 'paid' | 'canceled';
};
