/** What requests, and the looks behind them, leave to be kept: one buffer for all, written in batches. */
import { sql } from 'kysely';
import type { RefusalEvidence } from '../domain/diagnosis/evidence.ts';
import type { Genuineness } from '../domain/genuineness.ts';
import type { RefusedCall } from '../domain/observer.ts';
import { redactor } from '../domain/redact.ts';
import type { Check, CheckSubject } from '../domain/verdict.ts';
import { insertChecks, type NewCheck } from './checks.ts';
import { timeOrderedId } from './ids.ts';
import { lateAt } from './late-records.ts';
import type { Db } from './schema.ts';

export type NewRefusal = RefusedCall & RefusalEvidence & { id: string; at: Date; isProven: boolean };

export type NewVerification = {
  id: string;
  at: Date;
  processName: string;
  transition: string;
  transactionId: string | null;
  paymentIntentId: string | null;
  genuineness: Genuineness;
  differing: string[];
  status: string | null;
  cause: string;
  confidence: number;
  attempt: number;
};

export type StoreRecord =
  | { kind: 'check'; record: NewCheck }
  | { kind: 'refusal'; record: NewRefusal }
  | { kind: 'verification'; record: NewVerification };

const stampOf = (at: Date) => ({ id: timeOrderedId(at.getTime()), at });
const now = () => stampOf(new Date());

/** Of what a caller chose himself, and of sentences that may repeat what was sent. */
const redact = redactor([]);

export const checkRecord = (
  check: Check,
  subject: CheckSubject,
  requestId: string,
  at = new Date(),
): StoreRecord => ({
  kind: 'check',
  record: { ...subject, ...check, ...stampOf(at), requestId },
});

export const refusalRecord = (refusal: RefusalEvidence, call: RefusedCall, isProven = true): StoreRecord => ({
  kind: 'refusal',
  record: {
    ...call,
    ...refusal,
    isProven,
    processName: call.processName === null ? null : redact(call.processName),
    transition: redact(call.transition),
    statusText: redact(refusal.statusText),
    stripeMessage: refusal.stripeMessage === null ? null : redact(refusal.stripeMessage),
    ...now(),
  },
});

/** What the looks behind requests are kept with. */
export const keepIn = (
  { records }: { records: { record(record: StoreRecord): void } },
  isStrangersTurn = atMost(STRANGERS_A_MINUTE),
) => ({
  refusal(refusal: RefusalEvidence, call: RefusedCall, isProven: boolean) {
    if (isProven || isStrangersTurn()) records.record(refusalRecord(refusal, call, isProven));
  },
  verification: ({ subject, diagnosis, ...looked }: Verification) =>
    records.record({
      kind: 'verification',
      record: {
        ...now(),
        processName: subject.processName,
        transition: subject.transition,
        transactionId: subject.transactionId,
        paymentIntentId: looked.paymentIntentId,
        genuineness: looked.genuineness,
        differing: looked.differing,
        status: looked.status,
        attempt: looked.attempt,
        cause: diagnosis.cause,
        confidence: diagnosis.confidence,
      },
    }),
});

/** Strangers may ask as often as they like; what they were refused is not worth a full disk. */
const STRANGERS_A_MINUTE = 60;

function atMost(count: number): () => boolean {
  let minute = 0;
  let taken = 0;
  return () => {
    const current = Math.floor(Date.now() / 60_000);
    taken = current === minute ? taken + 1 : 1;
    minute = current;
    return taken <= count;
  };
}

type Verification = Pick<
  NewVerification,
  'paymentIntentId' | 'genuineness' | 'differing' | 'status' | 'attempt'
> & { subject: CheckSubject; diagnosis: Pick<NewVerification, 'cause' | 'confidence'> };

/** Each kind in one statement. What is there already stays as it is. */
export async function insertRecords(db: Db, records: readonly StoreRecord[]): Promise<void> {
  const checks = records.flatMap(({ kind, record }) => (kind === 'check' ? [record] : []));
  const refusals = records.flatMap(({ kind, record }) => (kind === 'refusal' ? [record] : []));
  const verifications = records.flatMap(({ kind, record }) => (kind === 'verification' ? [record] : []));
  if (checks.length > 0) await insertChecks(db, checks);
  if (refusals.length > 0)
    await sql`
      insert into proxy.refusals (id, at, call, is_speculative, process_name, transition, transaction_id, code, status,
        flex_codes, stripe_code, stripe_message, status_text, is_proven, late_at)
      select id, at, call, "isSpeculative", "processName", transition, "transactionId", code, status,
        array(select jsonb_array_elements_text("flexCodes")), "stripeCode", "stripeMessage", "statusText", "isProven",
        ${lateAt}
      from jsonb_to_recordset(${JSON.stringify(refusals)}::jsonb) as batch (id uuid, at timestamptz, call text,
        "isSpeculative" boolean, "processName" text, transition text, "transactionId" text, code text, status integer,
        "flexCodes" jsonb, "stripeCode" text, "stripeMessage" text, "statusText" text, "isProven" boolean)
      on conflict (id) do nothing`.execute(db);
  if (verifications.length > 0)
    await sql`
      insert into proxy.verifications (id, at, process_name, transition, transaction_id, payment_intent_id, genuineness,
        differing, status, cause, confidence, attempt, late_at)
      select id, at, "processName", transition, "transactionId", "paymentIntentId", genuineness,
        array(select jsonb_array_elements_text(differing)), status, cause, confidence, attempt, ${lateAt}
      from jsonb_to_recordset(${JSON.stringify(verifications)}::jsonb) as batch (id uuid, at timestamptz,
        "processName" text, transition text, "transactionId" text, "paymentIntentId" text, genuineness text,
        differing jsonb, status text, cause text, confidence double precision, attempt integer)
      on conflict (id) do nothing`.execute(db);
}
