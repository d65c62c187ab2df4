/** PaymentIntents as Stripe last told us of them: asked, or else by its events. */
import { sql } from 'kysely';
import type { Db, PaymentIntentRow } from './schema.ts';

export type SeenPaymentIntent = Omit<PaymentIntentRow, 'as_of' | 'source'> &
  Pick<PaymentIntentRow, 'as_of' | 'source'>;

/** The way of a payment; a failed attempt leads back to the beginning. */
const RANK =
  sql.raw(`array['requires_payment_method', 'requires_confirmation', 'requires_action', 'processing',
  'requires_capture', 'canceled', 'succeeded']`);

/** What is older than what is known changes nothing, and nothing comes after an end. */
export async function upsertPaymentIntent(db: Db, intent: SeenPaymentIntent): Promise<void> {
  const { id: _id, ...values } = intent;
  await db
    .insertInto('payment_intents')
    .values(intent)
    .onConflict(conflict =>
      conflict
        .column('id')
        .doUpdateSet({
          ...values,
          transaction_id: sql<
            string | null
          >`coalesce(excluded.transaction_id, payment_intents.transaction_id)`,
        })
        .where(
          sql<boolean>`(excluded.as_of, array_position(${RANK}, excluded.status)) >=
            (payment_intents.as_of, array_position(${RANK}, payment_intents.status))
            and (payment_intents.status not in ('canceled', 'succeeded') or payment_intents.status = excluded.status)`,
        ),
    )
    .execute();
}

export const findPaymentIntent = (db: Db, id: string): Promise<PaymentIntentRow | undefined> =>
  db.selectFrom('payment_intents').selectAll().where('id', '=', id).executeTakeFirst();

export const paymentIntentsOf = (db: Db, transactionId: string): Promise<PaymentIntentRow[]> =>
  db
    .selectFrom('payment_intents')
    .selectAll()
    .where('transaction_id', '=', transactionId)
    .orderBy('created')
    .execute();

export const paymentIntentsOfMany = (
  db: Db,
  transactionIds: readonly string[],
): Promise<PaymentIntentRow[]> =>
  transactionIds.length === 0
    ? Promise.resolve([])
    : db
        .selectFrom('payment_intents')
        .selectAll()
        .where('transaction_id', 'in', transactionIds)
        .orderBy('created')
        .execute();
