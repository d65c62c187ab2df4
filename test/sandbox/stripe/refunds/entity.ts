export type Refund = {
  id: string;
  account: string;
  created: number;
  amount: number;
  balanceTransaction: string | null;
  charge: string;
  currency: string;
  metadata: Record<string, string>;
  paymentIntent: string;
  reason: string | null;
  status: 'succeeded';
  transferReversal: string | null;
};
