/**
 * `npm run prove:instances -- [--transactions N] [--seed S] [--mutant name]`: two services on one Postgres, each asked for the same
 * payments at the same time, with the same key and without one. However they race, one PaymentIntent is handed out, and all
 * callers get that one. Ends with one line of JSON, and with exit code 1 when it was otherwise.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createWebClient, signedIn } from '../../sandbox/client/web-client.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { freePorts } from '../../setup/processes.ts';
import { createRandom } from '../fallback/random.ts';
import { ask, book, confirm, newOrder, newSeen, pay, type Order } from './customers.ts';
import { breaches, transactionOf, type Breach } from './ledger.ts';
import { killed, postgresDatabase, startService } from './service.ts';
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

const began = performance.now();
await using stack = new AsyncDisposableStack();
const database = stack.use(await postgresDatabase());
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
// An answer of Stripe's takes as long as it may: the others come meanwhile.
sandbox.scenarios.add({ name: 'slow', route: 'POST /v1/payment_intents', ms: 30 });

const seen = newSeen();
const found: Breach[] = [];
const statuses: Record<string, number> = {};
let callers = 0;
let given = 0;
const note = (what: string | number) => {
  statuses[what] = (statuses[what] ?? 0) + 1;
};

async function contest(order: Order): Promise<void> {
  const count = random.between(2, 8);
  callers += count;
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
      own.transactionId ??= order.transactionId ?? begunFor(order);
      if (own.transactionId !== null)
        await ask(alices[side]!, urls[side]!, own, seen).catch(() => note('broken'));
      if (own.paymentIntentId === null) await pause(20);
    }
    answered.push(own.paymentIntentId);
  };
  await Promise.all(Array.from({ length: count }, (_, place) => caller(place)));
  const ids = new Set(answered);
  given += answered.filter(id => id !== null).length;
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
function begunFor({ start }: Order): string | null {
  const flex = sandbox.flex();
  const booking = [...flex.bookings.values()].find(one => one.start === start.getTime());
  const transaction = [...flex.transactions.values()].find(({ bookingId }) => bookingId === booking?.id);
  return transaction?.id ?? null;
}

let place = 0;
const orders: Order[] = [];
const worker = async () => {
  while (place < wanted && found.length === 0) {
    sandbox.scenarios.clear();
    sandbox.scenarios.add({ name: 'slow', route: 'POST /v1/payment_intents', ms: 30 });
    sandbox.scenarios.add({ name: random.chance(50) ? 'uuid-payment-intents' : 'stripe-not-configured' });
    place += 1;
    const order = newOrder(sandbox, seed, place % 150);
    order.key += `-${place}`;
    orders.push(order);
    await contest(order);
  }
};
await Promise.all(Array.from({ length: AT_ONCE }, worker));

const begun = [...sandbox.flex().transactions.keys()];
found.push(...breaches(sandbox, begun, seen, false));
const perTransaction = Map.groupBy(sandbox.stripe().paymentIntents.values(), transactionOf);
const code = pronounce({
  battery: 'instances',
  seed,
  began,
  found,
  mutant: values.mutant,
  did: {
    transactions: orders.length,
    callers,
    given,
    paid: orders.filter(({ isPaid }) => isPaid).length,
    paymentIntents: perTransaction.size,
    mostPerTransaction: Math.max(...[...perTransaction.values()].map(intents => intents.length)),
  },
  ends: { statuses, cases: await database.cases() },
  replay: `--transactions ${wanted} --seed ${seed}`,
});
await stack[Symbol.asyncDispose]();
process.exit(code);
