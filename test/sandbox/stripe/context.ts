import type { Parameters } from './parameters.ts';
import type { StripeWorld } from './world.ts';

/** One call as an endpoint sees it: authenticated, its form read. */
export type StripeCall = {
  world: StripeWorld;
  /** Path parameters. */
  path: Record<string, string>;
  /** Checks the call's parameters by the table of that endpoint. */
  parameters: (endpoint: string, extra?: Record<string, string>) => Parameters;
  /** The connected account it is made for (`Stripe-Account`), else the platform. */
  account: string;
  key: 'secret' | 'publishable';
  requestId: string;
  idempotencyKey: string | null;
};

/** What an endpoint gives back: a wire object. */
export type WireObject = Record<string, unknown>;

export type StripeRoute = {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  /** May a publishable key call it, with the object's client secret? */
  publishable?: true;
  handle: (call: StripeCall) => WireObject;
};

/** Looks up something of the calling account; `missing` makes the refusal when it is not there. */
export function ownedBy<T extends { account: string }>(
  call: StripeCall,
  entity: T | undefined,
): T | undefined {
  return entity?.account === call.account ? entity : undefined;
}
