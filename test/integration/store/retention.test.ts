/** What is kept, for how long, and what never is. */
import { sql } from 'kysely';
import { insertRecords, checkRecord, refusalRecord } from '../../../server/store/records.ts';
import { deleteOld, deleteUser } from '../../../server/store/retention.ts';
import type { Store } from '../../../server/store/store.ts';
import { keptOf } from '../../../server/store/timeline.ts';
import { upsertTransaction } from '../../../server/store/transactions.ts';
import { realBooking, speculativeBooking } from '../../sandbox/client/orders.ts';
import { signedIn } from '../../sandbox/client/web-client.ts';
import { eventually, moveClock, onBothDatabases } from '../../setup/databases.ts';
import { bothSidesOf, startWorld } from '../../setup/world.ts';

const never = new AbortController().signal;
const DAY = 86_400_000;
const TOKEN = 'an-operator-token-1234567';

const rowsIn = async ({ db }: Store) => {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'proxy' and table_name not like 'kysely%' order by 1`.execute(db);
  const counts: Record<string, number> = {};
  for (const { name } of rows) {
    const counted = await sql<{ n: number }>`select count(*) as n from ${sql.table(`proxy.${name}`)}`.execute(
      db,
    );
    counts[name] = counted.rows[0]!.n;
  }
  return counts;
};

/** Everything in the database, the jobs too, as text. */
const dump = async ({ db }: Store) => {
  const { rows } = await sql<{ name: string }>`
    select table_schema || '.' || table_name as name from information_schema.tables
    where table_schema in ('proxy', 'pgboss')`.execute(db);
  const texts = [];
  for (const { name } of rows) {
    const all = await sql<{ row: string }>`select t::text as row from ${sql.table(name)} t`.execute(db);
    texts.push(...all.rows.map(({ row }) => row));
  }
  return texts.join('\n');
};

onBothDatabases(databases => {
  it('keeps a booking with all that was said about it, and no secret of any kind', async () => {
    const store = await databases.openStore();
    await using world = await startWorld({
      store,
      environment: info => ({
        ...bothSidesOf(info),
        STRIPE_WEBHOOK_SECRET: info.stripe.webhookSecret,
        OPERATOR_TOKENS: TOKEN,
      }),
    });
    await store.started;
    await world.control('stripe/webhooks', { url: `${world.proxyUrl}/stripe/webhooks` });
    const alice = await signedIn(world, 'Alice');
    await alice.post('initiate-privileged', speculativeBooking(world.info));
    const booked = await alice.post('initiate-privileged', realBooking(world.info), {
      headers: { 'X-Idempotency-Key': 'one-wish-0123456789' },
    });
    const { id, attributes } = booked.body.data.data;
    const { stripePaymentIntentClientSecret: clientSecret } =
      attributes.protectedData.stripePaymentIntents.default;
    world.sandbox.scenarios.add({ name: 'stripe-not-configured', times: 1 });
    await alice.post('initiate-privileged', realBooking(world.info, { listing: 'Camper' }));

    const { transaction, paymentIntents, checks } = await eventually(
      () => keptOf(store.db, id.uuid),
      found =>
        found.transaction !== null &&
        found.paymentIntents.length === 1 &&
        found.verifications.length === 1 &&
        found.events.some(({ state }) => state === 'done'),
      // A payment that begins while the feed is being read is looked for 20 seconds later.
      25_000,
    );
    expect(checks).toMatchObject([{ verdict: 'valid' }]);
    expect(transaction).toMatchObject({ state: 'state/pending-payment', awaits_payment: true });
    expect(paymentIntents).toMatchObject([{ amount: 15_750, status: 'requires_payment_method' }]);
    const refusals = await eventually(
      () => store.db.selectFrom('refusals').selectAll().execute(),
      rows => rows.length > 0,
    );
    expect(refusals).toMatchObject([{ code: 'flex-refused', flex_codes: ['stripe-missing-api-key'] }]);

    const everything = await dump(store);
    expect(everything).toContain(id.uuid);
    const cookie = JSON.parse(decodeURIComponent([...alice.cookies.values()][0]!)) as Record<string, string>;
    for (const secret of [
      clientSecret,
      cookie['access_token']!,
      cookie['refresh_token']!,
      world.info.stripe.secretKey,
      world.info.stripe.webhookSecret,
      world.info.flex.clientSecret,
      world.info.integration.clientSecret,
    ])
      expect(everything).not.toContain(secret);
    expect(everything).not.toMatch(
      /_secret_|(sk|rk)_(test|live)_|whsec_|Bearer |eyJ[\w-]+\.|4242 ?4242|alice@/i,
    );

    const user = world.info.users.find(({ name }) => name.startsWith('Alice '))!;
    const answer = await fetch(`${world.proxyUrl}/ops/users/${user.id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${TOKEN}` },
    });

    expect([answer.status, await answer.json()]).toEqual([
      200,
      expect.objectContaining({ transactions: 1, checks: 1, verifications: 1, payment_intents: 1 }),
    ]);
    const left = await dump(store);
    for (const gone of [id.uuid, user.id, paymentIntents[0]!.id]) expect(left).not.toContain(gone);
    const noted = await store.db.selectFrom('audit').select(['action', 'outcome']).execute();
    expect(noted).toMatchObject([{ action: 'delete-user', outcome: { transactions: 1 } }]);
  }, 40_000);

  it('deletes what is older than its days, and keeps the counts', async () => {
    const store = await databases.store();
    const check = {
      verdict: 'valid' as const,
      reasons: [],
      path: null,
      looksLikePI: true,
      secretLooksRight: true,
      paymentIntentId: null,
    };
    const subject = {
      call: 'initiate' as const,
      isSpeculative: false,
      processName: 'p',
      transition: 't',
      transactionId: 'x',
    };
    await insertRecords(store.db, [
      checkRecord(check, subject, 'r'),
      refusalRecord(
        { code: 'c', status: 409, flexCodes: [], stripeCode: null, stripeMessage: null, statusText: 's' },
        subject,
      ),
    ]);
    await moveClock(store, 29 * DAY);
    await deleteOld(store.db, 30, never);
    expect(await rowsIn(store)).toMatchObject({ checks: 1, refusals: 1 });

    await moveClock(store, 31 * DAY);
    const deleted = await deleteOld(store.db, 30, never);

    expect(deleted).toMatchObject({ checks: 1, refusals: 1, transactions: 0 });
    expect(await rowsIn(store)).toMatchObject({ checks: 0, refusals: 0, check_counts: 1 });
  });

  it('deletes all of one user, and nothing of another', async () => {
    const store = await databases.store();
    const transaction = (id: string, customer: string) => ({
      id,
      process_name: 'p',
      process_version: 1,
      state: 's',
      last_transition: 't',
      created_at: new Date(),
      last_transitioned_at: new Date(),
      listing_id: 'l',
      customer_id: customer,
      provider_id: 'provider',
      payin_amount: 1,
      payin_currency: 'EUR',
      payout_amount: 1,
      transitions: [],
      awaits_payment: false,
      payment_deadline: null,
    });
    for (const name of ['alice', 'bob']) {
      await upsertTransaction(store.db, transaction(`of-${name}`, name));
      await insertRecords(store.db, [
        refusalRecord(
          { code: 'c', status: 409, flexCodes: [], stripeCode: null, stripeMessage: null, statusText: 's' },
          {
            call: 'transition',
            isSpeculative: false,
            processName: 'p',
            transition: 't',
            transactionId: `of-${name}`,
          },
        ),
      ]);
    }

    expect(await deleteUser(store.db, 'alice')).toMatchObject({ transactions: 1, refusals: 1 });

    expect(await dump(store)).not.toContain('alice');
    expect(await rowsIn(store)).toMatchObject({ transactions: 1, refusals: 1 });
    expect(await deleteUser(store.db, 'nobody')).toEqual({});
  });
});
