/** The booking will not be: what the customer's bank holds for it is let go, what was taken is given back. */
import { failureOf, lastOf, nextOp, type Case, type MoneyOp } from './case.ts';
import type { Evidence, Intent } from './evidence.ts';
import { intentOf, isStep, listedOf } from './looks.ts';
import { later, type Step } from './step.ts';

/** Before what was refused is asked for again. */
const AGAIN_MS = 30_000;

/** null when nothing is left to be given back. `isFlexs`: what Flex made for it is Flex's to end, and may be in use. */
export function giveBack(
  c: Case,
  ops: readonly MoneyOp[],
  evidence: Evidence,
  now: number,
  isFlexs: boolean,
): Step | null {
  const other = dropOthers(c, ops, evidence, now, isFlexs);
  if (other) return other;
  const id = c.paymentIntentId;
  if (id === null) return null;
  const intent = intentOf(c, id, evidence, now);
  if (intent === null) return { do: 'need-operator', why: 'payment-intent-vanished' };
  if (isStep(intent)) return intent;
  if (intent.status === 'canceled') return null;
  return intent.status === 'succeeded' ? refund(intent, ops) : cancel(c, id, ops, now);
}

/**
 * Besides the case's PaymentIntent nothing of the booking may be payable: neither what Flex made too late for a booking in
 * the lane, nor what came of a create that was sent under a second key.
 */
export function dropOthers(
  c: Case,
  ops: readonly MoneyOp[],
  evidence: Evidence,
  now: number,
  isFlexs = false,
): Step | null {
  const mayHaveTwo = ops.some(({ kind, generation }) => kind === 'create' && generation > 0);
  const mayHaveFlexs = !isFlexs && (c.way === 'repair' || evidence.heard.length > 0);
  if (!mayHaveTwo && !mayHaveFlexs) return null;
  const listed = listedOf(c, evidence, now);
  if (isStep(listed)) return listed;
  const other = listed.intents.find(
    ({ id, caseId, status }) =>
      id !== c.paymentIntentId &&
      status !== 'canceled' &&
      (caseId === c.id || (!isFlexs && status !== 'succeeded')),
  );
  return other ? cancel(c, other.id, ops, now) : null;
}

/** For as long as it takes: a hold that can not be let go of now must be let go of later. */
export function cancel(c: Case, target: string, ops: readonly MoneyOp[], now: number): Step {
  const last = ops.findLast(op => op.kind === 'cancel' && op.target === target);
  // It was done, and who was asked does not know it yet.
  if (last?.state === 'confirmed') return later(c, now, 'what was cancelled does not look it');
  if (last && now - last.lastSentAt! < AGAIN_MS) return { do: 'wait', until: last.lastSentAt! + AGAIN_MS };
  return { do: 'plan', op: nextOp(ops, 'cancel', { target, amount: null, currency: null }) };
}

function refund(intent: Intent, ops: readonly MoneyOp[]): Step | null {
  const left = intent.amountReceived - intent.amountRefunded;
  if (left <= 0) return null;
  const last = lastOf(ops, 'refund');
  if (last?.state === 'confirmed') return null;
  if (last) return { do: 'need-operator', why: failureOf(last) };
  const wish = { target: intent.id, amount: left, currency: intent.currency };
  return { do: 'plan', op: nextOp(ops, 'refund', wish) };
}
