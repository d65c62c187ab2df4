/** Transactions as Flex last told us of them. */
import { sql } from 'kysely';
import { appNow, fromNow } from './clock.ts';
import type { PageOf } from './listed-records.ts';
import type { Db, MadeTransition, TransactionEventRow, TransactionRow } from './schema.ts';

export type SeenTransaction = Omit<TransactionRow, 'transitions' | 'is_deleted' | 'read_at'> & {
  transitions: MadeTransition[];
};

/** Transitions only become more: what has fewer of them is older, and changes nothing. */
export async function upsertTransaction(db: Db, transaction: SeenTransaction): Promise<void> {
  const { id, ...rest } = transaction;
  const values = { ...rest, transitions: JSON.stringify(transaction.transitions), read_at: appNow };
  await db
    .insertInto('transactions')
    .values({ id, ...values })
    .onConflict(conflict =>
      conflict
        .column('id')
        .doUpdateSet(values)
        .where(
          sql<boolean>`jsonb_array_length(excluded.transitions) >= jsonb_array_length(transactions.transitions)`,
        ),
    )
    .execute();
}

export async function markDeleted(db: Db, id: string): Promise<void> {
  await db
    .updateTable('transactions')
    .set({ is_deleted: true, awaits_payment: false, read_at: appNow })
    .where('id', '=', id)
    .execute();
}

/** How many were not there yet. */
export async function insertTransactionEvents(db: Db, events: TransactionEventRow[]): Promise<number> {
  if (events.length === 0) return 0;
  const inserted = await db
    .insertInto('transaction_events')
    .values(events)
    .onConflict(conflict => conflict.column('id').doNothing())
    .returning('id')
    .execute();
  return inserted.length;
}

export const findTransaction = (db: Db, id: string): Promise<TransactionRow | undefined> =>
  db.selectFrom('transactions').selectAll().where('id', '=', id).executeTakeFirst();

export type TransactionFilter = {
  customerId?: string | undefined;
  providerId?: string | undefined;
  since?: Date | undefined;
};
/** `[lastTransitionedAt, id]` of the last one of the page before. */
export type TransactionKey = readonly [lastTransitionedAt: string, id: string];

/** What was moved last first. */
export const listTransactions = (
  db: Db,
  { customerId, providerId, since }: TransactionFilter,
  { limit, after }: PageOf<TransactionKey>,
): Promise<TransactionRow[]> =>
  db
    .selectFrom('transactions')
    .selectAll()
    .$if(customerId !== undefined, query => query.where('customer_id', '=', customerId!))
    .$if(providerId !== undefined, query => query.where('provider_id', '=', providerId!))
    .$if(since !== undefined, query => query.where('last_transitioned_at', '>=', since!))
    .$if(after !== null, query =>
      query.where(sql<boolean>`(last_transitioned_at, id) < (${after![0]}::timestamptz, ${after![1]})`),
    )
    .orderBy('last_transitioned_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();

export const transactionKey = ({ last_transitioned_at: at, id }: TransactionRow): TransactionKey => [
  at.toISOString(),
  id,
];

/** Longer than any payment takes: what stands there still has been forgotten. */
const FORGOTTEN_MS = 2 * 86_400_000;

/** `[deadline, id]` of the last one; a text, because what never ends has no date. */
export type OpenPaymentKey = readonly [deadline: string, id: string];

const DEADLINE = sql`coalesce(payment_deadline, 'infinity')`;

/** Customers who are paying now, the most urgent first. */
export const openPayments = (
  db: Db,
  { limit = 1_000, after = null }: { limit?: number; after?: OpenPaymentKey | null } = {},
): Promise<TransactionRow[]> =>
  db
    .selectFrom('transactions')
    .selectAll()
    .where('awaits_payment', '=', true)
    .where('last_transitioned_at', '>', fromNow(-FORGOTTEN_MS))
    .$if(after !== null, query =>
      query.where(sql<boolean>`(${DEADLINE}, id) > (${after![0]}::timestamptz, ${after![1]})`),
    )
    .orderBy(DEADLINE)
    .orderBy('id')
    .limit(limit)
    .execute();

export const openPaymentKey = ({ payment_deadline: deadline, id }: TransactionRow): OpenPaymentKey => [
  deadline?.toISOString() ?? 'infinity',
  id,
];

export async function hasOpenPayments(db: Db): Promise<boolean> {
  return (await openPayments(db, { limit: 1 })).length > 0;
}

/** Of a time when nobody listened: those that may have moved on since. */
export const unfinishedTransactions = (
  db: Db,
  finalStates: readonly string[],
  limit: number,
): Promise<{ id: string }[]> =>
  db
    .selectFrom('transactions')
    .select('id')
    .where('is_deleted', '=', false)
    .$if(finalStates.length > 0, query => query.where('state', 'not in', finalStates))
    .orderBy('read_at')
    .limit(limit)
    .execute();
