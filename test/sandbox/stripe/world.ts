import type { Clock } from '../core/clock.ts';
import { createRandom, type Random } from '../core/random.ts';
import type { Scenarios } from '../core/scenarios.ts';
import type { Account } from './accounts/entity.ts';
import type { ApplicationFee } from './application-fees/entity.ts';
import type { BalanceTransaction } from './balance/entity.ts';
import type { Charge } from './charges/entity.ts';
import type { Customer } from './customers/entity.ts';
import type { Dispute } from './disputes/entity.ts';
import type { StripeEvent } from './events/entity.ts';
import type { StoredAnswer } from './idempotency.ts';
import type { StripeKey } from './keys.ts';
import type { PaymentIntent } from './payment-intents/entity.ts';
import type { PaymentMethod } from './payment-methods/entity.ts';
import type { Payout } from './payouts/entity.ts';
import type { Refund } from './refunds/entity.ts';
import type { SearchIndex } from './search.ts';
import type { SetupIntent } from './setup-intents/entity.ts';
import type { Transfer } from './transfers/entity.ts';
import type { PostToWebhook, WebhookEndpoint } from './webhooks/entity.ts';

/** What the sandbox's Stripe knows: one platform account, its keys, and the accounts connected to it. */
export type StripeWorld = {
  clock: Clock;
  random: Random;
  scenarios: Scenarios;
  postToWebhook: PostToWebhook;
  platform: Platform;
  keys: Map<string, StripeKey>;
  accounts: Map<string, Account>;
  paymentIntents: Map<string, PaymentIntent>;
  setupIntents: Map<string, SetupIntent>;
  paymentMethods: Map<string, PaymentMethod>;
  customers: Map<string, Customer>;
  charges: Map<string, Charge>;
  refunds: Map<string, Refund>;
  transfers: Map<string, Transfer>;
  applicationFees: Map<string, ApplicationFee>;
  balanceTransactions: Map<string, BalanceTransaction>;
  payouts: Map<string, Payout>;
  disputes: Map<string, Dispute>;
  events: StripeEvent[];
  searchIndex: SearchIndex;
  webhookEndpoints: Map<string, WebhookEndpoint>;
  /** By account and mode, then key: see `idempotency.ts`. */
  answers: Map<string, StoredAnswer>;
  /** Ids of objects that a call is changing. */
  locked: Set<string>;
};

export type Platform = {
  accountId: string;
  secretKey: string;
  publishableKey: string;
  webhookSecret: string;
  /** Flex holds keys of its own; which one it uses is a matter of scenarios. */
  flexKey: string;
  flexRevokedKey: string;
  flexLiveKey: string;
  /** Another marketplace's account, and a key of it that ended up in Console. */
  otherAccountId: string;
  otherKey: string;
};

export type StripeSeed = { platform: Platform; accounts: Account[] };

export type StripeBase = Pick<StripeWorld, 'clock' | 'scenarios' | 'postToWebhook'> & { randomSeed: number };

export function createStripeWorld(seed: StripeSeed, base: StripeBase): StripeWorld {
  const { platform } = seed;
  const key = (
    value: string,
    kind: StripeKey['kind'],
    more: Partial<StripeKey> = {},
  ): [string, StripeKey] => [
    value,
    { kind, account: platform.accountId, livemode: false, revoked: false, scopes: null, ...more },
  ];
  return {
    clock: base.clock,
    scenarios: base.scenarios,
    postToWebhook: base.postToWebhook,
    random: createRandom(base.randomSeed),
    platform,
    keys: new Map([
      key(platform.secretKey, 'secret'),
      key(platform.publishableKey, 'publishable'),
      key(platform.flexKey, 'secret'),
      key(platform.flexRevokedKey, 'secret', { revoked: true }),
      key(platform.flexLiveKey, 'secret', { livemode: true }),
      key(platform.otherKey, 'secret', { account: platform.otherAccountId }),
    ]),
    accounts: new Map(seed.accounts.map(account => [account.id, structuredClone(account)])),
    paymentIntents: new Map(),
    setupIntents: new Map(),
    paymentMethods: new Map(),
    customers: new Map(),
    charges: new Map(),
    refunds: new Map(),
    transfers: new Map(),
    applicationFees: new Map(),
    balanceTransactions: new Map(),
    payouts: new Map(),
    disputes: new Map(),
    events: [],
    searchIndex: new Map(),
    webhookEndpoints: new Map(),
    answers: new Map(),
    locked: new Set(),
  };
}

/** Stripe counts in seconds. */
export const seconds = (world: StripeWorld): number => Math.floor(world.clock.now() / 1000);

/**
 * An id of Stripe's shape: prefix, generation digit, five characters, ten of the owning account's id, eight more.
 * The ten shared characters are how Stripe's own fixtures look.
 */
export function newId(owner: { world: StripeWorld; account: string }, prefix: string): string {
  const { random } = owner.world;
  return `${prefix}_3${random.base62(5)}${owner.account.slice(-10)}${random.base62(8)}`;
}

/** Ids of fourteen characters: customers, products, payments on a connected account. */
export const newShortId = (world: StripeWorld, prefix: string): string =>
  `${prefix}_${world.random.base62(14)}`;
