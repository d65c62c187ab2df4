/** What initiate and transition have in common: the trusted call itself, and the look at what comes back. */
import { ownValue } from '../domain/own-value.ts';
import { paymentIntentCreation, type Processes } from '../domain/process.ts';
import { check, type Check, type CheckSubject } from '../domain/verdict.ts';
import type { CommandQuery, FlexAnswer, FlexSession } from '../flex/door.ts';
import { idOf } from '../flex/transit.ts';

export type CheckedAnswer = { answer: FlexAnswer; check: Check };

/** Takes note of a check. Must not fail, and is not waited for. */
export type RecordCheck = (check: Check, subject: CheckSubject) => void;

export type CheckDeps = { processes: Processes; recordCheck: RecordCheck };

/**
 * A session without a token gets an anonymous one from its first read, which Flex then refuses to exchange: the same
 * refusal, and the same new cookie, that the template's server gives to a visitor who is not signed in.
 */
export const trustedSession = (session: FlexSession, firstRead: Promise<unknown>, signal: AbortSignal) =>
  session.hasToken() ? session.trusted(signal) : firstRead.then(() => session.trusted(signal));

/** Attributes are always asked for: without them there would be no PaymentIntent to look at. */
export const expanded = (query: CommandQuery): CommandQuery => ({ ...query, expand: true });

/** Judges the PaymentIntent in the answer, takes note, and gives the caller what it asked for. */
export function checkAnswer(
  deps: CheckDeps,
  answer: FlexAnswer,
  query: CommandQuery,
  call: Omit<CheckSubject, 'transactionId' | 'processName'> & { processName?: string },
): CheckedAnswer {
  const transaction = ownValue(answer.data, 'data');
  const attributes = ownValue(transaction, 'attributes');
  const processName = call.processName ?? String(ownValue(attributes, 'processName'));
  const result = check({
    isSpeculative: call.isSpeculative,
    creation: paymentIntentCreation(deps.processes, processName, call.transition),
    attributes,
  });
  deps.recordCheck(result, {
    ...call,
    processName,
    transactionId: idOf(ownValue(transaction, 'id')) ?? null,
  });
  return {
    answer: query['expand'] === true ? answer : withoutAttributes(answer, transaction),
    check: result,
  };
}

/** As Flex answers a command without `expand`. */
const withoutAttributes = (answer: FlexAnswer, transaction: unknown): FlexAnswer => ({
  ...answer,
  data: { data: { id: ownValue(transaction, 'id'), type: ownValue(transaction, 'type') } },
});
