/**
 * Our cases beside what Stripe and Flex have, as somebody would compare three ledgers who trusts none of them. Pure. What is
 * on its way to be put right is for whoever reads it to look at twice.
 */
import type { Case, MoneyOp } from './case.ts';
import { booked, type Intent, type Moved, type Phase } from './evidence.ts';

export const breakKinds = [
  'two-released',
  'hold-without-booking',
  'booking-without-payment',
  'capture-without-accept',
  'refund-missing',
  'payout-missing',
  'two-payouts',
  'intent-without-case',
] as const;
export type BreakKind = (typeof breakKinds)[number];

export type Break = {
  kind: BreakKind;
  transactionId: string | null;
  caseId: string | null;
  paymentIntentId: string | null;
  words: string;
};

/** One case and all that was found of its transaction. */
export type Ledger = {
  case: Case;
  outcome: string | null;
  ops: readonly MoneyOp[];
  /** PaymentIntents that somebody had the client secret of, by our own rows. */
  released: readonly string[];
  phase: Phase;
  /** Of its transaction, whoever made them. */
  intents: readonly Intent[];
  /** On the provider's account, of this case; null where that was not asked. */
  payouts: readonly Moved[] | null;
};

export const compare = (ledgers: readonly Ledger[], now: number): Break[] =>
  ledgers.flatMap(ledger => breaksOf(ledger, now));

/** PaymentIntents that carry the mark of a case which is not among ours. What is cancelled does no harm. */
export const strangers = (intents: readonly Intent[], known: ReadonlySet<string>): Break[] =>
  intents
    .filter(({ caseId, status }) => caseId !== null && !known.has(caseId) && status !== 'canceled')
    .map(({ id, caseId, transactionId, status }) => ({
      kind: 'intent-without-case' as const,
      transactionId,
      caseId,
      paymentIntentId: id,
      words: `${id} (${status}) says that it is of the case ${caseId}, which is not here: another installation, or a database from before it`,
    }));

function breaksOf(ledger: Ledger, now: number): Break[] {
  const { case: c } = ledger;
  const found = (kind: BreakKind, paymentIntentId: string | null, words: string): Break => ({
    kind,
    transactionId: c.transactionId,
    caseId: c.id,
    paymentIntentId,
    words,
  });
  return [
    ...twoReleased(ledger, found),
    ...ledger.intents.flatMap(intent => heldInVain(ledger, intent, now, found)),
    ...unpaid(ledger, found),
    ...payouts(ledger, found),
  ];
}

type Found = (kind: BreakKind, paymentIntentId: string | null, words: string) => Break;

const isHeld = ({ status, amountReceived, amountRefunded }: Intent): boolean =>
  status === 'requires_capture' || (status === 'succeeded' && amountReceived > amountRefunded);

/** Where Flex does nothing any more about what it made. */
const IN_LANE: readonly Phase[] = ['awaiting', ...booked];

/** Whoever has the secret of one that is not cancelled can pay it, or has. One of Flex's own may be with the customer. */
function twoReleased({ intents, released, phase }: Ledger, found: Found): Break[] {
  const payable = intents.filter(
    intent =>
      isHeld(intent) ||
      (intent.status !== 'canceled' &&
        intent.status !== 'succeeded' &&
        (released.includes(intent.id) || (intent.caseId === null && IN_LANE.includes(phase)))),
  );
  return payable.length < 2
    ? []
    : [
        found(
          'two-released',
          payable[0]!.id,
          `${payable.length} PaymentIntents that can be paid or were: ${payable.map(({ id, status }) => `${id} (${status})`).join(', ')}`,
        ),
      ];
}

const OVER: readonly Phase[] = ['dead', 'elsewhere'];
const NOT_YET: readonly Phase[] = ['before-lane', 'awaiting'];

/** Money of the customer's without a booking that it is for. */
function heldInVain(
  { case: c, phase }: Ledger,
  { id, status, caseId, amountReceived, amountRefunded }: Intent,
  now: number,
  found: Found,
): Break[] {
  // What Flex made is Flex's to look after, unless the case has adopted it, or the booking ended in the lane.
  const isFlexs = caseId !== c.id && id !== c.paymentIntentId;
  if (isFlexs && !(phase === 'dead' && status === 'requires_capture')) return [];
  if (status === 'requires_capture') {
    if (OVER.includes(phase))
      return [found('hold-without-booking', id, `the booking is over, and ${id} is still held`)];
    if (NOT_YET.includes(phase) && now > c.deadline)
      return [
        found('hold-without-booking', id, `the time to pay is over, and ${id} is held without a booking`),
      ];
  }
  if (status !== 'succeeded') return [];
  const left = amountReceived - amountRefunded;
  if (OVER.includes(phase) && left > 0)
    return [found('refund-missing', id, `the booking is over, and ${left} of ${id} was not given back`)];
  if (NOT_YET.includes(phase) || phase === 'confirmed')
    return [found('capture-without-accept', id, `${id} was captured, and nobody has accepted the booking`)];
  return [];
}

function unpaid({ case: c, phase, intents }: Ledger, found: Found): Break[] {
  if (!booked.includes(phase)) return [];
  const own = intents.find(({ id }) => id === c.paymentIntentId);
  const without = (words: string) => [found('booking-without-payment', c.paymentIntentId, words)];
  if (!own)
    return without(
      `the booking is ${phase}, and Stripe has no PaymentIntent for it${c.paymentIntentId === null ? '' : ` (${c.paymentIntentId})`}`,
    );
  const isAccepted = phase === 'accepted' || phase === 'delivered';
  const isPaid = own.status === 'succeeded' || (!isAccepted && own.status === 'requires_capture');
  if (!isPaid) return without(`the booking is ${phase}, and ${own.id} is ${own.status}`);
  if (isAccepted && own.amountReceived !== c.amount)
    return without(
      `the booking is ${phase}, and of ${c.amount} only ${own.amountReceived} was taken by ${own.id}`,
    );
  return [];
}

/** Without a payout because there was nothing to pay, or because people have settled it. */
const WITHOUT_PAYOUT: readonly (string | null)[] = ['nothing-to-pay-out', 'resolved'];

function payouts({ case: c, outcome, phase, payouts: listed }: Ledger, found: Found): Break[] {
  const made = listed?.filter(({ status }) => status !== 'failed' && status !== 'canceled');
  if (made && made.length > 1)
    return [
      found('two-payouts', c.paymentIntentId, `paid out twice: ${made.map(({ id }) => id).join(', ')}`),
    ];
  if (phase !== 'delivered' || c.state !== 'closed' || WITHOUT_PAYOUT.includes(outcome)) return [];
  return made?.length === 1
    ? []
    : [
        found(
          'payout-missing',
          c.paymentIntentId,
          `the booking is done and the case closed, and ${c.destination} was not paid`,
        ),
      ];
}
