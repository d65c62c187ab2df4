/** What operators are told, over HTTP as they ask it. */
import { DatabaseError } from 'pg';
import { readOnce } from '../../../server/diagnostics/feed.ts';
import { createOperatorViews } from '../../../server/diagnostics/operator-views.ts';
import { createPool, runSql } from '../../../server/store/connection.ts';
import { takeLease } from '../../../server/store/leases.ts';
import type { Store } from '../../../server/store/store.ts';
import { daysAhead, realBooking, speculativeBooking } from '../../sandbox/client/orders.ts';
import { signedIn } from '../../sandbox/client/web-client.ts';
import { empty, eventually, moveClock, onBothDatabases } from '../../setup/databases.ts';
import { cabinOrder, userSdks } from '../../setup/flex-sdks.ts';
import { bothSidesOf, startWorld, type World } from '../../setup/world.ts';

const TOKEN = 'first-operator-token-1234';
const NOBODYS = '16c6a4b8-88ee-429b-835a-6725206cd08c';

const asker =
  (world: () => World) =>
  async (path: string, options: { body?: unknown; token?: string } = {}) => {
    const response = await fetch(`${world().proxyUrl}${path}`, {
      headers: {
        authorization: `Bearer ${options.token ?? TOKEN}`,
        ...(options.body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(options.body !== undefined && { method: 'POST', body: JSON.stringify(options.body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson ? JSON.parse(text) : null,
    };
  };

onBothDatabases(databases => {
  let world: World;
  let store: Store;
  beforeAll(async () => {
    store = await databases.openStore();
    world = await startWorld({
      store,
      environment: info => ({
        ...bothSidesOf(info),
        STRIPE_WEBHOOK_SECRET: info.stripe.webhookSecret,
        OPERATOR_TOKENS: `a-newer-operator-token-5678,${TOKEN}`,
      }),
    });
    await store.started;
  }, 30_000);
  afterAll(() => world[Symbol.asyncDispose]());
  beforeEach(async () => {
    // Not the whole sandbox: the service would hold tokens that it has forgotten.
    await world.scenario({ name: 'healthy' });
    // What the test before has left is not to come into this one.
    await eventually(
      () => store.records.stats().waiting,
      waiting => waiting === 0,
    );
    await empty(store);
  });
  const ask = asker(() => world);

  const book = async (options: { scenario?: string; speculative?: true } = {}) => {
    if (options.scenario) await world.scenario({ name: options.scenario, times: 1 });
    const alice = await signedIn(world, 'Alice');
    const order = options.speculative ? speculativeBooking : realBooking;
    const start = daysAhead(world.info, 30 + world.sandbox.flex().transactions.size * 5);
    const answer = await alice.post(
      'initiate-privileged',
      order(world.info, { start, end: new Date(start.getTime() + 3 * 86_400_000) }),
    );
    return (answer.body.data?.data?.id?.uuid ?? null) as string | null;
  };
  /** Asked once all of it is there: records are written behind requests. */
  const list = async (
    path: string,
    length: number,
    table: 'checks' | 'refusals' | 'verifications' = 'checks',
  ) => {
    await eventually(
      () => store.db.selectFrom(table).select('id').execute(),
      rows => rows.length === length,
    );
    return (await ask(path)).body as { items: any[]; next: string | null };
  };
  /** One look at Flex's events, now. */
  const readFeed = async () => {
    const { integration, processes } = world.context;
    const deps = {
      store,
      integration: integration!,
      processes,
      owner: 'test',
      source: 'flex test',
      now: Date.now,
    };
    await readOnce(deps, (await takeLease(store.db, 'test', 'test', 60_000))!);
  };

  it('checks: the newest first, with what each means, page by page', async () => {
    const speculated = await book({ speculative: true });
    const good = await book();
    const bad = await book({ scenario: 'uuid-payment-intents' });
    const { items } = await list('/ops/checks', 3);

    expect(items.map(({ transactionId, verdict, cause }) => [transactionId, verdict, cause])).toEqual([
      [bad, 'invalid', 'flex-returned-placeholder'],
      [good, 'valid', 'healthy'],
      [speculated, 'simulated', 'simulated-response'],
    ]);
    const walked: string[] = [];
    let path = '/ops/checks?limit=1';
    for (;;) {
      const { body } = await ask(path);
      walked.push(...body.items.map(({ id }: { id: string }) => id));
      if (body.next === null) break;
      path = `/ops/checks?limit=1&cursor=${body.next}`;
    }
    expect(walked).toEqual(items.map(({ id }) => id));
  });

  it('checks: by verdict, process, transaction, PaymentIntent and time, alone and together', async () => {
    await book({ speculative: true });
    const good = await book();
    const bad = await book({ scenario: 'uuid-payment-intents' });
    const [newest, middle] = (await list('/ops/checks', 3)).items;
    const found = async (query: string) =>
      (await ask(`/ops/checks?${query}`)).body.items.map(({ transactionId }: any) => transactionId);

    expect(await found('verdict=invalid')).toEqual([bad]);
    expect(await found('verdict=valid,invalid')).toEqual([bad, good]);
    expect(await found('process=default-booking&verdict=valid,invalid&limit=1')).toEqual([bad]);
    expect(await found('process=default-purchase')).toEqual([]);
    expect(await found(`transaction=${good!.toUpperCase()}`)).toEqual([good]);
    expect(await found(`transaction=${good}&verdict=invalid`)).toEqual([]);
    expect(await found(`payment_intent=${middle.paymentIntentId}`)).toEqual([good]);
    expect(await found(`since=${newest.at}`)).toEqual([bad]);
    expect(await found('since=2100-01-01')).toEqual([]);
  });

  it('refusals: with their codes and the cause', async () => {
    await book({ scenario: 'stripe-not-configured' });

    const { items } = await list('/ops/refusals', 1, 'refusals');

    expect(items).toMatchObject([
      {
        call: 'initiate',
        isSpeculative: false,
        processName: 'default-booking',
        transactionId: null,
        code: 'flex-refused',
        status: 409,
        flexCodes: ['stripe-missing-api-key'],
        isProven: true,
        cause: 'flex-stripe-not-configured',
      },
    ]);
    expect((await ask('/ops/refusals?code=flex-refused&process=default-booking')).body.items).toHaveLength(1);
    expect((await ask('/ops/refusals?code=flex-timeout')).body.items).toEqual([]);
  });

  it('verifications: what Stripe said behind the requests', async () => {
    const id = await book();

    const { items } = await list(`/ops/verifications?transaction=${id}`, 1, 'verifications');

    expect(items).toMatchObject([{ transactionId: id, genuineness: 'genuine', differing: [], attempt: 1 }]);
    expect((await ask('/ops/verifications?genuineness=foreign')).body.items).toEqual([]);
  });

  it('counts: by the hour, process and verdict', async () => {
    await book();
    await book();
    await list('/ops/checks', 2);

    const { body } = await ask('/ops/counts');

    expect(body.hours).toEqual([
      {
        hour: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:00:00.000Z$/),
        processName: 'default-booking',
        isSpeculative: false,
        verdict: 'valid',
        checks: 2,
      },
    ]);
  });

  it('payments: who is paying now, the most urgent first, with the time that is left', async () => {
    const now = Date.now();
    const each = [
      { id: 'has-no-end', deadline: null },
      { id: 'has-ten-minutes', deadline: new Date(now + 600_000) },
      { id: 'is-over', deadline: new Date(now - 60_000) },
      { id: 'has-ten-minutes-too', deadline: new Date(now + 600_000) },
    ];
    for (const { id, deadline } of each)
      await store.db.insertInto('transactions').values(transaction(id, deadline)).execute();
    await store.db
      .insertInto('transactions')
      .values({ ...transaction('is-paid', null), awaits_payment: false })
      .execute();
    await store.db.insertInto('payment_intents').values(paymentIntent('is-over')).execute();

    const pages: any[] = [];
    let path: string | null = '/ops/payments?limit=1';
    while (path) {
      const { body }: any = await ask(path);
      pages.push(...body.items);
      path = body.next && `/ops/payments?limit=1&cursor=${body.next}`;
    }

    expect(pages.map(({ id }) => id)).toEqual([
      'is-over',
      'has-ten-minutes',
      'has-ten-minutes-too',
      'has-no-end',
    ]);
    expect(pages.map(({ secondsLeft }) => secondsLeft && Math.round(secondsLeft / 60))).toEqual([
      -1,
      10,
      10,
      null,
    ]);
    expect(pages[0].paymentIntents).toMatchObject([
      { id: 'pi_of-is-over', status: 'requires_payment_method' },
    ]);
  });

  it('payments: of a booking that was just made, until when its process lets it wait', async () => {
    const id = await book();

    await readFeed();
    const { items, asOf } = (await ask('/ops/payments')).body;
    const found = items.find((item: any) => item.id === id);

    expect(found).toMatchObject({ state: 'state/pending-payment', payinAmount: 15_750 });
    expect(found.secondsLeft).toBeGreaterThan(800);
    expect(found.secondsLeft).toBeLessThanOrEqual(900);
    expect(Date.parse(asOf)).toBeGreaterThan(Date.now() - 10_000);
  });

  it('transactions: what was moved last first, by customer, provider and time', async () => {
    const day = (days: number) => new Date(Date.now() - days * 86_400_000);
    const [alice, petra] = ['aaaaaaaa-0000-4000-8000-000000000001', 'bbbbbbbb-0000-4000-8000-000000000001'];
    await store.db
      .insertInto('transactions')
      .values([
        { ...transaction('oldest', null), last_transitioned_at: day(3), customer_id: alice },
        {
          ...transaction('newest', null),
          last_transitioned_at: day(1),
          customer_id: alice,
          provider_id: petra,
        },
        { ...transaction('middle', null), last_transitioned_at: day(2), provider_id: petra },
      ])
      .execute();
    const found = async (query: string) => {
      const { items } = (await ask(`/ops/transactions?${query}`)).body;
      return items.map(({ id }: { id: string }) => id);
    };

    expect(await found('')).toEqual(['newest', 'middle', 'oldest']);
    expect(await found(`customer=${alice}`)).toEqual(['newest', 'oldest']);
    expect(await found(`provider=${petra}&since=${day(1.5).toISOString()}`)).toEqual(['newest']);
    const { next } = (await ask('/ops/transactions?limit=2')).body;
    expect(await found(`limit=2&cursor=${next}`)).toEqual(['oldest']);
  });

  it('knows of a booking by looking on alone, on both sides and why', async () => {
    const customer = await userSdks(world.info, 'Alice');
    const [bookingStart, bookingEnd] = [daysAhead(world.info, 300), daysAhead(world.info, 303)];
    const order = cabinOrder(world.info, { bookingStart, bookingEnd });
    const { data } = await customer.trusted.transactions.initiate(order, { expand: true });
    const id = data.data.id.uuid;
    await readFeed();
    const since = new Date(Date.now() - 600_000).toISOString();
    await ask('/ops/webhooks/pull-missed', { body: { since } });
    await eventually(
      () => store.db.selectFrom('stripe_events').select('state').where('transaction_id', '=', id).execute(),
      events => events.length > 0 && events.every(({ state }) => state === 'done'),
    );

    const kept = (await ask(`/ops/transactions/${id}?ask=nobody`)).body;
    const asked = (await ask(`/ops/transactions/${id}`)).body;

    const kinds = kept.entries.map(({ lane, kind }: any) => `${lane} ${kind}`);
    expect(kinds.toSorted()).toEqual(['flex transition', 'stripe event', 'stripe payment-intent']);
    expect(kept.transaction).toMatchObject({ id, state: 'state/pending-payment' });
    expect(asked.report).toMatchObject({
      verdict: 'fine',
      genuineness: 'genuine',
      diagnosis: { cause: 'healthy' },
    });
  });

  it('incidents: those of all instances, open and closed', async () => {
    const at = new Date();
    const row = {
      cause: 'flex-returned-placeholder' as const,
      process_name: 'default-booking',
      opened_at: at,
      last_failure_at: at,
      failures: 2,
      good: 0,
      good_in_a_row: 0,
      transaction_ids: [NOBODYS],
    };
    await store.db
      .insertInto('incidents')
      .values([
        { ...row, id: '01a00000-0000-7000-8000-000000000001', closed_at: at },
        { ...row, id: '01a00000-0000-7000-8000-000000000002', closed_at: null },
      ])
      .execute();

    const { items } = (await ask('/ops/incidents')).body;

    expect(items).toMatchObject([
      {
        cause: 'flex-returned-placeholder',
        openedAt: at.toISOString(),
        closedAt: null,
        failures: 2,
        transactionIds: [NOBODYS],
        next: expect.stringContaining('Sharetribe support'),
      },
      { closedAt: at.toISOString() },
    ]);
    expect((await ask('/ops/incidents?state=open')).body.items).toHaveLength(1);
    expect((await ask('/ops/incidents?state=closed')).body.items).toHaveLength(1);
  });

  it('a transaction: both lanes and ours in order, both sides, and the cause', async () => {
    const id = await book({ scenario: 'uuid-over-real' });
    await list('/ops/checks', 1);

    const { body } = await ask(`/ops/transactions/${id}`);

    expect(body).toMatchObject({
      transactionId: id,
      isRecorded: true,
      ownRecord: { call: { isSpeculative: false }, check: { verdict: 'invalid', reasons: ['uuid'] } },
      report: {
        verdict: 'wrong',
        diagnosis: { cause: 'flex-returned-placeholder' },
        flex: { asked: 'answered', found: true, state: 'state/pending-payment' },
        stripe: { asked: 'answered', paymentIntents: [{ amount: 15_750 }] },
      },
    });
    const kinds = body.entries.map(({ lane, kind }: any) => `${lane} ${kind}`);
    expect(kinds).toEqual(
      expect.arrayContaining(['stripe payment-intent', 'flex transition', 'proxy check']),
    );
    const times = body.entries.map(({ at }: any) => Date.parse(at));
    expect(times).toEqual(times.toSorted((one: number, other: number) => one - other));
  });

  it('a transaction: only what is kept, when nobody is to be asked', async () => {
    const id = await book();
    await list('/ops/checks', 1);
    const asked = () => world.sandbox.requests()['GET /v1/integration_api/transactions/show']?.count ?? 0;
    const before = asked();

    const { body } = await ask(`/ops/transactions/${id}?ask=nobody`);

    expect(body).toMatchObject({ report: null, ownRecord: { check: { verdict: 'valid' } } });
    expect(asked()).toBe(before);
  });

  it('a transaction that nobody knows is inconclusive', async () => {
    const { status, body } = await ask(`/ops/transactions/${NOBODYS}`);

    expect(status).toBe(200);
    expect(body).toMatchObject({ entries: [], ownRecord: null, report: { verdict: 'inconclusive' } });
  });

  it('the report: Markdown with what support asks for, and no secret', async () => {
    const id = await book({ scenario: 'secret-mismatch' });
    await list('/ops/checks', 1);

    const { headers, text } = await ask(`/ops/transactions/${id}/report`);

    expect(headers.get('content-type')).toBe('text/markdown; charset=utf-8');
    expect(text).toContain(`## Payment of transaction ${id}`);
    expect(text).toContain('**secret-of-another-intent** (9');
    expect(text).toContain(`| Marketplace application (client id) | ${world.info.flex.clientId} |`);
    expect(text).toMatch(/\| Request ids \| [\da-f-]{36} \|/);
    expect(text).toMatch(/- \[ \] A screenshot of pi_\w+ in the Stripe Dashboard/);
    const secrets = [...world.sandbox.stripe().paymentIntents.values()].map(
      ({ clientSecret }) => clientSecret,
    );
    for (const secret of secrets) expect(text).not.toContain(secret.split('_secret_')[1]);
  });

  it('state: database, feeds, inbox, queues, and what the fallback lacks', async () => {
    await readFeed();

    const { body } = await ask('/ops/state');

    expect(body).toMatchObject({
      version: '0.1.0',
      database: { kind: store.kind, isUp: true, problem: null },
      records: { waiting: expect.any(Number), dropped: 0 },
      inbox: { received: 0, waiting: 0, gaveUp: 0, oldestReceivedAt: null },
      openIncidents: 0,
      fallback: {
        on: false,
        missing: [
          'PI_FALLBACK=on',
          'PI_FALLBACK_APPROVED_BY: who answers for it',
          "PI_FALLBACK_SUPPORT_CASE: the number of Sharetribe support's case about it",
        ],
      },
    });
    expect(body.feeds[0]).toMatchObject({ problem: null, gap: null, lagSeconds: expect.any(Number) });
    expect(body.queues.map(({ name }: any) => name)).toEqual(
      expect.arrayContaining(['stripe-events', 'retention']),
    );
  });

  it('webhooks: kept events, what has not come to an end, and once more', async () => {
    await store.db
      .insertInto('stripe_events')
      .values([event('evt_done', 'done'), event('evt_gone', 'gave-up'), event('evt_older', 'gave-up', 1_000)])
      .execute();

    expect((await ask('/ops/webhooks')).body.items.map(({ id }: any) => id)).toEqual(
      expect.arrayContaining(['evt_done', 'evt_gone', 'evt_older']),
    );
    const first = (await ask('/ops/webhooks?state=gave-up&limit=1')).body;
    const second = (await ask(`/ops/webhooks?state=gave-up&limit=1&cursor=${first.next}`)).body;
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(['evt_gone', 'evt_older']);
    expect((await ask('/ops/state')).body.inbox).toMatchObject({ gaveUp: 2 });

    const replayed = await ask('/ops/webhooks/replay', { body: { state: 'gave-up' } });

    expect([replayed.status, replayed.body]).toEqual([200, { events: 2, objects: 1 }]);
    await eventually(
      async () => (await ask('/ops/webhooks?state=ignored')).body.items,
      items => items.length === 2,
    );
  });

  it('webhooks: what never came is fetched', async () => {
    await world.scenario({ name: 'webhooks-dropped' });
    await book();
    const since = new Date(Date.now() - 600_000).toISOString();

    const { body } = await ask('/ops/webhooks/pull-missed', { body: { since } });

    expect(body).toMatchObject({ problem: null });
    expect(body.missed).toBeGreaterThan(0);
    expect((await ask('/ops/webhooks?type=payment_intent.created')).body.items).not.toEqual([]);
  });

  it('audit: who changed what, when, and what came of it; looking is not written down', async () => {
    await ask('/ops/checks');
    await ask('/ops/webhooks/replay', { body: { ids: ['evt_nobodys'] } });

    const { body, text } = await ask('/ops/audit');

    expect(body.items).toEqual([
      {
        id: expect.any(String),
        at: expect.any(String),
        tokenPlace: 1,
        tokenDigest: expect.stringMatching(/^[\da-f]{8}$/),
        requestId: expect.any(String),
        action: 'replay-webhooks',
        details: { ids: ['evt_nobodys'] },
        outcome: { events: 0, objects: 0 },
      },
    ]);
    expect(text).not.toContain(TOKEN);
  });

  it('audit: nothing is changed that can not be written down', async () => {
    await store.db.insertInto('stripe_events').values(event('evt_gone', 'gave-up')).execute();
    await store.db.schema.withSchema('proxy').alterTable('audit').renameTo('audit_away').execute();

    const { status } = await ask('/ops/webhooks/replay', { body: { state: 'gave-up' } });
    await store.db.schema.withSchema('proxy').alterTable('audit_away').renameTo('audit').execute();

    expect(status).toBe(503);
    expect((await ask('/ops/state')).body.inbox).toMatchObject({ gaveUp: 1 });
  });

  it('nothing of it is told without a token, whatever the address', async () => {
    for (const path of ['/ops/checks', '/ops/audit', '/ops/nothing', `/ops/transactions/${NOBODYS}/report`])
      expect((await ask(path, { token: 'wrong-operator-token-1234' })).status).toBe(401);
    expect((await ask('/ops/nothing')).status).toBe(404);
    expect((await ask('/ops/checks', { body: {} })).status).toBe(405);
  });

  it('the database clock is what things are kept by', async () => {
    await moveClock(store, 3_600_000);
    await ask('/ops/webhooks/replay', { body: { ids: ['evt_nobodys'] } });

    const [entry] = (await ask('/ops/audit')).body.items;

    expect(Date.parse(entry.at) - Date.now()).toBeGreaterThan(3_500_000);
  });
});

describe('what can not be asked', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ environment: { OPERATOR_TOKENS: TOKEN } });
  });
  afterAll(() => world[Symbol.asyncDispose]());
  const ask = asker(() => world);

  it.each([
    [
      '/ops/checks?cursor=made-up',
      'cursor: is not one that /ops/checks gave; take `next` of the page before as it is',
    ],
    [
      '/ops/payments?cursor=WyJjaGVja3MiLCJ4Il0',
      'cursor: is not one that /ops/payments gave; take `next` of the page before as it is',
    ],
    [
      `/ops/refusals?cursor=${Buffer.from(JSON.stringify(['checks', NOBODYS])).toString('base64url')}`,
      'cursor: is not one that /ops/refusals gave; take `next` of the page before as it is',
    ],
    ['/ops/checks?limit=0', 'limit: must be a whole number from 1 to 100'],
    ['/ops/refusals?recorded_within=0', 'recorded_within: must be a whole number from 1 to 86400'],
    ['/ops/verifications?recorded_within=86401', 'recorded_within: must be a whole number from 1 to 86400'],
    ['/ops/checks?limit=101', 'limit: must be a whole number from 1 to 100'],
    ['/ops/checks?limit=1&limit=2', 'limit: must be given once'],
    ['/ops/checks?verdict=good', /^verdict\S*: must be of valid, simulated/],
    ['/ops/checks?since=yesterday', 'since: must be a time such as 2026-11-21T08:30:00Z'],
    ['/ops/checks?transaction=pi_1', 'transaction: must be a UUID'],
    ['/ops/checks?procss=x', /procss/],
    ['/ops/transactions/pi_1', 'id: must be a UUID'],
    ['/ops/webhooks?state=lost', /^state: must be one of received, /],
  ])('%s gets 400 in words', async (path, words) => {
    const { status, body } = await ask(path);

    expect([status, body.code]).toEqual([400, 'bad-request']);
    expect(body.statusText).toMatch(words);
  });

  it.each([
    ['/ops/webhooks/replay', {}, 'The body: give either ids or state'],
    ['/ops/webhooks/replay', { ids: ['sk_test_1'] }, 'ids.0: must be ids of events: evt_…'],
    ['/ops/webhooks/pull-missed', { since: '2026-01-01', until: '2026-03-01' }, /a day apart/],
    ['/ops/webhooks/pull-missed', {}, /^since: /],
  ])('%s with %j gets 400 in words', async (path, body, words) => {
    const answer = await ask(path, { body });

    expect(answer.status).toBe(400);
    expect(answer.body.statusText).toMatch(words);
  });
});

describe('without records', () => {
  it('lists say so, and a transaction and the state are answered all the same', async () => {
    await using world = await startWorld({ bothSides: true, environment: { OPERATOR_TOKENS: TOKEN } });
    const ask = asker(() => world);

    expect((await ask('/ops/checks')).body).toMatchObject({
      code: 'not-recorded',
      statusText: expect.stringMatching(/^Nothing is recorded here/),
    });
    expect((await ask(`/ops/transactions/${NOBODYS}`)).body).toMatchObject({
      isRecorded: false,
      entries: [],
    });
    expect((await ask('/ops/state')).body).toMatchObject({ database: { kind: 'none' }, inbox: null });
    expect((await ask('/ops/webhooks/replay', { body: { state: 'done' } })).status).toBe(503);
  });

  it('one operator can not keep the database busy, and the other one can look', async () => {
    const environment = { OPERATOR_TOKENS: `${TOKEN},a-newer-operator-token-5678` };
    await using world = await startWorld({ environment });
    const ask = asker(() => world);

    const statuses: number[] = [];
    for (let looks = 0; looks < 610; looks += 1) statuses.push((await ask('/ops/state')).status);

    expect(statuses.filter(status => status === 200)).toHaveLength(600);
    expect(statuses.slice(600)).toEqual(Array.from({ length: 10 }, () => 429));
    expect((await ask('/ops/state', { token: 'a-newer-operator-token-5678' })).status).toBe(200);
  });

  it.each([
    ['exist without OPERATOR_TOKENS', {}, 404],
    ['answer without one of them', { OPERATOR_TOKENS: 'another-operator-token-1' }, 401],
  ])('none of the addresses %s', async (_what, environment, expected) => {
    await using world = await startWorld({ environment: environment as Record<string, string> });
    const ask = asker(() => world);
    const { paths } = await (await fetch(`${world.proxyUrl}/openapi.json`)).json();
    const operations = Object.entries(paths as Record<string, object>).flatMap(([path, methods]) =>
      path.startsWith('/ops/') ? Object.keys(methods).map(method => ({ method, path })) : [],
    );

    expect(operations.length).toBeGreaterThanOrEqual(14);
    const all = [...operations, { method: 'get', path: '/ops/nothing' }];
    for (const [index, { method, path }] of all.entries()) {
      const address = path.replace('{id}', NOBODYS);
      const { status } = await ask(address, method === 'post' ? { body: {} } : {});
      // After twenty wrong tokens nobody is told any more whether one is wrong.
      const said = expected === 401 && index >= 20 ? 429 : expected;
      expect([method, path, status]).toEqual([method, path, said]);
    }
  });

  it('a fault of ours is not put down to the database', async () => {
    const store = { status: () => ({ isUp: true, since: new Date(), problem: null }), db: {} };
    const views = createOperatorViews({ store: store as never, processes: new Map(), now: Date.now });
    const fault = new TypeError('a fault');
    const pool = createPool('postgres://127.0.0.1:1/none', { max: 1 });

    await expect(views.asked(() => Promise.reject(fault))).rejects.toBe(fault);
    await expect(views.asked(() => runSql(pool, 'select 1'))).rejects.toMatchObject({ code: 'not-recorded' });
    await pool.end();
    const broken = new DatabaseError('the database system is shutting down', 1, 'error');
    await expect(views.asked(() => Promise.reject(broken))).rejects.toMatchObject({ code: 'not-recorded' });
  });

  it('a database that is away is said at once, and is nobody else’s fault', async () => {
    const asked: string[] = [];
    const store = {
      status: () => ({ isUp: false, since: new Date(), problem: 'ECONNREFUSED' }),
      get db() {
        asked.push('db');
        return {};
      },
    };
    const views = createOperatorViews({
      store: store as never,
      processes: new Map(),
      now: Date.now,
    });

    await expect(views.checks({}, { limit: 1, after: null })).rejects.toMatchObject({
      code: 'not-recorded',
      status: 503,
      retryAfterSeconds: 5,
    });
    expect(await views.kept(NOBODYS)).toBeNull();
    expect(asked).toEqual([]);
  });
});

const transaction = (id: string, deadline: Date | null) => ({
  id,
  process_name: 'default-booking',
  process_version: 1,
  state: 'state/pending-payment',
  last_transition: 'transition/request-payment',
  created_at: new Date(),
  last_transitioned_at: new Date(),
  transitions: '[]',
  awaits_payment: true,
  payment_deadline: deadline,
  read_at: new Date(),
});

const paymentIntent = (transactionId: string) => ({
  id: `pi_of-${transactionId}`,
  transaction_id: transactionId,
  livemode: false,
  status: 'requires_payment_method',
  amount: 100,
  currency: 'eur',
  created: new Date(),
  as_of: new Date(),
  source: 'asked' as const,
});

const event = (id: string, state: 'done' | 'gave-up', ago = 0) => ({
  id,
  type: 'charge.updated',
  livemode: false,
  created: new Date(),
  object_key: 'ch_1',
  object_type: 'charge',
  summary: '{}',
  via: 'webhook' as const,
  received_at: new Date(Date.now() - ago),
  deliveries: 1,
  state,
});
