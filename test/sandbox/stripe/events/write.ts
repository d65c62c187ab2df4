import type { StripeCall } from '../context.ts';
import type { WireObject } from '../shapes.ts';
import { deliverEvent } from '../webhooks/deliver.ts';
import { newId, seconds } from '../world.ts';
import type { StripeEvent } from './entity.ts';

/** Who caused a change: a call, or Stripe itself when a hold runs out. */
export type Cause = Pick<StripeCall, 'world' | 'account' | 'livemode'> &
  Partial<Pick<StripeCall, 'requestId' | 'idempotencyKey'>>;

/** Writes down that something happened, and sends word of it. */
export function writeEvent(
  cause: Cause,
  type: string,
  object: WireObject,
  previousAttributes: WireObject | null = null,
): void {
  const { world, account, livemode } = cause;
  const event: StripeEvent = {
    id: newId(world, 'evt'),
    account,
    livemode,
    created: seconds(world),
    type,
    object,
    previousAttributes,
    pendingWebhooks: 0,
    request: { id: cause.requestId ?? null, idempotencyKey: cause.idempotencyKey ?? null },
  };
  world.events.push(event);
  deliverEvent(world, event);
}
