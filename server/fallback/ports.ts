/** What a case needs of Flex and Stripe: plain functions, so that a simulation can stand in their place. */
import type { Move } from '../domain/fallback/case.ts';
import type { FlexEvidence, FlexNote } from '../domain/fallback/evidence.ts';
import type { Money } from '../stripe/money.ts';

export type { Answer } from '../stripe/money.ts';

export type StripePort = Money;

/** `conflict`: Flex did not do it, perhaps because it had been done. */
export type MoveAnswer = 'done' | 'refused' | 'conflict' | 'unknown' | 'not-now';

export type FlexPort = {
  /** null when there is no such transaction; 'away' when that can not be learnt. */
  read(transactionId: string): Promise<FlexEvidence | null | 'away'>;
  /** Only whether it could be done. */
  tryMove(transactionId: string, processName: string, move: Move): Promise<MoveAnswer>;
  move(transactionId: string, processName: string, move: Move): Promise<MoveAnswer>;
  writeNote(transactionId: string, note: FlexNote): Promise<MoveAnswer>;
};
