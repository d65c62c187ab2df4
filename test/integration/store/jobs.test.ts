/** Jobs, and the traps in them. */
import { sql } from 'kysely';
import { createPool, createStreamPool, runSql } from '../../../server/store/connection.ts';
import { openEmbedded } from '../../../server/store/embedded/open.ts';
import { createJobs } from '../../../server/store/jobs.ts';
import { openStore, type StorePlace } from '../../../server/store/store.ts';
import { eventually, onBothDatabases, silent } from '../../setup/databases.ts';

type Data = { n: number };

async function startWith(place: StorePlace, work: (data: Data) => Promise<void>) {
  const store = await openStore({ place, log: silent });
  store.jobs.define<Data>({ name: 'job', work });
  store.start();
  await store.started;
  return store;
}

/** Without a store, which says nothing of the jobs' troubles until all has begun. */
async function connectionsTo(place: StorePlace) {
  if ('url' in place) {
    const pool = createPool(place.url, { max: 4 });
    return { pool, close: () => pool.end() };
  }
  const embedded = await openEmbedded(place.directory);
  return { pool: createStreamPool(() => embedded.connect()), close: () => embedded.close() };
}

function newGate() {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  return { gate, open };
}

onBothDatabases((databases, kind) => {
  it('does one job of a key once, although it was asked for often', async () => {
    const done: number[] = [];
    const { gate, open } = newGate();
    await using store = await startWith(await databases.place(), async ({ n }) => {
      await gate;
      done.push(n);
    });
    await store.jobs.send('job', 'blocker', { n: 0 });
    await eventually(
      () => store.jobs.depths(),
      depths => depths.some(({ name, active }) => name === 'job' && active === 1),
    );
    for (let n = 1; n <= 5; n++) await store.jobs.send('job', 'same', { n });
    await store.jobs.send('job', 'other', { n: 6 });

    open();

    await eventually(
      () => done,
      jobs => jobs.length === 3,
    );
    expect(done.toSorted()).toEqual([0, 1, 6]);
  }, 15_000);

  it('does again what failed', async () => {
    const tried: number[] = [];
    await using store = await startWith(await databases.place(), ({ n }) => {
      tried.push(n);
      return tried.length === 1 ? Promise.reject(new Error('on purpose')) : Promise.resolve();
    });

    await store.jobs.send('job', 'a', { n: 1 });

    await eventually(
      () => tried,
      times => times.length === 2,
    );
    expect(tried).toEqual([1, 1]);
  }, 15_000);

  it('takes up soon what a process that died had begun', async () => {
    const begun: number[] = [];
    const { gate, open } = newGate();
    await using store = await startWith(await databases.place(), ({ n }) => {
      begun.push(n);
      return begun.length === 1 ? gate : Promise.resolve();
    });
    await store.jobs.send('job', 'a', { n: 1 });
    await eventually(
      () => begun,
      jobs => jobs.length === 1,
    );

    // As if nothing had been heard of it.
    await sql`update pgboss.job set heartbeat_on = now() - interval '11 seconds', heartbeat_seconds = 10
      where name = 'job' and state = 'active'`.execute(store.db);

    const job = await eventually(
      () =>
        sql<{ state: string }>`select state from pgboss.job where name = 'job'`
          .execute(store.db)
          .then(({ rows }) => rows[0]!.state),
      state => state !== 'active',
    );
    expect(job).toBe('retry');
    open();
  }, 20_000);

  it('has a queue for each worker before the worker looks into it', async () => {
    const { pool, close } = await connectionsTo(await databases.place());
    const problems: unknown[] = [];
    const done: string[] = [];
    const jobs = createJobs({
      runSql: (text, values) => runSql(pool, text, values),
      backend: kind === 'postgres' ? 'postgres' : 'pglite',
      onProblem: problem => problems.push(problem),
    });
    for (const name of ['one', 'another'])
      jobs.define({ name, work: () => Promise.resolve(void done.push(name)) });

    await jobs.start();
    for (const name of ['one', 'another']) await jobs.send(name, 'a', {});
    await eventually(
      () => done,
      names => names.length === 2,
    );
    await jobs.stop();
    await close();

    expect(problems).toEqual([]);
  }, 15_000);

  it('works off at once what has piled up', async () => {
    const { gate, open } = newGate();
    const done: number[] = [];
    await using store = await startWith(await databases.place(), async ({ n }) => {
      await gate;
      done.push(n);
    });
    for (let n = 0; n < 40; n++) await store.jobs.send('job', `key-${n}`, { n });
    const opened = performance.now();

    open();

    await eventually(
      () => done.length,
      count => count === 40,
    );
    expect(performance.now() - opened).toBeLessThan(5_000);
  }, 15_000);
});
