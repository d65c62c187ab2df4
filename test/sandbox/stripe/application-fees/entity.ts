import type { Owned } from '../shapes.ts';

export type ApplicationFee = Owned & {
  /** The connected account it was taken from. */
  payer: string;
  amount: number;
  amountRefunded: number;
  balanceTransaction: string;
  /** The payment on the connected account that it was taken off. */
  charge: string;
  currency: string;
  /** The platform's charge behind it. */
  originatingTransaction: string;
  refunds: FeeRefund[];
};

export type FeeRefund = { id: string; amount: number; balanceTransaction: string; created: number };
