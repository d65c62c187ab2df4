/**
 * `npm run bench:cluster`: requests/s of two workers against one. Rounds alternate, so that a noisy neighbour hits both. The
 * load and the upstream take of the same cores, so the requests are quotes of a large listing: nearly all work is the
 * workers'. Reads CPU time from /proc: Linux only.
 */
import autocannon from 'autocannon';
import { run, type Running } from '../setup/processes.ts';
import { quote, sessionCookie, TRANSIT } from './checkout.ts';
import { cpuSeconds, medianOf } from './measures.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 4);
const CONNECTIONS = 16;

type Subject = { workers: number; port: number; pids: number[] };
type Sample = { perSecond: number; cores: number; cpuMs: number; share: number };

await using started = new AsyncDisposableStack();
const upstream = started.use(run(['test/bench/large-listing.ts']));
await upstream.says(/port \d+/);
const upstreamUrl = `http://127.0.0.1:${/port (\d+)/.exec(upstream.stdout())![1]}`;
const subjects = [await start(1), await start(2)];
for (const subject of subjects) await measure(subject, 1);

const samples = subjects.map(() => [] as Sample[]);
for (let round = 0; round < ROUNDS; round++) {
  for (const [index, subject] of subjects.entries()) samples[index]!.push(await measure(subject, SECONDS));
}
const median = (index: number, key: keyof Sample) => medianOf(samples[index]!.map(sample => sample[key]));
for (const [index, { workers }] of subjects.entries()) {
  process.stdout.write(
    `${workers} worker(s): ${median(index, 'perSecond').toFixed(0)} requests/s on ${median(index, 'cores').toFixed(2)} cores, ` +
      `${median(index, 'cpuMs').toFixed(2)} CPU ms a request, busiest worker ${(median(index, 'share') * 100).toFixed(0)} % of the work\n`,
  );
}
const ratios = samples[0]!.map((one, round) => samples[1]![round]!.perSecond / one.perSecond);
process.stdout.write(
  `2 workers / 1: ${medianOf(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}); ` +
    `median of ${ROUNDS} alternating rounds of ${SECONDS} s at ${CONNECTIONS} connections\n`,
);

async function start(workers: number): Promise<Subject> {
  const proxy: Running = started.use(
    run(['--disable-proto=delete', 'server/main.ts'], {
      NODE_ENV: 'production',
      PORT: '0',
      WEB_CONCURRENCY: String(workers),
      REACT_APP_SHARETRIBE_SDK_CLIENT_ID: 'bench',
      SHARETRIBE_SDK_CLIENT_SECRET: 'bench-secret',
      REACT_APP_SHARETRIBE_SDK_BASE_URL: upstreamUrl,
      REACT_APP_SHARETRIBE_SDK_ASSET_CDN_BASE_URL: upstreamUrl,
      RATE_LIMIT_PER_ADDRESS: '0',
      RATE_LIMIT_PER_SESSION: '0',
      MAX_EVENT_LOOP_DELAY_MS: '10000',
    }),
  );
  await proxy.says(new RegExp('"listening"[^]*'.repeat(workers)));
  const port = Number(/"port":(\d+),"environment/.exec(proxy.stdout())![1]);
  const pids = [...proxy.stdout().matchAll(/"pid":(\d+),"msg":"worker started"/g)].map(([, pid]) =>
    Number(pid),
  );
  return { workers, port, pids: [proxy.child.pid!, ...pids] };
}

async function measure({ port, pids }: Subject, duration: number): Promise<Sample> {
  const before = pids.map(cpuSeconds);
  const result = await autocannon({
    url: `http://127.0.0.1:${port}/api/transaction-line-items`,
    method: 'POST',
    headers: { ...TRANSIT, cookie: sessionCookie('bench') },
    body: quote,
    connections: CONNECTIONS,
    duration,
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.non2xx + result.errors} requests failed`);
  const used = pids.map((pid, index) => cpuSeconds(pid) - before[index]!);
  const sum = used.reduce((total, seconds) => total + seconds, 0);
  return {
    perSecond: result.requests.average,
    cores: sum / result.duration,
    cpuMs: (sum * 1000) / result.requests.total,
    share: Math.max(...used) / sum,
  };
}
