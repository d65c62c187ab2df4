import type { Owned, WireObject } from '../shapes.ts';

export type SetupIntent = Owned & {
  /** null: any that is switched on in the dashboard. */
  allowedPaymentMethodTypes: string[] | null;
  excludedPaymentMethodTypes: string[] | null;
  clientSecret: string;
  description: string | null;
  status: 'requires_payment_method' | 'requires_confirmation' | 'requires_action' | 'succeeded' | 'canceled';
  customer: string | null;
  paymentMethod: string | null;
  usage: string;
  cancellationReason: string | null;
  lastSetupError: WireObject | null;
  nextAction: WireObject | null;
  metadata: Record<string, string>;
};
