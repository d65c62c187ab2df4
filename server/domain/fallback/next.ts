/**
 * What a case needs next. Pure: the row, its ops, and what Flex and Stripe said just now. Whoever does what it says, and is
 * stopped at any point, can be followed by another who asks again.
 */
import {
  failureOf,
  isAtLeast,
  isOpen,
  lastOf,
  mayBeBooked,
  nextOp,
  type Case,
  type MoneyOp,
} from './case.ts';
import { booked, type Evidence, type FlexEvidence } from './evidence.ts';
import { cancel, dropOthers, giveBack } from './give-back.ts';
import { ladderOf, LISTED_AFTER_MS } from './ladder.ts';
import { intentOf, isStep } from './looks.ts';
import { move, pay } from './pay.ts';
import { resolve } from './resolve.ts';
import { later, type Step } from './step.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Tries that come to nothing in a row, where only an operator can tell why. */
const MOST_TROUBLES = 12;
/** A connected account may have been overdrawn by something else; the money comes. */
const MOST_PAYOUTS = 20;

export function next(c: Case, ops: readonly MoneyOp[], evidence: Evidence, now: number): Step {
  if (c.state === 'closed' || c.needs !== null) return { do: 'rest' };
  const open = ops.find(isOpen);
  if (open) return resolve(c, open, evidence, now);
  const { flex } = evidence;
  if (flex === undefined) return { do: 'ask-flex' };
  if (flex === 'away') return withoutFlex(c, ops, evidence, now);
  // Before anything else: from here on only Flex can say that there is no booking.
  if (booked.includes(flex.phase) && !isAtLeast(c.state, 'advanced'))
    return { do: 'change', change: { state: 'advanced', sent: null } };
  switch (flex.phase) {
    case 'before-lane':
    case 'awaiting':
      return pay(c, ops, flex, evidence, now);
    case 'confirmed':
      return confirmed(c, ops, evidence, now);
    case 'capturing':
      return capture(c, ops, evidence, now);
    case 'accepted':
      return (
        accepted(c, evidence, now) ??
        dropLate(c, ops, evidence, now) ?? { do: 'wait', until: now + (mayBeLate(c, now) ? MINUTE : HOUR) }
      );
    case 'delivered':
      return accepted(c, evidence, now) ?? dropLate(c, ops, evidence, now) ?? payOut(c, ops, evidence, now);
    case 'dead':
    case 'elsewhere':
      return (
        giveBack(c, ops, evidence, now, flex.phase === 'elsewhere') ??
        tell(c, flex, evidence, 'over') ??
        awaitLate(c, flex, now) ?? { do: 'close', outcome: outcomeOf(c, flex) }
      );
    default:
      return { do: 'need-operator', why: 'state-unknown' };
  }
}

const outcomeOf = (c: Case, { phase }: FlexEvidence): string => {
  if (c.ending !== null) return c.ending;
  if (phase === 'elsewhere') return 'elsewhere';
  return isAtLeast(c.state, 'captured') ? 'refunded' : 'cancelled';
};

/** Of a booking that ended early, Flex may still make one, and the customer pay it. */
function awaitLate(c: Case, { phase }: FlexEvidence, now: number): Step | null {
  const until = c.deadline + LISTED_AFTER_MS;
  return c.way === 'repair' && phase === 'dead' && now < until
    ? { do: 'wait', until: Math.min(now + MINUTE, until) }
    : null;
}

/** What must be done in time is done by the clock, unless the booking may have come to be. */
function withoutFlex(c: Case, ops: readonly MoneyOp[], evidence: Evidence, now: number): Step {
  if (!mayBeBooked(c) && c.ending === null && now >= ladderOf(c).cancel)
    return { do: 'change', change: { ending: 'ran-out' } };
  const back = !mayBeBooked(c) && c.ending !== null ? giveBack(c, ops, evidence, now, true) : null;
  return back ?? later(c, now, 'flex can not be asked');
}

/**
 * Flex may make one when the booking is paid for already. After so long it is looked for when the money moves, and when an event
 * told of one.
 */
const LATE_MS = HOUR;

const mayBeLate = ({ way, deadline }: Case, now: number): boolean =>
  way === 'repair' && now < deadline + LATE_MS;

const dropLate = (c: Case, ops: readonly MoneyOp[], evidence: Evidence, now: number): Step | null =>
  mayBeLate(c, now) || evidence.heard.length > 0 ? dropOthers(c, ops, evidence, now) : null;

/** The provider is to say whether it is on. */
function confirmed(c: Case, ops: readonly MoneyOp[], evidence: Evidence, now: number): Step {
  const other = (now < c.deadline + LATE_MS ? dropOthers : dropLate)(c, ops, evidence, now);
  return other ?? { do: 'wait', until: now + MINUTE };
}

/** It is on when the money is there; where it can not be taken, it is off. */
function capture(c: Case, ops: readonly MoneyOp[], evidence: Evidence, now: number): Step {
  const intent = c.paymentIntentId === null ? null : intentOf(c, c.paymentIntentId, evidence, now);
  if (intent !== null && isStep(intent)) return intent;
  if (c.troubles >= MOST_TROUBLES && evidence.failedMoves.length > 0)
    return { do: 'need-operator', why: `flex-refuses: ${evidence.failedMoves.join(', ')}` };
  if (intent?.status === 'succeeded') return move(c, 'captured', evidence, now);
  if (intent === null || intent.status === 'canceled') return move(c, 'capture-failed', evidence, now);
  const last = lastOf(ops, 'capture');
  if (intent.status !== 'requires_capture' || last?.state === 'refused')
    return cancel(c, intent.id, ops, now);
  const other = dropOthers(c, ops, evidence, now);
  if (other) return other;
  const wish = { target: intent.id, amount: c.amount, currency: c.currency };
  return { do: 'plan', op: nextOp(ops, 'capture', wish) };
}

/** null when it is known to be paid for. */
function accepted(c: Case, evidence: Evidence, now: number): Step | null {
  if (isAtLeast(c.state, 'captured')) return null;
  if (c.paymentIntentId === null) return UNPAID;
  const intent = intentOf(c, c.paymentIntentId, evidence, now);
  if (intent !== null && isStep(intent)) return intent;
  return intent?.status === 'succeeded'
    ? { do: 'change', change: { state: 'captured', sent: null, seenStatus: 'succeeded' } }
    : UNPAID;
}

const UNPAID: Step = { do: 'need-operator', why: 'accepted-without-payment' };

/** Flex pays nobody for a payment that it did not make: the provider's share leaves the connected account by our hand. */
function payOut(c: Case, ops: readonly MoneyOp[], evidence: Evidence, now: number): Step {
  const payouts = ops.filter(({ kind }) => kind === 'payout');
  const last = payouts.at(-1);
  if (last?.state === 'confirmed') return { do: 'close', outcome: 'paid-out' };
  if (last?.state === 'refused') {
    if (last.code !== 'balance_insufficient' || payouts.length >= MOST_PAYOUTS)
      return { do: 'need-operator', why: failureOf(last) };
    if (now - last.lastSentAt! < 6 * HOUR) return { do: 'wait', until: last.lastSentAt! + 6 * HOUR };
  }
  const intent = intentOf(c, c.paymentIntentId!, evidence, now);
  if (intent !== null && isStep(intent)) return intent;
  if (intent === null || intent.amountRefunded > 0)
    return { do: 'need-operator', why: 'refunded-before-payout' };
  const { share } = evidence;
  if (share === undefined) return { do: 'ask-share', id: intent.id };
  if (share === 'away') return later(c, now, 'stripe can not be asked');
  if (share === null) return { do: 'wait', until: now + HOUR };
  if (share.amount <= 0) return { do: 'close', outcome: 'nothing-to-pay-out' };
  if (share.availableAt > now) return { do: 'wait', until: share.availableAt + MINUTE };
  const wish = { target: c.destination, amount: share.amount, currency: share.currency };
  return { do: 'plan', op: nextOp(ops, 'payout', wish) };
}

/** Flex is told how it ended, once; it is of no consequence. */
const tell = (c: Case, { note }: FlexEvidence, { notesWritten }: Evidence, status: string): Step | null =>
  note?.case === c.id && note.status !== status && notesWritten === 0
    ? { do: 'write-note', note: { ...note, status } }
    : null;
