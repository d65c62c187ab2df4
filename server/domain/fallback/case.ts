/**
 * A case: one booking that is carried on a PaymentIntent of ours, as a row tells of it. What it says is what has been done;
 * what is true at Flex and at Stripe is asked each time, and is evidence.
 */

/** From the first to the last; a case only goes forward. */
export const caseStates = [
  'claimed',
  /** The PaymentIntent exists, and nobody can pay with it yet. */
  'known',
  /** Flex says that the booking is in the lane, and which PaymentIntent is its own. */
  'linked',
  /** The customer may hold the client secret. */
  'released',
  /** The customer's money is held. */
  'authorised',
  /** Flex counts the booking as paid for. */
  'advanced',
  'captured',
  'closed',
] as const;
export type CaseState = (typeof caseStates)[number];

export const isAtLeast = (state: CaseState, least: CaseState): boolean =>
  caseStates.indexOf(state) >= caseStates.indexOf(least);

/** What an operator's transition of the lane does; the lane gives it a name. */
export type Move = 'enter' | 'advance' | 'end' | 'captured' | 'capture-failed';

/** Why a case goes no further, though Flex has not ended the booking. */
export type Ending =
  | 'ran-out'
  | 'superseded'
  | 'lane-refused'
  | 'not-linked'
  | 'create-refused'
  | 'mismatch'
  | 'canceled-elsewhere'
  | 'operator';

export type Case = {
  id: string;
  transactionId: string;
  environment: 'test' | 'live';
  /** `clean`: the booking began in the lane, so that Flex has no PaymentIntent of its own. `repair`: it was moved there. */
  way: 'clean' | 'repair';
  state: CaseState;
  /** In minor units. */
  amount: number;
  currency: string;
  /** What the provider does not get. */
  fee: number;
  destination: string;
  customerId: string;
  providerId: string;
  /** When Flex gives the booking up for want of a payment, and how long it waits in all; in milliseconds. */
  deadline: number;
  periodMs: number;
  paymentIntentId: string | null;
  /** The furthest status of it that was seen. */
  seenStatus: string | null;
  /** A transition of ours that has been sent and of which nothing is known. */
  sent: { move: Move; at: number } | null;
  ending: Ending | null;
  /** Why it can not go on without an operator. */
  needs: string | null;
  /** Runs in a row that came to nothing. */
  troubles: number;
};

/** Flex counts it as paid for, or may do so at any moment. */
export const mayBeBooked = ({ state, sent }: Case): boolean =>
  isAtLeast(state, 'advanced') || sent?.move === 'advance';

export type OpKind = 'create' | 'cancel' | 'capture' | 'refund' | 'payout';

export type OpState =
  | 'planned'
  /** The bytes may have left. */
  | 'sent'
  | 'confirmed'
  | 'refused'
  /** Not wanted any more, and surely not done. */
  | 'dropped';

/** One movement of money that is wanted, once, however often it has to be sent. */
export type MoneyOp = {
  kind: OpKind;
  seq: number;
  generation: number;
  state: OpState;
  /** The PaymentIntent, or for a payout the account. */
  target: string | null;
  amount: number | null;
  currency: string | null;
  firstSentAt: number | null;
  lastSentAt: number | null;
  attempts: number;
  /** Stripe keeps an error of its own under the key: to ask again with it is to hear it again. */
  isSaved: boolean;
  /** When Stripe was looked through for it for the first time, and it was not there. */
  missedAt: number | null;
  /** What came of it. */
  objectId: string | null;
  /** Why Stripe refused it. */
  code: string | null;
};

export const isOpen = ({ state }: MoneyOp): boolean => state === 'planned' || state === 'sent';

/** The same for the same wish: no clock, no chance and nothing of a user's goes into it. */
export const keyOf = (
  { environment, id }: Pick<Case, 'environment' | 'id'>,
  { kind, seq, generation }: Pick<MoneyOp, 'kind' | 'seq' | 'generation'>,
): string => `v1:${environment}:${id}:${kind}:${seq}:g${generation}`;

/** Stripe may forget a key after a day; sent again it would then be a second wish. */
export const KEY_LIVES_MS = 23 * 3_600_000;

/** So far apart are two looks that have to agree that there is nothing. */
export const BETWEEN_LOOKS_MS = 60_000;

/** Whether it may be sent again with the key it was sent with. */
export const isKeyGood = ({ isSaved, firstSentAt }: MoneyOp, now: number): boolean =>
  !isSaved && (firstSentAt === null || now - firstSentAt < KEY_LIVES_MS);

export const newOp = (
  kind: OpKind,
  seq: number,
  wish: Pick<MoneyOp, 'target' | 'amount' | 'currency'>,
): MoneyOp => ({
  kind,
  seq,
  generation: 0,
  state: 'planned',
  ...wish,
  firstSentAt: null,
  lastSentAt: null,
  attempts: 0,
  isSaved: false,
  missedAt: null,
  objectId: null,
  code: null,
});

/** Why somebody is needed: Stripe refused it, or it was done and came back. */
export const failureOf = ({ kind, objectId, code }: MoneyOp): string =>
  `${kind}-${objectId === null ? 'refused' : 'failed'}: ${code}`;

export const lastOf = (ops: readonly MoneyOp[], kind: OpKind): MoneyOp | undefined =>
  ops.findLast(op => op.kind === kind);

/** One more of its kind. */
export const nextOp = (
  ops: readonly MoneyOp[],
  kind: OpKind,
  wish: Pick<MoneyOp, 'target' | 'amount' | 'currency'>,
): MoneyOp => newOp(kind, ops.filter(op => op.kind === kind).length + 1, wish);
