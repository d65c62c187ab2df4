/** Charging a PaymentIntent: what confirm, a finished authentication and capture do to it. */
import type { Charge } from '../charges/entity.ts';
import { chargeWire } from '../charges/wire.ts';
import { settleCapture } from '../balance/move-money.ts';
import { cardDeclined } from '../errors.ts';
import { writeEvent, type Cause } from '../events/write.ts';
import type { CardBehaviour, PaymentMethod } from '../payment-methods/entity.ts';
import { paymentMethodWire } from '../payment-methods/wire.ts';
import { newId, seconds } from '../world.ts';
import type { PaymentIntent } from './entity.ts';
import { paymentIntentWire } from './wire.ts';

/** Customer-initiated card authorisations hold for seven days on the big brands. */
const HOLD_SECONDS = 7 * 24 * 60 * 60;

export function authorise(cause: Cause, intent: PaymentIntent, method: PaymentMethod): void {
  const charge = createCharge(cause, intent, method);
  intent.latestCharge = charge.id;
  intent.lastPaymentError = null;
  intent.nextAction = null;
  if (intent.captureMethod === 'manual') {
    hold(cause, intent, charge);
    return;
  }
  charge.captured = true;
  charge.amountCaptured = intent.amount;
  intent.status = 'succeeded';
  intent.amountReceived = intent.amount;
  settleCapture(cause, charge);
  writeEvent(cause, 'charge.succeeded', chargeWire(charge));
  writeEvent(cause, 'payment_intent.succeeded', paymentIntentWire(intent));
}

function hold(cause: Cause, intent: PaymentIntent, charge: Charge): void {
  const { world } = cause;
  charge.captureBefore = seconds(world) + HOLD_SECONDS;
  intent.status = 'requires_capture';
  intent.amountCapturable = intent.amount;
  writeEvent(cause, 'charge.succeeded', chargeWire(charge));
  writeEvent(cause, 'payment_intent.amount_capturable_updated', paymentIntentWire(intent));
  world.clock.at(charge.captureBefore * 1000, () =>
    expireHold({ world, account: cause.account }, intent, charge),
  );
}

function expireHold(cause: Cause, intent: PaymentIntent, charge: Charge): void {
  if (intent.status !== 'requires_capture') return;
  release(cause, intent, 'automatic');
  writeEvent(cause, 'charge.expired', chargeWire(charge));
  writeEvent(cause, 'payment_intent.canceled', paymentIntentWire(intent));
}

/** Ends a PaymentIntent without money; the caller writes the events. */
export function release(cause: Cause, intent: PaymentIntent, reason: string | null): void {
  intent.status = 'canceled';
  intent.amountCapturable = 0;
  intent.canceledAt = seconds(cause.world);
  intent.cancellationReason = reason;
  intent.nextAction = null;
}

export function capture(cause: Cause, intent: PaymentIntent, charge: Charge, amount: number): void {
  charge.captured = true;
  charge.amountCaptured = amount;
  intent.status = 'succeeded';
  intent.amountCapturable = 0;
  intent.amountReceived = amount;
  settleCapture(cause, charge);
  writeEvent(cause, 'charge.captured', chargeWire(charge));
  writeEvent(cause, 'payment_intent.succeeded', paymentIntentWire(intent));
}

const declineMessages: Record<string, string> = {
  card_declined: 'Your card was declined.',
  insufficient_funds: 'Your card has insufficient funds.',
  expired_card: 'Your card has expired.',
  incorrect_cvc: "Your card's security code is incorrect.",
  processing_error: 'An error occurred while processing your card. Try again in a little bit.',
  authentication_required: 'Your card was declined. This transaction requires authentication.',
};

/** A declined charge is an answer, and it changes the PaymentIntent: back to the start, with the error on it. */
export function decline(
  cause: Cause,
  intent: PaymentIntent,
  method: PaymentMethod,
  behaviour: CardBehaviour & { kind: 'declines' },
): never {
  const { code, declineCode } = behaviour;
  const message = declineMessages[declineCode ?? code] ?? declineMessages['card_declined']!;
  const charge = createCharge(cause, intent, method, { code, message });
  const error = {
    charge: charge.id,
    code,
    ...(declineCode && { decline_code: declineCode }),
    doc_url: `https://stripe.com/docs/error-codes/${code.replaceAll('_', '-')}`,
    message,
    payment_method: paymentMethodWire(method),
    type: 'card_error',
  };
  intent.status = 'requires_payment_method';
  intent.latestCharge = charge.id;
  intent.paymentMethod = null;
  intent.lastPaymentError = error;
  writeEvent(cause, 'charge.failed', chargeWire(charge));
  writeEvent(cause, 'payment_intent.payment_failed', paymentIntentWire(intent));
  throw cardDeclined(
    { code, message, ...(declineCode !== undefined && { declineCode }) },
    { charge: charge.id, payment_intent: paymentIntentWire(intent), payment_method: error.payment_method },
  );
}

function createCharge(
  cause: Cause,
  intent: PaymentIntent,
  method: PaymentMethod,
  failure: Charge['failure'] = null,
): Charge {
  const { world } = cause;
  const charge: Charge = {
    id: newId(world, 'ch'),
    account: intent.account,
    created: seconds(world),
    amount: intent.amount,
    amountCaptured: 0,
    amountRefunded: 0,
    applicationFee: null,
    applicationFeeAmount: intent.applicationFeeAmount,
    balanceTransaction: null,
    captured: false,
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure,
    metadata: { ...intent.metadata },
    onBehalfOf: intent.onBehalfOf,
    paymentIntent: intent.id,
    paymentMethod: method.id,
    card: method.card,
    captureBefore: null,
    status: failure ? 'failed' : 'succeeded',
    transfer: null,
    transferData: intent.transferData,
    transferGroup: intent.transferGroup,
  };
  world.charges.set(charge.id, charge);
  return charge;
}
