/**
 * Wishes that move money at Stripe, each with a key of its own, and the reads that tell what came of one. What is not an
 * answer of Stripe's is never taken for one: whatever can not be known is `unknown`.
 */
import { BrokenCircuitError, BulkheadRejectedError } from 'cockatiel';
import Stripe from 'stripe';
import { isHeld, type Intent, type Moved } from '../domain/fallback/evidence.ts';
import { judgePaymentIntentId } from '../domain/payment-intent.ts';
import { idOf } from './describe-intent.ts';
import { intentsIn, payoutsIn } from './lists.ts';
import type { Guard, Lookup } from './lookup.ts';
import { PAGE, type Window } from './pages.ts';

/** `refused`: it was not done, and will not be. `not-now`: surely not done, and may be sent again. `isSaved`: the key is spent. */
export type Answer<T> =
  | { outcome: 'done'; value: T; requestId: string | null }
  | { outcome: 'refused'; code: string }
  | { outcome: 'not-now'; trouble: string }
  | { outcome: 'unknown'; trouble: string; isSaved: boolean };

export type IntentOrder = {
  id: string;
  environment: string;
  transactionId: string;
  amount: number;
  currency: string;
  fee: number;
  destination: string;
  customerId: string;
  providerId: string;
  generation: number;
  paymentMethod: string | null;
  stripeCustomer: string | null;
  savesPaymentMethod: boolean;
};

const MOST_PAGES = 20;
const OURS = 'flex-payment-proxy';

const wish = async <T extends { id: string }, V>(
  work: () => Promise<Stripe.Response<T>>,
  read: (value: T) => V | null,
): Promise<Answer<V>> => {
  try {
    const answer = await work();
    const value = read(answer);
    // An answer without what was asked for says nothing of what was done.
    return value === null
      ? { outcome: 'unknown', trouble: 'another thing was answered', isSaved: false }
      : { outcome: 'done', value, requestId: answer.lastResponse.requestId ?? null };
  } catch (error) {
    return answerOf(error);
  }
};

export function createMoney(stripe: Stripe, ask: Guard['ask']) {
  return {
    create: (order: IntentOrder, key: string): Promise<Answer<Intent>> =>
      wish(
        () => stripe.paymentIntents.create(paramsOf(order), { idempotencyKey: key }),
        intent => (judgePaymentIntentId(intent.id).valid ? intentOf(intent) : null),
      ),
    cancel: (id: string, key: string): Promise<Answer<Intent>> =>
      wish(
        () =>
          stripe.paymentIntents.cancel(
            own(id),
            { cancellation_reason: 'abandoned', expand: EXPAND },
            { idempotencyKey: key },
          ),
        intent => (intent.id === id && intent.status === 'canceled' ? intentOf(intent) : null),
      ),
    capture: (id: string, amount: number, key: string): Promise<Answer<Intent>> =>
      wish(
        () =>
          stripe.paymentIntents.capture(
            own(id),
            { amount_to_capture: amount, expand: EXPAND },
            { idempotencyKey: key },
          ),
        intent => (intent.id === id && intent.status === 'succeeded' ? intentOf(intent) : null),
      ),
    refund: (
      order: { paymentIntentId: string; amount: number; mark: string },
      key: string,
    ): Promise<Answer<Moved>> =>
      wish(
        () =>
          stripe.refunds.create(
            {
              payment_intent: own(order.paymentIntentId),
              amount: order.amount,
              reverse_transfer: true,
              refund_application_fee: true,
              metadata: { 'payment-op': order.mark },
            },
            { idempotencyKey: key },
          ),
        refund => (refund.object === 'refund' ? movedOf(refund) : null),
      ),
    payOut: (
      order: { account: string; amount: number; currency: string; mark: string },
      key: string,
    ): Promise<Answer<Moved>> =>
      wish(
        () =>
          stripe.payouts.create(
            { amount: order.amount, currency: order.currency, metadata: { 'payment-op': order.mark } },
            { stripeAccount: order.account, idempotencyKey: key },
          ),
        payout => (payout.object === 'payout' ? movedOf(payout) : null),
      ),
    intent: (id: string): Promise<Lookup<Intent>> =>
      judgePaymentIntentId(id).valid
        ? ask(async () => intentOf(await stripe.paymentIntents.retrieve(id, { expand: EXPAND })))
        : Promise.resolve({ outcome: 'absent', inOtherMode: false }),
    intentsOf: (
      transactionId: string,
      window: Window,
    ): Promise<Lookup<{ intents: Intent[]; isComplete: boolean }>> =>
      intentsIn(
        stripe,
        ask,
        window,
        data => data.map(intentOf).filter(intent => intent.transactionId === transactionId),
        { most: MOST_PAGES, expand: ['data.latest_charge'] },
      ),
    refundsOf: (paymentIntentId: string): Promise<Lookup<Moved[]>> =>
      ask(async () => {
        const { data } = await stripe.refunds.list({ payment_intent: own(paymentIntentId), limit: PAGE });
        return data.map(movedOf);
      }),
    /** All of them, however many there are. */
    payoutsOf: (account: string, window: Window): Promise<Lookup<Moved[]>> =>
      payoutsIn(stripe, ask, account, window, movedOf),
    /** The provider's part where it lies; null while the transfer has not been made. */
    shareOf: (
      paymentIntentId: string,
    ): Promise<Lookup<{ amount: number; currency: string; availableAt: number } | null>> =>
      ask(async () => {
        const intent = await stripe.paymentIntents.retrieve(own(paymentIntentId), {
          expand: ['latest_charge.transfer'],
        });
        const transfer = expanded(expanded(intent.latest_charge)?.transfer);
        const payment = transfer?.destination_payment;
        const account = idOf(transfer?.destination);
        if (!transfer || payment === undefined || payment === null || account === null) return null;
        const charge = await stripe.charges.retrieve(
          idOf(payment)!,
          { expand: ['balance_transaction'] },
          { stripeAccount: account },
        );
        const entry = expanded(charge.balance_transaction);
        return entry
          ? { amount: entry.net, currency: entry.currency, availableAt: entry.available_on * 1000 }
          : null;
      }),
    clientSecret: (paymentIntentId: string): Promise<Lookup<string>> =>
      ask(async () => (await stripe.paymentIntents.retrieve(own(paymentIntentId))).client_secret!),
  };
}

export type Money = ReturnType<typeof createMoney>;

const EXPAND = ['latest_charge'];

/** With an empty id the client would ask for something else. */
function own(id: string): string {
  if (judgePaymentIntentId(id).valid) return id;
  throw new Error('This is no id of a PaymentIntent');
}

/** The same for the same order: Stripe refuses a key that comes with other words. */
function paramsOf(order: IntentOrder): Stripe.PaymentIntentCreateParams {
  return {
    amount: order.amount,
    currency: order.currency.toLowerCase(),
    capture_method: 'manual',
    allowed_payment_method_types: ['card'],
    application_fee_amount: order.fee,
    on_behalf_of: order.destination,
    transfer_data: { destination: order.destination },
    metadata: {
      'sharetribe-transaction-id': order.transactionId,
      'sharetribe-customer-id': order.customerId,
      'sharetribe-provider-id': order.providerId,
      'payment-case': order.id,
      'payment-generation': String(order.generation),
      'payment-environment': order.environment,
      'created-by': OURS,
    },
    ...(order.paymentMethod !== null && { payment_method: order.paymentMethod }),
    ...(order.stripeCustomer !== null && { customer: order.stripeCustomer }),
    ...(order.savesPaymentMethod && { setup_future_usage: 'off_session' }),
    expand: EXPAND,
  };
}

export function intentOf(intent: Stripe.PaymentIntent): Intent {
  const charge = expanded(intent.latest_charge);
  return {
    id: intent.id,
    status: intent.status,
    amount: intent.amount,
    currency: intent.currency,
    fee: intent.application_fee_amount ?? 0,
    destination: idOf(intent.transfer_data?.destination),
    amountReceived: intent.amount_received,
    amountRefunded: charge?.captured === true ? charge.amount_refunded : 0,
    caseId: intent.metadata['payment-case'] ?? null,
    transactionId: intent.metadata['sharetribe-transaction-id'] ?? null,
    authorisedAt: isHeld(intent) && charge ? charge.created * 1000 : null,
  };
}

const movedOf = (moved: Stripe.Refund | Stripe.Payout): Moved => ({
  id: moved.id,
  amount: moved.amount,
  status: moved.status ?? 'unknown',
  op: moved.metadata?.['payment-op'] ?? null,
  code: (moved.object === 'payout' ? moved.failure_code : moved.failure_reason) ?? null,
});

const expanded = <T extends { id: string }>(reference: string | T | null | undefined): T | null =>
  typeof reference === 'object' ? reference : null;

/** Nothing was sent: there was no connection. */
const NOT_SENT = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'CERT_HAS_EXPIRED',
];

/**
 * A short list is refused for good, a short list was surely not done; all the rest is unknown. What Stripe refuses before it
 * looks at the key (who we are, how fast we ask) is not done.
 */
export function answerOf(error: unknown): Exclude<Answer<never>, { outcome: 'done' }> {
  if (error instanceof BrokenCircuitError || error instanceof BulkheadRejectedError)
    return { outcome: 'not-now', trouble: 'stripe is given a rest' };
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  const { statusCode, code, headers } = error;
  const isSaved = headers?.['idempotent-replayed'] === 'true';
  if (error instanceof Stripe.errors.StripeConnectionError) {
    const cause = (error.detail as { code?: string } | undefined)?.code;
    return NOT_SENT.includes(cause ?? '')
      ? { outcome: 'not-now', trouble: 'no connection' }
      : { outcome: 'unknown', trouble: 'no answer', isSaved: false };
  }
  if (statusCode === 401 || statusCode === 403 || statusCode === 429)
    return { outcome: 'not-now', trouble: `status ${statusCode}` };
  // The first of the same wish is still under way.
  if (statusCode === 409) return { outcome: 'unknown', trouble: 'under way', isSaved: false };
  // The key was used for other words: what came of those is not known.
  if (error instanceof Stripe.errors.StripeIdempotencyError)
    return { outcome: 'unknown', trouble: 'the key was used', isSaved: true };
  if (statusCode === 400 || statusCode === 402 || statusCode === 404)
    return { outcome: 'refused', code: code ?? error.rawType ?? `status ${statusCode}` };
  return { outcome: 'unknown', trouble: `status ${statusCode ?? 'none'}`, isSaved };
}
