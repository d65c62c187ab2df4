/** What is true on both sides, for whoever has to compare: Stripe's wire objects without secrets, and Flex's transactions. */
import type { FlexWorld } from './flex/world.ts';
import type { Sandbox } from './sandbox.ts';
import type { Charge } from './stripe/charges/entity.ts';
import type { Owned } from './stripe/shapes.ts';
import { chargeWire } from './stripe/charges/wire.ts';
import { customerWire } from './stripe/customers/wire.ts';
import { eventWire } from './stripe/events/wire.ts';
import { paymentIntentWire } from './stripe/payment-intents/wire.ts';
import { refundWire } from './stripe/refunds/wire.ts';

export function ledger(sandbox: Sandbox) {
  const stripe = sandbox.stripe();
  // What our own keys can see: not what Flex made with a key of another account or mode.
  const ours = <T extends Owned>(items: Iterable<T>) =>
    [...items].filter(item => item.account !== stripe.platform.otherAccountId && !item.livemode);
  return {
    stripe: withoutSecrets({
      paymentIntents: ours(stripe.paymentIntents.values()).map(paymentIntentWire),
      charges: ours(stripe.charges.values()).map(chargeWire),
      refunds: ours(stripe.refunds.values()).map(refundWire),
      customers: ours(stripe.customers.values()).map(customerWire),
      events: ours(stripe.events).map(eventWire),
    }),
    captures: capturesByTransaction(ours(stripe.charges.values())),
    flex: { transactions: flexTransactions(sandbox.flex()) },
    requests: sandbox.requests(),
  };
}

/** How often money was taken for a transaction of Flex: what must never be more than one. */
function capturesByTransaction(charges: Charge[]): Record<string, number> {
  const captures: Record<string, number> = {};
  for (const { captured, metadata } of charges) {
    const id = metadata['sharetribe-transaction-id'];
    if (captured && id !== undefined) captures[id] = (captures[id] ?? 0) + 1;
  }
  return captures;
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'client_secret')
      .map(([key, inner]) => [key, withoutSecrets(inner)]),
  );
}

const iso = (time: number) => new Date(time).toISOString();

const flexTransactions = (flex: FlexWorld) =>
  [...flex.transactions.values()].map(transaction => {
    const booking = flex.bookings.get(transaction.bookingId ?? '');
    return {
      id: transaction.id,
      processName: transaction.processName,
      processVersion: transaction.processVersion,
      state: transaction.state,
      lastTransition: transaction.lastTransition,
      transitions: transaction.transitions.map(entry => ({ ...entry, createdAt: iso(entry.createdAt) })),
      listingId: transaction.listingId,
      customerId: transaction.customerId,
      providerId: transaction.providerId,
      payinTotal: transaction.payinTotal,
      payoutTotal: transaction.payoutTotal,
      booking: booking
        ? { start: iso(booking.start), end: iso(booking.end), seats: booking.seats, state: booking.state }
        : null,
      stripePaymentIntentId: transaction.payment?.stripePaymentIntentId ?? null,
      paymentStatus: transaction.payment?.status ?? null,
      metadata: transaction.metadata,
    };
  });
