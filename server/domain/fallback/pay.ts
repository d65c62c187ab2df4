/** While the customer has not paid yet: from nothing to a payment that is held and a booking that counts as paid for. */
import { isAtLeast, nextOp, type Case, type MoneyOp } from './case.ts';
import { isHeld, type Evidence, type FlexEvidence, type Intent } from './evidence.ts';
import { cancel, giveBack } from './give-back.ts';
import { ladderOf } from './ladder.ts';
import { intentOf, isStep, listedOf } from './looks.ts';
import { later, type Step } from './step.ts';

/** While the customer has the client secret. */
const LOOK_MS = 15_000;
/** Runs in a row that came to nothing, and what was tried is given up. */
const MOST_TROUBLES = 6;

export function pay(
  c: Case,
  ops: readonly MoneyOp[],
  flex: FlexEvidence,
  evidence: Evidence,
  now: number,
): Step {
  const ladder = ladderOf(c);
  if (c.ending !== null) return ended(c, ops, flex, evidence, now);
  // One that was sent may come to be at any moment: then only Flex can say whether there is a booking.
  if (now >= ladder.cancel && c.sent?.move !== 'advance') return end('ran-out');
  if (c.paymentIntentId === null) return make(c, ops, flex, evidence, now);
  if (flex.phase === 'before-lane') return enter(c, evidence, now);
  if (!isAtLeast(c.state, 'linked')) return link(c, c.paymentIntentId, flex, evidence, now);
  const intent = intentOf(c, c.paymentIntentId, evidence, now);
  if (intent === null) return { do: 'need-operator', why: 'payment-intent-vanished' };
  if (isStep(intent)) return intent;
  const contested = contest(c, intent, ops, evidence, now);
  if (contested) return contested;
  if (intent.status === 'canceled') return end('canceled-elsewhere');
  if (!agrees(c, intent)) return end('mismatch');
  if (!isAtLeast(c.state, 'released'))
    return now < ladder.stopRelease ? { do: 'offer', until: ladder.stopRelease } : end('ran-out');
  if (!isHeld(intent)) return { do: 'wait', until: Math.min(now + LOOK_MS, ladder.cancel) };
  if (c.state === 'released')
    return { do: 'change', change: { state: 'authorised', seenStatus: intent.status } };
  return move(c, 'advance', evidence, now);
}

const end = (ending: NonNullable<Case['ending']>): Step => ({ do: 'change', change: { ending } });

/** Nothing is held any more, and the dates need not wait. Until Flex has given the booking up, the case stays open. */
function ended(
  c: Case,
  ops: readonly MoneyOp[],
  { phase }: FlexEvidence,
  evidence: Evidence,
  now: number,
): Step {
  const back = giveBack(c, ops, evidence, now, phase === 'before-lane');
  if (back) return back;
  if (phase === 'before-lane') return { do: 'close', outcome: c.ending! };
  return evidence.failedMoves.includes('end')
    ? { do: 'wait', until: now + 4 * LOOK_MS }
    : { do: 'move', move: 'end' };
}

function make(
  c: Case,
  ops: readonly MoneyOp[],
  { phase }: FlexEvidence,
  evidence: Evidence,
  now: number,
): Step {
  if (now >= ladderOf(c).stopRelease) return end('ran-out');
  if (ops.some(({ kind, state }) => kind === 'create' && state === 'refused')) return end('create-refused');
  if (phase === 'before-lane') {
    if (evidence.lane === undefined) return { do: 'try-lane' };
    if (evidence.lane === 'away') return later(c, now, 'flex can not be asked');
    if (evidence.lane === 'refused') return end('lane-refused');
  }
  const others = othersOf(c, evidence, now);
  if (isStep(others)) return others;
  const [other] = others.intents;
  if (other) return phase === 'before-lane' ? end('superseded') : cancel(c, other.id, ops, now);
  const wish = { target: null, amount: c.amount, currency: c.currency };
  return { do: 'plan', op: nextOp(ops, 'create', wish) };
}

/** Where Flex has one of its own by now, the booking stays with Flex. */
function enter(c: Case, evidence: Evidence, now: number): Step {
  if (c.sent?.move !== 'enter') {
    if (now >= ladderOf(c).stopRelease) return end('ran-out');
    const others = othersOf(c, evidence, now);
    if (isStep(others)) return others;
    if (others.intents.length > 0) return end('superseded');
  }
  // One that may yet come to be is still noted as sent.
  if (evidence.lane === 'refused' && c.sent === null) return end('lane-refused');
  return move(c, 'enter', evidence, now);
}

/** Until Flex has been seen to know which PaymentIntent it is. */
function link(
  c: Case,
  paymentIntentId: string,
  { note }: FlexEvidence,
  evidence: Evidence,
  now: number,
): Step {
  if (note?.case === c.id && note.stripePaymentIntentId === paymentIntentId)
    return { do: 'change', change: { state: 'linked', sent: null } };
  if (c.troubles >= MOST_TROUBLES) return end('not-linked');
  if (evidence.notesWritten >= 2) return later(c, now, 'flex does not keep the note');
  return {
    do: 'write-note',
    note: { stripePaymentIntentId: paymentIntentId, case: c.id, generation: 0, status: 'open' },
  };
}

/** One transition once in a run; Flex decides whether it can be. */
export function move(
  c: Case,
  which: NonNullable<Case['sent']>['move'],
  evidence: Evidence,
  now: number,
): Step {
  return evidence.failedMoves.includes(which)
    ? later(c, now, `flex does not make the transition: ${which}`)
    : { do: 'move', move: which };
}

/** Those that Flex has made, and that can still be paid. Where the booking began in the lane there are none. */
function othersOf(c: Case, evidence: Evidence, now: number): { intents: Intent[] } | Step {
  if (c.way === 'clean' && evidence.heard.length === 0) return { intents: [] };
  const listed = listedOf(c, evidence, now);
  if (isStep(listed)) return listed;
  return {
    intents: listed.intents.filter(
      ({ id, caseId, status }) => caseId !== c.id && id !== c.paymentIntentId && status !== 'canceled',
    ),
  };
}

/**
 * In the lane, a PaymentIntent that Flex made too late can not be confirmed by Flex any more, and the customer may have it.
 * One that nobody has paid is cancelled. One that is paid wins if ours is not, or was paid later; the other is seen cancelled
 * before anything else is done.
 */
function contest(
  c: Case,
  own: Intent,
  ops: readonly MoneyOp[],
  evidence: Evidence,
  now: number,
): Step | null {
  const others = othersOf(c, evidence, now);
  if (isStep(others)) return others;
  const open = others.intents.find(other => !isHeld(other) || !agrees(c, other));
  if (open) return cancel(c, open.id, ops, now);
  const [first, ...rest] = others.intents.toSorted((one, other) => paidAt(one) - paidAt(other));
  if (!first) return null;
  if (rest.length > 0) return cancel(c, rest[0]!.id, ops, now);
  if (own.status === 'canceled') return { do: 'adopt', intent: first };
  const isOursFirst = isHeld(own) && paidAt(own) <= paidAt(first);
  return cancel(c, isOursFirst ? first.id : own.id, ops, now);
}

const paidAt = ({ authorisedAt }: Intent): number => authorisedAt ?? Number.MAX_SAFE_INTEGER;

/** Whether what would be taken is what was agreed upon. */
const agrees = (c: Case, intent: Intent): boolean =>
  intent.amount === c.amount &&
  intent.currency.toLowerCase() === c.currency.toLowerCase() &&
  intent.fee === c.fee &&
  intent.destination === c.destination;
