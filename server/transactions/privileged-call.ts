/** What initiate and transition have in common: who may make the trusted call, and the look at what comes back. */
import type { Claim } from '../domain/claim.ts';
import { ProxyError } from '../domain/errors.ts';
import type { PrivilegedTransitions } from '../domain/privileged-transitions.ts';
import { paymentIntentCreation, type Processes } from '../domain/process.ts';
import { check, locate, type Check, type CheckSubject } from '../domain/verdict.ts';
import type { CommandQuery, FlexAnswer, FlexSession } from '../flex/door.ts';
import { unreadable } from '../flex/errors.ts';
import { withoutAttributes } from '../flex/replies.ts';
import type { Carry } from './carry.ts';
import type { Claims } from './one-of-many.ts';
import type { RecordLookup } from './unknown-outcome.ts';

export type CheckedAnswer = { answer: FlexAnswer; check: Check };

/** Takes note of a check. Must not fail, and is not waited for. */
export type RecordCheck = (check: Check, subject: CheckSubject) => void;

export type CallDeps = {
  processes: Processes;
  privilegedTransitions: PrivilegedTransitions;
  recordCheck: RecordCheck;
  recordLookup: RecordLookup;
  /** Takes note of a refusal that the order was placed in spite of. Must not fail, and is not waited for. */
  recordRefused: (refusal: ProxyError) => void;
  /** null without a database. */
  claims: Claims | null;
  /** null where there is no fallback. */
  carry: Carry | null;
  /** Compares what Flex said with Stripe, afterwards. Must not fail, and is not waited for. */
  verify: (claim: Claim) => void;
};

/** Flex would refuse an operator who is signed in as a user to look, in words that nobody understands. */
export function refuseReadOnly(session: FlexSession): void {
  if (!session.isReadOnly()) return;
  throw new ProxyError('login-as-read-only', {
    status: 403,
    statusText:
      'You are signed in as this user to look at the site: orders and changes of the account can only be made by the user.',
    data: {},
  });
}

/** Attributes are always asked for: without them there would be no PaymentIntent to look at. */
export const expanded = (query: CommandQuery): CommandQuery => ({ ...query, expand: true });

/** A command that was carried out is answered with the transaction. Another answer says nothing of what was done. */
export function assertTransaction(answer: FlexAnswer, isSpeculative: boolean, id?: string): FlexAnswer {
  const found = answer.transaction.id;
  if (found !== null && (id === undefined || id.toLowerCase() === found.toLowerCase())) return answer;
  throw unreadable(isSpeculative ? 'query' : 'command', 'something else than the transaction');
}

/** Judges the PaymentIntent in the answer, takes note, and gives the caller what it asked for. */
export function checkAnswer(
  deps: CallDeps,
  answer: FlexAnswer,
  query: CommandQuery,
  call: Omit<CheckSubject, 'transactionId'>,
): CheckedAnswer & { whole: FlexAnswer } {
  const { id, lastTransition, attributes, payinTotal, payoutTotal, providerId } = answer.transaction;
  // One that was looked up may have moved on, and then there need be no PaymentIntent in it any more.
  const hasMovedOn = lastTransition !== undefined && lastTransition !== call.transition;
  const result = check({
    isSpeculative: call.isSpeculative,
    creation: hasMovedOn
      ? 'creates-none'
      : paymentIntentCreation(deps.processes, call.processName, call.transition),
    attributes,
  });
  const subject = { ...call, transactionId: id };
  deps.recordCheck(result, subject);
  if (result.verdict === 'valid') {
    const found = locate(attributes)!;
    const [paymentIntentId, clientSecret] = [found.id as string, found.clientSecret as string];
    deps.verify({ subject, paymentIntentId, clientSecret, payinTotal, payoutTotal, providerId });
  }
  const shown = query['expand'] === true ? answer : withoutAttributes(answer);
  return { answer: shown, check: result, whole: answer };
}
