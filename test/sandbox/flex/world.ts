import type { Clock } from '../core/clock.ts';
import { createRandom, type Random } from '../core/random.ts';
import type { Scenarios } from '../core/scenarios.ts';
import type { LoginAsGrant, Token } from './auth/tokens.ts';
import type { Booking } from './bookings/entity.ts';
import type { FlexEvent } from './events/entity.ts';
import { createLimits, type Limits } from './limits.ts';
import type { Listing } from './listings/entity.ts';
import type { Processes } from './process/registry.ts';
import type { TakeScenario } from './request-scenarios.ts';
import type { FlexStripe } from './stripe-client.ts';
import type { Transaction } from './transactions/entity.ts';
import type { Review, StockAdjustment, StockReservation } from './transactions/parts.ts';
import type { User } from './users/entity.ts';
import { copy } from './values.ts';

export type Application = { clientId: string; clientSecret: string };

/** What the sandbox's Flex knows of one marketplace. */
export type FlexWorld = {
  clock: Clock;
  /** Tokens run on a clock of their own: moving a booking forward does not sign anybody out. */
  tokenClock: Clock;
  random: Random;
  scenarios: Scenarios;
  marketplaceId: string;
  /** Where its web client lives. */
  rootUrl: string;
  application: Application;
  integration: Application;
  settings: FlexSettings;
  stripe: FlexStripe;
  processes: Processes;
  assets: Record<string, unknown>;
  users: Map<string, User>;
  listings: Map<string, Listing>;
  transactions: Map<string, Transaction>;
  /** By transaction: every version it had, for reads that are behind. */
  past: Map<string, PastVersion[]>;
  bookings: Map<string, Booking>;
  stockReservations: Map<string, StockReservation>;
  stockAdjustments: Map<string, StockAdjustment>;
  reviews: Map<string, Review>;
  tokens: Map<string, Token>;
  loginAsCodes: Map<string, LoginAsGrant>;
  /** The event feed, in the order of its sequence ids. */
  feed: FlexEvent[];
  /** Transactions that a transition is under way on. */
  locked: Set<string>;
  /** By transaction: the delayed transition that came due while another was under way. */
  overdue: Map<string, () => Promise<void>>;
  limits: Limits;
};

/** A transaction at a time, and what hung on it. */
type PastVersion = {
  at: number;
  transaction: Transaction;
  booking: Booking | undefined;
  stockReservation: StockReservation | undefined;
};

export type FlexSettings = {
  accessTokenSeconds: number;
  refreshTokenSeconds: number;
  /** In life, login-as gives `user:limited`; in dev and test environments `user`. */
  loginAsScope: 'user:limited' | 'user';
  /** Whether the Integration API shows `stripePaymentIntents` is not established. */
  operatorSeesPaymentIntents: boolean;
  /** The limits of dev and test environments: queries 1/s, commands 1 per 2 s. Live has none. */
  devRateLimits: boolean;
  /** Integration API requests at once, per client address. */
  integrationConcurrency: number;
  /** 90 in live, 7 in dev and test environments. */
  eventRetentionDays: number;
};

export type FlexSeed = {
  marketplaceId: string;
  rootUrl: string;
  application: Application;
  integration: Application;
  users: User[];
  listings: Listing[];
  assets: Record<string, unknown>;
};

export type FlexBase = Pick<
  FlexWorld,
  'clock' | 'tokenClock' | 'scenarios' | 'stripe' | 'processes' | 'settings'
> & {
  randomSeed: number;
};

export function createFlexWorld(seed: FlexSeed, base: FlexBase): FlexWorld {
  const { randomSeed, ...parts } = base;
  return {
    ...parts,
    random: createRandom(randomSeed),
    marketplaceId: seed.marketplaceId,
    rootUrl: seed.rootUrl,
    application: seed.application,
    integration: seed.integration,
    assets: copy(seed.assets),
    users: new Map(seed.users.map(user => [user.id, copy(user)])),
    listings: new Map(seed.listings.map(listing => [listing.id, copy(listing)])),
    transactions: new Map(),
    past: new Map(),
    bookings: new Map(),
    stockReservations: new Map(),
    stockAdjustments: new Map(),
    reviews: new Map(),
    tokens: new Map(),
    loginAsCodes: new Map(),
    feed: [],
    locked: new Set(),
    overdue: new Map(),
    limits: createLimits(),
  };
}

/** Keeps a transaction, and what it was. */
export function saveTransaction(world: FlexWorld, transaction: Transaction): void {
  world.transactions.set(transaction.id, transaction);
  const past = world.past.get(transaction.id) ?? [];
  past.push({
    at: world.clock.now(),
    transaction,
    booking: world.bookings.get(transaction.bookingId ?? ''),
    stockReservation: world.stockReservations.get(transaction.stockReservationId ?? ''),
  });
  world.past.set(transaction.id, past);
}

/** The transactions as a read sees them: as they are, or as they were when reads are behind. */
export function asRead(world: FlexWorld, scenario: TakeScenario): FlexWorld {
  const stale = scenario('stale-read');
  if (!stale) return world;
  const seenAt = world.clock.now() - Number(stale['ms']);
  const versions = [...world.past.values()]
    .map(past => past.findLast(version => version.at <= seenAt))
    .filter(version => version !== undefined);
  return {
    ...world,
    transactions: byId(versions.map(({ transaction }) => transaction)),
    bookings: byId(versions.map(({ booking }) => booking)),
    stockReservations: byId(versions.map(({ stockReservation }) => stockReservation)),
  };
}

const byId = <Entity extends { id: string }>(entities: (Entity | undefined)[]): Map<string, Entity> =>
  new Map(entities.filter(entity => entity !== undefined).map(entity => [entity.id, entity]));
