/**
 * `npm run bench:recording`: what recording on a Postgres, metrics and logs cost together, in requests/s. Rounds alternate,
 * so that a noisy neighbour hits both. The service has a core to itself, and Postgres, the load and the upstream the others:
 * what they need is not its cost. Reads /proc and pins by taskset: Linux only, and two cores at least.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import autocannon from 'autocannon';
import { startPostgres } from '../setup/postgres.ts';
import { runCommand } from '../setup/processes.ts';
import { booking, sessionCookie, TRANSIT } from './checkout.ts';
import { cpuSeconds, medianOf } from './measures.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 9);
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 4);
const CONNECTIONS = 16;
/** Until all of it is compiled. */
const WARM_UP_SECONDS = 15;
const THE_SERVICE = '0';
const THE_OTHERS = `1-${availableParallelism() - 1}`;

type Subject = { name: string; port: number; pid: number };
type Sample = { perSecond: number; cpuMs: number };

// Whoever is started from here on inherits it.
execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', THE_OTHERS, String(process.pid)]);
await using started = new AsyncDisposableStack();
const logs = await mkdtemp(path.join(tmpdir(), 'bench-logs-'));
started.defer(() => rm(logs, { recursive: true }));
const postgres = started.use(await startPostgres());
const upstream = await start('upstream', ['test/bench/upstream.ts']);
const environment = {
  NODE_ENV: 'production',
  PORT: '0',
  REACT_APP_SHARETRIBE_SDK_CLIENT_ID: 'bench',
  SHARETRIBE_SDK_CLIENT_SECRET: 'bench-secret',
  REACT_APP_SHARETRIBE_SDK_BASE_URL: `http://127.0.0.1:${upstream.port}`,
  REACT_APP_SHARETRIBE_SDK_ASSET_CDN_BASE_URL: `http://127.0.0.1:${upstream.port}`,
  RATE_LIMIT_PER_ADDRESS: '0',
  RATE_LIMIT_PER_SESSION: '0',
  MAX_EVENT_LOOP_DELAY_MS: '10000',
  METRICS_PUBLIC: 'true',
};
const bare = await start('nothing', ['test/bench/unobserved-server.ts'], {
  ...environment,
  DATABASE_URL: 'none',
  LOG_LEVEL: 'error',
});
const observed = await start('recording, metrics and logs', ['server/main.ts'], {
  ...environment,
  DATABASE_URL: await postgres.newDatabase(),
});
for (const subject of [bare, observed]) {
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', THE_SERVICE, String(subject.pid)]);
  await measure(subject, WARM_UP_SECONDS);
}

const samples = new Map<Subject, Sample[]>([bare, observed].map(subject => [subject, []]));
for (let round = 0; round < ROUNDS; round++)
  // Whoever comes second may find a warmer machine.
  for (const subject of round % 2 === 0 ? [bare, observed] : [observed, bare])
    samples.get(subject)!.push(await measure(subject, SECONDS));

for (const [{ name }, all] of samples)
  say(
    `${name}: ${medianOf(all.map(({ perSecond }) => perSecond)).toFixed(0)} requests/s, ` +
      `${medianOf(all.map(({ cpuMs }) => cpuMs)).toFixed(2)} CPU ms a request`,
  );
const ratios = samples
  .get(observed)!
  .map(({ perSecond }, round) => perSecond / samples.get(bare)![round]!.perSecond);
const metrics = await (await fetch(`http://127.0.0.1:${observed.port}/metrics`)).text();
const counted = (name: string) => new RegExp(`^${name} (\\d+)$`, 'm').exec(metrics)?.[1];
say(
  `with / without: ${medianOf(ratios).toFixed(3)} (${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}); ` +
    `median of ${ROUNDS} alternating rounds of ${SECONDS} s at ${CONNECTIONS} connections; ` +
    `${counted('proxy_records_written_total')} records written, ${counted('proxy_records_dropped_total')} dropped`,
);

async function start(name: string, args: string[], settings: Record<string, string> = {}): Promise<Subject> {
  // What is written goes to a file: whoever reads a log elsewhere does not take of these cores.
  const log = path.join(logs, args.at(-1)!.replaceAll('/', '-'));
  const script = `exec "$0" "$@" > ${log}`;
  const running = started.use(
    runCommand('sh', ['-c', script, process.execPath, '--disable-proto=delete', ...args], settings),
  );
  for (;;) {
    const said = /"port":(\d+)|^port (\d+)/m.exec(await readFile(log, 'utf8').catch(() => ''));
    if (said) return { name, port: Number(said[1] ?? said[2]), pid: running.child.pid! };
    if (running.child.exitCode !== null) throw new Error(`${name} ended: ${running.stderr()}`);
    await pause(100);
  }
}

async function measure({ port, pid, name }: Subject, duration: number): Promise<Sample> {
  const before = cpuSeconds(pid);
  const { requests, non2xx, errors } = await autocannon({
    url: `http://127.0.0.1:${port}/api/initiate-privileged`,
    method: 'POST',
    headers: { ...TRANSIT, cookie: sessionCookie('bench') },
    body: booking,
    connections: CONNECTIONS,
    duration,
  });
  if (non2xx + errors > 0) throw new Error(`${name}: ${non2xx + errors} requests failed`);
  return { perSecond: requests.average, cpuMs: ((cpuSeconds(pid) - before) * 1000) / requests.total };
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
