/** What the two privileged calls ask of the fallback, without knowing it. */
import { ProxyError } from '../domain/errors.ts';
import type { AnsweredOrder, Carried, RefusedOrder } from '../domain/fallback/orders.ts';
import { isBegunInLane } from '../domain/lane.ts';
import { ownValue } from '../domain/own-value.ts';
import type { FlexAnswer } from '../flex/door.ts';
import { withPaymentIntent } from '../flex/replies.ts';
import type { Params } from '../domain/transition-params.ts';
import type { CallDeps, CheckedAnswer } from './privileged-call.ts';

export type Carry = {
  /** The transition that begins the order in the lane; null where the refusal is not the platform's, or the order is left alone. */
  entryInstead(refusal: ProxyError, order: RefusedOrder): string | null;
  /**
   * What the customer can pay with where Flex's answer is of no use; null where that is left as it is. Rejects with a
   * `ProxyError` that says in words that nothing can be paid.
   */
  payFor(order: AnsweredOrder, signal: AbortSignal): Promise<Carried | null>;
};

/** `payment` tells of what was put into the answer. */
export type CarriedAnswer = CheckedAnswer & { payment?: Carried['is'] };

/** The answer with what the customer can pay with, or as it was. */
export async function carried(
  { carry, processes }: Pick<CallDeps, 'carry' | 'processes'>,
  result: CheckedAnswer & { whole: FlexAnswer },
  { isAble, params, processName }: { isAble: boolean; params: Params; processName: string },
  signal: AbortSignal,
): Promise<CarriedAnswer> {
  const { answer, check, whole } = result;
  const { id, lastTransition } = whole.transaction;
  if (!carry || id === null || check.verdict === 'valid' || check.verdict === 'simulated')
    return { answer, check };
  const paymentMethod = ownValue(params, 'paymentMethod');
  const found = await carry.payFor(
    {
      transactionId: id,
      lastTransition,
      check,
      isAble,
      paymentMethod: typeof paymentMethod === 'string' ? paymentMethod : null,
      savesPaymentMethod: ownValue(params, 'setupPaymentMethodForSaving') === true,
    },
    signal,
  );
  if (found === null) {
    const process = processes.get(processName);
    // Nobody can pay such an order but by the fallback: without it, its transaction is no answer.
    if (process && isBegunInLane(process, lastTransition)) throw notPrepared(id);
    return { answer, check };
  }
  // A repeat may come from another page than the order.
  if (!isAble && found.is !== 'recovered') throw notAble(id);
  if (found.is === 'later')
    return {
      answer: { ...withPaymentIntent(whole, null), status: 202, statusText: 'Accepted' },
      check,
      payment: 'later',
    };
  return {
    answer: withPaymentIntent(whole, found),
    check: { ...check, verdict: 'valid' },
    payment: found.is,
  };
}

/** Where it was for want of an answer, a repeat with the same key finds the order, and a case for it can be opened then. */
const notPrepared = (transactionId: string) =>
  new ProxyError('payment-not-prepared', {
    status: 503,
    statusText:
      'It can not be seen at the moment how this order is to be paid. Please try again in a moment.',
    data: { transactionId },
    retryAfterSeconds: 2,
  });

const notAble = (transactionId: string) =>
  new ProxyError('payment-not-prepared', {
    status: 409,
    statusText: 'This page can not finish the payment of this order. Nothing was charged.',
    data: { transactionId },
  });

/** Once more by the lane, where Flex refuses for want of a Stripe that works. */
export async function orByLane<T>(
  { carry, recordRefused }: Pick<CallDeps, 'carry' | 'recordRefused'>,
  order: RefusedOrder,
  send: (transition: string) => Promise<T>,
): Promise<T> {
  try {
    return await send(order.transition);
  } catch (failure) {
    if (!(failure instanceof ProxyError) || failure.outcome !== 'refused') throw failure;
    const entry = carry?.entryInstead(failure, order) ?? null;
    if (entry === null) throw failure;
    // The caller gets to see nothing of it.
    recordRefused(failure);
    return send(entry);
  }
}
