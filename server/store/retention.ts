/** Records are not kept for ever. Counts, which name nobody, are. */
import { sql } from 'kysely';
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

/** Everything about transactions in which the user took part. */
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
    for (const table of [
      'checks',
      'refusals',
      'verifications',
      'transaction_events',
      'stripe_events',
      'payment_intents',
      'initiate_claims',
    ] as const) {
      const result = await transaction
        .deleteFrom(table as 'checks')
        .where('transaction_id', 'in', ids)
        .executeTakeFirst();
      deleted[table] = Number(result.numDeletedRows);
    }
    await sql`
      update proxy.incidents set transaction_ids = array(
        select id from unnest(transaction_ids) as id where id <> all(${ids}))
      where transaction_ids && ${ids}`.execute(transaction);
    await sql`
      delete from pgboss.job
      where data ->> 'transactionId' = any(${ids}) or data -> 'subject' ->> 'transactionId' = any(${ids})`.execute(
      transaction,
    );
    const result = await transaction.deleteFrom('transactions').where('id', 'in', ids).executeTakeFirst();
    deleted['transactions'] = Number(result.numDeletedRows);
    return deleted;
  });
}
