/**
 * An op that was planned, and of which it is not known whether it was done. Unknown is never taken for failed: it is asked
 * again with the same key while Stripe remembers that, then looked for, and only what two looks did not find is wished anew.
 */
import { BETWEEN_LOOKS_MS, isKeyGood, type Case, type MoneyOp } from './case.ts';
import type { Evidence, Moved } from './evidence.ts';
import { ladderOf } from './ladder.ts';
import { intentOf, isStep, listedOf } from './looks.ts';
import { later, type Step } from './step.ts';

export function resolve(c: Case, op: MoneyOp, evidence: Evidence, now: number): Step {
  if (op.kind === 'create') return resolveCreate(c, op, evidence, now);
  if (op.kind === 'cancel' || op.kind === 'capture') return resolveByIntent(c, op, evidence, now);
  if (op.state === 'planned') return { do: 'send', op };
  if (isKeyGood(op, now)) return again(c, op, evidence, now);
  const found = op.kind === 'refund' ? evidence.refunds : evidence.payouts;
  if (found === undefined) return { do: op.kind === 'refund' ? 'list-refunds' : 'list-payouts', op };
  if (found === 'away') return later(c, now, `${op.kind}s can not be listed`);
  const own = found.moved.find(moved => moved.op === markOf(c, op));
  return own ? settleMoved(op, own) : missed(op, found.at, now);
}

/** What a refund or a payout carries at Stripe, so that it can be told from others of the same amount. */
export const markOf = ({ id }: Pick<Case, 'id'>, { kind, seq }: Pick<MoneyOp, 'kind' | 'seq'>): string =>
  `${id}:${kind}:${seq}`;

/** One that came back is known by what it was at Stripe: it was not refused. */
const settleMoved = (op: MoneyOp, { id, status, code }: Moved): Step => ({
  do: 'settle',
  op:
    status === 'failed' || status === 'canceled'
      ? { ...op, state: 'refused', objectId: id, code: code ?? status }
      : { ...op, state: 'confirmed', objectId: id },
});

/** Not more than twice in one run: Stripe may be having a bad time. */
const again = (c: Case, op: MoneyOp, { unanswered }: Evidence, now: number): Step =>
  unanswered >= 2 ? later(c, now, `${op.kind} is not answered`) : { do: 'send', op };

/** Not there at the time of a look. */
function missed(op: MoneyOp, at: number, now: number): Step {
  if (op.missedAt === null) return { do: 'settle', op: { ...op, missedAt: at } };
  if (at - op.missedAt < BETWEEN_LOOKS_MS)
    return { do: 'wait', until: Math.max(now, op.missedAt + BETWEEN_LOOKS_MS) };
  return { do: 'settle', op: anew(op) };
}

/** The same wish under a new key. */
const anew = (op: MoneyOp): MoneyOp => ({
  ...op,
  generation: op.generation + 1,
  state: 'planned',
  firstSentAt: null,
  isSaved: false,
  missedAt: null,
});

function resolveCreate(c: Case, op: MoneyOp, evidence: Evidence, now: number): Step {
  const isWanted = c.ending === null && now < ladderOf(c).stopRelease;
  if (op.state === 'planned') {
    const { flex } = evidence;
    if (flex === undefined) return { do: 'ask-flex' };
    if (flex === 'away' && isWanted) return later(c, now, 'flex can not be asked');
    const isAwaited = flex !== 'away' && ['before-lane', 'awaiting'].includes(flex.phase);
    return isWanted && isAwaited ? { do: 'send', op } : { do: 'settle', op: { ...op, state: 'dropped' } };
  }
  if (isWanted && isKeyGood(op, now)) return again(c, op, evidence, now);
  const listed = listedOf(c, evidence, now);
  if (isStep(listed)) return listed;
  const own = listed.intents.find(({ caseId }) => caseId === c.id);
  if (own)
    return {
      do: 'settle',
      op: { ...op, state: 'confirmed', objectId: own.id },
      change: { paymentIntentId: own.id, seenStatus: own.status, state: 'known' },
    };
  const step = missed(op, listed.at, now);
  const isGivenUp = step.do === 'settle' && step.op.state === 'planned' && !isWanted;
  return isGivenUp ? { do: 'settle', op: { ...op, state: 'dropped' } } : step;
}

/** Stripe itself decides between what excludes each other: asked what became of it, it gives the answer. */
function resolveByIntent(c: Case, op: MoneyOp, evidence: Evidence, now: number): Step {
  if (op.state === 'planned') {
    if (op.kind === 'cancel') return { do: 'send', op };
    const { flex } = evidence;
    if (flex === undefined) return { do: 'ask-flex' };
    if (flex === 'away') return later(c, now, 'flex can not be asked');
    return flex.phase === 'capturing'
      ? { do: 'send', op }
      : { do: 'settle', op: { ...op, state: 'dropped' } };
  }
  const intent = intentOf(c, op.target!, evidence, now);
  if (intent === null) return { do: 'settle', op: { ...op, state: 'refused', code: 'absent' } };
  if (isStep(intent)) return intent;
  const seen = op.target === c.paymentIntentId ? { change: { seenStatus: intent.status } } : {};
  const [wanted, other] = op.kind === 'cancel' ? ['canceled', 'succeeded'] : ['succeeded', 'canceled'];
  if (intent.status === wanted)
    return { do: 'settle', op: { ...op, state: 'confirmed', objectId: intent.id }, ...seen };
  if (intent.status === other) return { do: 'settle', op: { ...op, state: 'refused', code: other }, ...seen };
  if (op.kind === 'capture' && intent.status !== 'requires_capture')
    return { do: 'settle', op: { ...op, state: 'refused', code: intent.status }, ...seen };
  return isKeyGood(op, now) ? again(c, op, evidence, now) : { do: 'settle', op: anew(op) };
}
