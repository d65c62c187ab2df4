/**
 * Payments that Flex's feed tells of, and that nothing is known of yet: they went past this service, or it ended before it
 * could look. Both sides are asked by the transaction's id alone.
 */
import type { CheckSubject } from '../domain/verdict.ts';
import type { Report } from '../domain/report.ts';
import { isVerified } from '../store/verifications.ts';
import type { Db } from '../store/schema.ts';
import type { RecordVerification } from './behind-request.ts';

export type SeenPayment = {
  transactionId: string;
  processName: string;
  /** The one that creates the PaymentIntent. */
  transition: string;
  attempt: number;
};

export type SeenDeps = {
  db: Db;
  investigate(transactionId: string, signal: AbortSignal): Promise<Report>;
  record: RecordVerification;
  /** Keeps it for another look. */
  putOff(payment: SeenPayment, ms: number): Promise<void>;
};

/** Before each look, in milliseconds: the first time for those who look behind their requests to be done. */
const PAUSES = [15_000, 5 * 60_000, 30 * 60_000, 2 * 3_600_000, 12 * 3_600_000];

/** A payment has just begun. */
export const lookAtSeen = (
  putOff: SeenDeps['putOff'],
  payment: Omit<SeenPayment, 'attempt'>,
): Promise<void> => putOff({ ...payment, attempt: 1 }, PAUSES[0]!);

export async function verifySeen(deps: SeenDeps, payment: SeenPayment, signal: AbortSignal): Promise<void> {
  const { transactionId, processName, transition, attempt } = payment;
  if (await isVerified(deps.db, transactionId)) return;
  const { genuineness, diagnosis, stripe } = await deps.investigate(transactionId, signal);
  const pause = genuineness === 'unverified' ? PAUSES[attempt] : undefined;
  const subject: CheckSubject = {
    call: 'initiate',
    isSpeculative: false,
    processName,
    transition,
    transactionId,
  };
  const [intent] = stripe.paymentIntents;
  deps.record({
    subject,
    paymentIntentId: intent?.id ?? null,
    genuineness,
    differing: stripe.differing,
    status: intent?.status ?? null,
    diagnosis,
    attempt,
    nextInMs: pause ?? null,
  });
  if (pause !== undefined) await deps.putOff({ ...payment, attempt: attempt + 1 }, pause);
}
