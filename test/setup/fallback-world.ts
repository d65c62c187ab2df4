/** A marketplace whose fallback is on, with a database in memory, and people who book, pay and answer. */
import Stripe from 'stripe';
import { appNow } from '../../server/store/clock.ts';
import { openStore, type Store, type StorePlace } from '../../server/store/store.ts';
import { realBooking, type BookingOverrides } from '../sandbox/client/orders.ts';
import { signedIn, type WebClient } from '../sandbox/client/web-client.ts';
import { empty, eventually, moveClock, silent } from './databases.ts';
import { startWorld, type Environment, type World } from './world.ts';

export const FALLBACK_ON = {
  PI_FALLBACK: 'on',
  PI_FALLBACK_APPROVED_BY: 'Ada',
  PI_FALLBACK_SUPPORT_CASE: '4711',
};

export type FallbackWorld = World & {
  store: Store;
  alice: WebClient;
  petra: WebClient;
  stripe: Stripe;
  /** Alice presses the button. */
  book(overrides?: BookingOverrides, headers?: Record<string, string>): ReturnType<WebClient['post']>;
  /** Alice's card, as Stripe.js would. */
  pay(paymentIntentId: string): Promise<void>;
  /** Sandbox and database together. */
  later(ms: number): Promise<void>;
  sweep(): Promise<void>;
  /** As it was in the beginning. */
  reset(): Promise<void>;
};

export const ABLE = { 'X-Payment-Client': '1' };

/** `place`: of its database; in memory when left out. */
export async function startFallbackWorld(
  environment: Environment = {},
  place: StorePlace = { directory: null },
): Promise<FallbackWorld> {
  const store = await openStore({ place, log: silent });
  const world = await startWorld({
    store,
    bothSides: true,
    environment: async info => ({
      ...FALLBACK_ON,
      ...(typeof environment === 'function' ? await environment(info) : environment),
    }),
  });
  await store.started;
  await world.context.fallback.look();
  const [alice, petra] = await Promise.all([signedIn(world, 'Alice'), signedIn(world, 'Petra')]);
  const { hostname, port } = new URL(world.info.stripe.baseUrl);
  const stripe = new Stripe(world.info.stripe.secretKey, {
    host: hostname,
    port,
    protocol: 'http',
    telemetry: false,
    maxNetworkRetries: 0,
  });
  /** A job may be at a case just then, and a sweep leaves that one alone. */
  const letGo = () =>
    eventually(
      () =>
        store.db
          .selectFrom('payment_cases')
          .select('id')
          .where('closed_at', 'is', null)
          .where('lease_until', '>', appNow)
          .execute(),
      held => held.length === 0,
    );
  let moved = 0;
  const disposeWorld = world[Symbol.asyncDispose].bind(world);
  const all = Object.assign(world, {
    store,
    alice,
    petra,
    stripe,
    book: (overrides: BookingOverrides = {}, headers: Record<string, string> = ABLE) =>
      all.alice.post('initiate-privileged', realBooking(world.info, overrides), { headers }),
    async pay(id: string) {
      await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
    },
    async later(ms: number) {
      moved += ms;
      await world.control('clock/advance', { ms });
      await moveClock(store, moved);
    },
    async sweep() {
      await letGo();
      await world.context.fallbackService!.sweep();
      await letGo();
    },
    async reset() {
      world.sandbox.reset();
      moved = 0;
      // First: the sandbox gives out the same tokens again, and this service would hold the token of somebody else.
      await world.context.integration!.marketplace(AbortSignal.timeout(5_000));
      await empty(store);
      [all.alice, all.petra] = await Promise.all([signedIn(world, 'Alice'), signedIn(world, 'Petra')]);
    },
    [Symbol.asyncDispose]: async () => {
      await world.context.fallbackService?.stop();
      await disposeWorld();
      await store.close();
    },
  });
  return all;
}
