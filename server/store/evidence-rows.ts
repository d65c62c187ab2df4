/** What was recorded of calls, as the evidence that it was made from. */
import type { CallEvidence, CheckEvidence, RefusalEvidence } from '../domain/diagnosis/evidence.ts';
import type { Reason } from '../domain/payment-intent.ts';
import type { CheckRow, RefusalRow } from './schema.ts';

export const callOf = (row: CheckRow | RefusalRow): CallEvidence => ({
  isSpeculative: row.is_speculative,
  processName: row.process_name ?? '',
  transition: row.transition,
});

export const checkOf = (row: CheckRow): CheckEvidence => ({
  verdict: row.verdict,
  reasons: row.reasons as Reason[],
  path: row.path,
  paymentIntentId: row.payment_intent_id,
});

export const refusalOf = (row: RefusalRow): RefusalEvidence => ({
  code: row.code,
  status: row.status,
  flexCodes: row.flex_codes,
  stripeCode: row.stripe_code,
  stripeMessage: row.stripe_message,
  statusText: row.status_text,
});
