/** Begins a transaction by a privileged transition, priced from its listing. */
import { lineItemsFor } from '../domain/line-items.ts';
import { currencyOf } from '../domain/money.ts';
import { metadataWith, offerOf, protectedDataFor } from '../domain/offers.ts';
import { readOrderData, type RawOrderData } from '../domain/order-data.ts';
import { assertPrivileged } from '../domain/privileged-transitions.ts';
import { processNameOf } from '../domain/process.ts';
import { paramsFromBrowser, type Params } from '../domain/transition-params.ts';
import type { CommandQuery, FlexAnswer, FlexSession } from '../flex/door.ts';
import { moneyOf, sentLineItem } from '../flex/transit.ts';
import { allSettled } from './all-settled.ts';
import { digestOf, findTransactionOf, marksOf, type Attempt } from './attempt.ts';
import {
  assertTransaction,
  checkAnswer,
  expanded,
  refuseReadOnly,
  type CallDeps,
  type CheckedAnswer,
} from './privileged-call.ts';
import { sendOnce, type Budget } from './unknown-outcome.ts';

export type InitiateRequest = {
  isSpeculative: boolean;
  orderData: RawOrderData;
  processAlias: string;
  transition: string;
  listingId: string;
  params: Params;
  query: CommandQuery;
  /** Of the customer's wish. One from the browser may come a second time. */
  attempt: { id: string; isFromBrowser: boolean };
};

/** Listing, commission and trusted token are fetched together; then the one call that counts. Rejects with `ProxyError`. */
export async function initiate(
  deps: CallDeps,
  session: FlexSession,
  request: InitiateRequest,
  budget: Budget,
): Promise<CheckedAnswer> {
  const { processAlias, transition, isSpeculative, query, orderData, listingId } = request;
  const processName = processNameOf(processAlias);
  refuseReadOnly(session);
  assertPrivileged(deps.privilegedTransitions, processName, transition);
  const params = paramsFromBrowser(request.params);
  const order = readOrderData(orderData, params, moneyOf);
  const actor = deps.processes.get(processName)?.transitions.get(transition)?.actor ?? null;
  const offer = offerOf({ transition, actor, orderData, offers: undefined, transitions: [] });
  const attempt: Attempt = {
    id: request.attempt.id,
    digest: digestOf([processAlias, transition, orderData, params]),
  };
  const look = () => findTransactionOf(session, attempt, listingId, budget.whole);

  const mayBeRepeated = !isSpeculative && request.attempt.isFromBrowser;
  const [listing, commissions, trusted, earlier] = await allSettled(
    session.listing(listingId, budget.command),
    session.commissions(budget.command),
    session.trusted(budget.command),
    mayBeRepeated ? look() : Promise.resolve(undefined),
  );
  const show = (id: string) => session.showTransaction(id, query, budget.whole);
  const checked = (answer: FlexAnswer) =>
    checkAnswer(deps, answer, query, { call: 'initiate', isSpeculative, processName, transition });
  if (earlier !== undefined) return checked(await show(earlier));

  const currency = currencyOf([listing.price?.currency], order.currency);
  const priced =
    offer && currency !== undefined
      ? { ...order, offer: { amount: offer.offerInSubunits, currency } }
      : order;
  const protectedData = {
    ...protectedDataFor(offer, (params['protectedData'] ?? {}) as Params),
    ...(!isSpeculative && marksOf(attempt)),
  };
  const metadata = metadataWith(null, offer);
  const body = {
    processAlias,
    transition,
    params: {
      ...params,
      protectedData,
      lineItems: lineItemsFor(listing, priced, commissions).map(sentLineItem),
      ...(metadata && { metadata }),
    },
  };
  const send = () =>
    trusted
      .initiate(body, expanded(query), isSpeculative, budget.command)
      .then(answer => assertTransaction(answer));
  if (isSpeculative) return checked(await send());
  const answer = await sendOnce(
    send,
    {
      look: async () => {
        const id = await look();
        return id === undefined ? undefined : show(id);
      },
      record: deps.recordLookup,
      advice:
        'Do not simply order again: see whether the order is there, or repeat this request with the header ' +
        `X-Idempotency-Key: ${attempt.id}, which never makes a second one.`,
      data: { attemptId: attempt.id },
    },
    budget,
  );
  return checked(answer);
}
