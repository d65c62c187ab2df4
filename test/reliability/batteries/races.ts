/**
 * `npm run prove:races -- [--orders N] [--seed S] [--mutant name]`: paying, confirming, asking, expiring, a late PaymentIntent of
 * Flex's, sweeps and faults in any order around the end of the quarter of an hour in which a customer has to pay; the clocks of
 * sandbox and database moved together, the service in this process. Ends with one line of JSON, and with exit code 1 when a dead
 * booking had a hold, or money was taken or held without a booking.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { FallbackWorld } from '../../setup/fallback-world.ts';
import { startPostgres } from '../../setup/postgres.ts';
import { applyMutant } from '../fallback/mutants.ts';
import { createRandom, type Random } from '../fallback/random.ts';
import { asProvider, ask, book, confirm, newOrder, newSeen, pay } from './customers.ts';
import { breaches, transactionOf, type Breach } from './ledger.ts';
import { pronounce } from './verdict.ts';

const { values } = parseArgs({
  options: {
    orders: { type: 'string', default: '500' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    /** The first round of the seed's that is played. */
    from: { type: 'string', default: '0' },
    mutant: { type: 'string' },
  },
});
const wanted = Number(values.orders);
const seed = Number(values.seed);

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DEADLINE = 15 * MINUTE;
/** Of one clock: each has events of its own. */
const AT_ONCE = 25;

/** What meets the calls of the service for a while. Fewer than its breakers open at: those rest by the machine's clock. */
const FAULTS = [
  { name: 'reset-after', route: 'POST /v1/payment_intents/:id/cancel', times: 1 },
  { name: 'drop-after-commit', route: 'POST /v1/integration_api/transactions/transition', times: 1 },
  { name: 'reset-before', route: 'POST /v1/payment_intents/:id/cancel', times: 2 },
  { name: 'status', code: 503, route: 'GET /v1/payment_intents/:id', times: 2 },
  { name: 'status', code: 503, route: 'POST /v1/integration_api/transactions/transition', times: 1 },
  { name: 'in-flight-409', route: 'POST /v1/payment_intents/:id/cancel', times: 1 },
  { name: 'saved-500', route: 'POST /v1/payment_intents/:id/cancel', times: 1 },
];

type Event = { at: number; act: () => Promise<unknown> };

/** Before the last minute, at the end of it, and a little later: there the steps of the ladder are. */
const moment = (random: Random): number =>
  random.chance(25)
    ? random.between(1, 9 * 60) * SECOND
    : random.pick([10, 14, 15]) * MINUTE + random.between(-40, 40) * SECOND;

async function race(
  world: FallbackWorld,
  batch: number,
  orders: number,
): Promise<{ breaches: Breach[]; ends: string[]; paid: number }> {
  const random = createRandom(seed * 1_000 + batch);
  await world.reset();
  world.log.clear();
  const { sandbox } = world;
  const seen = newSeen();
  const way = random.pick([
    { name: 'uuid-payment-intents' },
    { name: 'stripe-not-configured' },
    { name: 'late-payment-intent', ms: random.between(60, 16 * 60) * SECOND },
  ]);
  await world.scenario(way);
  const all = Array.from({ length: orders }, (_, place) => newOrder(sandbox, seed, place));
  for (const order of all) await book(sandbox, world.alice, order, seen);
  await world.scenario({ name: 'healthy' });
  let now = 0;

  const events: Event[] = all.flatMap(order => {
    const own: Event[] = [];
    const paying = async (id: string | null | undefined) => {
      if (id == null) return;
      await pay(sandbox, id);
      order.isPaid = true;
    };
    if (random.chance(85)) own.push({ at: moment(random), act: () => paying(order.paymentIntentId) });
    // Another page has that of Flex's.
    if (way.name === 'late-payment-intent' && random.chance(40))
      own.push({ at: moment(random), act: () => paying(flexsOwn(world, order.transactionId)) });
    for (let times = random.between(0, 2); times > 0; times -= 1)
      own.push({ at: moment(random), act: () => confirm(world.alice, order) });
    if (random.chance(40))
      own.push({ at: moment(random), act: () => ask(world.alice, world.proxyUrl, order, seen) });
    if (random.chance(30))
      own.push({
        at: moment(random) + 10 * SECOND,
        act: () =>
          asProvider(
            world.petra,
            order.transactionId!,
            `transition/${random.pick(['accept', 'decline'])}-fallback`,
          ),
      });
    return order.transactionId === null ? [] : own;
  });
  // The service is there all the time, now and then, or away until it is too late.
  const pauses = random.pick([15, 15, 60, 200]);
  const isClose = (at: number) => Math.abs(at * SECOND - DEADLINE + 30 * SECOND) < MINUTE;
  for (let at = pauses > 15 ? 10 : 540; at < 17 * 60; at += pauses > 15 || isClose(at) ? pauses : 60)
    events.push({ at: at * SECOND, act: () => world.sweep() });
  for (let faults = random.between(0, 2); faults > 0; faults -= 1)
    events.push({ at: moment(random), act: () => world.scenario(random.pick(FAULTS)) });

  for (const { at, act } of events.toSorted((one, other) => one.at - other.at)) {
    if (at > now) await world.later(at - now);
    now = Math.max(now, at);
    await act().catch(() => undefined);
  }
  await world.scenario({ name: 'healthy' });
  await answering(world);

  // Stripe and Flex answer again: two minutes, and nothing of a dead booking is held.
  const ids = () => sandbox.flex().transactions.keys();
  now = await until(world, Math.max(now, DEADLINE + 10 * SECOND), now);
  for (let sweeps = 0; sweeps < 8; sweeps += 1) {
    now = await until(world, now + 15 * SECOND, now);
    await world.sweep();
  }
  const found = breaches(sandbox, ids(), seen, false);
  // What is left is answered, and taken or given back.
  for (const { id, state } of sandbox.flex().transactions.values())
    if (state === 'state/fallback-preauthorized')
      await asProvider(world.petra, id, `transition/${random.pick(['accept', 'decline'])}-fallback`);
  for (let sweeps = 0; sweeps < 3; sweeps += 1) {
    now = await until(world, now + 61 * SECOND, now);
    await world.sweep();
  }
  found.push(...breaches(sandbox, ids(), seen, true));
  return {
    breaches: found.map(breach => ({ ...breach, what: `batch ${batch} (${way.name}): ${breach.what}` })),
    ends: [...sandbox.flex().transactions.values()].map(({ state }) => state),
    paid: all.filter(({ isPaid }) => isPaid).length,
  };
}

/** A breaker that is open all the same is waited for. */
async function answering({ context }: FallbackWorld): Promise<void> {
  while (context.stripe!.isResting()) await pause(100);
}

async function until(world: FallbackWorld, at: number, now: number): Promise<number> {
  if (at > now) await world.later(at - now);
  return Math.max(at, now);
}

const flexsOwn = (world: FallbackWorld, transactionId: string | null): string | undefined =>
  [...world.sandbox.stripe().paymentIntents.values()].find(
    intent => transactionOf(intent) === transactionId && intent.metadata['payment-case'] === undefined,
  )?.id;

const began = performance.now();
if (values.mutant !== undefined) applyMutant(values.mutant);
// Only now: a mutant changes what is imported.
const { startFallbackWorld } = await import('../../setup/fallback-world.ts');
await using stack = new AsyncDisposableStack();
const server = stack.use(await startPostgres());
const ends: Record<string, number> = {};
const found: Breach[] = [];
const did = { orders: 0, paid: 0 };
let nextRound = Number(values.from);
let worst = 0;

/** Round after round in a world of its own. */
async function play(): Promise<void> {
  await using world = await startFallbackWorld(
    {
      LOG_LEVEL: 'error',
      RATE_LIMIT_PER_ADDRESS: '0',
      RATE_LIMIT_PER_SESSION: '0',
      MAX_EVENT_LOOP_DELAY_MS: '10000',
    },
    { url: await server.newDatabase() },
  );
  while (did.orders < wanted && found.length === 0) {
    const round = nextRound;
    nextRound += 1;
    const orders = Math.min(AT_ONCE, wanted - did.orders);
    did.orders += orders;
    const result = await race(world, round, orders);
    did.paid += result.paid;
    if (result.breaches.length > 0) worst = round;
    found.push(...result.breaches);
    for (const end of result.ends) ends[end] = (ends[end] ?? 0) + 1;
  }
}

// While one waits for its database, the other goes on.
await Promise.all([play(), play()]);
const code = pronounce({
  battery: 'races',
  seed,
  began,
  found,
  mutant: values.mutant,
  did,
  ends: { ends },
  replay: `--orders ${AT_ONCE} --from ${worst} --seed ${seed}`,
});
await stack[Symbol.asyncDispose]();
process.exit(code);
