/**
 * `npm run bench`: our proxy against a reference handler that does the job as the web template documents it (sequential, the
 * SDKs as shipped), and against a bare pass-through, over the same upstream of canned bytes in a process of its own.
 * Rounds alternate, so that a noisy neighbour hits all of them. Reads /proc: Linux only.
 *
 * BENCH_ROUNDS and BENCH_SECONDS make it longer or shorter; `npm run bench -- load size items memory` chooses parts.
 */
import autocannon from 'autocannon';
import Table from 'cli-table3';
import { run, type Running } from '../setup/processes.ts';
import { booking, sessionCookie, TRANSIT } from './checkout.ts';
import { cpuSeconds, medianOf, residentMb } from './measures.ts';
import type { UpstreamCounts, UpstreamOptions } from './upstream.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 3);
const MEMORY_REQUESTS = 100_000;
/** The compiler is at it for as long. */
const WARM_UP_SECONDS = 20;

type Subject = { name: string; port: number; pid: number };
type Sample = {
  perSecond: number;
  cpuMs: number;
  p50: number;
  p99: number;
  calls: number;
  sockets: number;
  residentMb: number;
};

const clientId = 'bench';
/** A checkout asks for a price, asks again when something is changed, and books: then the next customer comes. */
const CALLS_OF_A_SESSION = 3;
let customers = 0;

const started: Running[] = [];
let upstream: { port: number };
let subjects: Subject[];

const parts: Record<string, () => Promise<void>> = { load, size, items, memory };

try {
  upstream = await start(['test/bench/upstream.ts']);
  const environment = {
    DATABASE_URL: 'none',
    NODE_ENV: 'production',
    PORT: '0',
    REACT_APP_SHARETRIBE_SDK_CLIENT_ID: clientId,
    SHARETRIBE_SDK_CLIENT_SECRET: 'bench-secret',
    // One address asks for all of it: the limits count, and do not bite.
    RATE_LIMIT_PER_ADDRESS: '1000000',
    RATE_LIMIT_PER_SESSION: '1000000',
    REACT_APP_SHARETRIBE_SDK_BASE_URL: `http://127.0.0.1:${upstream.port}`,
    REACT_APP_SHARETRIBE_SDK_ASSET_CDN_BASE_URL: `http://127.0.0.1:${upstream.port}`,
  };
  subjects = [
    { name: 'reference handler', ...(await start(['test/bench/reference-handler.ts'], environment)) },
    { name: 'flex-payment-proxy', ...(await start(['server/main.ts'], environment)) },
    { name: 'bare pass-through', ...(await start(['test/bench/pass-through.ts'], environment)) },
  ];
  // Until all of it is compiled.
  for (const subject of subjects) await measure(subject, 16, WARM_UP_SECONDS);
  const chosen = process.argv.slice(2);
  for (const [name, part] of Object.entries(parts)) {
    if (chosen.length === 0 || chosen.includes(name)) await part();
  }
  say(`Medians of ${ROUNDS} alternating rounds of ${SECONDS} s; Node ${process.version}.`);
} finally {
  await Promise.all(started.map(running => running[Symbol.asyncDispose]()));
}

/** By concurrency, with an upstream that answers at once and one that takes 50 ms. */
async function load(): Promise<void> {
  for (const latencyMs of [0, 50]) {
    const table = tableOf(
      'c',
      'req/s',
      '×',
      'CPU ms',
      'per core',
      'p50 ms',
      'p99 ms',
      'calls',
      'round trips',
      'sockets',
      'RSS MB',
    );
    for (const connections of [1, 16, 64, 256]) {
      const samples = await alternate(connections, { latencyMs });
      const reference = samples.get('reference handler')!;
      for (const [name, sample] of samples) {
        table.push([
          name,
          connections,
          sample.perSecond.toFixed(0),
          times(sample.perSecond, reference.perSecond),
          sample.cpuMs.toFixed(2),
          times(reference.cpuMs, sample.cpuMs),
          sample.p50.toFixed(0),
          sample.p99.toFixed(0),
          sample.calls.toFixed(1),
          latencyMs > 0 && connections === 1 ? Math.floor(sample.p50 / latencyMs) : '',
          sample.sockets,
          sample.residentMb.toFixed(0),
        ]);
      }
    }
    say(
      `\nAnswers of 10 KB, upstream ${latencyMs} ms (× is requests/s against the reference handler; per core: requests for the same CPU time)\n${table.toString()}`,
    );
  }
}

function size(): Promise<void> {
  const sizes = [2_000, 10_000, 50_000, 200_000].map(bytes => ({ bytes }));
  return by('answer', sizes, ({ bytes }) => `${bytes / 1_000} KB`);
}

function items(): Promise<void> {
  const counts = [1, 10, 50].map(lineItems => ({ lineItems }));
  return by('line items', counts, ({ lineItems }) => lineItems);
}

async function by<Options extends Partial<UpstreamOptions>>(
  what: string,
  all: Options[],
  label: (options: Options) => string | number,
): Promise<void> {
  const table = tableOf(what, 'req/s', '×', 'CPU ms', 'per core');
  for (const options of all) {
    const samples = await alternate(16, options);
    const reference = samples.get('reference handler')!;
    for (const [name, { perSecond, cpuMs }] of samples) {
      table.push([
        name,
        label(options),
        perSecond.toFixed(0),
        times(perSecond, reference.perSecond),
        cpuMs.toFixed(2),
        times(reference.cpuMs, cpuMs),
      ]);
    }
  }
  say(`\nBy ${what}, c = 16\n${table.toString()}`);
}

/** Resident memory over many requests. */
async function memory(): Promise<void> {
  await tell({});
  const proxy = subjects.find(({ name }) => name === 'flex-payment-proxy')!;
  const table = tableOf('requests', 'RSS MB');
  for (let done = 0; done < MEMORY_REQUESTS;) {
    const { requests } = await requestsOf(proxy, { connections: 16, amount: MEMORY_REQUESTS / 10 });
    done += requests.total;
    table.push([proxy.name, done, residentMb(proxy.pid).toFixed(0)]);
  }
  say(`\nMemory\n${table.toString()}`);
}

async function alternate(
  connections: number,
  options: Partial<UpstreamOptions>,
): Promise<Map<string, Sample>> {
  const samples = new Map(subjects.map(({ name }) => [name, [] as Sample[]]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const subject of subjects) {
      await tell(options);
      samples.get(subject.name)!.push(await measure(subject, connections, SECONDS));
    }
  }
  return new Map([...samples].map(([name, all]) => [name, medianSample(all)]));
}

function medianSample(samples: Sample[]): Sample {
  const of = (key: keyof Sample) => medianOf(samples.map(sample => sample[key]));
  return {
    perSecond: of('perSecond'),
    cpuMs: of('cpuMs'),
    p50: of('p50'),
    p99: of('p99'),
    calls: of('calls'),
    sockets: of('sockets'),
    residentMb: of('residentMb'),
  };
}

async function measure(subject: Subject, connections: number, duration: number): Promise<Sample> {
  const before = cpuSeconds(subject.pid);
  const { requests, latency } = await requestsOf(subject, { connections, duration });
  const cpu = cpuSeconds(subject.pid) - before;
  const { calls, sockets } = (await (
    await fetch(`http://127.0.0.1:${upstream.port}/bench`)
  ).json()) as UpstreamCounts;
  return {
    perSecond: requests.average,
    cpuMs: (cpu * 1000) / requests.total,
    p50: latency.p50,
    p99: latency.p99,
    calls: calls / requests.total,
    sockets,
    residentMb: residentMb(subject.pid),
  };
}

async function requestsOf(
  { port, name }: Subject,
  how: { connections: number; duration?: number; amount?: number },
) {
  const result = await autocannon({
    url: `http://127.0.0.1:${port}/api/initiate-privileged`,
    method: 'POST',
    // A client has one call under way at a time, and a context of its own.
    requests: Array.from({ length: CALLS_OF_A_SESSION }, (_, index) => ({
      setupRequest(request: autocannon.Request, context: { cookie?: string }) {
        if (index === 0) context.cookie = sessionCookie(clientId, customers++);
        return { ...request, headers: { ...TRANSIT, cookie: context.cookie }, body: booking };
      },
    })),
    ...how,
  });
  if (result.non2xx + result.errors > 0)
    throw new Error(`${name}: ${result.non2xx + result.errors} requests failed`);
  return result;
}

function tell(options: Partial<UpstreamOptions>) {
  return fetch(`http://127.0.0.1:${upstream.port}/bench`, { method: 'POST', body: JSON.stringify(options) });
}

async function start(
  args: string[],
  environment: Record<string, string> = {},
): Promise<{ port: number; pid: number }> {
  const running = run(args, environment);
  started.push(running);
  const port = /"port":(\d+)|^port (\d+)/m;
  await running.says(port);
  const [, logged, printed] = port.exec(running.stdout())!;
  return { port: Number(logged ?? printed), pid: running.child.pid! };
}

function times(one: number, other: number): string {
  return Number.isFinite(one / other) ? (one / other).toFixed(1) : '–';
}

function tableOf(...head: string[]) {
  return new Table({ style: { head: [], border: [] }, head: ['', ...head] });
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
