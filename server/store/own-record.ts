import type { OwnRecord } from '../domain/report.ts';
import { callOf, checkOf, refusalOf } from './evidence-rows.ts';
import type { Db } from './schema.ts';

/** The newest of a transaction's real calls through this service, or else of its speculative ones; null without any. */
export async function ownRecordOf(db: Db, transactionId: string): Promise<OwnRecord | null> {
  const [check, refusal] = await Promise.all([
    db
      .selectFrom('checks')
      .selectAll()
      .where('transaction_id', '=', transactionId)
      .orderBy('is_speculative')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst(),
    db
      .selectFrom('refusals')
      .selectAll()
      .where('transaction_id', '=', transactionId)
      // Anybody can be refused.
      .where('is_proven', '=', true)
      .orderBy('is_speculative')
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst(),
  ]);
  const isRefused =
    refusal !== undefined &&
    (check === undefined ||
      (refusal.is_speculative === check.is_speculative ? refusal.id > check.id : !refusal.is_speculative));
  if (isRefused) return { at: refusal.at, call: callOf(refusal), refusal: refusalOf(refusal) };
  return check ? { at: check.at, call: callOf(check), check: checkOf(check) } : null;
}
