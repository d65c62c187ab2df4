/** What Stripe said in this run, or the step that asks it. */
import type { Case } from './case.ts';
import { isOutdated, type Evidence, type Intent } from './evidence.ts';
import { later, type Step } from './step.ts';

/** A PaymentIntent as it is now; null where Stripe knows none of that id. */
export function intentOf(c: Case, id: string, { intents }: Evidence, now: number): Intent | null | Step {
  const intent = intents[id];
  if (intent === undefined) return { do: 'ask-intent', id };
  return intent !== null && (intent === 'away' || isOutdated(intent, c))
    ? later(c, now, 'stripe can not be asked')
    : intent;
}

/** All of the transaction. */
export function listedOf(
  c: Case,
  { listed }: Evidence,
  now: number,
): Exclude<NonNullable<Evidence['listed']>, 'away'> | Step {
  if (listed === undefined) return { do: 'list-intents' };
  return listed === 'away' ? later(c, now, 'payment intents can not be listed') : listed;
}

export const isStep = (answer: object): answer is Step => 'do' in answer;
