/**
 * `npm run prove:instances -- [--transactions N] [--seed S] [--mutant name]`: two services on one Postgres, each asked for the same
 * payments at the same time, with the same key and without one. However they race, one PaymentIntent is handed out, and all
 * callers get that one. Ends with one line of JSON, and with exit code 1 when it was otherwise.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createWebClient, signedIn, type WebClient } from '../../sandbox/client/web-client.ts';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import { freePorts } from '../../setup/processes.ts';
import { createRandom } from '../fallback/random.ts';
import { ask, book, confirm, newOrder, newSeen, pay, type Order } from './customers.ts';
import { breaches, transactionOf, type Breach, type Seen } from './ledger.ts';
import { killed, postgresDatabase, startService, type ServiceDatabase } from './service.ts';
import { pronounce } from './verdict.ts';

const { values } = parseArgs({
  options: {
    transactions: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    mutant: { type: 'string' },
  },
});
const wanted = Number(values.transactions);
const seed = Number(values.seed);
const random = createRandom(seed);
/** Orders under way at the same time. */
const AT_ONCE = 4;
const PATIENCE_MS = 20_000;

/** Of one marketplace: each order takes two days of the same calendar. */
const MOST_ORDERS = 140;

type Market = { sandbox: Sandbox; urls: string[]; alices: WebClient[]; seen: Seen };

const SLOW = { name: 'slow', route: 'POST /v1/payment_intents', ms: 30 };

/** Two services on one database. */
async function open(stack: AsyncDisposableStack, database: ServiceDatabase): Promise<Market> {
  const sandbox = await startSandbox({ seed });
  stack.defer(() => sandbox.close());
  const info = sandbox.info();
  const urls: string[] = [];
  // One after the other: the first makes the tables.
  for (let count = 0; count < 2; count += 1) {
    const port = await freePorts();
    const service = await startService(info, database, port, values.mutant);
    stack.defer(() => killed(service));
    urls.push(`http://127.0.0.1:${port}`);
  }
  const first = await signedIn({ proxyUrl: urls[0]!, info }, 'Alice');
  const alices = urls.map(url => {
    const alice = createWebClient(url, info);
    for (const [name, value] of first.cookies) alice.cookies.set(name, value);
    return alice;
  });
  return { sandbox, urls, alices, seen: newSeen() };
}

const began = performance.now();
const found: Breach[] = [];
const statuses: Record<string, number> = {};
const note = (what: string | number) => {
  statuses[what] = (statuses[what] ?? 0) + 1;
};

async function contest(market: Market, order: Order): Promise<void> {
  const { sandbox, urls, alices, seen } = market;
  const count = random.between(2, 8);
  did.callers += count;
  const answered: (string | null)[] = [];
  /** A caller keeps to its own copy: what one has seen the other has not. */
  const caller = async (place: number) => {
    const own: Order = { ...order };
    const side = (place + order.start.getTime() / 86_400_000) % 2;
    const until = performance.now() + PATIENCE_MS;
    await pause(random.between(0, 25));
    // The last of them come by the transaction alone, as another tab does.
    if (place < Math.max(2, count / 2))
      while (own.transactionId === null && performance.now() < until) {
        const status = await book(sandbox, alices[side]!, own, seen).catch(() => 'broken');
        note(status);
        order.transactionId ??= own.transactionId;
        if (own.transactionId === null) await pause(100);
      }
    while (own.paymentIntentId === null && performance.now() < until) {
      own.transactionId ??= order.transactionId ?? begunFor(sandbox, order);
      if (own.transactionId !== null)
        await ask(alices[side]!, urls[side]!, own, seen).catch(() => note('broken'));
      if (own.paymentIntentId === null) await pause(20);
    }
    answered.push(own.paymentIntentId);
  };
  await Promise.all(Array.from({ length: count }, (_, place) => caller(place)));
  const ids = new Set(answered);
  did.given += answered.filter(id => id !== null).length;
  if (ids.size !== 1 || ids.has(null))
    found.push({
      kind: 'doubleReleases',
      what: `${order.transactionId}: callers got ${[...ids].join(', ')}`,
    });
  const [id] = [...ids];
  if (id == null || random.chance(20)) return;
  await pay(sandbox, id);
  order.isPaid = true;
  seen.paid.add(order.transactionId!);
  // Both confirm it; the one that comes second finds it done.
  const confirmed = await Promise.all(
    alices.map(alice =>
      confirm(alice, order).then(
        ({ status }) => status,
        () => 0,
      ),
    ),
  );
  if (!confirmed.includes(200))
    found.push({
      kind: 'lostBookings',
      what: `${order.transactionId}: confirmed with ${confirmed.join(', ')}`,
    });
}

/** As the browser would know it from the list of its orders. */
function begunFor(sandbox: Sandbox, { start }: Order): string | null {
  const flex = sandbox.flex();
  const booking = [...flex.bookings.values()].find(one => one.start === start.getTime());
  const transaction = [...flex.transactions.values()].find(({ bookingId }) => bookingId === booking?.id);
  return transaction?.id ?? null;
}

const did = { transactions: 0, callers: 0, given: 0, paid: 0, paymentIntents: 0, mostPerTransaction: 0 };
const cases: Record<string, number> = {};

async function play(count: number): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await postgresDatabase());
  const market = await open(stack, database);
  const { sandbox, seen } = market;
  const orders: Order[] = [];
  const worker = async () => {
    while (orders.length < count && found.length === 0) {
      sandbox.scenarios.clear();
      // An answer of Stripe's takes as long as it may: the others come meanwhile.
      sandbox.scenarios.add(SLOW);
      sandbox.scenarios.add({ name: random.chance(50) ? 'uuid-payment-intents' : 'stripe-not-configured' });
      const order = newOrder(sandbox, seed, orders.length);
      orders.push(order);
      await contest(market, order);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));

  found.push(...breaches(sandbox, sandbox.flex().transactions.keys(), seen, false));
  const perTransaction = Map.groupBy(sandbox.stripe().paymentIntents.values(), transactionOf);
  did.transactions += orders.length;
  did.paid += orders.filter(({ isPaid }) => isPaid).length;
  did.paymentIntents += perTransaction.size;
  for (const intents of perTransaction.values())
    did.mostPerTransaction = Math.max(did.mostPerTransaction, intents.length);
  for (const [name, some] of Object.entries(await database.cases())) cases[name] = (cases[name] ?? 0) + some;
}

while (did.transactions < wanted && found.length === 0)
  await play(Math.min(MOST_ORDERS, wanted - did.transactions));
process.exit(
  pronounce({
    battery: 'instances',
    seed,
    began,
    found,
    mutant: values.mutant,
    did,
    ends: { statuses, cases },
    replay: `--transactions ${wanted} --seed ${seed}`,
  }),
);
