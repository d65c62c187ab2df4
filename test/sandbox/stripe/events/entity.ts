import type { Owned, WireObject } from '../shapes.ts';

/** What Stripe tells the world: written together with the change it speaks of, with a snapshot of that moment. */
export type StripeEvent = Owned & {
  type: string;
  object: WireObject;
  previousAttributes: WireObject | null;
  /** Deliveries still to be made. */
  pendingWebhooks: number;
  request: { id: string | null; idempotencyKey: string | null };
};
