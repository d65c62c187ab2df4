/**
 * `npm run prove:kill -- [--kills N] [--on embedded|postgres|both] [--seed S] [--mutant name]`: the real service, killed
 * with SIGKILL while it carries bookings, and started again, through booking, release, payment, confirmation, acceptance, capture, cancellation, refund
 * and payout. Ends with one line of JSON, and with exit code 1 when the books of Flex and Stripe show anything wrong.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { signedIn, type WebClient } from '../../sandbox/client/web-client.ts';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import { freePorts, type Running } from '../../setup/processes.ts';
import { createRandom } from '../fallback/random.ts';
import {
  asOperator,
  ask,
  asProvider,
  book,
  confirm,
  newOrder,
  newSeen,
  pay,
  type Order,
} from './customers.ts';
import { breaches, type Breach } from './ledger.ts';
import {
  embeddedDatabase,
  killed,
  postgresDatabase,
  startService,
  stopped,
  type ServiceDatabase,
} from './service.ts';
import { pronounce } from './verdict.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '10' },
    on: { type: 'string', default: 'both' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    mutant: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const ORDERS = 16;
/**
 * Of twenty kills, with each kind among the first ten: 0 while they book and pay, 1 while the provider answers, 2 while some are
 * cancelled, 3 when it is over.
 */
const PHASES: Phase[] = [0, 1, 0, 2, 3, 0, 1, 0, 2, 3, 0, 1, 0, 2, 3, 0, 1, 0, 1, 0];
/** What the service may be killed over in each phase: the request has arrived, is carried out, and nobody hears the answer. */
const AIMS: Record<Phase, string[]> = {
  0: [
    'POST /v1/payment_intents',
    'POST /v1/payment_intents',
    'POST /v1/integration_api/transactions/update_metadata',
    'POST /v1/integration_api/transactions/transition',
  ],
  1: [
    'POST /v1/payment_intents/:id/capture',
    'POST /v1/payment_intents/:id/cancel',
    'POST /v1/integration_api/transactions/transition',
  ],
  2: ['POST /v1/refunds'],
  3: ['POST /v1/payouts'],
};
/** The time that goes by before the next start: cases are looked at again after so long. */
const PASSES: Record<Phase, [number, number]> = {
  0: [31_000, 45_000],
  1: [61_000, 75_000],
  2: [61 * MINUTE, 75 * MINUTE],
  3: [61_000, 75_000],
};
/** Longer than it takes to kill. The next round begins later than that by the sandbox's clock. */
const ANSWER_MS = 5_000;
/** Nothing was heard from the service for so long: it is done for now. */
const QUIET_MS = 1_500;

type Phase = 0 | 1 | 2 | 3;

type Result = Record<'kills' | 'midway' | 'aimed' | 'bookings', number> & {
  on: string;
  breaches: Breach[];
  cases: Record<string, number>;
  states: Record<string, number>;
};

async function battery(on: string, database: ServiceDatabase, kills: number, seed: number): Promise<Result> {
  const random = createRandom(seed);
  await using stack = new AsyncDisposableStack();
  const sandbox = await startSandbox({ seed });
  stack.defer(() => sandbox.close());
  const port = await freePorts();
  const proxyUrl = `http://127.0.0.1:${port}`;
  const info = sandbox.info();
  let service: Running | undefined;
  stack.defer(async () => {
    if (service) await killed(service);
  });
  const start = async () => {
    service = await startService(info, database, port, values.mutant);
  };
  const end = async () => {
    await killed(service!);
    service = undefined;
  };
  let moved = 0;
  const later = async (ms: number) => {
    moved += ms;
    await sandbox.advance(ms);
    await database.moveTo(moved);
  };
  const seen = newSeen();
  const done: Result = {
    on,
    kills: 0,
    midway: 0,
    aimed: 0,
    bookings: 0,
    breaches: [],
    cases: {},
    states: {},
  };
  const say = (...what: unknown[]) => values.verbose && process.stderr.write(`${on} ${what.join(' ')}\n`);

  await start();
  await stopped(service!);
  service = undefined;
  await database.prepare();

  /** Once more from the beginning, and killed in the middle of what it does. */
  const killRound = async (phase: Phase, acts: () => Promise<unknown>[]) => {
    const isBefore = phase > 0 && random.chance(50);
    if (isBefore) await Promise.allSettled(acts());
    await later(random.between(...PASSES[phase]));
    await start();
    const aim = random.chance(70) ? random.pick(AIMS[phase]) : undefined;
    const wanted = aim === undefined ? random.between(1, phase === 0 ? 150 : 30) : random.pick([1, 1, 2]);
    const moment = arrivals(sandbox, wanted, QUIET_MS, aim);
    let waiting = 0;
    const under = (isBefore ? [] : acts()).map(async act => {
      waiting += 1;
      // The service goes away while they wait.
      await act.catch((error: unknown) => say('customer', error));
      waiting -= 1;
    });
    const came = await moment;
    if (aim === undefined) await pause(random.between(0, 20));
    const isMidway = came || waiting > 0;
    await end();
    await Promise.all(under);
    done.kills += 1;
    done.midway += isMidway ? 1 : 0;
    done.aimed += came && aim !== undefined ? 1 : 0;
    say('killed', done.kills, 'in phase', phase, 'at', wanted, aim, came, isMidway);
  };
  /** Left alone until it is as it should be. `finish`: who can, comes to an end. */
  const settle = async (
    what: string,
    isOver: boolean,
    ids: () => Iterable<string>,
    finish = () => Promise.resolve(),
  ) => {
    let wrong: Breach[] = [];
    for (let tries = 0; tries < 6; tries += 1) {
      await later(isOver ? 65 * MINUTE : 61_000);
      await start();
      await finish();
      await quiet(sandbox);
      await end();
      wrong = breaches(sandbox, ids(), seen, true);
      if (wrong.length === 0) return;
      say(what, JSON.stringify(wrong));
    }
    done.breaches.push(...wrong.map(breach => ({ ...breach, what: `${what}: ${breach.what}` })));
  };

  while (done.kills < kills && done.breaches.length === 0) {
    const people = {
      alice: await signedIn({ proxyUrl, info }, 'Alice'),
      petra: await signedIn({ proxyUrl, info }, 'Petra'),
    };
    sandbox.scenarios.clear();
    sandbox.scenarios.add({ name: random.chance(50) ? 'uuid-payment-intents' : 'stripe-not-configured' });
    const orders = Array.from({ length: ORDERS }, (_, place) => newOrder(sandbox, seed, place));
    const payers = new Set(orders.filter(() => random.chance(85)));
    const state = ({ transactionId }: Order) => sandbox.flex().transactions.get(transactionId ?? '')?.state;
    const isIn = (name: string) => (order: Order) => state(order) === `state/${name}`;
    const batchKills = PHASES.slice(0, kills - done.kills);
    const left = (phase: Phase) => batchKills.filter(one => one === phase).length;

    for (let round = left(0); round > 0; round -= 1)
      await killRound(0, () =>
        orders
          .filter(() => random.chance(60))
          .map(order => customer(sandbox, people.alice, proxyUrl, order, payers, seen)),
      );
    const finish = async () => {
      for (let tries = 0; tries < 2; tries += 1)
        await Promise.allSettled(
          orders
            .filter(order => !isIn('fallback-preauthorized')(order))
            .map(order => customer(sandbox, people.alice, proxyUrl, order, payers, seen)),
        );
      for (const order of orders) if (order.isPaid) seen.paid.add(order.transactionId!);
    };
    const booked = () => sandbox.flex().transactions.keys();
    await settle('booked', false, booked, finish);
    done.bookings += orders.filter(isIn('fallback-preauthorized')).length;
    for (const order of orders)
      if (order.isPaid && isIn('fallback-pending-payment')(order))
        done.breaches.push({
          kind: 'lostBookings',
          what: `${order.transactionId} was paid, and is not booked`,
        });

    const declined = new Set(orders.filter(() => random.chance(25)));
    for (let round = left(1); round > 0; round -= 1)
      await killRound(1, () =>
        orders
          .filter(isIn('fallback-preauthorized'))
          .filter(() => random.chance(100 / round))
          .map(order =>
            asProvider(
              people.petra,
              order.transactionId!,
              `transition/${declined.has(order) ? 'decline' : 'accept'}-fallback`,
            ),
          ),
      );
    const unanswered = orders.filter(isIn('fallback-preauthorized'));
    await Promise.all(
      unanswered.map(({ transactionId }) =>
        asProvider(people.petra, transactionId!, 'transition/accept-fallback'),
      ),
    );
    await settle('answered', false, booked);

    const cancelled = new Set(orders.filter(() => random.chance(40)));
    for (let round = left(2); round > 0; round -= 1)
      await killRound(2, () =>
        orders
          .filter(order => cancelled.has(order) && isIn('fallback-accepted')(order))
          .filter(() => random.chance(100 / round))
          .map(order => asOperator(sandbox, order.transactionId!, 'transition/cancel-fallback')),
      );
    await settle('cancelled', true, booked);

    await later(60 * DAY);
    for (let round = left(3); round > 0; round -= 1) await killRound(3, () => []);
    await settle('over', true, booked);
    for (const order of orders) {
      const name = state(order) ?? 'never-booked';
      done.states[name] = (done.states[name] ?? 0) + 1;
    }
  }
  done.cases = await database.cases();
  // Nothing was refused by anybody: there is nothing that only an operator could know.
  for (const [name, count] of Object.entries(done.cases))
    if (name !== 'closed') done.breaches.push({ kind: 'unfinished', what: `${count} cases are ${name}` });
  return done;
}

/** One thing that the customer of this order would do now. */
async function customer(
  sandbox: Sandbox,
  alice: WebClient,
  proxyUrl: string,
  order: Order,
  payers: Set<Order>,
  seen: ReturnType<typeof newSeen>,
): Promise<void> {
  if (order.transactionId === null) await book(sandbox, alice, order, seen);
  if (order.paymentIntentId === null) await ask(alice, proxyUrl, order, seen);
  if (!payers.has(order) || order.paymentIntentId === null) return;
  if (!order.isPaid) {
    await pay(sandbox, order.paymentIntentId);
    order.isPaid = true;
  }
  await confirm(alice, order);
}

/**
 * Whether so many requests came; false when there was a silence before. With a `route`, only those of it are counted, and the
 * last of them is carried out later.
 */
async function arrivals(
  sandbox: Sandbox,
  wanted: number,
  silenceMs: number,
  route?: string,
): Promise<boolean> {
  const heard = { count: 0, last: performance.now() };
  const unhear = hear(sandbox, name => {
    heard.last = performance.now();
    if (route !== undefined && name !== route) return;
    heard.count += 1;
    if (route !== undefined && heard.count === wanted)
      sandbox.scenarios.add({ name: 'slow', ms: ANSWER_MS, route, times: 1 });
  });
  while (heard.count < wanted && performance.now() - heard.last < silenceMs) await pause(5);
  unhear();
  return heard.count >= wanted;
}

async function quiet(sandbox: Sandbox): Promise<void> {
  await arrivals(sandbox, Infinity, QUIET_MS);
}

/** Every route of both sides. */
function hear(sandbox: Sandbox, onRequest: (route: string) => void): () => void {
  const { arrivals: emitter } = sandbox;
  const emit = emitter.emit.bind(emitter);
  emitter.emit = (...event: Parameters<typeof emit>) => {
    onRequest(String(event[0]));
    return emit(...event);
  };
  return () => {
    emitter.emit = emit;
  };
}

const databases = { embedded: embeddedDatabase, postgres: postgresDatabase };
const kinds = (values.on === 'both' ? ['embedded', 'postgres'] : [values.on]) as (keyof typeof databases)[];
const seed = Number(values.seed);
const began = performance.now();
const results = await Promise.all(
  kinds.map(async on => {
    await using database = await databases[on]();
    return await battery(on, database, Number(values.kills), seed);
  }),
);
const sum = (what: 'kills' | 'midway' | 'aimed' | 'bookings') =>
  results.reduce((total, result) => total + result[what], 0);
const code = pronounce({
  battery: 'kill',
  seed,
  began,
  found: results.flatMap(result => result.breaches),
  mutant: values.mutant,
  did: { kills: sum('kills'), midway: sum('midway'), aimed: sum('aimed'), bookings: sum('bookings') },
  ends: { on: results.map(({ on, kills, cases, states }) => ({ on, kills, cases, states })) },
  replay: `--kills ${values.kills} --on ${values.on} --seed ${seed}`,
});
process.exit(code);
