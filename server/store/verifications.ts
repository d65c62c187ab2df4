import type { Db } from './schema.ts';

/** Whether Stripe has said something of the transaction's PaymentIntent. */
export async function isVerified(db: Db, transactionId: string): Promise<boolean> {
  const found = await db
    .selectFrom('verifications')
    .select('id')
    .where('transaction_id', '=', transactionId)
    .where('genuineness', '<>', 'unverified')
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}
