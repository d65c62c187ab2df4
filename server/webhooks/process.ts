/**
 * What is done about events of Stripe's. An event only says where to look: the state of a PaymentIntent is asked of Stripe
 * itself, and taken from the event where Stripe can not be asked for want of a key.
 */
import type { StripePaymentIntent } from '../domain/genuineness.ts';
import type { Lookup, StripeDoor } from '../stripe/door.ts';
import { findPaymentIntent, upsertPaymentIntent, type SeenPaymentIntent } from '../store/payment-intents.ts';
import type { Db, StripeEventRow } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { openEvents, settleStripeEvent, takeOpenEvents, type EventEnd } from '../store/stripe-events.ts';

/**
 * Another part of the service that has something to do about an event, in the transaction that ends it: what it writes there
 * is written once. `waiting`: it can not be done yet.
 */
export type EventHandler = (
  event: StripeEventRow,
  transaction: Db,
) => Promise<'done' | 'ignored' | 'waiting'>;

export type InboxDeps = {
  store: Pick<Store, 'db'>;
  stripe: Pick<StripeDoor, 'paymentIntent'> | null;
  handlers: readonly EventHandler[];
  now: () => number;
};

/** What can not be placed in three days will not be: Stripe itself gives up then. */
const LONGEST_WAIT_MS = 3 * 86_400_000;
const retryAfter = (attempts: number) => Math.min(5_000 * 2 ** attempts, 3_600_000);

/** Works on all open events of one thing, in order. Does nothing when there are none, or somebody else was faster. */
export async function processEvents({ store, stripe, handlers, now }: InboxDeps, key: string): Promise<void> {
  const waiting = await openEvents(store.db, key);
  if (waiting.length === 0) return;
  const askedAt = new Date(now());
  const isPayment = waiting.some(event => event.payment_intent_id === key && event.account === null);
  const lookup = stripe && isPayment ? await stripe.paymentIntent(key) : null;

  await store.db.transaction().execute(async transaction => {
    // There may be more by now, or fewer.
    const events = await takeOpenEvents(transaction, key);
    if (lookup?.outcome === 'found')
      await upsertPaymentIntent(transaction, askedPaymentIntent(lookup.value, askedAt));
    for (const event of events) {
      const end = await endOf(transaction, event, lookup, handlers);
      const isOver = end.state === 'waiting' && now() - event.received_at.getTime() > LONGEST_WAIT_MS;
      await settleStripeEvent(
        transaction,
        event.id,
        isOver
          ? { ...end, state: 'gave-up' }
          : { ...end, ...(end.state === 'waiting' && { retryInMs: retryAfter(event.attempts) }) },
      );
    }
  });
}

async function endOf(
  transaction: Db,
  event: StripeEventRow,
  lookup: Lookup<StripePaymentIntent> | null,
  handlers: readonly EventHandler[],
): Promise<EventEnd> {
  const own = await place(transaction, event, lookup);
  if (own.state === 'waiting') return own;
  const placed = { ...event, transaction_id: own.transactionId ?? event.transaction_id };
  const others: Awaited<ReturnType<EventHandler>>[] = [];
  for (const handle of handlers) others.push(await handle(placed, transaction));
  if (others.includes('waiting'))
    return { ...own, state: 'waiting', problem: 'there is nothing yet that it belongs to' };
  return others.includes('done') ? { ...own, state: 'done' } : own;
}

/** Which transaction it is about. */
async function place(
  transaction: Db,
  event: StripeEventRow,
  lookup: Lookup<StripePaymentIntent> | null,
): Promise<EventEnd> {
  const { payment_intent_id: id } = event;
  if (event.account !== null) return { state: 'ignored', problem: 'of a connected account' };
  if (id === null) return { state: 'ignored' };
  if (lookup?.outcome === 'found') return placed(lookup.value.sharetribeTransactionId);
  if (lookup?.outcome === 'absent')
    return { state: 'ignored', problem: 'our key sees no such PaymentIntent' };
  if (lookup?.outcome === 'unknown' && lookup.trouble === 'unavailable')
    return { state: 'waiting', problem: 'Stripe could not be asked' };
  if (event.object_type === 'payment_intent') {
    const told = toldPaymentIntent(event);
    if (told) await upsertPaymentIntent(transaction, told);
    return placed(event.transaction_id);
  }
  const known = await findPaymentIntent(transaction, id);
  return known
    ? placed(known.transaction_id)
    : { state: 'waiting', problem: 'its PaymentIntent is not known yet' };
}

const placed = (transactionId: string | null): EventEnd =>
  transactionId === null
    ? { state: 'ignored', problem: 'of no transaction' }
    : { state: 'done', transactionId };

const askedPaymentIntent = (intent: StripePaymentIntent, askedAt: Date): SeenPaymentIntent => ({
  id: intent.id,
  transaction_id: intent.sharetribeTransactionId,
  account: null,
  livemode: intent.livemode,
  status: intent.status,
  amount: intent.amount,
  currency: intent.currency,
  amount_capturable: null,
  amount_received: intent.amountReceived,
  capture_method: intent.captureMethod,
  destination: intent.destination,
  on_behalf_of: intent.onBehalfOf,
  application_fee_amount: intent.applicationFeeAmount,
  created: new Date(intent.created * 1000),
  canceled_at: null,
  error_code: intent.lastPaymentError,
  decline_code: null,
  as_of: askedAt,
  source: 'asked',
});

/** null when the event holds too little. */
function toldPaymentIntent({
  payment_intent_id: id,
  summary,
  ...event
}: StripeEventRow): SeenPaymentIntent | null {
  const [amount, currency, status, created] = ['amount', 'currency', 'status', 'created'].map(
    name => summary[name],
  );
  if (
    id === null ||
    typeof amount !== 'number' ||
    typeof currency !== 'string' ||
    typeof status !== 'string' ||
    typeof created !== 'number'
  )
    return null;
  const number = (name: string) => (typeof summary[name] === 'number' ? summary[name] : null);
  const text = (name: string) => (typeof summary[name] === 'string' ? summary[name] : null);
  const canceledAt = number('canceled_at');
  return {
    id,
    transaction_id: event.transaction_id,
    account: event.account,
    livemode: event.livemode,
    status,
    amount,
    currency,
    amount_capturable: number('amount_capturable'),
    amount_received: number('amount_received'),
    capture_method: text('capture_method'),
    destination: text('transfer_destination'),
    on_behalf_of: text('on_behalf_of'),
    application_fee_amount: number('application_fee_amount'),
    created: new Date(created * 1000),
    canceled_at: canceledAt === null ? null : new Date(canceledAt * 1000),
    error_code: text('error_code'),
    decline_code: text('decline_code'),
    as_of: event.created,
    source: 'event',
  };
}
