/** Records are not kept for ever. Counts, which name nobody, are. */
import { sql, type RawBuilder } from 'kysely';
import { fromNow } from './clock.ts';
import type { Db } from './schema.ts';

const DAY_MS = 86_400_000;
/** At a time, so that no statement holds many rows for long. */
const BATCH = 5_000;

/** By when something was last heard of; what has not come to an end is kept. */
const places = [
  { table: 'checks', time: 'at' },
  { table: 'refusals', time: 'at' },
  { table: 'verifications', time: 'at' },
  { table: 'transaction_events', time: 'at' },
  { table: 'transactions', time: 'last_transitioned_at' },
  { table: 'stripe_events', time: 'received_at' },
  { table: 'payment_intents', time: 'as_of' },
  { table: 'initiate_claims', time: 'claimed_at' },
  { table: 'incidents', time: 'closed_at' },
] as const;

export type Deleted = Record<string, number>;

export async function deleteOld(db: Db, days: number, signal: AbortSignal): Promise<Deleted> {
  const deleted: Deleted = {};
  for (const { table, time } of places) {
    deleted[table] = 0;
    for (;;) {
      const { numAffectedRows = 0n } = await sql`
        delete from ${sql.table(`proxy.${table}`)} where ctid = any(array(
          select ctid from ${sql.table(`proxy.${table}`)} where ${sql.ref(time)} < ${fromNow(-days * DAY_MS)}
          limit ${sql.lit(BATCH)}))`.execute(db);
      deleted[table] += Number(numAffectedRows);
      if (numAffectedRows < BATCH || signal.aborted) break;
    }
  }
  return deleted;
}

/** Everything about transactions in which the user took part. Empty when none are known. */
export async function deleteUser(db: Db, userId: string): Promise<Deleted> {
  return db.transaction().execute(async transaction => {
    const own = await transaction
      .selectFrom('transactions')
      .select('id')
      .where(eb => eb.or([eb('customer_id', '=', userId), eb('provider_id', '=', userId)]))
      .execute();
    const ids = own.map(({ id }) => id);
    const deleted: Deleted = {};
    if (ids.length === 0) return deleted;
    const { rows: payments } = await sql<{ id: string }>`
      select id from proxy.payment_intents where transaction_id = any(${ids})
      union select payment_intent_id from proxy.checks
        where transaction_id = any(${ids}) and payment_intent_id is not null`.execute(transaction);
    const paymentIds = payments.map(({ id }) => id);
    const remove = async (table: string, condition: RawBuilder<unknown>) => {
      const { numAffectedRows = 0n } = await sql`
        delete from ${sql.table(table)} where ${condition}`.execute(transaction);
      deleted[table.replace('proxy.', '')] = Number(numAffectedRows);
    };
    for (const table of ['checks', 'refusals', 'verifications', 'transaction_events', 'initiate_claims'])
      await remove(`proxy.${table}`, sql`transaction_id = any(${ids})`);
    await remove(
      'proxy.stripe_events',
      sql`transaction_id = any(${ids}) or payment_intent_id = any(${paymentIds})`,
    );
    await remove('proxy.payment_intents', sql`id = any(${paymentIds})`);
    // Of what waits to be done, and of what was done in the last day.
    await remove(
      'pgboss.job',
      sql`data ->> 'transactionId' = any(${ids}) or data ->> 'key' = any(${paymentIds}) or data ->> 'paymentIntentId' = any(${paymentIds})`,
    );
    await sql`
      update proxy.incidents set transaction_ids = array(
        select id from unnest(transaction_ids) as id where id <> all(${ids}))
      where transaction_ids && ${ids}`.execute(transaction);
    await remove('proxy.transactions', sql`id = any(${ids})`);
    return deleted;
  });
}
