import type { WireObject } from '../context.ts';

/** What Stripe tells the world: written together with the change it speaks of, with a snapshot of that moment. */
export type StripeEvent = {
  id: string;
  type: string;
  created: number;
  /** The connected account it happened on; null for the platform itself. */
  account: string | null;
  object: WireObject;
  previousAttributes: WireObject | null;
  request: { id: string | null; idempotencyKey: string | null };
};
