import type { Reason } from '../domain/payment-intent.ts';
import type { OwnRecord } from '../domain/report.ts';
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
  if (isRefused)
    return {
      at: refusal.at,
      call: {
        isSpeculative: refusal.is_speculative,
        processName: refusal.process_name ?? '',
        transition: refusal.transition,
      },
      refusal: {
        code: refusal.code,
        status: refusal.status,
        flexCodes: refusal.flex_codes,
        stripeCode: refusal.stripe_code,
        stripeMessage: refusal.stripe_message,
        statusText: refusal.status_text,
      },
    };
  if (!check) return null;
  return {
    at: check.at,
    call: {
      isSpeculative: check.is_speculative,
      processName: check.process_name,
      transition: check.transition,
    },
    check: {
      verdict: check.verdict,
      reasons: check.reasons as Reason[],
      path: check.path,
      paymentIntentId: check.payment_intent_id,
    },
  };
}
