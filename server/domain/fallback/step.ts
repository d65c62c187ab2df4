/** What is to be done next, as data: the shell around it does it. */
import type { Case, CaseState, Ending, MoneyOp, Move } from './case.ts';
import type { FlexNote, Intent } from './evidence.ts';

export type Step =
  | { do: 'ask-flex' }
  | { do: 'ask-intent'; id: string }
  | { do: 'list-intents' }
  | { do: 'list-refunds'; op: MoneyOp }
  | { do: 'list-payouts'; op: MoneyOp }
  | { do: 'ask-share'; id: string }
  /** Without doing it: whether Flex would let the booking into the lane. */
  | { do: 'try-lane' }
  | { do: 'plan'; op: MoneyOp }
  | { do: 'send'; op: MoneyOp }
  /** What is known of an op now, without having sent it. */
  | { do: 'settle'; op: MoneyOp; change?: Change }
  /** Flex's own is the one that was paid: it takes the place of ours, which is cancelled. */
  | { do: 'adopt'; intent: Intent }
  | { do: 'move'; move: Move }
  | { do: 'write-note'; note: FlexNote }
  | { do: 'change'; change: Change }
  /** All is ready: whoever may hold the client secret can have it. Without one who asks, it waits until then. */
  | { do: 'offer'; until: number }
  | { do: 'wait'; until: number; trouble?: string }
  | { do: 'close'; outcome: string }
  | { do: 'need-operator'; why: string }
  /** There is nothing to do for it. */
  | { do: 'rest' };

export type Change = Partial<
  Pick<Case, 'paymentIntentId' | 'seenStatus' | 'sent' | 'deadline' | 'periodMs'>
> & { state?: CaseState; ending?: Ending };

const SECOND = 1_000;
/** While somebody is waiting, soon; then less often. Never so seldom that a hold would stay for long once Stripe is back. */
const PAUSES = [1, 2, 5, 15, 15, 60].map(seconds => seconds * SECOND);

/** What did not answer is asked again. */
export const later = ({ troubles }: Case, now: number, trouble: string): Step => ({
  do: 'wait',
  until: now + PAUSES[Math.min(troubles, PAUSES.length - 1)]!,
  trouble,
});
