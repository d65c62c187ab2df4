import type { MethodDetails } from '../payment-methods/entity.ts';
import type { Owned, WireObject } from '../shapes.ts';

export type Charge = Owned & {
  amount: number;
  amountCaptured: number;
  amountRefunded: number;
  applicationFee: string | null;
  applicationFeeAmount: number | null;
  balanceTransaction: string | null;
  captured: boolean;
  currency: string;
  customer: string | null;
  description: string | null;
  disputed: boolean;
  failure: { code: string; message: string } | null;
  metadata: Record<string, string>;
  onBehalfOf: string | null;
  paymentIntent: string | null;
  paymentMethod: string | null;
  /** How it was paid; null for what a transfer brought. */
  methodDetails: MethodDetails | null;
  /** Seconds; until when an authorisation holds. */
  captureBefore: number | null;
  receiptEmail: string | null;
  shipping: WireObject | null;
  statementDescriptorSuffix: string | null;
  /** `pending` while a delayed method settles. */
  status: 'succeeded' | 'failed' | 'pending';
  /** Of a payment on a connected account: the transfer that brought it. */
  sourceTransfer: string | null;
  transfer: string | null;
  transferData: { destination: string; amount: number | null } | null;
  transferGroup: string | null;
};
