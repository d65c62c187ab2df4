/**
 * `npm run bench:webhooks`: how long Stripe waits until an event is acknowledged, which is when it is kept. Two instances on one
 * Postgres, each event 1 to 5 times, in any order; and at the same time `/healthz`, which does nothing: as late as that is, the
 * machine itself is, for senders, sandbox, Postgres and instances share it. BENCH_EVENTS makes it longer or shorter.
 */
import { setTimeout as pause } from 'node:timers/promises';
import Table from 'cli-table3';
import pg from 'pg';
import { Agent, request } from 'undici';
import type { SandboxInfo } from '../sandbox/sandbox.ts';
import { startPostgres } from '../setup/postgres.ts';
import { freePorts, run } from '../setup/processes.ts';
import {
  eventBodies,
  makeIntents,
  randomOf,
  repeatedAndShuffled,
  signatureOf,
} from '../setup/webhook-deliveries.ts';
import { environmentFor } from '../setup/world.ts';
import { cpuSeconds, quantile } from './measures.ts';

const EVENTS = Number(process.env['BENCH_EVENTS'] ?? 2_000);
const OF_EACH = 20;
const SENDERS = [1, 8, 32];
const PROBE_EVERY_MS = 10;

await using started = new AsyncDisposableStack();
const postgres = started.use(await startPostgres());
const database = await postgres.newDatabase();
const sandboxPort = await freePorts();
await started.use(run(['test/sandbox/main.ts'], { SANDBOX_PORT: String(sandboxPort) })).says('Stripe');
const info = (await (await fetch(`http://127.0.0.1:${sandboxPort}/sandbox/info`)).json()) as SandboxInfo;
const instances = [await startInstance(), await startInstance()];
const client = new pg.Client({ connectionString: database });
await client.connect();
started.defer(() => client.end());
const agent = new Agent({ connections: 64 });
started.defer(() => agent.close());
const intents = await makeIntents(info, EVENTS / OF_EACH);
const random = randomOf(42);

// Until all of it is compiled.
await measure(8, 'warm');
const table = new Table({
  style: { head: [], border: [] },
  head: [
    'senders',
    'deliveries',
    'per second',
    'CPU ms',
    'p50 ms',
    'p99 ms',
    'max ms',
    '/healthz p50',
    'p99',
    'max',
  ],
});
for (const senders of SENDERS) {
  const { times, lateness, seconds, cpu } = await measure(senders, `s${senders}`);
  const shown = (all: number[]) => [0.5, 0.99, 1].map(share => quantile(all, share).toFixed(1));
  table.push([
    senders,
    times.length,
    (times.length / seconds).toFixed(0),
    ((cpu * 1000) / times.length).toFixed(2),
    ...shown(times),
    ...shown(lateness),
  ]);
}
process.stdout.write(
  `\n${EVENTS} events to two instances on one Postgres, each 1 to 5 times; CPU of the instances for a delivery\n${table.toString()}\n`,
);

async function startInstance(): Promise<{ url: string; pid: number }> {
  const instance = started.use(
    run(['--disable-proto=delete', 'server/main.ts'], {
      ...environmentFor(info),
      NODE_ENV: 'production',
      PORT: '0',
      DATABASE_URL: database,
      STRIPE_SECRET_KEY: info.stripe.secretKey,
      STRIPE_BASE_URL: info.stripe.baseUrl,
      STRIPE_WEBHOOK_SECRET: info.stripe.webhookSecret,
      RATE_LIMIT_PER_ADDRESS: '0',
    }),
  );
  await instance.says(/"port":\d+/);
  const url = `http://127.0.0.1:${/"port":(\d+)/.exec(instance.stdout())![1]}`;
  while ((await fetch(`${url}/readyz`)).status !== 200) await pause(50);
  return { url, pid: instance.child.pid! };
}

async function measure(senders: number, mark: string) {
  const bodies = eventBodies(intents, OF_EACH, `${mark}_`);
  const deliveries = repeatedAndShuffled(bodies, random);
  const times: number[] = [];
  const lateness: number[] = [];
  const send = async (): Promise<void> => {
    for (let body = deliveries.pop(); body !== undefined; body = deliveries.pop()) {
      const signature = signatureOf(body, info.stripe.webhookSecret);
      times.push(await timed(`${instances[random(2)]!.url}/stripe/webhooks`, { body, signature }));
    }
  };
  const storming = new AbortController();
  const probe = async (): Promise<void> => {
    for (let turn = 0; !storming.signal.aborted; turn++) {
      lateness.push(await timed(`${instances[turn % 2]!.url}/healthz`));
      await pause(PROBE_EVERY_MS);
    }
  };
  const before = cpuOfInstances();
  const began = performance.now();
  const probes = probe();
  await Promise.all(Array.from({ length: senders }, send));
  const seconds = (performance.now() - began) / 1000;
  const cpu = cpuOfInstances() - before;
  storming.abort();
  await probes;
  await allDone(mark, bodies.length);
  return { times, lateness, seconds, cpu };
}

function cpuOfInstances(): number {
  return instances.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
}

async function timed(url: string, event?: { body: string; signature: string }): Promise<number> {
  const began = performance.now();
  const answer = await request(url, {
    dispatcher: agent,
    ...(event && {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'stripe-signature': event.signature },
      body: event.body,
    }),
  });
  await answer.body.dump();
  if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}`);
  return performance.now() - began;
}

/** Each once, or the measure is of something else. */
async function allDone(mark: string, events: number): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ state: string; events: number; attempts: number }>(
      `select state, count(*)::int as events, sum(attempts)::int as attempts
       from proxy.stripe_events where id like $1 group by state`,
      [`evt\\_${mark}\\_%`],
    );
    const [only, ...others] = rows;
    if (others.length === 0 && only?.state === 'done') {
      if (only.events === events && only.attempts === events) return;
      throw new Error(`${events} events had other effects: ${JSON.stringify(rows)}`);
    }
    await pause(200);
  }
}
