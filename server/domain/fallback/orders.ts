/** Orders as whoever asks the fallback describes them, and what comes back. */
import type { Money } from '../money.ts';
import type { Check } from '../verdict.ts';

/** `isAble`: the client says that it can finish a payment which Flex knows nothing of. */
export type RefusedOrder = {
  processName: string;
  transition: string;
  payin: Money | null;
  /** Of the transaction, or of the attempt where there is none yet. */
  id: string;
  isAble: boolean;
};

export type AnsweredOrder = {
  transactionId: string;
  lastTransition: unknown;
  check: Check;
  isAble: boolean;
  paymentMethod: string | null;
  savesPaymentMethod: boolean;
};

export type Carried =
  | { is: 'recovered' | 'fallback'; paymentIntentId: string; clientSecret: string }
  /** It is being prepared, and can be asked for by the transaction's id. */
  | { is: 'later' };

/** What a customer is told of a payment. */
export type PaymentStatus = {
  source: 'flex' | 'fallback';
  /** `none`: there is nothing to be paid now. `checking`: an operator is to look at it. */
  status: 'none' | 'preparing' | 'payable' | 'authorised' | 'paid' | 'over' | 'checking';
  payment: { paymentIntentId: string; clientSecret: string } | null;
};

/** What a customer is told while an operator is to look at it: money may be held. */
export const LOOKED_AT = 'The payment is being looked at by the marketplace. Nothing has to be paid again.';

/** What a customer is told of an order that can not be paid any more: of the money, only what is surely so. */
export function overIn({
  seenStatus,
  outcome,
}: {
  seenStatus: string | null;
  outcome: string | null;
}): string {
  const isOver = 'This order can not be paid any more.';
  if (seenStatus !== 'succeeded') return `${isOver} Nothing was charged.`;
  // What an operator has closed was settled by hand.
  return outcome === 'resolved' ? isOver : `${isOver} What was charged is given back.`;
}
