/** What Flex and Stripe said when they were asked in this run. What is left out has not been asked; `away` gave no answer. */
import type { Case, Move } from './case.ts';

/** Where the booking stands, whatever its process calls it. */
export type Phase =
  /** The customer is to pay, by Flex's own PaymentIntent. */
  | 'before-lane'
  /** The customer is to pay, by ours. */
  | 'awaiting'
  /** Paid for; the provider is to say whether it is on. */
  | 'confirmed'
  /** It is on, and the money is to be taken. */
  | 'capturing'
  | 'accepted'
  /** The provider is to be paid. */
  | 'delivered'
  /** Expired, declined, cancelled or deleted: the customer's money goes back. */
  | 'dead'
  /** It goes on by Flex's own payment. */
  | 'elsewhere'
  /** In a state that the process file does not have. */
  | 'unknown';

/** Flex counts it as paid for. */
export const booked: readonly Phase[] = ['confirmed', 'capturing', 'accepted', 'delivered'];

export type FlexEvidence = {
  phase: Phase;
  /** How many transitions it has made: what says fewer is older. */
  transitions: number;
  /** When Flex gives it up if nothing happens, and how long it waits in all; null where it waits for nothing. */
  deadline: number | null;
  periodMs: number | null;
  /** What Flex has been told of the case. */
  note: FlexNote | null;
};

export const NOTE_KEY = 'paymentFallback';

/** Under that one key of the transaction's metadata. Never a secret: both parties can read it. */
export type FlexNote = {
  stripePaymentIntentId: string;
  case: string;
  generation: number;
  status: string;
};

export type Intent = {
  id: string;
  status: string;
  amount: number;
  currency: string;
  fee: number;
  destination: string | null;
  amountReceived: number;
  amountRefunded: number;
  /** The case in its metadata; null for one that Flex made. */
  caseId: string | null;
  transactionId: string | null;
  /** When the customer's money was held; null while it is not. */
  authorisedAt: number | null;
};

/** What was given back, or paid out, and the case's own mark on it. `code`: why it failed. */
export type Moved = { id: string; amount: number; status: string; op: string | null; code?: string | null };

/** The provider's share where it lies, on the connected account. */
export type Share = { amount: number; currency: string; availableAt: number };

export type Evidence = {
  flex?: FlexEvidence | 'away';
  /** By id; null where Stripe knows none of that id. */
  intents: Record<string, Intent | null | 'away'>;
  /** All of the transaction that Stripe lists. */
  listed?: { at: number; intents: Intent[] } | 'away';
  refunds?: { at: number; moved: Moved[] } | 'away';
  payouts?: { at: number; moved: Moved[] } | 'away';
  /** null while there is none. */
  share?: Share | null | 'away';
  /** PaymentIntents of the transaction that events told of, whenever they were made. They are among what is listed. */
  heard: readonly string[];
  /** Whether Flex would let the booking into the lane, or has refused to. */
  lane?: 'open' | 'refused' | 'away';
  /** Transitions that were sent in this run and did not come to be. */
  failedMoves: Move[];
  notesWritten: number;
  /** Wishes that were sent to Stripe in this run and are as unknown as before. */
  unanswered: number;
};

export const noEvidence = (heard: readonly string[] = []): Evidence => ({
  intents: {},
  heard,
  failedMoves: [],
  notesWritten: 0,
  unanswered: 0,
});

/** How far a payment has come. The steps before the money is held lead to and fro; from there on there is no way back. */
export const rankOf = (status: string | null): number =>
  status === 'succeeded' || status === 'canceled' ? 2 : status === 'requires_capture' ? 1 : 0;

/** What says less than was seen before is of an earlier time. */
export const isOutdated = (intent: Intent, { paymentIntentId, seenStatus }: Case): boolean =>
  intent.id === paymentIntentId &&
  (rankOf(intent.status) < rankOf(seenStatus) || (rankOf(seenStatus) === 2 && intent.status !== seenStatus));

export const isHeld = ({ status }: Pick<Intent, 'status'>): boolean =>
  status === 'requires_capture' || status === 'succeeded';
