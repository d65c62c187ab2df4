import { isDeepStrictEqual } from 'node:util';
import { isConnected } from '../accounts/rules.ts';
import type { StripeCall } from '../context.ts';
import { learn } from '../search.ts';
import type { WireObject } from '../shapes.ts';
import { deliverEvent } from '../webhooks/deliver.ts';
import { newId, seconds } from '../world.ts';
import type { StripeEvent } from './entity.ts';

/** Who caused a change: a call, or Stripe itself when a hold runs out. */
export type Cause = Pick<StripeCall, 'world' | 'account' | 'livemode'> &
  Partial<Pick<StripeCall, 'requestId' | 'idempotencyKey'>>;

/** Stripe itself, for what happens later by the clock. */
export const byItself = ({ world, account, livemode }: Cause): Cause => ({ world, account, livemode });

/** Writes down that something happened, and sends word of it. */
export function writeEvent(
  cause: Cause,
  type: string,
  object: WireObject,
  previousAttributes: WireObject | null = null,
): void {
  const { world, account, livemode } = cause;
  const event: StripeEvent = {
    id: newId(cause, 'evt'),
    account,
    livemode,
    created: seconds(world),
    type,
    object,
    previousAttributes,
    connected: isConnected(world, account),
    awaitedBy: new Set(),
    request: { id: cause.requestId ?? null, idempotencyKey: cause.idempotencyKey ?? null },
  };
  world.events.push(event);
  learn(world, object);
  deliverEvent(world, event);
}

/** The same for a change of an object, with what stood in the changed places before. Silent when nothing changed. */
export function writeUpdate(cause: Cause, type: string, before: WireObject, after: WireObject): void {
  const changed = changedAttributes(before, after);
  if (Object.keys(changed).length > 0) writeEvent(cause, type, after, changed);
}

function changedAttributes(before: WireObject, after: WireObject): WireObject {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return Object.fromEntries(
    [...names]
      .filter(name => !isDeepStrictEqual(before[name], after[name]))
      .map(name => {
        const [old, young] = [before[name], after[name]];
        return [name, isObject(old) && isObject(young) ? changedAttributes(old, young) : (old ?? null)];
      }),
  );
}

const isObject = (value: unknown): value is WireObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
