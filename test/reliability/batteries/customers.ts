/** People who book, pay and answer, at a service that may not be there; and what they have seen. */
import type { LocalApiAnswer, WebClient } from '../../sandbox/client/web-client.ts';
import { realBooking } from '../../sandbox/client/orders.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { operatorSdk, stripeClient, types } from '../../setup/flex-sdks.ts';
import type { Seen } from './ledger.ts';

export type Order = {
  /** Of the browser: the same for each try. */
  key: string;
  start: Date;
  end: Date;
  transactionId: string | null;
  paymentIntentId: string | null;
  isPaid: boolean;
};

const DAY = 86_400_000;
const ABLE = { 'X-Payment-Client': '1' };

/** No two have a night in common. */
export function newOrder(sandbox: Sandbox, seed: number, place: number): Order {
  const first = Math.floor(sandbox.now() / DAY) + 20 + place * 2;
  return {
    key: `order-of-alice-${seed}-${first}-${place}`,
    start: new Date(first * DAY),
    end: new Date((first + 1) * DAY),
    transactionId: null,
    paymentIntentId: null,
    isPaid: false,
  };
}

export const newSeen = (): Seen => ({ handedOut: new Map(), paid: new Set() });

const seenIn = (answer: LocalApiAnswer): { id: string | null; payment: string | null } => ({
  id: answer.body?.data?.data?.id?.uuid ?? answer.body?.data?.transactionId ?? null,
  payment:
    answer.body?.data?.data?.attributes?.protectedData?.stripePaymentIntents?.default
      ?.stripePaymentIntentId ?? null,
});

function keep(order: Order, seen: Seen, id: string | null, payment: string | null): void {
  if (id !== null) order.transactionId = id;
  if (id === null || payment === null || !payment.startsWith('pi_')) return;
  order.paymentIntentId = payment;
  seen.handedOut.set(id, (seen.handedOut.get(id) ?? new Set()).add(payment));
}

export async function book(sandbox: Sandbox, alice: WebClient, order: Order, seen: Seen): Promise<number> {
  const { start, end } = order;
  const answer = await alice.post('initiate-privileged', realBooking(sandbox.info(), { start, end }), {
    headers: { ...ABLE, 'X-Idempotency-Key': order.key },
  });
  const { id, payment } = seenIn(answer);
  keep(order, seen, id, payment);
  return answer.status;
}

/** Another tab, or the same page loaded anew. */
export async function ask(alice: WebClient, proxyUrl: string, order: Order, seen: Seen): Promise<void> {
  const response = await fetch(`${proxyUrl}/api/payment-intents/${order.transactionId}`, {
    headers: { ...ABLE, Cookie: [...alice.cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
  });
  const body = (await response.json()) as { stripePaymentIntentId?: string };
  keep(order, seen, order.transactionId, body.stripePaymentIntentId ?? null);
}

/** Straight to Stripe, as from the browser. */
export async function pay(sandbox: Sandbox, paymentIntentId: string): Promise<void> {
  await stripeClient(sandbox.info()).paymentIntents.confirm(paymentIntentId, {
    payment_method: 'pm_card_visa',
  });
}

export const confirm = (alice: WebClient, order: Order): Promise<LocalApiAnswer> =>
  alice.post('confirm-payment', { transactionId: new types.UUID(order.transactionId) });

/** Straight to Flex. */
export async function asProvider(petra: WebClient, id: string, transition: string): Promise<void> {
  await petra.sdk.transactions.transition({ id: new types.UUID(id), transition, params: {} });
}

export async function asOperator(sandbox: Sandbox, id: string, transition: string): Promise<void> {
  await operatorSdk(sandbox.info()).transactions.transition({
    id: new types.UUID(id),
    transition,
    params: {},
  });
}
