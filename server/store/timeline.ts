/** All that is kept of one booking. */
import { sql, type Selectable } from 'kysely';
import { paymentIntentsOf } from './payment-intents.ts';
import type {
  CheckRow,
  Database,
  Db,
  PaymentIntentRow,
  RefusalRow,
  StripeEventRow,
  TransactionRow,
  VerificationRow,
} from './schema.ts';
import { findTransaction } from './transactions.ts';

export type KeptBooking = {
  /** null when Flex was not heard of it. */
  transaction: TransactionRow | null;
  paymentIntents: PaymentIntentRow[];
  checks: CheckRow[];
  refusals: RefusalRow[];
  verifications: VerificationRow[];
  events: StripeEventRow[];
};

/** More of one kind than anybody reads: the newest of them. */
const MOST = 500;

export async function keptOf(db: Db, transactionId: string): Promise<KeptBooking> {
  const newest = <Table extends 'checks' | 'refusals' | 'verifications'>(table: Table) =>
    sql<Selectable<Database[Table]>>`
      select * from ${sql.table(`proxy.${table}`)} where transaction_id = ${transactionId}
      order by id desc limit ${sql.lit(MOST)}`.execute(db);
  const [transaction, paymentIntents, checks, refusals, verifications, events] = await Promise.all([
    findTransaction(db, transactionId),
    paymentIntentsOf(db, transactionId),
    newest('checks'),
    newest('refusals'),
    newest('verifications'),
    db
      .selectFrom('stripe_events')
      .selectAll()
      .where('transaction_id', '=', transactionId)
      .orderBy('created', 'desc')
      .limit(MOST)
      .execute(),
  ]);
  return {
    transaction: transaction ?? null,
    paymentIntents,
    checks: checks.rows,
    refusals: refusals.rows,
    verifications: verifications.rows,
    events,
  };
}
