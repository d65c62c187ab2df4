import type { Clock } from '../core/clock.ts';
import { createRandom, type Random } from '../core/random.ts';
import type { Scenarios } from '../core/scenarios.ts';
import type { Account } from './accounts/entity.ts';
import type { ApplicationFee, BalanceTransaction, Payout, Transfer } from './balance/entity.ts';
import type { Charge } from './charges/entity.ts';
import type { StripeEvent } from './events/entity.ts';
import type { StoredAnswer } from './idempotency.ts';
import type { PaymentIntent } from './payment-intents/entity.ts';
import type { PaymentMethod } from './payment-methods/entity.ts';
import type { Refund } from './refunds/entity.ts';

/** What the sandbox's Stripe knows. One platform account, its keys, and the accounts connected to it. */
export type StripeWorld = {
  clock: Clock;
  random: Random;
  scenarios: Scenarios;
  platform: Platform;
  accounts: Map<string, Account>;
  paymentIntents: Map<string, PaymentIntent>;
  paymentMethods: Map<string, PaymentMethod>;
  charges: Map<string, Charge>;
  refunds: Map<string, Refund>;
  transfers: Map<string, Transfer>;
  applicationFees: Map<string, ApplicationFee>;
  balanceTransactions: Map<string, BalanceTransaction>;
  payouts: Map<string, Payout>;
  events: StripeEvent[];
  /** By account, then key: see `idempotency.ts`. */
  answers: Map<string, StoredAnswer>;
};

export type Platform = {
  accountId: string;
  secretKey: string;
  publishableKey: string;
  webhookSecret: string;
};

export type StripeSeed = { platform: Platform; accounts: Account[] };

export function createStripeWorld(
  seed: StripeSeed,
  base: { clock: Clock; scenarios: Scenarios; randomSeed: number },
): StripeWorld {
  return {
    clock: base.clock,
    scenarios: base.scenarios,
    random: createRandom(base.randomSeed),
    platform: seed.platform,
    accounts: new Map(seed.accounts.map(account => [account.id, structuredClone(account)])),
    paymentIntents: new Map(),
    paymentMethods: new Map(),
    charges: new Map(),
    refunds: new Map(),
    transfers: new Map(),
    applicationFees: new Map(),
    balanceTransactions: new Map(),
    payouts: new Map(),
    events: [],
    answers: new Map(),
  };
}

/** Stripe counts in seconds. */
export const seconds = (world: StripeWorld): number => Math.floor(world.clock.now() / 1000);

/**
 * An id of Stripe's shape: prefix, generation digit, five characters, ten that belong to the account, eight more.
 * The ten shared characters are how Stripe's own fixtures look.
 */
export function newId(world: StripeWorld, prefix: string): string {
  const shared = world.platform.accountId.slice(-10);
  return `${prefix}_3${world.random.base62(5)}${shared}${world.random.base62(8)}`;
}

/** Ids of fourteen characters: customers, products, payments on a connected account. */
export const newShortId = (world: StripeWorld, prefix: string): string =>
  `${prefix}_${world.random.base62(14)}`;
