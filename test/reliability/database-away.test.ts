/** A real service of two processes under load, whose Postgres is stopped and started again. */
import { realBooking, speculativeBooking } from '../sandbox/client/orders.ts';
import { signedIn } from '../sandbox/client/web-client.ts';
import { startSandbox } from '../sandbox/sandbox.ts';
import { eventually, onPostgres } from '../setup/databases.ts';
import { freePorts, run } from '../setup/processes.ts';
import { environmentFor } from '../setup/world.ts';

const databases = onPostgres();

it('no request fails, no worker dies, and what was asked meanwhile is recorded when it is back', async () => {
  const { url } = (await databases.place()) as { url: string };
  await using stack = new AsyncDisposableStack();
  const sandbox = await startSandbox();
  stack.defer(() => sandbox.close());
  const port = await freePorts();
  const proxy = stack.use(
    run(['server/main.ts'], {
      ...environmentFor(sandbox.info()),
      NODE_ENV: 'test',
      PORT: String(port),
      DATABASE_URL: url,
      WEB_CONCURRENCY: '2',
      METRICS_PUBLIC: 'true',
    }),
  );
  await proxy.says(/listening[^]*listening/);
  const store = await databases.newStore({ place: { url } });
  const world = { info: sandbox.info(), proxyUrl: `http://127.0.0.1:${port}` };
  const recorded = async () => {
    const row = await store.db
      .selectFrom('checks')
      .select(eb => eb.fn.countAll<number>().as('checks'))
      .executeTakeFirstOrThrow();
    return row.checks;
  };
  const readiness = async () => {
    const response = await fetch(`${world.proxyUrl}/readyz`, { headers: { connection: 'close' } });
    return `${response.status} ${((await response.json()) as { status: string }).status}`;
  };
  const metric = async (name: string) => {
    const response = await fetch(`${world.proxyUrl}/metrics`);
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(await response.text())?.[1]);
  };
  await eventually(readiness, status => status === '200 ready');

  const alice = await signedIn(world, 'Alice');
  const statuses: number[] = [];
  const running = new AbortController();
  const load = Promise.all(
    [
      speculativeBooking(world.info),
      speculativeBooking(world.info),
      // Its days are taken by the first: the others are refused by Flex, and that is no failure.
      realBooking(world.info, { listing: 'Camper' }),
    ].map(async booking => {
      while (!running.signal.aborted)
        statuses.push((await alice.post('initiate-privileged', booking)).status);
    }),
  );
  await eventually(recorded, checks => checks > 0);

  await databases.server().stop();
  await eventually(readiness, status => status === '200 degraded');
  const asked = statuses.length;
  await eventually(
    () => statuses.length,
    count => count > asked + 50,
  );
  await databases.server().start();
  const back = performance.now();
  const before = await eventually(
    () => recorded().catch(() => null),
    checks => checks !== null,
  );
  await eventually(recorded, checks => checks > before!);
  const recoveredInMs = performance.now() - back;
  await eventually(readiness, status => status === '200 ready');
  running.abort();
  await load;

  expect(recoveredInMs).toBeLessThan(5_000);
  const refused = statuses.filter(status => status === 409).length;
  expect(new Set(statuses.filter(status => status !== 409))).toEqual(new Set([200]));
  expect(proxy.stdout()).not.toContain('worker died');
  await eventually(recorded, checks => checks === statuses.length - refused);
  expect(await metric('proxy_records_dropped_total')).toBe(0);
}, 60_000);
