import type { Owned } from '../shapes.ts';

export type Dispute = Owned & {
  amount: number;
  balanceTransaction: string;
  charge: string;
  currency: string;
  paymentIntent: string | null;
  card: { brand: string };
  status: 'needs_response' | 'lost';
};
