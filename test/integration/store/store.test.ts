/** One dialect, one set of tables, on both databases. */
import { sql } from 'kysely';
import { openStore } from '../../../server/store/store.ts';
import { endLease, holdsLease, takeLease } from '../../../server/store/leases.ts';
import { migrate } from '../../../server/store/migrate.ts';
import { moveClock, onBothDatabases } from '../../setup/databases.ts';

onBothDatabases((databases, kind) => {
  it('makes its tables once, whoever starts first', async () => {
    const store = await databases.store();

    expect(store.kind).toBe(kind);
    expect(store.status()).toMatchObject({ isUp: true, problem: null });
    expect(await migrate(store.db)).toEqual([]);
  });

  it('gives numbers, JSON, times and lists as the same values', async () => {
    const { db } = await databases.store();

    const { rows } = await sql`select 9007199254740991::int8 as big, count(*) as counted,
      '{"a":[1,null]}'::jsonb as json, '2026-11-21T06:00:00.123Z'::timestamptz as time,
      array['x','y'] as list, 1.5::float8 as number from (values (1), (2)) as two`.execute(db);

    expect(rows).toEqual([
      {
        big: 9007199254740991,
        counted: 2,
        json: { a: [1, null] },
        time: new Date('2026-11-21T06:00:00.123Z'),
        list: ['x', 'y'],
        number: 1.5,
      },
    ]);
  });

  it('tells a broken constraint by the same code', async () => {
    const { db } = await databases.store();
    const insert = () => sql`insert into proxy.leases values ('a', 'b', now(), 1)`.execute(db);
    await insert();

    await expect(insert()).rejects.toMatchObject({ code: '23505' });
    expect(await sql`select 1 as one`.execute(db)).toMatchObject({ rows: [{ one: 1 }] });
  });

  it('has a clock that tests can move', async () => {
    const store = await databases.store();
    const time = async () =>
      (await sql<{ now: Date }>`select proxy.app_now() as now`.execute(store.db)).rows[0]!.now.getTime();
    expect(Math.abs((await time()) - Date.now())).toBeLessThan(5_000);

    await moveClock(store, 86_400_000);

    expect(Math.abs((await time()) - Date.now() - 86_400_000)).toBeLessThan(5_000);
  });

  describe('a lease', () => {
    it('belongs to one until it has run out, and its fence rises when it changes hands', async () => {
      const store = await databases.store();
      const { db } = store;

      const first = await takeLease(db, 'feed', 'one', 60_000);
      expect(first).toEqual({ name: 'feed', owner: 'one', fence: 1 });
      expect(await takeLease(db, 'feed', 'two', 60_000)).toBeNull();
      expect(await takeLease(db, 'feed', 'one', 60_000)).toEqual(first);

      await moveClock(store, 61_000);
      const second = await takeLease(db, 'feed', 'two', 60_000);

      expect(second).toEqual({ name: 'feed', owner: 'two', fence: 2 });
      expect(await db.transaction().execute(transaction => holdsLease(transaction, first!))).toBe(false);
      expect(await db.transaction().execute(transaction => holdsLease(transaction, second!))).toBe(true);
    });

    it('that was ended is free at once, unless it has changed hands', async () => {
      const { db } = await databases.store();
      const mine = await takeLease(db, 'feed', 'one', 60_000);
      await endLease(db, { ...mine!, fence: 7 });
      expect(await takeLease(db, 'feed', 'two', 60_000)).toBeNull();

      await endLease(db, mine!);

      expect(await takeLease(db, 'feed', 'two', 60_000)).toMatchObject({ owner: 'two' });
    });
  });

  it('refuses, and does not wait for ever, when a transaction waits for what waits for it', async () => {
    const { db } = await databases.newStore({ connections: 1, connectMs: 300 });

    await expect(
      db.transaction().execute(async () => {
        await sql`select 1`.execute(db);
      }),
    ).rejects.toThrow(/timeout/);
    expect(await sql`select 1 as one`.execute(db)).toMatchObject({ rows: [{ one: 1 }] });
  });

  it('rolls back what failed, and the next one finds nothing of it', async () => {
    const { db } = await databases.store();
    const failed = db.transaction().execute(async transaction => {
      await takeLease(transaction, 'a', 'one', 1_000);
      await sql`select 1 / 0`.execute(transaction);
    });

    await expect(failed).rejects.toMatchObject({ code: '22012' });
    expect(await db.selectFrom('leases').selectAll().execute()).toEqual([]);
  });

  it('starts with tables of before and keeps what is in them', async () => {
    if (kind === 'embedded') return;
    const place = await databases.place();
    const before = await databases.newStore({ place });
    await takeLease(before.db, 'kept', 'one', 1_000);

    const after = await databases.newStore({ place });

    expect(await after.db.selectFrom('leases').select('name').execute()).toEqual([{ name: 'kept' }]);
  });
});

it('does not wait for a Postgres that is not there, and says why', async () => {
  await using store = await openStore({
    place: { url: 'postgres://somebody:canary@127.0.0.1:9/none' },
    log: { info: () => undefined, warn: () => undefined },
  });
  store.start();
  await new Promise(resolve => setTimeout(resolve, 200));

  expect(store.readiness.check()).toEqual({ ok: false, reason: expect.stringContaining('ECONNREFUSED') });
  expect(JSON.stringify(store.status())).not.toContain('canary');
});
