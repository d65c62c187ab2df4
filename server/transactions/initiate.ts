/** Begins a transaction by a privileged transition, priced from its listing. */
import { lineItemsFor } from '../domain/line-items.ts';
import { processNameOf } from '../domain/process.ts';
import type { CommandQuery, FlexSession } from '../flex/door.ts';
import { moneyOf, sentLineItem } from '../flex/transit.ts';
import { allSettled } from './all-settled.ts';
import { readOrderData, type RawOrderData } from './order-data.ts';
import { checkAnswer, expanded, type CheckDeps, type CheckedAnswer } from './privileged-call.ts';

export type InitiateRequest = {
  isSpeculative: boolean;
  orderData: RawOrderData;
  processAlias: string;
  transition: string;
  listingId: string;
  params: Record<string, unknown>;
  query: CommandQuery;
};

/** Listing, commission and trusted token are fetched together; then the one call that counts. Rejects with `ProxyError`. */
export async function initiate(
  deps: CheckDeps,
  session: FlexSession,
  request: InitiateRequest,
  signal: AbortSignal,
): Promise<CheckedAnswer> {
  const [listing, commissions, trusted] = await allSettled(
    session.listing(request.listingId, signal),
    session.commissions(signal),
    session.trusted(signal),
  );
  const order = readOrderData(request.orderData, request.params, moneyOf);
  const lineItems = lineItemsFor(listing, order, commissions).map(sentLineItem);
  const { processAlias, transition, isSpeculative, query } = request;
  const body = { processAlias, transition, params: { ...request.params, lineItems } };
  const answer = await trusted.initiate(body, expanded(query), isSpeculative, signal);
  return checkAnswer(deps, answer, query, {
    call: 'initiate',
    isSpeculative,
    processName: processNameOf(processAlias),
    transition,
  });
}
