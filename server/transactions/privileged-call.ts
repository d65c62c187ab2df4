/** What initiate and transition have in common: the trusted call itself, and the look at what comes back. */
import { paymentIntentCreation, type Processes } from '../domain/process.ts';
import { check, type Check, type CheckSubject } from '../domain/verdict.ts';
import type { CommandQuery, FlexAnswer } from '../flex/door.ts';
import { answeredTransaction } from '../flex/resources.ts';
import { withoutAttributes } from '../flex/replies.ts';

export type CheckedAnswer = { answer: FlexAnswer; check: Check };

/** Takes note of a check. Must not fail, and is not waited for. */
export type RecordCheck = (check: Check, subject: CheckSubject) => void;

export type CheckDeps = { processes: Processes; recordCheck: RecordCheck };

/** Attributes are always asked for: without them there would be no PaymentIntent to look at. */
export const expanded = (query: CommandQuery): CommandQuery => ({ ...query, expand: true });

/** Judges the PaymentIntent in the answer, takes note, and gives the caller what it asked for. */
export function checkAnswer(
  deps: CheckDeps,
  answer: FlexAnswer,
  query: CommandQuery,
  call: Omit<CheckSubject, 'transactionId' | 'processName'> & { processName?: string },
): CheckedAnswer {
  const transaction = answeredTransaction(answer);
  const processName = call.processName ?? String(transaction.processName);
  const result = check({
    isSpeculative: call.isSpeculative,
    creation: paymentIntentCreation(deps.processes, processName, call.transition),
    attributes: transaction.attributes,
  });
  deps.recordCheck(result, { ...call, processName, transactionId: transaction.id });
  return { answer: query['expand'] === true ? answer : withoutAttributes(answer), check: result };
}
