import type { Owned, WireObject } from '../shapes.ts';

export type SetupIntent = Owned & {
  clientSecret: string;
  status: 'requires_payment_method' | 'requires_confirmation' | 'requires_action' | 'succeeded' | 'canceled';
  customer: string | null;
  paymentMethod: string | null;
  usage: string;
  cancellationReason: string | null;
  lastSetupError: WireObject | null;
  nextAction: WireObject | null;
  metadata: Record<string, string>;
};
