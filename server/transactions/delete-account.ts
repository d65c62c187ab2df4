/** Deletes the caller's account, unless money is still on its way to or from them. */
import { ProxyError } from '../domain/errors.ts';
import type { Processes } from '../domain/process.ts';
import { unfinishedPaymentStates } from '../domain/unfinished-payments.ts';
import { outcomeUnknown } from './unknown-outcome.ts';
import type { FlexAnswer, FlexSession } from '../flex/door.ts';
import { allSettled } from './all-settled.ts';
import { refuseReadOnly } from './privileged-call.ts';

/** Whether the caller has a payment that is not over, in one of the places where there may be one. */
export type HasUnfinishedPayment = (session: FlexSession, signal: AbortSignal) => Promise<boolean>;

/** Rejects with `ProxyError`; a wrong password is refused by Flex. */
export async function deleteAccount(
  places: HasUnfinishedPayment[],
  session: FlexSession,
  currentPassword: string,
  signal: AbortSignal,
): Promise<FlexAnswer> {
  refuseReadOnly(session);
  const found = await allSettled(...places.map(hasUnfinished => hasUnfinished(session, signal)));
  if (found.includes(true)) {
    // The client knows these words, and the template sends no `data` with them.
    throw new ProxyError('payments-unfinished', {
      status: 409,
      statusText: 'User has transactions on states that include incomplete payment processing',
    });
  }
  const trusted = await session.trusted(signal);
  try {
    return await trusted.deleteAccount(currentPassword, signal);
  } catch (failure) {
    if (!(failure instanceof ProxyError) || failure.outcome !== 'unknown') throw failure;
    throw outcomeUnknown(failure, { advice: 'Sign in again: where that fails, the account is deleted.' });
  }
}

/** In transactions of Flex, as customer or as provider, along the processes that we have a file of. */
export const unfinishedInFlex =
  (processes: Processes): HasUnfinishedPayment =>
  async (session, signal) => {
    const withPayments = [...processes.values()]
      .map(process => ({ processName: process.name, states: unfinishedPaymentStates(process) }))
      .filter(({ states }) => states.length > 0);
    const found = await allSettled(
      ...withPayments.map(query => session.ownTransactions({ ...query, perPage: 1 }, signal)),
    );
    return found.some(transactions => transactions.length > 0);
  };
