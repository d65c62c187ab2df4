/** Checks are kept behind requests, which never wait for it and never notice when it fails. */
import { createRecorder } from '../../../server/store/recorder.ts';
import { insertChecks } from '../../../server/store/checks.ts';
import { checkRecord, type StoreRecord } from '../../../server/store/records.ts';
import { openStore } from '../../../server/store/store.ts';
import type { Check } from '../../../server/domain/verdict.ts';
import { realBooking, speculativeBooking } from '../../sandbox/client/orders.ts';
import { signedIn } from '../../sandbox/client/web-client.ts';
import { eventually, onBothDatabases, onPostgres } from '../../setup/databases.ts';
import { startWorld } from '../../setup/world.ts';

const valid: Check = {
  verdict: 'valid',
  reasons: [],
  path: 'protectedData.stripePaymentIntents.default',
  looksLikePI: true,
  secretLooksRight: true,
  paymentIntentId: 'pi_3QhWaB7WZ01zgkWS0jxsAJo3',
};
const subject = {
  call: 'initiate' as const,
  isSpeculative: false,
  processName: 'default-booking',
  transition: 'transition/request-payment',
  transactionId: 'a-transaction',
};

const newCheck = () => {
  const { record } = checkRecord(valid, subject, 'r') as Extract<StoreRecord, { kind: 'check' }>;
  return record;
};

onBothDatabases(databases => {
  it('keeps what each request came to', async () => {
    const store = await databases.openStore();
    await using world = await startWorld({ store });
    await store.started;
    const alice = await signedIn(world, 'Alice');

    await alice.post('initiate-privileged', speculativeBooking(world.info));
    const booked = await alice.post('initiate-privileged', realBooking(world.info), {
      headers: { 'X-Request-Id': 'the-real-one' },
    });
    const rows = await eventually(
      () => store.db.selectFrom('checks').selectAll().orderBy('id').execute(),
      found => found.length === 2,
    );

    expect(rows.map(({ verdict, is_speculative }) => [verdict, is_speculative])).toEqual([
      ['simulated', true],
      ['valid', false],
    ]);
    const transaction = booked.body.data.data;
    expect(rows[1]).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      at: expect.any(Date),
      request_id: 'the-real-one',
      call: 'initiate',
      is_speculative: false,
      process_name: 'default-booking',
      transition: 'transition/request-payment',
      late_at: null,
      transaction_id: transaction.id.uuid,
      verdict: 'valid',
      reasons: [],
      path: 'protectedData.stripePaymentIntents.default',
      looks_like_pi: true,
      secret_looks_right: true,
      payment_intent_id:
        transaction.attributes.protectedData.stripePaymentIntents.default.stripePaymentIntentId,
    });
  });

  it('counts them by the hour, and a batch that comes twice once', async () => {
    const { db } = await databases.store();
    const at = (time: string) => ({ ...newCheck(), at: new Date(time) });
    const batch = [
      at('2026-11-21T06:00:00Z'),
      at('2026-11-21T06:59:59Z'),
      at('2026-11-21T07:00:00Z'),
      { ...at('2026-11-21T07:00:00Z'), verdict: 'invalid' as const, reasons: ['uuid' as const] },
    ];

    await insertChecks(db, batch);
    await insertChecks(db, batch);
    await insertChecks(db, [at('2026-11-21T07:30:00Z')]);

    const counts = await db
      .selectFrom('check_counts')
      .select(['hour', 'verdict', 'checks'])
      .orderBy('hour')
      .orderBy('verdict')
      .execute();
    expect(counts).toEqual([
      { hour: new Date('2026-11-21T06:00:00Z'), verdict: 'valid', checks: 2 },
      { hour: new Date('2026-11-21T07:00:00Z'), verdict: 'invalid', checks: 1 },
      { hour: new Date('2026-11-21T07:00:00Z'), verdict: 'valid', checks: 2 },
    ]);
    const kept = await db.selectFrom('checks').select(['reasons']).where('verdict', '=', 'invalid').execute();
    expect(kept).toEqual([{ reasons: ['uuid'] }]);
  });

  it('loses only the one that the database refuses, and counts it', async () => {
    const store = await databases.store();
    const before = store.records.stats();

    for (let index = 0; index < 20; index++)
      store.records.record(
        checkRecord(valid, { ...subject, transition: index === 7 ? 'transition/\0' : 'transition/a' }, 'r'),
      );
    await eventually(
      () => store.db.selectFrom('checks').select('id').execute(),
      rows => rows.length === 19,
    );

    const { recorded, dropped } = store.records.stats();
    expect([recorded - before.recorded, dropped - before.dropped]).toEqual([19, 1]);
  });
});

describe('the buffer', () => {
  const items = (count: number) => Array.from({ length: count }, (_, index) => index);

  it('writes in batches, and all that is there when it is closed', async () => {
    const batches: number[][] = [];
    const recorder = createRecorder<number>({
      write: batch => Promise.resolve(void batches.push([...batch])),
      isRefusal: () => false,
      batch: 4,
    });
    for (const item of items(10)) recorder.record(item);
    expect(batches).toEqual([]);

    await recorder.close();

    expect(batches).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
    expect(recorder.stats()).toEqual({ waiting: 0, recorded: 10, dropped: 0 });
  });

  it('keeps so much while nothing can be written, counts the rest, and writes it afterwards', async () => {
    let isAway = true;
    const written: number[] = [];
    const recorder = createRecorder<number>({
      write: batch =>
        isAway ? Promise.reject(new Error('away')) : Promise.resolve(void written.push(...batch)),
      isRefusal: () => false,
      capacity: 5,
      delayMs: 1,
      retryMs: 5,
    });
    for (const item of items(8)) recorder.record(item);
    await new Promise(resolve => setTimeout(resolve, 30));
    expect(recorder.stats()).toEqual({ waiting: 5, recorded: 0, dropped: 3 });

    isAway = false;
    await eventually(
      () => recorder.stats().waiting,
      waiting => waiting === 0,
    );

    expect(written).toEqual([0, 1, 2, 3, 4]);
    expect(recorder.stats()).toEqual({ waiting: 0, recorded: 5, dropped: 3 });
  });
});

describe('a Postgres that goes away', () => {
  const databases = onPostgres();

  it('takes no request with it: degraded meanwhile, recording again within 5 s, and every lost record counted', async () => {
    const store = await databases.openStore({ recordsWaiting: 60 });
    await using world = await startWorld({
      store,
      environment: { RATE_LIMIT_PER_SESSION: '0', METRICS_PUBLIC: 'true' },
    });
    const alice = await signedIn(world, 'Alice');
    const statuses: number[] = [];
    const running = new AbortController();
    const load = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (!running.signal.aborted)
          statuses.push((await alice.post('initiate-privileged', speculativeBooking(world.info))).status);
      }),
    );
    const readiness = async () => {
      const response = await fetch(`${world.proxyUrl}/readyz`);
      return { code: response.status, ...((await response.json()) as { status: string; checks: unknown[] }) };
    };
    await eventually(
      () => store.records.stats().recorded,
      recorded => recorded > 0,
    );
    await eventually(readiness, ({ status }) => status === 'ready');

    await databases.server().stop();
    const degraded = await eventually(readiness, ({ status }) => status === 'degraded');
    expect(degraded).toMatchObject({
      code: 200,
      checks: [{ ok: true }, { ok: true }, { name: 'database', ok: false, isOptional: true }],
    });
    await new Promise(resolve => setTimeout(resolve, 1_000));
    await databases.server().start();
    const back = performance.now();
    const before = store.records.stats().recorded;
    await eventually(
      () => store.records.stats(),
      ({ recorded, waiting }) => recorded > before && waiting < 60,
    );
    const recoveredIn = performance.now() - back;
    expect(await eventually(readiness, ({ status }) => status === 'ready')).toMatchObject({ code: 200 });
    running.abort();
    await load;

    expect(recoveredIn).toBeLessThan(5_000);
    expect(new Set(statuses)).toEqual(new Set([200]));
    await eventually(
      () => store.records.stats().waiting,
      waiting => waiting === 0,
    );
    const { checks } = await store.db
      .selectFrom('checks')
      .select(eb => eb.fn.countAll<number>().as('checks'))
      .executeTakeFirstOrThrow();
    const { dropped } = store.records.stats();
    expect(dropped).toBeGreaterThan(0);
    expect(store.records.stats()).toEqual({ waiting: 0, recorded: checks, dropped });
    expect(checks + dropped).toBe(statuses.length);
    const metrics = await (await fetch(`${world.proxyUrl}/metrics`)).text();
    expect(metrics).toContain(`proxy_records_dropped_total ${dropped}\n`);
  }, 30_000);

  it('that is not there at the start is taken up when it comes', async () => {
    const place = await databases.place();
    await databases.server().stop();
    await using store = await openStore({ place, log: { info: () => undefined, warn: () => undefined } });
    const done: object[] = [];
    store.jobs.define({ name: 'job', work: data => Promise.resolve(void done.push(data)) });
    store.start();
    store.records.record(checkRecord(valid, subject, 'early'));
    await eventually(
      () => store.status().problem,
      problem => problem !== null && /ECONNREFUSED/.test(problem),
    );

    await databases.server().start();
    await store.started;
    await store.jobs.send('job', 'a', { is: 'done' });

    await eventually(
      () => done,
      jobs => jobs.length === 1,
    );
    const kept = await eventually(
      () => store.db.selectFrom('checks').select('request_id').execute(),
      rows => rows.length > 0,
    );
    expect(kept).toEqual([{ request_id: 'early' }]);
  }, 30_000);
});
