export type Charge = {
  id: string;
  account: string;
  created: number;
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
  paymentIntent: string;
  paymentMethod: string;
  card: { brand: string; last4: string };
  /** Seconds; until when an authorisation holds. */
  captureBefore: number | null;
  status: 'succeeded' | 'failed';
  transfer: string | null;
  transferData: { destination: string; amount: number | null } | null;
  transferGroup: string | null;
};
