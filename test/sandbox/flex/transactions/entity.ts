import type { FlexKey } from '../stripe-client.ts';
import type { PlainObject } from '../values.ts';

export type Party = 'customer' | 'provider' | 'operator' | 'system';

export type LineItem = {
  code: string;
  /** Minor units. */
  unitPrice: { amount: number; currency: string };
  lineTotal: { amount: number; currency: string };
  /** Decimal texts; one of the two, quantity also where units and seats are given. */
  quantity?: string;
  percentage?: string;
  units?: string;
  seats?: number;
  includeFor: ('customer' | 'provider')[];
  reversal: boolean;
};

export type StripePaymentIntentData = {
  stripePaymentIntentId: string;
  stripePaymentIntentClientSecret: string;
};

export type Transaction = {
  id: string;
  createdAt: number;
  processName: string;
  processVersion: number;
  state: string;
  lastTransition: string;
  lastTransitionedAt: number;
  transitions: { transition: string; createdAt: number; by: Party }[];
  /** When a state was entered first and last, for delayed transitions. */
  entered: Record<string, { first: number; last: number }>;
  listingId: string;
  customerId: string;
  providerId: string;
  bookingId: string | null;
  stockReservationId: string | null;
  lineItems: LineItem[];
  /** What the deprecated commissions are a share of. */
  totalPrice: { amount: number; currency: string } | null;
  payinTotal: { amount: number; currency: string } | null;
  payoutTotal: { amount: number; currency: string } | null;
  protectedData: PlainObject;
  metadata: PlainObject;
  /** Flex's own knowledge of the payment; only what is in `shown` reaches the customer. */
  payment: Payment | null;
  refundCalculated: boolean;
};

export type Payment = {
  stripePaymentIntentId: string;
  /** The key it was made with, and has to be finished with. */
  key: FlexKey;
  status: 'created' | 'confirmed' | 'captured' | 'ended' | 'paid-out';
  /** Captured as soon as the customer confirms. */
  isPush: boolean;
  /** The overlay under `protectedData.stripePaymentIntents`, customer only, gone once confirmed. */
  shown: Record<string, StripePaymentIntentData> | null;
};
