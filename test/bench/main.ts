/**
 * `npm run bench`: our proxy against a reference handler that does the job as the web template documents it, over the
 * same upstream of canned bytes in a process of its own. Rounds alternate, so that a noisy neighbour hits both.
 * Reads CPU time from /proc: Linux only.
 */
import autocannon from 'autocannon';
import Table from 'cli-table3';
import flexSdk from 'sharetribe-flex-sdk';
import { run, type Running } from '../setup/processes.ts';
import { cpuSeconds, medianOf } from './measures.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 4);
const CONCURRENCY = [1, 16, 64];

type Subject = { name: string; port: number; pid: number };
type Sample = { perSecond: number; cpuMs: number; p50: number; p99: number };

const { types, transit } = flexSdk;
const clientId = 'bench';
const session = encodeURIComponent(
  JSON.stringify({
    access_token: 'at',
    refresh_token: 'rt',
    token_type: 'bearer',
    scope: 'user',
    expires_in: 600,
  }),
);
const body = transit.write({
  isSpeculative: false,
  orderData: {},
  bodyParams: {
    processAlias: 'default-booking/release-1',
    transition: 'transition/request-payment',
    params: {
      listingId: new types.UUID('aaaaaaaa-0000-4000-8000-000000000001'),
      bookingStart: new Date('2027-01-10T00:00:00.000Z'),
      bookingEnd: new Date('2027-01-13T00:00:00.000Z'),
      protectedData: { unitType: 'night' },
    },
  },
  queryParams: { include: ['booking', 'provider'], expand: true },
});

const started: Running[] = [];
try {
  const upstream = await start('test/bench/upstream.ts');
  const environment = {
    NODE_ENV: 'production',
    PORT: '0',
    REACT_APP_SHARETRIBE_SDK_CLIENT_ID: clientId,
    SHARETRIBE_SDK_CLIENT_SECRET: 'bench-secret',
    REACT_APP_SHARETRIBE_SDK_BASE_URL: `http://127.0.0.1:${upstream.port}`,
    REACT_APP_SHARETRIBE_SDK_ASSET_CDN_BASE_URL: `http://127.0.0.1:${upstream.port}`,
  };
  const subjects = [
    { name: 'reference handler', ...(await start('test/bench/reference-handler.ts', environment)) },
    { name: 'flex-payment-proxy', ...(await start('server/main.ts', environment)) },
  ];
  for (const subject of subjects) await measure(subject, 16, 1);

  const table = new Table({
    style: { head: [], border: [] },
    head: ['', 'c', 'req/s', 'CPU ms/req', 'p50 ms', 'p99 ms', 'req/s vs reference'],
  });
  for (const concurrency of CONCURRENCY) {
    const samples = new Map(subjects.map(subject => [subject.name, [] as Sample[]]));
    for (let round = 0; round < ROUNDS; round++) {
      for (const subject of subjects)
        samples.get(subject.name)!.push(await measure(subject, concurrency, SECONDS));
    }
    const reference = median(samples.get('reference handler')!, 'perSecond');
    for (const { name } of subjects) {
      const of = (key: keyof Sample) => median(samples.get(name)!, key);
      const cells = [
        of('perSecond').toFixed(0),
        of('cpuMs').toFixed(2),
        of('p50').toFixed(1),
        of('p99').toFixed(1),
      ];
      table.push([name, concurrency, ...cells, (of('perSecond') / reference).toFixed(2)]);
    }
  }
  process.stdout.write(
    `${table.toString()}\nMedian of ${ROUNDS} alternating rounds of ${SECONDS} s; answers of 10 KB; Node ${process.version}.\n`,
  );
} finally {
  await Promise.all(started.map(running => running[Symbol.asyncDispose]()));
}

async function start(
  file: string,
  environment: Record<string, string> = {},
): Promise<{ port: number; pid: number }> {
  const running = run([file], environment);
  started.push(running);
  const port = /"port":(\d+)|^port (\d+)/m;
  await running.says(port);
  const [, logged, printed] = port.exec(running.stdout())!;
  return { port: Number(logged ?? printed), pid: running.child.pid! };
}

async function measure({ port, pid, name }: Subject, connections: number, duration: number): Promise<Sample> {
  const before = cpuSeconds(pid);
  const result = await autocannon({
    url: `http://127.0.0.1:${port}/api/initiate-privileged`,
    method: 'POST',
    headers: { 'content-type': 'application/transit+json', cookie: `st-${clientId}-token=${session}` },
    body,
    connections,
    duration,
  });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${name} failed ${result.non2xx + result.errors} requests`);
  return {
    perSecond: result.requests.average,
    cpuMs: ((cpuSeconds(pid) - before) * 1000) / result.requests.total,
    p50: result.latency.p50,
    p99: result.latency.p99,
  };
}

function median(samples: Sample[], key: keyof Sample): number {
  return medianOf(samples.map(sample => sample[key]));
}
