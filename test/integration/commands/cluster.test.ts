import { once } from 'node:events';
import { restartDelayMs } from '../../../server/cluster.ts';
import { realBooking } from '../../sandbox/client/orders.ts';
import { signedIn } from '../../sandbox/client/web-client.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { freePorts, run, type Running } from '../../setup/processes.ts';
import { environmentFor } from '../../setup/world.ts';

const start = (environment: Record<string, string>) =>
  run(['server/main.ts'], { ...environment, NODE_ENV: 'test', WEB_CONCURRENCY: '2' });

describe('WEB_CONCURRENCY=2 npm start', () => {
  it('serves from two processes, and goes on serving when one is killed and started anew', async () => {
    await using world = await startTwo();
    const [first, second] = workersOf(world.proxy) as [number, number];
    expect(first).not.toBe(second);

    process.kill(first, 'SIGKILL');
    // Also those that come before anybody has noticed.
    const answers = await Promise.all(Array.from({ length: 30 }, () => ready(world)));
    while (workersOf(world.proxy).length < 3 || listening(world.proxy) < 3) answers.push(await ready(world));

    expect(new Set(answers)).toEqual(new Set([200]));
    expect(lines(world.proxy)).toContainEqual(
      expect.objectContaining({ msg: 'worker died', signal: 'SIGKILL', restartInMs: 200 }),
    );
    world.proxy.child.kill('SIGTERM');
    expect(await world.proxy.exit).toBe(0);
    expect([first, second, workersOf(world.proxy)[2]!].filter(isAlive)).toEqual([]);
  });

  it('ends with its requests finished and 0 when every process gets the signal, as some hosts send it', async () => {
    await using world = await startTwo();
    const alice = await signedIn(world, 'Alice');
    const arrived = once(world.sandbox.arrivals, 'POST /v1/api/transactions/initiate');
    const booking = alice.post('initiate-privileged', realBooking(world.info));
    await arrived;

    for (const pid of [...workersOf(world.proxy), world.proxy.child.pid!]) process.kill(pid, 'SIGTERM');

    expect((await booking).status).toBe(200);
    expect(await world.proxy.exit).toBe(0);
  });

  it('ends at once with 0 when it is stopped before it listens', async () => {
    await using world = await startTwo(proxy => proxy.says(/worker started.*\n.*worker started/));
    const started = performance.now();

    world.proxy.child.kill('SIGTERM');

    expect(await world.proxy.exit).toBe(0);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('leaves nobody behind when the first process is killed', async () => {
    await using world = await startTwo();

    // In the middle of their work, when not all of their log is written.
    const answers = Array.from({ length: 100 }, () => ready(world));
    await Promise.any(answers);
    world.proxy.child.kill('SIGKILL');
    await Promise.allSettled(answers);

    expect(await allGone(workersOf(world.proxy))).toBe(true);
  });

  it('writes whole lines, whichever process they come from', async () => {
    await using world = await startTwo();

    await Promise.all(Array.from({ length: 300 }, () => ready(world)));
    world.proxy.child.kill('SIGTERM');
    await world.proxy.exit;

    expect(lines(world.proxy).filter(line => line['msg'] === 'request')).toHaveLength(300);
  });

  it('shows the counts of both as those of one, whichever is asked', async () => {
    await using world = await startTwo();
    const asked = 200;
    await Promise.all(Array.from({ length: asked }, () => ready(world)));

    const seen = await Promise.all(Array.from({ length: 12 }, () => countOf(world, '/readyz')));
    expect(new Set(seen)).toEqual(new Set([asked]));
  });

  it('does not try for ever where no process can listen', async () => {
    const taken = await startSandbox();
    await using after = new AsyncDisposableStack();
    after.defer(() => taken.close());
    await using proxy = start({ ...environmentFor(taken.info()), PORT: new URL(taken.url).port });

    expect(await proxy.exit).toBe(1);

    expect(proxy.stdout()).toContain('EADDRINUSE');
    expect(proxy.stdout()).not.toContain('worker died');
  });

  it('is refused where it would share an embedded database, and exits 78', async () => {
    await using proxy = run(['server/main.ts'], {
      SHARETRIBE_SDK_CLIENT_ID: 'id',
      SHARETRIBE_SDK_CLIENT_SECRET: 'secret',
      WEB_CONCURRENCY: '2',
      DATA_DIR: '/tmp/never-made',
    });

    expect(await proxy.exit).toBe(78);
    expect(proxy.stderr()).toMatch(
      /WEB_CONCURRENCY: must be 1 with DATA_DIR: the embedded database is for one process/,
    );
  });

  it('says what is no number of processes, and exits 78', async () => {
    await using proxy = run(['server/main.ts'], {
      SHARETRIBE_SDK_CLIENT_ID: 'id',
      SHARETRIBE_SDK_CLIENT_SECRET: 'secret',
      WEB_CONCURRENCY: '257',
    });

    expect(await proxy.exit).toBe(78);
    expect(proxy.stderr()).toContain('WEB_CONCURRENCY: must be from 1 to 256');
  });
});

it('a process that keeps dying is started ever more slowly', () => {
  expect([0, 1, 2, 6, 7, 1_000].map(restartDelayMs)).toEqual([100, 200, 400, 6_400, 10_000, 10_000]);
});

async function startTwo(isUp = (proxy: Running) => proxy.says(/listening[^]*listening/)) {
  const sandbox = await startSandbox();
  const port = await freePorts();
  const proxy = start({ ...environmentFor(sandbox.info()), PORT: String(port), METRICS_PUBLIC: 'true' });
  await using ifNotUp = new AsyncDisposableStack();
  ifNotUp.defer(() => sandbox.close());
  ifNotUp.use(proxy);
  await isUp(proxy);
  ifNotUp.move();
  return {
    sandbox,
    proxy,
    info: sandbox.info(),
    proxyUrl: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      await sandbox.close();
    },
  };
}

const lines = (proxy: Running): Record<string, unknown>[] =>
  proxy
    .stdout()
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>);

const workersOf = (proxy: Running) =>
  lines(proxy)
    .filter(line => line['msg'] === 'worker started')
    .map(line => line['pid'] as number);

const listening = (proxy: Running) => lines(proxy).filter(line => line['msg'] === 'listening').length;

const ready = async ({ proxyUrl }: { proxyUrl: string }) => (await fetch(`${proxyUrl}/readyz`)).status;

/** By a connection of its own, as Prometheus would come. */
async function countOf({ proxyUrl }: { proxyUrl: string }, route: string): Promise<number> {
  const response = await fetch(`${proxyUrl}/metrics`, { headers: { connection: 'close' } });
  const count = new RegExp(`^proxy_request_duration_seconds_count{route="${route}".*} (\\d+)$`, 'm');
  return Number(count.exec(await response.text())?.[1]);
}

async function allGone(pids: number[]): Promise<boolean> {
  for (let look = 0; look < 50 && pids.some(isAlive); look++)
    await new Promise(resolve => setTimeout(resolve, 50));
  return !pids.some(isAlive);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
