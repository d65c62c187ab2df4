import { resourceMissing } from './errors.ts';
import type { Parameters } from './parameters.ts';
import type { Owned, WireObject } from './shapes.ts';
import { seconds, type StripeWorld } from './world.ts';

/** One call as an endpoint sees it: authenticated, its form read. */
export type StripeCall = {
  world: StripeWorld;
  /** Path parameters. */
  path: Record<string, string>;
  /** Checks the call's parameters by the table of that endpoint. */
  parameters: (endpoint: string, extra?: Record<string, string>) => Parameters;
  /** The connected account it is made for (`Stripe-Account`), else the platform. */
  account: string;
  livemode: boolean;
  key: 'secret' | 'publishable';
  requestId: string;
  idempotencyKey: string | null;
};

export type StripeRoute = {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  /** May a publishable key call it, with the object's client secret? */
  publishable?: true;
  handle: (call: StripeCall) => WireObject;
};

/** Of the calling account and in its mode. An object of the other mode is said to exist there, and not found. */
export function findOwn<T extends Owned>(
  call: StripeCall,
  collection: Map<string, T>,
  id: string,
  kind: string,
  param: string,
  status = 404,
): T {
  const found = collection.get(id);
  if (found?.account === call.account && found.livemode === call.livemode) return found;
  const hint = found?.account === call.account ? hintOfOtherMode(call.livemode) : '';
  throw resourceMissing(kind, id, param, status, hint);
}

export function hintOfOtherMode(livemode: boolean): string {
  const [there, here] = livemode ? ['test', 'live'] : ['live', 'test'];
  return `; a similar object exists in ${there} mode, but a ${here} mode key was used to make this request.`;
}

/** What the calling account has of a kind, in its mode, oldest first. */
export const allOwn = <T extends Owned>(call: StripeCall, collection: Map<string, T>): T[] =>
  [...collection.values()].filter(item => item.account === call.account && item.livemode === call.livemode);

/** The common part of a new object. */
export const newlyOwned = (call: Pick<StripeCall, 'world' | 'account' | 'livemode'>) => ({
  account: call.account,
  livemode: call.livemode,
  created: seconds(call.world),
});
