import type { StripeCall, WireObject } from '../context.ts';
import { newId, seconds, type StripeWorld } from '../world.ts';

/** Who caused a change: a call, or Stripe itself when a hold runs out. */
export type Cause = Pick<StripeCall, 'world' | 'account'> &
  Partial<Pick<StripeCall, 'requestId' | 'idempotencyKey'>>;

/** Writes down that something happened. */
export function writeEvent(
  cause: Cause,
  type: string,
  object: WireObject,
  previousAttributes: WireObject | null = null,
): void {
  const { world } = cause;
  world.events.push({
    id: newId(world, 'evt'),
    type,
    created: seconds(world),
    account: onConnectedAccount(world, cause.account),
    object,
    previousAttributes,
    request: { id: cause.requestId ?? null, idempotencyKey: cause.idempotencyKey ?? null },
  });
}

const onConnectedAccount = (world: StripeWorld, account: string) =>
  account === world.platform.accountId ? null : account;
