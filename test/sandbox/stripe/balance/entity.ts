import type { Owned } from '../shapes.ts';

/** A movement on one account's balance. The sum of `amount` less `fee` over an account is what it holds. */
export type BalanceTransaction = Owned & {
  availableOn: number;
  amount: number;
  fee: number;
  feeKind: 'application_fee' | 'stripe_fee' | null;
  currency: string;
  source: string;
  type:
    | 'adjustment'
    | 'application_fee'
    | 'application_fee_refund'
    | 'charge'
    | 'payment'
    | 'payment_refund'
    | 'payout'
    | 'payout_cancel'
    | 'payout_failure'
    | 'refund'
    | 'refund_failure'
    | 'transfer'
    | 'transfer_refund';
};
