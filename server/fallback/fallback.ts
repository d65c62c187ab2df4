/**
 * The fallback towards the customer: whether an order is one for it, the cheapest cure before anything else, and the case
 * behind it. What goes on without a customer is in `run.ts` and `sweep.ts`.
 */
import { randomUUID } from 'node:crypto';
import { refusalEvidence } from '../domain/diagnosis/refusals.ts';
import { ProxyError } from '../domain/errors.ts';
import { isAtLeast } from '../domain/fallback/case.ts';
import type { Intent } from '../domain/fallback/evidence.ts';
import { inScope, isUnusable, platformRefusal, type FallbackSettings } from '../domain/fallback-settings.ts';
import { isBegunInLane, isLaneState } from '../domain/lane.ts';
import { leastAmounts } from '../domain/stripe-currencies.ts';
import type { IntegrationDoor, OperatorTransaction } from '../flex/integration.ts';
import { findCase, hasOpenCase, openCase } from '../store/payment-cases.ts';
import type { PaymentCaseRow } from '../store/schema.ts';
import {
  LOOKED_AT,
  overIn,
  type AnsweredOrder,
  type Carried,
  type PaymentStatus,
  type RefusedOrder,
} from '../domain/fallback/orders.ts';
import { evidenceOf, type Lanes } from './flex-port.ts';
import { handOut, type HandedOut } from './hand-out.ts';
import { runCase, type RunDeps } from './run.ts';

export type FallbackDeps = RunDeps & {
  settings: FallbackSettings;
  lanes: Lanes;
  integration: Pick<IntegrationDoor, 'transaction' | 'providerAccount' | 'stripeCustomer'>;
  livemode: boolean;
  /** Whether a case may be opened now. Those that are open are finished in any case. */
  isOn: () => boolean;
  /** Whether the database can be asked. */
  isUp: () => boolean;
  /** Why an order that was for it is not carried, and by which fault of ours, if by one. Must not fail. */
  onLeft: (transactionId: string, why: string, fault?: unknown) => void;
};

export type Fallback = ReturnType<typeof createFallback>;

export function createFallback(deps: FallbackDeps) {
  const { settings, lanes } = deps;

  const entryInstead = (refusal: ProxyError, order: RefusedOrder): string | null => {
    if (!deps.isOn() || !order.isAble || order.payin === null) return null;
    if (platformRefusal(settings, refusalEvidence(refusal)) === null) return null;
    const subject = { process: order.processName, ...order.payin, transactionId: order.id };
    if (!inScope(settings, subject)) return null;
    return lanes.get(order.processName)?.lane.entries.get(order.transition) ?? null;
  };

  const payFor = async (order: AnsweredOrder, signal: AbortSignal): Promise<Carried | null> => {
    const isNew = isBegun(lanes, order);
    const isForUs = isNew || isUnusable(settings, order.check);
    // Nobody else's order waits for the database.
    if (!deps.isUp() || !((isForUs && deps.isOn()) || isInLane(lanes, order))) return null;
    const known = await findCase(deps.db, order.transactionId).catch(() => undefined);
    if (known && order.isAble) return give(deps, known, signal);
    if (known) return isToBePaid(known) ? refuse(order.transactionId) : endOf(deps, known, signal);
    if (!deps.isOn() || !isForUs) return null;
    const transaction = await readSoon(deps, order.transactionId, signal);
    if (!transaction) return left(deps, order.transactionId, 'the transaction can not be read');
    if (!isNew) {
      const recovered = await recover(deps, transaction);
      if (recovered) return recovered;
      if (!order.isAble) return isInScope(settings, transaction) ? refuseAndLetGo(deps, transaction) : null;
    }
    const opened = await open(deps, transaction, order, isNew ? 'clean' : 'repair');
    if (opened === null) return null;
    return give(deps, opened, signal);
  };

  return {
    entryInstead,
    payFor,
    /** Whether the user has money on its way by a case of ours. */
    hasOpenCase: (userId: string) => asked(deps, () => hasOpenCase(deps.db, userId), false),
    caseOf: (transactionId: string) => asked(deps, () => findCase(deps.db, transactionId), undefined),
    /** For the customer of the case, and for nobody else. */
    async status(row: PaymentCaseRow, isAble: boolean, signal: AbortSignal): Promise<PaymentStatus> {
      if (row.closed_at !== null || row.needs !== null || row.ending !== null) return statusOf(row);
      if (isAtLeast(row.state, 'authorised') || !isAble) return statusOf(row);
      const handed = await handOut(deps, row.id, signal);
      if (handed.is !== 'secret') return statusOf((await findCase(deps.db, row.transaction_id)) ?? row);
      const { paymentIntentId, clientSecret } = handed;
      return { source: 'fallback', status: 'payable', payment: { paymentIntentId, clientSecret } };
    },
    /** Looks whether it is paid, and counts the booking as paid for if it is. */
    async confirm(
      row: PaymentCaseRow,
      signal: AbortSignal,
    ): Promise<{ status: PaymentStatus['status']; over: string }> {
      for (;;) {
        const run = await runCase(deps, row.id, { signal });
        const now = (await findCase(deps.db, row.transaction_id)) ?? row;
        const isDecided =
          isAtLeast(now.state, 'advanced') ||
          now.ending !== null ||
          now.needs !== null ||
          (run.is === 'left' && now.state === 'released' && now.trouble === null);
        if (isDecided || signal.aborted) return { status: statusOf(now).status, over: wordsOfEnd(now) };
        await deps.sleep(run.is === 'left' ? Math.max(250, run.until - run.now) : 250, signal);
      }
    },
  };
}

/** While the database is away nobody knows; where there is no fallback, nobody needs to. */
async function asked<T>({ settings, isUp }: FallbackDeps, ask: () => Promise<T>, none: T): Promise<T> {
  if (isUp()) {
    const answer = await ask().then(
      value => ({ value }),
      () => null,
    );
    if (answer) return answer.value;
  }
  if (!settings.wanted) return none;
  throw new ProxyError('not-recorded', {
    status: 503,
    statusText: 'It can not be seen at the moment whether there is a payment under way. Try again.',
    data: {},
    retryAfterSeconds: 5,
  });
}

/** Outcomes of a booking that was paid for, and stays so. */
const PAID = ['paid-out', 'nothing-to-pay-out'];

const wordsOfEnd = (row: PaymentCaseRow): string =>
  overIn({ seenStatus: row.seen_status, outcome: row.outcome });

function statusOf(row: PaymentCaseRow): PaymentStatus {
  const status = (): PaymentStatus['status'] => {
    if (row.needs !== null) return 'checking';
    if (row.ending !== null || (row.closed_at !== null && !PAID.includes(row.outcome ?? ''))) return 'over';
    if (isAtLeast(row.state, 'captured')) return 'paid';
    if (isAtLeast(row.state, 'advanced')) return 'authorised';
    return row.state === 'released' ? 'payable' : 'preparing';
  };
  return { source: 'fallback', status: status(), payment: null };
}

const isToBePaid = (row: PaymentCaseRow): boolean => ['preparing', 'payable'].includes(statusOf(row).status);

/** Whether it has just begun in the lane, by our own doing. */
const isBegun = (lanes: Lanes, { lastTransition }: AnsweredOrder): boolean =>
  [...lanes.values()].some(({ process }) => isBegunInLane(process, lastTransition));

/** Whether the last that was done with it was done in the lane. */
const isInLane = (lanes: Lanes, { lastTransition }: AnsweredOrder): boolean =>
  [...lanes.values()].some(({ process }) => {
    const transition = process.transitions.get(String(lastTransition));
    return transition !== undefined && isLaneState(transition.to);
  });

async function give(deps: FallbackDeps, row: PaymentCaseRow, signal: AbortSignal): Promise<Carried> {
  const handed: HandedOut = await handOut(deps, row.id, signal);
  if (handed.is === 'over') return endOf(deps, handed.row, signal);
  return handed.is === 'secret' ? { ...handed, is: 'fallback' } : handed;
}

/** Flex's own PaymentIntent, where the booking has gone back to that; else it is said what became of the payment. */
async function endOf(deps: FallbackDeps, row: PaymentCaseRow, signal: AbortSignal): Promise<Carried> {
  const { status } = statusOf(row);
  if (status === 'over' && row.ending === 'superseded') {
    const transaction = await deps.integration.transaction(row.transaction_id, signal).catch(() => null);
    const recovered = transaction && (await recover(deps, transaction));
    if (recovered) return recovered;
  }
  const refusal = (code: 'payment-over' | 'payment-not-authorised', statusText: string) =>
    new ProxyError(code, { status: 409, statusText, data: { transactionId: row.transaction_id } });
  if (status === 'checking') throw refusal('payment-not-authorised', LOOKED_AT);
  throw refusal(
    'payment-over',
    status === 'over' ? `${wordsOfEnd(row)} Please order again.` : 'This order is paid for already.',
  );
}

/** In words, to a client that would take the customer's money and could not finish. */
function refuse(transactionId: string): never {
  throw new ProxyError('payment-not-prepared', {
    status: 409,
    statusText:
      'The payment could not be prepared, and this page can not finish it in another way. Nothing was charged. Please try again later.',
    data: { transactionId },
  });
}

/** The customer is told to order again: nobody need wait until Flex gives the dates back by itself. */
function refuseAndLetGo(deps: FallbackDeps, { id, processName }: OperatorTransaction): never {
  letGo(deps, id, processName).catch((fault: unknown) =>
    deps.onLeft(id, 'refused to the client; it broke off when it was to be ended', fault),
  );
  refuse(id);
}

async function letGo({ flex, onLeft }: FallbackDeps, id: string, processName: string): Promise<void> {
  const entered = await flex.move(id, processName, 'enter');
  const ended = entered === 'done' ? await flex.move(id, processName, 'end') : entered;
  onLeft(
    id,
    ended === 'done'
      ? 'refused to the client, and ended'
      : `refused to the client; ${ended} when it was to be ended`,
  );
}

const isInScope = (
  settings: FallbackSettings,
  { id, processName, payinTotal }: OperatorTransaction,
): boolean =>
  payinTotal !== null && inScope(settings, { process: processName, ...payinTotal, transactionId: id });

function left(deps: FallbackDeps, transactionId: string, why: string): null {
  deps.onLeft(transactionId, why);
  return null;
}

const LOOKS = [0, 250, 500, 1_000];

/** A moment after it was begun, it may not be found everywhere. */
async function readSoon(
  deps: FallbackDeps,
  id: string,
  signal: AbortSignal,
): Promise<OperatorTransaction | null> {
  for (const ms of LOOKS) {
    if (ms > 0) await deps.sleep(ms, signal);
    if (signal.aborted) return null;
    const transaction = await deps.integration.transaction(id, signal).catch(() => null);
    if (transaction) return transaction;
  }
  return null;
}

const MARGIN_MS = 5 * 60_000;

/** Flex's own PaymentIntent, if Stripe has it and it is the right one: then Flex carries the order as always. */
async function recover(deps: FallbackDeps, transaction: OperatorTransaction): Promise<Carried | null> {
  const { payinTotal, payoutTotal, lastTransitionedAt } = transaction;
  const lookup = await deps.stripe.intentsOf(transaction.id, {
    from: lastTransitionedAt.getTime() - MARGIN_MS,
    to: lastTransitionedAt.getTime() + MARGIN_MS * 4,
  });
  if (lookup.outcome !== 'found' || !payinTotal || !payoutTotal) return null;
  const matches = ({ caseId, status, amount, currency, fee }: Intent) =>
    caseId === null &&
    status !== 'canceled' &&
    amount === payinTotal.amount &&
    currency.toUpperCase() === payinTotal.currency &&
    fee === payinTotal.amount - payoutTotal.amount;
  const own = lookup.value.intents.filter(matches);
  // With two of them nobody can say which one Flex means.
  if (own.length !== 1) return null;
  const secret = await deps.stripe.clientSecret(own[0]!.id);
  return secret.outcome === 'found'
    ? { is: 'recovered', paymentIntentId: own[0]!.id, clientSecret: secret.value }
    : null;
}

/** null where it is not one for the fallback after all; why is told. */
async function open(
  deps: FallbackDeps,
  transaction: OperatorTransaction,
  order: AnsweredOrder,
  way: PaymentCaseRow['way'],
): Promise<PaymentCaseRow | null> {
  const { id, payinTotal, payoutTotal, customerId, providerId, processName } = transaction;
  const leave = (why: string) => left(deps, id, why);
  if (!deps.lanes.has(processName)) return leave('its process has no lane');
  const evidence = evidenceOf(deps.lanes, transaction);
  const { phase, deadline, periodMs } = evidence;
  if (phase !== 'before-lane' && phase !== 'awaiting') return leave(`it is ${phase}`);
  if (deadline === null || periodMs === null) return leave('nothing ends the wait for the customer');
  if (!payinTotal || !payoutTotal || customerId === null || providerId === null)
    return leave('its price or its parties are not known');
  const { amount, currency } = payinTotal;
  const fee = amount - payoutTotal.amount;
  if (fee < 0 || payoutTotal.currency !== currency) return leave('the payout is more than the payin');
  if (amount < (leastAmounts[currency] ?? Infinity)) return leave('the amount is below what Stripe charges');
  if (transaction.lineItemsTotal !== amount) return leave('the line items add up to another amount');
  // Where the order began in the lane, it was found to be in scope before.
  if (way === 'repair' && !isInScope(deps.settings, transaction)) return leave('it is out of scope');
  const signal = AbortSignal.timeout(5_000);
  const saves = order.savesPaymentMethod || order.paymentMethod !== null;
  const [destination, stripeCustomer] = await Promise.all([
    deps.integration.providerAccount(providerId, signal).catch(() => undefined),
    saves ? deps.integration.stripeCustomer(customerId, signal).catch(() => null) : null,
  ]);
  if (destination === undefined) return leave('it can not be asked which account at Stripe the provider has');
  if (destination === null) return leave('the provider has no account at Stripe');
  const row = await openCase(deps.db, {
    id: randomUUID(),
    transaction_id: id,
    environment: deps.livemode ? 'live' : 'test',
    way,
    process_name: processName,
    amount,
    currency,
    fee,
    destination,
    customer_id: customerId,
    provider_id: providerId,
    // A saved card can be used for its owner only.
    payment_method: stripeCustomer === null ? null : order.paymentMethod,
    stripe_customer: stripeCustomer,
    saves_payment_method: order.savesPaymentMethod,
    approved_by: deps.settings.approvedBy ?? '',
    support_case: deps.settings.supportCase ?? '',
    deadline: new Date(deadline),
    period_ms: periodMs,
  });
  return row ?? leave('it was switched off');
}
