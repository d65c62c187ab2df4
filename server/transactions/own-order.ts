/** The customer of an order, and nobody else, may ask how its payment stands and have it confirmed. */
import { ProxyError } from '../domain/errors.ts';
import { LOOKED_AT, type PaymentStatus } from '../domain/fallback/orders.ts';
import { confirmsPayment } from '../domain/payment-path.ts';
import { paymentIntentCreation, type Processes } from '../domain/process.ts';
import { check, type Verdict } from '../domain/verdict.ts';
import type { FlexAnswer, FlexSession } from '../flex/door.ts';
import type { OwnOrder } from '../flex/resources.ts';
import { allSettled } from './all-settled.ts';
import { refuseReadOnly } from './privileged-call.ts';
import { sendOnce, type Budget, type RecordLookup } from './unknown-outcome.ts';

/** Cases of the fallback, as far as a customer has to do with them. */
export type Cases<Row extends { customer_id: string }> = {
  caseOf(transactionId: string): Promise<Row | undefined>;
  status(row: Row, isAble: boolean, signal: AbortSignal): Promise<PaymentStatus>;
  /** `over`: what is said of it where it is over. */
  confirm(row: Row, signal: AbortSignal): Promise<{ status: PaymentStatus['status']; over: string }>;
};

type Deps<Row extends { customer_id: string }> = {
  processes: Processes;
  cases: Cases<Row> | null;
  recordLookup: RecordLookup;
};

export type OrderPayment = PaymentStatus & { verdict: Verdict | null };

export async function paymentOf<Row extends { customer_id: string }>(
  { processes, cases }: Deps<Row>,
  session: FlexSession,
  transactionId: string,
  isAble: boolean,
  budget: Budget,
): Promise<OrderPayment> {
  const { order, row } = await own(cases, session, transactionId, budget);
  if (cases && row) return { ...(await cases.status(row, isAble, budget.command)), verdict: null };
  const answer = await session.showTransaction(transactionId, {}, budget.whole);
  const { verdict } = check({
    isSpeculative: false,
    creation: paymentIntentCreation(processes, order.processName, order.lastTransition),
    attributes: answer.transaction.attributes,
  });
  return { source: 'flex', status: verdict === 'valid' ? 'payable' : 'none', payment: null, verdict };
}

/** Flex's own by the transition that its process has for it; ours is looked at in Stripe first. */
export async function confirmPayment<Row extends { customer_id: string }>(
  { processes, cases, recordLookup }: Deps<Row>,
  session: FlexSession,
  transactionId: string,
  id: unknown,
  budget: Budget,
): Promise<{ answer: FlexAnswer; source: 'flex' | 'fallback' }> {
  refuseReadOnly(session);
  const { order, row } = await own(cases, session, transactionId, budget);
  const show = () => session.showTransaction(transactionId, {}, budget.whole);
  if (cases && row) {
    const { status, over } = await cases.confirm(row, budget.command);
    if (status === 'authorised' || status === 'paid') return { answer: await show(), source: 'fallback' };
    if (status === 'over') throw conflict('payment-over', over);
    throw refusals[status];
  }
  const transition = [...(processes.get(order.processName)?.transitions.values() ?? [])].find(
    candidate =>
      confirmsPayment(candidate) && candidate.actor === 'customer' && candidate.from === order.state,
  );
  if (!transition) throw NOT_TO_CONFIRM;
  const trusted = await session.trusted(budget.command);
  const send = () =>
    trusted.transition(
      { id, transition: transition.name, params: {} },
      { expand: true },
      false,
      budget.command,
    );
  const look = async () => {
    const now = await show();
    return now.transaction.lastTransition === transition.name ? now : undefined;
  };
  const goOn = { advice: 'Read the order before you go on.', data: { transactionId } };
  return { answer: await sendOnce(send, { look, record: recordLookup, ...goOn }, budget), source: 'flex' };
}

async function own<Row extends { customer_id: string }>(
  cases: Cases<Row> | null,
  session: FlexSession,
  transactionId: string,
  { command }: Budget,
): Promise<{ order: OwnOrder; row: Row | undefined }> {
  const [order, userId, row] = await allSettled(
    session.order(transactionId, command),
    session.userId(command),
    cases ? cases.caseOf(transactionId) : Promise.resolve(undefined),
  );
  const isCustomer = order.customerId === userId && (!row || row.customer_id === userId);
  if (!isCustomer) throw NOT_FOUND;
  return { order, row };
}

const conflict = (code: 'payment-not-authorised' | 'payment-over' | 'bad-request', statusText: string) =>
  new ProxyError(code, { status: 409, statusText, data: {} });

const NOT_FOUND = new ProxyError('not-found', {
  status: 404,
  statusText: 'You have no such order.',
  data: {},
});
const NOT_TO_CONFIRM = conflict('payment-over', 'There is no payment of this order to be confirmed now.');
const PREPARING = new ProxyError('payment-not-authorised', {
  status: 409,
  statusText: 'The payment is not known to be made yet. Ask again in a moment.',
  data: {},
  retryAfterSeconds: 2,
});
const refusals: Record<Exclude<PaymentStatus['status'], 'authorised' | 'paid' | 'over'>, ProxyError> = {
  payable: conflict(
    'payment-not-authorised',
    'The payment has not been made yet: the card is not authorised.',
  ),
  preparing: PREPARING,
  checking: conflict('payment-not-authorised', LOOKED_AT),
  none: NOT_TO_CONFIRM,
};
