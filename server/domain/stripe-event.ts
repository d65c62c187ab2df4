/**
 * `received`: not looked at yet. `waiting`: it can not be placed yet, and is looked at again. `done`, `ignored` (nothing
 * of ours) and `gave-up` are the ends.
 */
export const stripeEventStates = ['received', 'waiting', 'done', 'ignored', 'gave-up'] as const;
export type StripeEventState = (typeof stripeEventStates)[number];

/** What we keep of an event of Stripe's: ids, states and amounts; no client secret, no name, no card. */
export type StripeEventRecord = {
  id: string;
  type: string;
  /** The connected account it is about; null for our own. */
  account: string | null;
  livemode: boolean;
  apiVersion: string | null;
  created: Date;
  /** Events with the same key are about one thing, and worked on in order. */
  objectKey: string;
  objectType: string;
  objectId: string | null;
  paymentIntentId: string | null;
  /** Where Flex wrote it into the object. */
  transactionId: string | null;
  summary: Record<string, unknown>;
};
