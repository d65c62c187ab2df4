import type { Clock } from '../core/clock.ts';
import { createRandom, type Random } from '../core/random.ts';
import type { Scenarios } from '../core/scenarios.ts';
import type { Token } from './auth/tokens.ts';
import type { Booking } from './bookings/entity.ts';
import type { Listing } from './listings/entity.ts';
import type { Process } from './process/process.ts';
import type { FlexStripe } from './stripe-client.ts';
import type { Review, StockReservation } from './transactions/parts.ts';
import type { Transaction } from './transactions/entity.ts';
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
  application: Application;
  integration: Application;
  settings: FlexSettings;
  stripe: FlexStripe;
  processes: Processes;
  assets: Record<string, unknown>;
  users: Map<string, User>;
  listings: Map<string, Listing>;
  transactions: Map<string, Transaction>;
  bookings: Map<string, Booking>;
  stockReservations: Map<string, StockReservation>;
  reviews: Map<string, Review>;
  tokens: Map<string, Token>;
  /** Transactions that a transition is under way on. */
  locked: Set<string>;
};

export type FlexSettings = {
  accessTokenSeconds: number;
  refreshTokenSeconds: number;
  /** In life, login-as gives `user:limited`; in dev and test environments `user`. */
  loginAsScope: 'user:limited' | 'user';
};

/** Aliases such as `default-booking/release-1`, and every version that a transaction may be pinned to. */
export type Processes = {
  byAlias(alias: string): Process | undefined;
  version(name: string, version: number): Process | undefined;
  aliases(): string[];
};

export type FlexSeed = {
  marketplaceId: string;
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
  return {
    ...base,
    random: createRandom(base.randomSeed),
    marketplaceId: seed.marketplaceId,
    application: seed.application,
    integration: seed.integration,
    assets: copy(seed.assets),
    users: new Map(seed.users.map(user => [user.id, copy(user)])),
    listings: new Map(seed.listings.map(listing => [listing.id, copy(listing)])),
    transactions: new Map(),
    bookings: new Map(),
    stockReservations: new Map(),
    reviews: new Map(),
    tokens: new Map(),
    locked: new Set(),
  };
}
