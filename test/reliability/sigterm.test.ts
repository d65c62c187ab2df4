/**
 * A started server under load gets SIGTERM: what it was sent before it finishes, and it ends with 0. A round of each here;
 * `npm run test:sigterm` does 30 of each.
 */
import { Agent, request, type Dispatcher } from 'undici';
import { booking, sessionCookie, TRANSIT } from '../bench/checkout.ts';
import { freePorts, run, type Running } from '../setup/processes.ts';

const ROUNDS = process.env['SIGTERM_ROUNDS'];
const KEPT = 48;
const FRESH = 16;
/** How long Flex takes: most requests are on their way when the signal comes. */
const LATENCY_MS = 30;

type Sent = { at: number; by: 'kept' | 'fresh'; outcome: number | string; took: number };

describe.each([
  { workers: 1, rounds: Number(ROUNDS ?? 1) },
  { workers: 2, rounds: Number(ROUNDS ?? 1) },
])('$workers process(es) under load, stopped by SIGTERM', ({ workers, rounds }) => {
  it(
    'drops no request that was sent before it, and ends with 0 within 10 s',
    async () => {
      await using upstream = run(['test/bench/upstream.ts']);
      await upstream.says(/port \d+/);
      const upstreamUrl = `http://127.0.0.1:${/port (\d+)/.exec(upstream.stdout())![1]}`;
      await fetch(`${upstreamUrl}/bench`, {
        method: 'POST',
        body: JSON.stringify({ latencyMs: LATENCY_MS }),
      });

      const stops: Awaited<ReturnType<typeof stopUnderLoad>>[] = [];
      for (let round = 0; round < rounds; round++) stops.push(await stopUnderLoad(upstreamUrl, workers));

      const sum = (key: 'inFlight' | 'dropped' | 'refusedAfter' | 'brokenAfter') =>
        stops.reduce((total, stop) => total + stop[key], 0);
      report(
        `${workers} process(es), ${rounds} SIGTERMs: ${sum('inFlight')} requests in flight, ${sum('dropped')} dropped; ` +
          `sent later: ${sum('refusedAfter')} refused, ${sum('brokenAfter')} broken; ` +
          `exit after ${Math.max(...stops.map(stop => Math.round(stop.exitMs)))} ms at most`,
      );
      expect(stops.map(stop => stop.exitCode)).toEqual(stops.map(() => 0));
      expect(Math.max(...stops.map(stop => stop.exitMs))).toBeLessThan(10_000);
      expect(sum('inFlight')).toBeGreaterThan(rounds * 20);
      expect(stops.flatMap(stop => stop.failures)).toEqual([]);
      expect(sum('dropped')).toBe(0);
    },
    10_000 + rounds * 8_000,
  );
});

async function stopUnderLoad(upstreamUrl: string, workers: number) {
  const port = await freePorts();
  await using proxy = run(['server/main.ts'], {
    NODE_ENV: 'test',
    PORT: String(port),
    WEB_CONCURRENCY: String(workers),
    REACT_APP_SHARETRIBE_SDK_CLIENT_ID: 'load',
    SHARETRIBE_SDK_CLIENT_SECRET: 'load-secret',
    REACT_APP_SHARETRIBE_SDK_BASE_URL: upstreamUrl,
    REACT_APP_SHARETRIBE_SDK_ASSET_CDN_BASE_URL: upstreamUrl,
    // One caller with all requests, on a machine that does other things too: nothing is to be turned away.
    RATE_LIMIT_PER_ADDRESS: '0',
    RATE_LIMIT_PER_SESSION: '0',
    MAX_EVENT_LOOP_DELAY_MS: '10000',
  });
  await allListening(proxy, workers);
  const kept = new Agent({ connections: KEPT });
  // Without pipelining a connection takes one request.
  const fresh = new Agent({ pipelining: 0 });
  const sent: Sent[] = [];
  const over = new AbortController();
  const caller = async (by: Sent['by'], dispatcher: Dispatcher) => {
    while (!over.signal.aborted) {
      const at = performance.now();
      const outcome = await book(port, dispatcher);
      sent.push({ at, by, outcome, took: performance.now() - at });
      if (outcome === 'ECONNREFUSED') return;
    }
  };
  const callers = [
    ...Array.from({ length: KEPT }, () => caller('kept', kept)),
    ...Array.from({ length: FRESH }, () => caller('fresh', fresh)),
  ];
  await new Promise(resolve => setTimeout(resolve, 400 + Math.random() * 200));

  const stopped = performance.now();
  proxy.child.kill('SIGTERM');
  const exitCode = await proxy.exit;
  const exitMs = performance.now() - stopped;
  over.abort();
  await Promise.all(callers);
  await Promise.all([kept.destroy(), fresh.destroy()]);

  const inFlight = sent.filter(({ at, took }) => at < stopped && at + took > stopped);
  const dropped = inFlight.filter(({ outcome }) => outcome !== 200);
  const after = sent.filter(({ at }) => at >= stopped);
  const refused = after.filter(({ outcome }) => outcome === 'ECONNREFUSED');
  return {
    exitCode,
    exitMs,
    inFlight: inFlight.length,
    dropped: dropped.length,
    failures: [
      ...sent.filter(({ at, took, outcome }) => at + took <= stopped && outcome !== 200),
      ...dropped,
    ].map(
      ({ at, by, outcome, took }) =>
        `${by}: ${outcome}, sent ${Math.round(stopped - at)} ms before, took ${Math.round(took)} ms`,
    ),
    refusedAfter: refused.length,
    brokenAfter: after.filter(({ outcome }) => outcome !== 200).length - refused.length,
  };
}

async function allListening(proxy: Running, workers: number): Promise<void> {
  await proxy.says(new RegExp('"listening"[^]*'.repeat(workers)));
}

/** The status, or the code of the failure. */
async function book(port: number, dispatcher: Dispatcher): Promise<number | string> {
  try {
    const answer = await request(`http://127.0.0.1:${port}/api/initiate-privileged`, {
      dispatcher,
      method: 'POST',
      headers: { ...TRANSIT, cookie: sessionCookie('load') },
      body: booking,
    });
    await answer.body.dump();
    return answer.statusCode;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

/** Past jest, which would put a stack beside it. */
const report = (text: string) => process.stderr.write(`${text}\n`);
