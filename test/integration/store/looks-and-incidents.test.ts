/** What several instances know together: PaymentIntents that are to be looked at again, and incidents. */
import { sql } from 'kysely';
import flexSdk from 'sharetribe-flex-sdk';
import { INCIDENT } from '../../../server/log.ts';
import { ownRecordOf } from '../../../server/store/own-record.ts';
import type { StorePlace } from '../../../server/store/store.ts';
import { daysAhead, realBooking } from '../../sandbox/client/orders.ts';
import { createWebClient, signedIn } from '../../sandbox/client/web-client.ts';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import { eventually as within, onPostgres } from '../../setup/databases.ts';
import { startInstance } from '../../setup/instances.ts';
import { bothSidesOf, environmentFor } from '../../setup/world.ts';

const { types } = flexSdk;

/** A busy machine may take its time: what is tested is that it comes. */
const eventually = <T>(look: () => Promise<T> | T, isThere: (found: T) => boolean) =>
  within(look, isThere, 30_000);

let sandbox: Sandbox;
let booked = 0;
beforeAll(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => {
  sandbox.reset();
  booked = 0;
});
afterAll(() => sandbox.close());

/** One more of the service, on the same sandbox. */
async function newInstance(place: StorePlace) {
  const info = sandbox.info();
  const environment = { ...environmentFor(info), ...bothSidesOf(info), METRICS_PUBLIC: 'true' };
  const { url, store, log, ...instance } = await startInstance(place, environment);
  return {
    ...instance,
    info,
    proxyUrl: url,
    store,
    metrics: async () => (await fetch(`${url}/metrics`)).text(),
    incidentLines: () =>
      log
        .lines()
        .filter(({ msg }) => msg.startsWith(INCIDENT))
        .map(({ msg, cause, failures }) => [msg.slice(INCIDENT.length + 1), cause, failures]),
  };
}

type Instance = Awaited<ReturnType<typeof newInstance>>;

/** Other days each time. */
const book = async (instance: Instance) => {
  booked += 1;
  const [start, end] = [0, 3].map(nights => daysAhead(instance.info, 7 * booked + nights));
  const alice = await signedIn(instance, 'Alice');
  const answer = await alice.post(
    'initiate-privileged',
    realBooking(instance.info, { start: start!, end: end! }),
  );
  return answer.body.data.data.id.uuid as string;
};

const looksAt = ({ store }: Instance, transactionId: string) =>
  store.db
    .selectFrom('verifications')
    .select(['genuineness', 'attempt', 'cause'])
    .where('transaction_id', '=', transactionId)
    .orderBy('id')
    .execute();

const waitingJobs = async ({ store }: Instance) => {
  const { rows } = await sql<{ data: object; inSeconds: number }>`
    select data, extract(epoch from start_after - now())::float8 as "inSeconds"
    from pgboss.job where name = 'verify-again' and state = 'created'`.execute(store.db);
  return rows;
};

/** Does not wait until it is time. */
const soon = ({ store }: Instance) =>
  sql`update pgboss.job set start_after = now() where name = 'verify-again'`.execute(store.db);

const databases = onPostgres();

it('what could not be asked of Stripe is asked again, by whoever is there then', async () => {
  const place = await databases.place();
  sandbox.scenarios.add({ name: 'status', route: 'GET /v1/payment_intents', code: 500 });
  let transactionId: string;
  {
    await using before = await newInstance(place);
    transactionId = await book(before);
    expect(
      await eventually(
        () => looksAt(before, transactionId),
        rows => rows.length === 1,
      ),
    ).toEqual([{ genuineness: 'unverified', attempt: 1, cause: 'stripe-unavailable' }]);
    const [waiting] = await eventually(
      () => waitingJobs(before),
      jobs => jobs.length === 1,
    );
    expect(waiting!.inSeconds).toBeGreaterThan(5);
    expect(waiting!.inSeconds).toBeLessThanOrEqual(30);
    expect(JSON.stringify(waiting)).not.toContain('_secret_');
    expect(await before.metrics()).toContain('proxy_jobs_waiting{queue="verify-again"} 1\n');
  }
  sandbox.scenarios.clear();
  await using after = await newInstance(place);

  await soon(after);

  expect(
    await eventually(
      () => looksAt(after, transactionId),
      rows => rows.length === 2,
    ),
  ).toEqual([
    { genuineness: 'unverified', attempt: 1, cause: 'stripe-unavailable' },
    { genuineness: 'genuine', attempt: 2, cause: 'healthy' },
  ]);
  expect(await waitingJobs(after)).toEqual([]);
}, 60_000);

it('what an instance had no time to look at is looked at by the next', async () => {
  const place = await databases.place();
  let transactionId: string;
  {
    await using before = await newInstance(place);
    transactionId = await book(before);
    expect(await looksAt(before, transactionId)).toEqual([]);
  }
  await using after = await newInstance(place);

  expect(
    await eventually(
      () => looksAt(after, transactionId),
      rows => rows.length === 1,
    ),
  ).toMatchObject([{ genuineness: 'genuine' }]);
}, 60_000);

it('an incident opens once, counts what all see, and closes once', async () => {
  const place = await databases.place();
  await using one = await newInstance(place);
  await using two = await newInstance(place);
  const lines = () => [...one.incidentLines(), ...two.incidentLines()];
  const rows = (instance: Instance) =>
    instance.store.db
      .selectFrom('incidents')
      .select(['cause', 'process_name', 'failures', 'good', 'transaction_ids', 'closed_at'])
      .execute();
  const scenario = { name: 'uuid-payment-intents', times: 4 };
  sandbox.scenarios.add(scenario);

  const failed = [
    ...(await Promise.all([book(one), book(two)])),
    ...(await Promise.all([book(one), book(two)])),
  ];
  const [open] = await eventually(
    () => rows(two),
    found => found[0]?.failures === 4,
  );

  expect(open).toEqual({
    cause: 'flex-returned-placeholder',
    process_name: 'default-booking',
    failures: 4,
    good: 0,
    transaction_ids: expect.any(Array),
    closed_at: null,
  });
  expect(open!.transaction_ids.toSorted()).toEqual(failed.toSorted());
  expect(lines()).toEqual([['opened', 'flex-returned-placeholder', expect.any(Number)]]);
  expect(await one.metrics()).toContain('proxy_incidents_open{cause="flex-returned-placeholder"} 1\n');

  await book(one);
  await book(two);
  await book(two);
  await eventually(lines, told => told.length === 2);

  expect(
    lines()
      .map(([what]) => what)
      .toSorted(),
  ).toEqual(['closed', 'opened']);
  expect(await rows(one)).toMatchObject([{ failures: 4, good: 3, closed_at: expect.any(Date) }]);
  expect(await one.metrics()).not.toContain('proxy_incidents_open{');
}, 60_000);

it('without its database an instance tells people alone, and once', async () => {
  const place = await databases.place();
  await using instance = await newInstance(place);
  await databases.server().stop();
  await eventually(
    () => instance.store.status().isUp,
    isUp => !isUp,
  );
  sandbox.scenarios.add({ name: 'uuid-payment-intents', times: 2 });

  const away = await instance.metrics();
  expect(away).toContain('proxy_database_away 1\n');
  expect(away).not.toMatch(/^proxy_(jobs|stripe_events|incidents|feed)_\w+{/m);

  await book(instance);
  await eventually(instance.incidentLines, lines => lines.length === 1);
  await book(instance);
  await databases.server().start();

  const rows = await eventually(
    () => instance.store.db.selectFrom('incidents').select(['cause', 'failures', 'closed_at']).execute(),
    found => found[0]?.failures === 2,
  );
  expect(rows).toEqual([{ cause: 'flex-returned-placeholder', failures: 2, closed_at: null }]);
  expect(instance.incidentLines()).toEqual([['opened', 'flex-returned-placeholder', 1]]);
}, 60_000);

it("a stranger's refusals are few, and say nothing of a transaction", async () => {
  await using instance = await newInstance(await databases.place());
  const transactionId = await book(instance);
  const stranger = createWebClient(instance.proxyUrl, instance.info);
  const { db } = instance.store;
  const move = {
    isSpeculative: false,
    orderData: {},
    bodyParams: {
      id: new types.UUID(transactionId),
      transition: 'transition/request-payment',
      params: { protectedData: { stripePaymentIntents: {} } },
    },
  };

  for (let times = 0; times < 80; times += 1) await stranger.post('transition-privileged', move);

  const kept = await eventually(
    () => db.selectFrom('refusals').select('is_proven').execute(),
    rows => rows.length >= 60,
  );
  // A minute may end in between.
  expect(kept.length).toBeLessThan(80);
  expect(new Set(kept.map(({ is_proven }) => is_proven))).toEqual(new Set([false]));
  expect(await ownRecordOf(db, transactionId)).toMatchObject({ check: { verdict: 'valid' } });
  expect(await ownRecordOf(db, transactionId)).not.toHaveProperty('refusal');
}, 60_000);
