/** Flex's events, and what is made of them. */
import { readOnce, startFeed, type FeedDeps } from '../../../server/diagnostics/feed.ts';
import { createIntegrationDoor } from '../../../server/flex/integration.ts';
import { loadProcesses } from '../../../server/flex/process-files.ts';
import { readFeed, writeFeed } from '../../../server/store/feeds.ts';
import { checkRecord } from '../../../server/store/records.ts';
import { takeLease } from '../../../server/store/leases.ts';
import type { Store } from '../../../server/store/store.ts';
import { findTransaction, openPayments, upsertTransaction } from '../../../server/store/transactions.ts';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import { eventually, onBothDatabases } from '../../setup/databases.ts';
import { cabinOrder, operatorSdk, stripeClient, types, userSdks } from '../../setup/flex-sdks.ts';

const { processes } = loadProcesses('ext/transaction-processes');
const SOURCE = 'flex sandbox';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => sandbox.reset());
afterAll(() => sandbox.close());

const depsFor = (store: Store, owner = 'one'): FeedDeps & Disposable => {
  const { baseUrl, clientId, clientSecret } = sandbox.info().integration;
  const integration = createIntegrationDoor({ baseUrl, clientId }, clientSecret);
  return {
    store,
    integration,
    processes,
    owner,
    source: SOURCE,
    now: () => sandbox.now(),
    [Symbol.dispose]: integration.close,
  };
};

const read = async (deps: FeedDeps) =>
  readOnce(deps, (await takeLease(deps.store.db, 'flex-feed', deps.owner, 60_000))!);

async function book(day = 10): Promise<{ id: string; customer: any; accept(): Promise<void> }> {
  const info = sandbox.info();
  const customer = await userSdks(info, 'Alice');
  const order = cabinOrder(info, {
    bookingStart: new Date(Date.UTC(2030, 0, day)),
    bookingEnd: new Date(Date.UTC(2030, 0, day + 3)),
  });
  const { data } = await customer.trusted.transactions.initiate(order, { expand: true });
  const id = data.data.id;
  const { default: intent } = data.data.attributes.protectedData.stripePaymentIntents;
  return {
    id: id.uuid,
    customer,
    async accept() {
      await stripeClient(info).paymentIntents.confirm(intent.stripePaymentIntentId, {
        payment_method: 'pm_card_visa',
      });
      await customer.sdk.transactions.transition({
        id,
        transition: 'transition/confirm-payment',
        params: {},
      });
    },
  };
}

onBothDatabases(databases => {
  it('knows each transaction by what Flex says of it, and how long its payment may take', async () => {
    const store = await databases.store();
    using deps = depsFor(store);
    const { id } = await book();

    expect(await read(deps)).toBe('all');

    const transaction = await findTransaction(store.db, id);
    expect(transaction).toMatchObject({
      process_name: 'default-booking',
      process_version: 1,
      state: 'state/pending-payment',
      last_transition: 'transition/request-payment',
      payin_amount: 15_000,
      payin_currency: 'EUR',
      payout_amount: 13_500,
      transitions: [{ transition: 'transition/request-payment', by: 'customer' }],
      awaits_payment: true,
      is_deleted: false,
    });
    expect(transaction!.payment_deadline!.getTime() - transaction!.last_transitioned_at.getTime()).toBe(
      15 * 60_000,
    );
    expect(await openPayments(store.db)).toMatchObject([{ id }]);
    expect(await store.db.selectFrom('transaction_events').selectAll().execute()).toMatchObject([
      {
        type: 'transaction/initiated',
        transaction_id: id,
        transition: 'transition/request-payment',
        made_by: 'customer',
      },
    ]);
  });

  it('goes on from where it stopped, and what comes twice counts once', async () => {
    const store = await databases.store();
    using deps = depsFor(store);
    const { id, accept } = await book();
    await read(deps);
    await accept();
    await read(deps);
    const before = await readFeed(store.db, SOURCE);
    await writeFeed(store.db, SOURCE, { sequence_id: before!.sequence_id! - 1_000 });

    await read(deps);

    expect(await findTransaction(store.db, id)).toMatchObject({
      state: 'state/preauthorized',
      awaits_payment: false,
      payment_deadline: null,
    });
    expect(await openPayments(store.db)).toEqual([]);
    expect(
      await store.db.selectFrom('transaction_events').select('type').orderBy('sequence_id').execute(),
    ).toEqual([{ type: 'transaction/initiated' }, { type: 'transaction/transitioned' }]);
    expect(await readFeed(store.db, SOURCE)).toMatchObject({ events: 2, problem: null });
  });

  it('is not set back by what is older than what is known', async () => {
    const store = await databases.store();
    using deps = depsFor(store);
    const { id, accept } = await book();
    await accept();
    await read(deps);
    const {
      transitions,
      is_deleted: _deleted,
      read_at: _read,
      ...now
    } = (await findTransaction(store.db, id))!;

    await upsertTransaction(store.db, {
      ...now,
      state: 'state/pending-payment',
      transitions: transitions.slice(0, 1),
    });

    expect(await findTransaction(store.db, id)).toMatchObject({ state: 'state/preauthorized', transitions });
  });

  it('names what else was changed, and not what stood there', async () => {
    const store = await databases.store();
    using deps = depsFor(store);
    const { id } = await book();
    await operatorSdk(sandbox.info()).transactions.updateMetadata({
      id: new types.UUID(id),
      metadata: { note: 'canary' },
    });

    await read(deps);

    const events = await store.db
      .selectFrom('transaction_events')
      .selectAll()
      .orderBy('sequence_id')
      .execute();
    expect(events.at(-1)).toMatchObject({
      type: 'transaction/updated',
      transition: null,
      changed: ['metadata.note'],
    });
    const everything = JSON.stringify([events, await findTransaction(store.db, id)]);
    expect(everything).not.toContain('canary');
    expect(everything).not.toContain('_secret_');
  });

  it('says of which transactions it has read something, once that is kept', async () => {
    const store = await databases.store();
    using deps = depsFor(store);
    const told: string[][] = [];
    const { id, accept } = await book();
    await accept();

    await read({ ...deps, onRead: ids => told.push(ids) });
    await read({ ...deps, onRead: ids => told.push(ids) });

    expect(told).toEqual([[id]]);
  });

  it('is read by one instance: what a late one has read is not written', async () => {
    const store = await databases.store();
    using deps = depsFor(store);
    await book();
    const lost = (await takeLease(store.db, 'flex-feed', 'one', 0))!;
    await takeLease(store.db, 'flex-feed', 'two', 60_000);

    expect(await readOnce(deps, lost)).toBe('another');

    expect(await store.db.selectFrom('transaction_events').selectAll().execute()).toEqual([]);
    expect(await readFeed(store.db, SOURCE)).toBeUndefined();
  });
});

describe('after a silence longer than Flex keeps events', () => {
  onBothDatabases(databases => {
    it('reads again what may have been missed, and says what time that was', async () => {
      const store = await databases.store();
      using deps = depsFor(store);
      const known = await book(10);
      await read(deps);
      const lastRead = await readFeed(store.db, SOURCE);
      // Expires, and so does every event that says so.
      await sandbox.advance(3 * 86_400_000);
      const missed = await book(20);
      await sandbox.advance(8 * 86_400_000);
      sandbox.flex().settings.eventRetentionDays = 7;

      await read(deps);

      expect(await findTransaction(store.db, known.id)).toMatchObject({ state: 'state/payment-expired' });
      expect(await findTransaction(store.db, missed.id)).toMatchObject({ state: 'state/payment-expired' });
      expect(await readFeed(store.db, SOURCE)).toMatchObject({
        gap_from: lastRead!.caught_up_at,
        gap_to: expect.any(Date),
      });
    });
  });
});

describe('the reader', () => {
  onBothDatabases((databases, kind) => {
    it('looks soon while somebody pays, more seldom otherwise, and at once when nudged', async () => {
      const store = await databases.store();
      using deps = depsFor(store);
      const feed = startFeed({
        ...deps,
        now: Date.now,
        pauses: { busy: 20, idle: 60_000, page: 1, other: 20 },
      });
      await eventually(
        () => readFeed(store.db, SOURCE),
        found => found?.caught_up_at !== null && found?.caught_up_at !== undefined,
      );
      const { id, accept } = await book();
      await new Promise(resolve => setTimeout(resolve, 200));
      expect(await findTransaction(store.db, id)).toBeUndefined();

      feed.nudge();

      await eventually(
        () => findTransaction(store.db, id),
        found => found?.awaits_payment === true,
      );
      await accept();
      await eventually(
        () => findTransaction(store.db, id),
        found => found?.state === 'state/preauthorized',
      );
      await feed.stop();
    });

    it('does not miss that it was nudged while it was reading', async () => {
      const store = await databases.store();
      using deps = depsFor(store);
      const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
      let looks = 0;
      const integration: FeedDeps['integration'] = {
        ...deps.integration,
        async events(query, signal) {
          looks += 1;
          const events = await deps.integration.events(query, signal);
          if (looks === 1) await answered;
          return events;
        },
      };
      const feed = startFeed({
        ...deps,
        integration,
        now: Date.now,
        pauses: { busy: 20_000, idle: 60_000, page: 1, other: 20 },
      });
      await eventually(
        () => looks,
        count => count === 1,
      );
      const { id } = await book();

      feed.nudge();
      answer();

      const found = await eventually(
        () => findTransaction(store.db, id),
        transaction => transaction !== undefined,
      );
      expect(found).toMatchObject({ awaits_payment: true });
      await feed.stop();
    });

    it('looks soon when another instance has seen a payment begin', async () => {
      const store = await databases.store();
      using deps = depsFor(store);
      const feed = startFeed({
        ...deps,
        now: Date.now,
        pauses: { busy: 20, idle: 60_000, page: 1, other: 20 },
      });
      await eventually(
        () => readFeed(store.db, SOURCE),
        found => found?.caught_up_at !== null && found?.caught_up_at !== undefined,
      );
      const { id } = await book();

      store.records.record(
        checkRecord(
          {
            verdict: 'valid',
            reasons: [],
            path: null,
            looksLikePI: true,
            secretLooksRight: true,
            paymentIntentId: null,
          },
          {
            call: 'initiate',
            isSpeculative: false,
            processName: 'default-booking',
            transition: 'transition/request-payment',
            transactionId: id,
          },
          'request',
        ),
      );

      const found = await eventually(
        () => findTransaction(store.db, id),
        transaction => transaction !== undefined,
      );
      expect(found).toMatchObject({ awaits_payment: true });
      await feed.stop();
    });

    it('of two instances one reads, and the other goes on when it ends', async () => {
      if (kind === 'embedded') return;
      const store = await databases.store();
      using first = depsFor(store, 'first');
      using second = depsFor(store, 'second');
      const pauses = { busy: 10, idle: 10, page: 1, other: 10 };
      const one = startFeed({ ...first, now: Date.now, pauses });
      const holder = () => store.db.selectFrom('leases').select(['owner', 'fence']).executeTakeFirst();
      await eventually(holder, found => found?.owner === 'first');
      const two = startFeed({ ...second, now: Date.now, pauses });
      await new Promise(resolve => setTimeout(resolve, 100));
      expect(await holder()).toEqual({ owner: 'first', fence: 1 });

      await one.stop();

      await eventually(holder, found => found?.owner === 'second');
      const { id } = await book();
      await eventually(
        () => findTransaction(store.db, id),
        found => found !== undefined,
      );
      await two.stop();
    });

    it('says what is wrong, and goes on when it is over', async () => {
      const store = await databases.store();
      using deps = depsFor(store);
      sandbox.scenarios.add({ name: 'rate-limited', route: 'GET /v1/integration_api/events/query' });
      const problems: string[] = [];
      const feed = startFeed({
        ...deps,
        now: Date.now,
        pauses: { busy: 10, idle: 10, page: 1, other: 10 },
        onProblem: problem => problems.push(problem),
      });
      await eventually(
        () => readFeed(store.db, SOURCE),
        found => found?.problem === 'flex-refused',
      );
      expect(problems[0]).toBe('flex-refused');

      sandbox.scenarios.clear();

      await eventually(
        () => readFeed(store.db, SOURCE),
        found => found?.problem === null && found.caught_up_at !== null,
      );
      await feed.stop();
    });
  });
});
