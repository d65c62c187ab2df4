/** Whether an event that came to our address is from Stripe. */
import Stripe from 'stripe';
import { badRequest } from '../domain/errors.ts';
import type { StripeEventRecord } from '../domain/stripe-event.ts';
import { describeEvent } from './describe-event.ts';

/** Throws `ProxyError` for whatever none of the secrets has signed within the last five minutes. */
export type ReadWebhook = (body: Buffer, signature: string | undefined) => StripeEventRecord;

/** `livemode`: the mode of our key; null without one. */
export function createWebhookReader(secrets: readonly string[], livemode: boolean | null): ReadWebhook {
  return (body, signature) => {
    const event = secrets.map(secret => verified(body, signature, secret)).find(found => found !== undefined);
    if (!event) throw FORGED;
    if (livemode !== null && event.livemode !== livemode) throw otherMode(event.livemode);
    return describeEvent(event);
  };
}

function verified(body: Buffer, signature: string | undefined, secret: string): Stripe.Event | undefined {
  try {
    const event = Stripe.webhooks.constructEvent(body, signature ?? '', secret);
    return isEvent(event) ? event : undefined;
  } catch {
    // Stripe's client has a class for bad signatures, and throws others too; none of them says more to a stranger.
    return undefined;
  }
}

const isEvent = ({ object, id, type, created, data }: Stripe.Event) =>
  object === 'event' &&
  typeof id === 'string' &&
  typeof type === 'string' &&
  Number.isSafeInteger(created) &&
  typeof data?.object === 'object';

const FORGED = badRequest(
  'webhook-refused',
  'This is not signed by Stripe with a secret of ours in the last five minutes. The secret of the endpoint belongs into STRIPE_WEBHOOK_SECRET.',
);
const otherMode = (livemode: boolean) =>
  badRequest(
    'webhook-refused',
    `This event is of ${livemode ? 'live' : 'test'} mode, and STRIPE_SECRET_KEY is of the other.`,
  );
