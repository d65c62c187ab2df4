/**
 * Two thousand events, each up to five times, in any order, to two instances of which one is restarted meanwhile; and among
 * them five thousand that are not Stripe's.
 */
import { setTimeout as pause } from 'node:timers/promises';
import Stripe from 'stripe';
import { quantile } from '../bench/measures.ts';
import { startSandbox, type Sandbox } from '../sandbox/sandbox.ts';
import { eventually, onPostgres } from '../setup/databases.ts';
import { stripeClient } from '../setup/flex-sdks.ts';
import {
  eventBodies,
  makeIntents,
  randomOf,
  repeatedAndShuffled,
  signatureOf,
} from '../setup/webhook-deliveries.ts';
import { startInstance } from '../setup/instances.ts';
import { environmentFor } from '../setup/world.ts';

const INTENTS = 100;
const EVENTS_PER_INTENT = 20;
const FORGED = 5_000;
const AT_ONCE = 8;

const databases = onPostgres();
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ seed: 7 });
});
afterAll(() => sandbox.close());

const newInstance = (url: string) => {
  const info = sandbox.info();
  return startInstance(
    { url },
    {
      ...environmentFor(info),
      STRIPE_SECRET_KEY: info.stripe.secretKey,
      STRIPE_BASE_URL: info.stripe.baseUrl,
      STRIPE_WEBHOOK_SECRET: info.stripe.webhookSecret,
    },
  );
};

type Delivery = { body: string; signature: string | undefined };

/** What somebody can send who does not know the secret, or has overheard a delivery. */
function forgedDelivery(index: number, genuine: string, secret: string): Delivery {
  const body = genuine.replace(/"id":"evt_\w+"/, `"id":"evt_forged_${index}"`);
  const signed = (payload: string, key = secret, timestamp = Math.floor(Date.now() / 1000)) =>
    Stripe.webhooks.generateTestHeaderString({ payload, secret: key, timestamp });
  const ways: (() => string | undefined)[] = [
    () => undefined,
    () => signed(body, 'whsec_guessed'),
    () => signed(genuine),
    () => signed(body, secret, Math.floor(Date.now() / 1000) - 600),
    () => signed(body).replace('v1=', 'v0='),
    () => signed(body).replace(/t=\d+/, `t=${Math.floor(Date.now() / 1000) + 1}`),
    () => '',
  ];
  return { body, signature: ways[index % ways.length]!() };
}

it('has exactly as many effects as there were events', async () => {
  const random = randomOf(42);
  const { url } = (await databases.place()) as { url: string };
  const stripe = stripeClient(sandbox.info());
  const intents = await makeIntents(sandbox.info(), INTENTS);
  for (const { id } of intents.slice(0, INTENTS / 2)) await stripe.paymentIntents.cancel(id);
  const bodies = eventBodies(intents, EVENTS_PER_INTENT);
  const deliveries = repeatedAndShuffled(bodies, random);
  const count = deliveries.length;

  await using stack = new AsyncDisposableStack();
  const instances = [stack.use(await newInstance(url)), await newInstance(url)];
  const secret = sandbox.info().stripe.webhookSecret;
  const post = ({ body, signature }: Delivery): Promise<number | null> =>
    fetch(`${instances[random(2)]!.url}/stripe/webhooks`, {
      method: 'POST',
      headers: signature === undefined ? {} : { 'stripe-signature': signature },
      body,
    }).then(
      response => response.status,
      () => null,
    );
  const times: number[] = [];
  const send = async (body: string): Promise<void> => {
    for (;;) {
      const signature = signatureOf(body, secret);
      const started = performance.now();
      if ((await post({ body, signature })) === 200) {
        times.push(performance.now() - started);
        return;
      }
      await pause(20);
    }
  };
  const sender = async () => {
    for (let body = deliveries.pop(); body !== undefined; body = deliveries.pop()) await send(body);
  };
  /** What the machine itself is late by, for instances, sender and everybody else share it. */
  const lateness: number[] = [];
  const storming = new AbortController();
  const prober = async () => {
    while (!storming.signal.aborted) {
      const started = performance.now();
      const isThere = await fetch(`${instances[0]!.url}/healthz`).then(
        response => response.ok,
        () => false,
      );
      if (isThere) lateness.push(performance.now() - started);
      await pause(10);
    }
  };
  let forged = 0;
  const refused: number[] = [];
  const forger = async () => {
    while (forged < FORGED) {
      const delivery = forgedDelivery(forged++, bodies[random(bodies.length)]!, secret);
      let status = await post(delivery);
      for (; status === null; status = await post(delivery)) await pause(20);
      refused.push(status);
    }
  };
  const probes = prober();
  const storm = Promise.all([...Array.from({ length: AT_ONCE }, sender), forger()]);
  await eventually(
    () => times.length,
    sent => sent > count / 3,
    60_000,
  );
  await instances[1]![Symbol.asyncDispose]();
  instances[1] = stack.use(await newInstance(url));
  await storm;
  storming.abort();
  await probes;

  const { db } = instances[0]!.store;
  const ends = await eventually(
    () =>
      db
        .selectFrom('stripe_events')
        .select(eb => [
          'state',
          eb.fn.countAll<number>().as('events'),
          eb.fn.sum<number>('attempts').as('attempts'),
          eb.fn.sum<number>('deliveries').as('deliveries'),
        ])
        // Those of Stripe itself are fetched meanwhile.
        .where('via', '=', 'webhook')
        .groupBy('state')
        .execute(),
    rows => rows.length === 1 && rows[0]!.state === 'done',
    60_000,
  );

  expect(ends).toEqual([{ state: 'done', events: 2_000, attempts: 2_000, deliveries: count }]);
  expect([refused.length, new Set(refused)]).toEqual([FORGED, new Set([400])]);
  const isIn = await db.selectFrom('stripe_events').select('id').where('id', 'like', 'evt_forged%').execute();
  expect(isIn).toEqual([]);
  const known = await db.selectFrom('payment_intents').select(['id', 'status']).orderBy('id').execute();
  const actual = [...sandbox.stripe().paymentIntents.values()].map(({ id, status }) => ({ id, status }));
  expect(known).toEqual(actual.toSorted((one, other) => (one.id < other.id ? -1 : 1)));
  const p99Of = (all: number[]) => quantile(all, 0.99).toFixed(0);
  // Among forgers, and with the machine that it happens to be. `npm run bench:webhooks` measures it.
  process.stdout.write(
    `webhooks: ${count} deliveries of ${bodies.length} events, ${FORGED} forged; acknowledged in ${p99Of(times)} ms (p99), /healthz in ${p99Of(lateness)} ms\n`,
  );
}, 180_000);
