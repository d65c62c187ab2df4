import type { Owned, WireObject } from '../shapes.ts';

export type PaymentIntentStatus =
  | 'requires_payment_method'
  | 'requires_confirmation'
  | 'requires_action'
  | 'processing'
  | 'requires_capture'
  | 'succeeded'
  | 'canceled';

export type CaptureMethod = 'automatic' | 'automatic_async' | 'manual';

export type PaymentIntent = Owned & {
  /** Minor units, as all amounts here. */
  amount: number;
  amountCapturable: number;
  amountReceived: number;
  applicationFeeAmount: number | null;
  /** null: any that is switched on in the dashboard. */
  allowedPaymentMethodTypes: string[] | null;
  excludedPaymentMethodTypes: string[] | null;
  /** May paying lead away to another page? `allow_redirects`, where any method is allowed. */
  mayRedirect: boolean;
  canceledAt: number | null;
  cancellationReason: string | null;
  captureMethod: CaptureMethod;
  clientSecret: string;
  confirmationMethod: 'automatic' | 'manual';
  currency: string;
  customer: string | null;
  description: string | null;
  lastPaymentError: WireObject | null;
  latestCharge: string | null;
  metadata: Record<string, string>;
  nextAction: WireObject | null;
  onBehalfOf: string | null;
  paymentMethod: string | null;
  receiptEmail: string | null;
  setupFutureUsage: string | null;
  shipping: WireObject | null;
  statementDescriptorSuffix: string | null;
  status: PaymentIntentStatus;
  transferData: { destination: string; amount: number | null } | null;
  transferGroup: string | null;
};
