import type { Owned, WireObject } from '../shapes.ts';

/** What Stripe tells the world: written together with the change it speaks of, with a snapshot of that moment. */
export type StripeEvent = Owned & {
  type: string;
  object: WireObject;
  previousAttributes: WireObject | null;
  /** Of an account that is connected to a platform: the event names it. */
  connected: boolean;
  /** Webhook endpoints that have not taken it yet. */
  awaitedBy: Set<string>;
  request: { id: string | null; idempotencyKey: string | null };
};
