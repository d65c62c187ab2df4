/** Moves a transaction on by a privileged transition, priced from its listing. */
import { lineItemsFor } from '../domain/line-items.ts';
import type { CommandQuery, FlexSession } from '../flex/door.ts';
import { moneyOf, sentLineItem } from '../flex/transit.ts';
import { allSettled } from './all-settled.ts';
import { readOrderData, type RawOrderData } from './order-data.ts';
import { checkAnswer, expanded, type CheckDeps, type CheckedAnswer } from './privileged-call.ts';

export type TransitionRequest = {
  isSpeculative: boolean;
  orderData: RawOrderData;
  transactionId: string;
  /** As the browser sent it, to be sent on. */
  id: unknown;
  transition: string;
  params: Record<string, unknown>;
  query: CommandQuery;
};

/** Transaction, commission and trusted token are fetched together; then the one call that counts. Rejects with `ProxyError`. */
export async function transition(
  deps: CheckDeps,
  session: FlexSession,
  request: TransitionRequest,
  signal: AbortSignal,
): Promise<CheckedAnswer> {
  const [transaction, commissions, trusted] = await allSettled(
    session.transaction(request.transactionId, signal),
    session.commissions(signal),
    session.trusted(signal),
  );
  // The transaction knows its listing; transitions after an inquiry do not take it as a parameter.
  const { listingId: _known, ...params } = request.params;
  const currency = transaction.payinTotal?.currency;
  const order = readOrderData(
    { ...request.orderData, ...(currency !== undefined && { currency }) },
    params,
    moneyOf,
  );
  const lineItems = lineItemsFor(transaction.listing, order, commissions).map(sentLineItem);
  const { id, isSpeculative, query } = request;
  const body = {
    id,
    transition: request.transition,
    params: { ...params, lineItems, ...(transaction.metadata && { metadata: transaction.metadata }) },
  };
  const answer = await trusted.transition(body, expanded(query), isSpeculative, signal);
  return checkAnswer(deps, answer, query, {
    call: 'transition',
    isSpeculative,
    transition: request.transition,
  });
}
