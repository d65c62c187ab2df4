/**
 * What an operator may do about a case, and what that would be. Pure. What moves money becomes an op like any other: the run
 * sends it, and Stripe decides. Nothing here can release a PaymentIntent, capture one, or wish what may have come true.
 */
import { isOpen, lastOf, mayBeBooked, nextOp, type Case, type MoneyOp } from './case.ts';
import type { Intent, Phase } from './evidence.ts';

export const actions = ['retry', 'cancel', 'refund', 'resolve'] as const;
export type Action = (typeof actions)[number];

/** What Flex and Stripe say of it now. */
export type Known = {
  phase: Phase;
  /** null where there is none, or Stripe has none of that id. */
  intent: Intent | null;
  /** Others that were made for this case. */
  strays: Intent[];
};

export type Deed = {
  /** For people. */
  does: string;
  change: { needs: null; troubles: 0; ending?: 'operator' };
  op?: MoneyOp;
  /** It is closed with this. */
  outcome?: 'resolved';
};

export type Judged = Deed | { why: string };

const on = { needs: null, troubles: 0 } as const;

export function judge(action: Action, c: Case, ops: readonly MoneyOp[], known: Known): Judged {
  if (c.state === 'closed') return { why: 'It is closed.' };
  return JUDGES[action](c, ops, known);
}

type Judge = (c: Case, ops: readonly MoneyOp[], known: Known) => Judged;

const JUDGES: Record<Action, Judge> = { retry, cancel, refund, resolve };

const isUnderWay = (ops: readonly MoneyOp[]) => ops.some(isOpen);
const UNDER_WAY = {
  why: 'Something was sent to Stripe of which it is not known yet what came of it; that is found out first.',
};

function retry(c: Case, ops: readonly MoneyOp[], known: Known): Judged {
  if (/^refund-(refused|failed)/.test(c.needs ?? '')) return refund(c, ops, known);
  if (/^payout-(refused|failed)/.test(c.needs ?? '')) return payOutAgain(c, ops, known);
  return { does: 'Flex and Stripe are asked again, and it goes on from what they say.', change: on };
}

function payOutAgain(c: Case, ops: readonly MoneyOp[], { phase, intent }: Known): Judged {
  const last = lastOf(ops, 'payout');
  if (isUnderWay(ops)) return UNDER_WAY;
  if (last?.state !== 'refused') return { why: 'No payout was refused, and none came back.' };
  if (phase !== 'delivered' || !intent || intent.amountRefunded > 0)
    return { why: 'The booking is not one whose provider is to be paid.' };
  return {
    does: `A payout of ${money(last)} is asked for on ${c.destination} once more; the last came to nothing (${last.code}). Not if it was paid out by hand.`,
    change: on,
    op: again(ops, last),
  };
}

const again = (ops: readonly MoneyOp[], { kind, target, amount, currency }: MoneyOp): MoneyOp =>
  nextOp(ops, kind, { target, amount, currency });

/** The booking is not to be. What is paid for already is declined or cancelled in Flex, and the money follows. */
function cancel(c: Case, ops: readonly MoneyOp[], { phase, intent }: Known): Judged {
  switch (phase) {
    case 'before-lane':
    case 'awaiting':
      return giveUp(c);
    case 'capturing':
    case 'unknown':
      return letGo(phase, ops, intent);
    case 'dead':
    case 'elsewhere':
      return { why: 'The booking is over already: what is held goes back by itself (retry).' };
    default:
      return { why: 'The booking is paid for: decline or cancel it in Flex, and the money goes back.' };
  }
}

function giveUp(c: Case): Judged {
  if (c.ending !== null) return { why: `It is being ended already: ${c.ending}.` };
  if (mayBeBooked(c)) return { why: 'Flex may be counting the booking as paid for just now.' };
  return {
    does: 'The PaymentIntent is cancelled, what the customer had held is let go, and Flex is told that the booking is off.',
    change: { ...on, ending: 'operator' },
  };
}

function letGo(phase: Phase, ops: readonly MoneyOp[], intent: Intent | null): Judged {
  if (isUnderWay(ops)) return UNDER_WAY;
  if (!intent || intent.status === 'canceled') return { why: 'Nothing is held.' };
  if (intent.status === 'succeeded') return { why: 'The money was taken: only a refund gives it back.' };
  return {
    does: `${intent.id} is cancelled: the customer's bank lets go of ${money(intent)}.${onlyIfOff(phase)}`,
    change: on,
    op: nextOp(ops, 'cancel', { target: intent.id, amount: null, currency: null }),
  };
}

const onlyIfOff = (phase: Phase): string =>
  phase === 'unknown' ? ' Only if the booking is off: what Flex says of it is not understood here.' : '';

function refund(_c: Case, ops: readonly MoneyOp[], { phase, intent }: Known): Judged {
  if (!['dead', 'elsewhere', 'unknown'].includes(phase))
    return { why: 'The booking stands: cancel it in Flex, and the money goes back.' };
  if (isUnderWay(ops)) return UNDER_WAY;
  if (intent?.status !== 'succeeded') return { why: 'No money was taken.' };
  if (lastOf(ops, 'refund')?.state === 'confirmed') return { why: 'It was given back already.' };
  if (lastOf(ops, 'payout')?.state === 'confirmed')
    return { why: 'The provider was paid: that is between people now.' };
  const left = intent.amountReceived - intent.amountRefunded;
  if (left <= 0) return { why: 'Nothing is left of it.' };
  const { currency } = intent;
  return {
    does: `${money({ amount: left, currency })} of ${intent.id} are given back to the customer, with what provider and platform had of it.${onlyIfOff(phase)}`,
    change: on,
    op: nextOp(ops, 'refund', { target: intent.id, amount: left, currency }),
  };
}

/** Only where nothing is held, and nobody can pay any more. */
function resolve(c: Case, ops: readonly MoneyOp[], { intent, strays }: Known): Judged {
  if (c.needs === null) return { why: 'It does not need anybody: it is worked on.' };
  if (isUnderWay(ops)) return UNDER_WAY;
  const live = [intent, ...strays].find(
    one => one && one.status !== 'canceled' && one.status !== 'succeeded',
  );
  if (live) return { why: `${live.id} is ${live.status}: money may be held. Cancel it first.` };
  return {
    does: 'The case is closed as settled by hand. Nothing is sent to Flex or Stripe, and nobody here looks after its refund or payout any more.',
    change: on,
    outcome: 'resolved',
  };
}

const money = ({ amount, currency }: { amount: number | null; currency: string | null }): string =>
  `${amount} ${currency?.toUpperCase()} (minor units)`;

const NEEDS: [reason: string, words: string][] = [
  ['state-unknown', "Flex has the booking in a state that the lane's process file does not have."],
  ['payment-intent-vanished', 'Stripe does not know the PaymentIntent: another account or key, perhaps.'],
  ['accepted-without-payment', 'Flex says that the booking is on, and Stripe that its money was not taken.'],
  [
    'refunded-before-payout',
    'The booking was done, and the customer had money back: what the provider gets is for people to say.',
  ],
  ['refund-refused', 'Stripe refuses to give the money back.'],
  [
    'refund-failed',
    "The refund was made and came back: the customer's bank did not take it, and the money lies on the platform's account at Stripe.",
  ],
  ['payout-refused', "Stripe refuses the payout on the provider's account."],
  [
    'payout-failed',
    "The payout was made and came back: the bank did not take it, and the money lies on the provider's account at Stripe again.",
  ],
  ['flex-refuses', 'Flex refuses again and again to be told that the money was taken or was not.'],
];

/** Why it needs somebody, for people; null when it does not. */
export const needsInWords = (needs: string | null): string | null =>
  needs === null ? null : (NEEDS.find(([reason]) => needs.startsWith(reason))?.[1] ?? needs);
