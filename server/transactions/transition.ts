/** Moves a transaction on by a privileged transition, priced from its listing. */
import { lineItemsFor, payinOf } from '../domain/line-items.ts';
import { metadataWith, offerOf, protectedDataFor, withOffer } from '../domain/offers.ts';
import { readOrderData, type RawOrderData } from '../domain/order-data.ts';
import { assertPrivileged } from '../domain/privileged-transitions.ts';
import { actorOf } from '../domain/process.ts';
import { NOTE_KEY } from '../domain/fallback/evidence.ts';
import { paramsFromBrowser, type Params } from '../domain/transition-params.ts';
import type { CommandQuery, FlexAnswer, FlexSession } from '../flex/door.ts';
import { answeredTransitions } from '../flex/answered-transaction.ts';
import { moneyOf, sentLineItem } from '../flex/transit.ts';
import { allSettled } from './all-settled.ts';
import { carried, orByLane, type CarriedAnswer } from './carry.ts';
import {
  assertTransaction,
  checkAnswer,
  expanded,
  refuseReadOnly,
  type CallDeps,
} from './privileged-call.ts';
import { sendOnce, type Budget } from './unknown-outcome.ts';

export type TransitionRequest = {
  isSpeculative: boolean;
  orderData: RawOrderData;
  transactionId: string;
  /** As the browser sent it, to be sent on. */
  id: unknown;
  transition: string;
  params: Params;
  query: CommandQuery;
  /** The client can finish a payment that Flex knows nothing of. */
  isAble: boolean;
};

/** Transaction, commission and trusted token are fetched together; then the one call that counts. Rejects with `ProxyError`. */
export async function transition(
  deps: CallDeps,
  session: FlexSession,
  request: TransitionRequest,
  budget: Budget,
): Promise<CarriedAnswer> {
  const { id, transactionId, isSpeculative, query, orderData } = request;
  refuseReadOnly(session);
  // The transaction knows its listing; transitions after an inquiry do not take it as a parameter.
  const { listingId: _known, ...params } = paramsFromBrowser(request.params);
  const order = readOrderData(orderData, params, moneyOf);

  const [transaction, commissions, trusted] = await allSettled(
    session.transaction(transactionId, budget.command),
    session.commissions(budget.command),
    session.trusted(budget.command),
  );
  const { processName, metadata: before, transitions, listing, payinTotal } = transaction;
  assertPrivileged(deps.privilegedTransitions, processName, request.transition);
  const offer = offerOf({
    transition: request.transition,
    actor: actorOf(deps.processes, processName, request.transition),
    orderData,
    offers: before?.['offers'],
    transitions,
  });
  const priced = withOffer(order, offer, [payinTotal?.currency, listing.price?.currency]);
  const metadata = metadataWith(withoutNote(before), offer);
  const items = lineItemsFor(listing, priced, commissions);
  const bodyOf = (by: string) => ({
    id,
    transition: by,
    params: {
      ...params,
      ...(params['protectedData'] !== undefined && {
        protectedData: protectedDataFor(offer, params['protectedData'] as Params),
      }),
      lineItems: items.map(sentLineItem),
      ...(metadata && { metadata }),
    },
  });
  let sentBy = request.transition;
  const sendBy = async (by: string) => {
    sentBy = by;
    return assertTransaction(
      await trusted.transition(bodyOf(by), expanded(query), isSpeculative, budget.command),
      isSpeculative,
      transactionId,
    );
  };
  const { isAble } = request;
  const wanted = {
    processName,
    transition: request.transition,
    payin: payinOf(items),
    id: transactionId,
    isAble,
  };
  const carry = isSpeculative ? null : deps.carry;
  const send = () => orByLane({ carry, recordRefused: deps.recordRefused }, wanted, sendBy);
  const judged = (answer: FlexAnswer) =>
    checkAnswer(deps, answer, query, {
      call: 'transition',
      isSpeculative,
      processName,
      transition: request.transition,
    });
  const checked = async (answer: FlexAnswer) =>
    carried(
      { carry, processes: deps.processes },
      judged(answer),
      { isAble, params, processName },
      budget.command,
    );
  if (isSpeculative) return checked(await send());
  const look = async () => {
    const now = await session.showTransaction(transactionId, query, budget.whole);
    const since = answeredTransitions(now).slice(transitions.length);
    return since.some(made => made.transition === sentBy) ? now : undefined;
  };
  return checked(await sendOnce(send, { look, record: deps.recordLookup, ...goOn(transactionId) }, budget));
}

/** The fallback's own note is not to be written back by whoever read it earlier. */
const withoutNote = (metadata: Record<string, unknown> | null) => {
  const { [NOTE_KEY]: _note, ...rest } = metadata ?? {};
  return metadata && rest;
};

/** For a caller who does not get to know whether the transition was made. */
const goOn = (transactionId: string) => ({
  advice: 'Do not simply repeat it: read the transaction, and go on from the state that it is in.',
  data: { transactionId },
});
