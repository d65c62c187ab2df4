/** Begins a transaction by a privileged transition, priced from its listing. */
import { lineItemsFor, payinOf } from '../domain/line-items.ts';
import { metadataWith, offerOf, protectedDataFor, withOffer } from '../domain/offers.ts';
import { readOrderData, type RawOrderData } from '../domain/order-data.ts';
import { assertPrivileged } from '../domain/privileged-transitions.ts';
import { actorOf, processNameOf } from '../domain/process.ts';
import { paramsFromBrowser, type Params } from '../domain/transition-params.ts';
import type { CommandQuery, FlexAnswer, FlexSession } from '../flex/door.ts';
import { moneyOf, sentLineItem } from '../flex/transit.ts';
import { allSettled } from './all-settled.ts';
import { digestOf, findTransactionOf, marksOf, type Attempt } from './attempt.ts';
import { carried, orByLane, type CarriedAnswer } from './carry.ts';
import {
  assertTransaction,
  checkAnswer,
  expanded,
  refuseReadOnly,
  type CallDeps,
} from './privileged-call.ts';
import { oneOfMany } from './one-of-many.ts';
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
  /** The client can finish a payment that Flex knows nothing of. */
  isAble: boolean;
};

/** Listing, commission and trusted token are fetched together; then the one call that counts. Rejects with `ProxyError`. */
export async function initiate(
  deps: CallDeps,
  session: FlexSession,
  request: InitiateRequest,
  budget: Budget,
): Promise<CarriedAnswer> {
  const { processAlias, transition, isSpeculative, query, orderData, listingId } = request;
  const processName = processNameOf(processAlias);
  refuseReadOnly(session);
  assertPrivileged(deps.privilegedTransitions, processName, transition);
  const params = paramsFromBrowser(request.params);
  const order = readOrderData(orderData, params, moneyOf);
  const actor = actorOf(deps.processes, processName, transition);
  const offer = offerOf({ transition, actor, orderData, offers: undefined, transitions: [] });
  const attempt: Attempt | null = isSpeculative
    ? null
    : { id: request.attempt.id, digest: digestOf([processAlias, transition, orderData, params]) };

  const carry = isSpeculative ? null : deps.carry;
  const show = (id: string) => session.showTransaction(id, query, budget.whole);
  const judged = (answer: FlexAnswer) =>
    checkAnswer(deps, answer, query, { call: 'initiate', isSpeculative, processName, transition });
  const checked = async (answer: FlexAnswer) =>
    carried(
      { carry, processes: deps.processes },
      judged(answer),
      { isAble: request.isAble, params, processName },
      budget.command,
    );

  const [earlier, reads] = await Promise.allSettled([
    attempt && request.attempt.isFromBrowser
      ? findTransactionOf(session, attempt, listingId, budget.command)
      : Promise.resolve(undefined),
    allSettled(
      session.listing(listingId, budget.command),
      session.commissions(budget.command),
      session.trusted(budget.command),
    ),
  ]);
  // An order that is there is the answer, even where none could be made any more: its listing may be closed now.
  if (earlier.status === 'fulfilled' && earlier.value !== undefined)
    return checked(await show(earlier.value));
  if (reads.status === 'rejected') throw reads.reason;
  if (earlier.status === 'rejected') throw earlier.reason;
  const [listing, commissions, trusted] = reads.value;

  const priced = withOffer(order, offer, [listing.price?.currency]);
  const items = lineItemsFor(listing, priced, commissions);
  const lineItems = items.map(sentLineItem);
  const metadata = metadataWith(null, offer);
  const bodyOf = (by: string) => ({
    processAlias,
    transition: by,
    params: {
      ...params,
      protectedData: {
        ...protectedDataFor(offer, (params['protectedData'] ?? {}) as Params),
        ...(attempt && marksOf(attempt)),
      },
      lineItems,
      ...(metadata && { metadata }),
    },
  });
  const sendBy = async (by: string) =>
    assertTransaction(
      await trusted.initiate(bodyOf(by), expanded(query), isSpeculative, budget.command),
      isSpeculative,
    );
  const wanted = {
    processName,
    transition,
    payin: payinOf(items),
    id: request.attempt.id,
    isAble: request.isAble,
  };
  const send = () => orByLane({ carry, recordRefused: deps.recordRefused }, wanted, sendBy);
  if (!attempt) return checked(await send());
  const look = async () => {
    const id = await findTransactionOf(session, attempt, listingId, budget.whole);
    return id === undefined ? undefined : show(id);
  };
  const sendOrLook = () => sendOnce(send, { look, record: deps.recordLookup, ...goOn(attempt) }, budget);
  if (!request.attempt.isFromBrowser) return checked(await sendOrLook());
  const wish = { scope: session.digest(), key: attempt.id, digest: attempt.digest };
  return checked(await oneOfMany(deps.claims, wish, { send: sendOrLook, look, show }, budget.whole));
}

/** For a caller who does not get to know whether there is an order. */
const goOn = ({ id }: Attempt) => ({
  advice:
    'Do not simply order again: see whether the order is there, or repeat this request with the header ' +
    `X-Idempotency-Key: ${id}, which never makes a second one.`,
  data: { attemptId: id },
});
