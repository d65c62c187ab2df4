/** Charging a PaymentIntent: what confirm, a finished authentication, a settled delayed method and capture do to it. */
import type { Charge } from '../charges/entity.ts';
import { announce, settle } from '../charges/settle.ts';
import { chargeWire } from '../charges/wire.ts';
import { newlyOwned } from '../context.ts';
import { openDispute } from '../disputes/open.ts';
import { cardDeclined, docUrl } from '../errors.ts';
import { byItself, writeEvent, writeUpdate, type Cause } from '../events/write.ts';
import type { PaymentBehaviour, PaymentMethod } from '../payment-methods/entity.ts';
import { paymentMethodWire } from '../payment-methods/wire.ts';
import { newId, seconds } from '../world.ts';
import type { PaymentIntent } from './entity.ts';
import { paymentIntentWire } from './wire.ts';

/** Customer-initiated card authorisations hold for seven days on the big brands. */
const HOLD_SECONDS = 7 * 24 * 60 * 60;

/** An asynchronous capture has no balance transaction, transfer or fee until a moment later. Disputes come then as well. */
const SETTLES_AFTER_MS = 1_000;

const DELAYED_METHOD_MS = 4 * 24 * 60 * 60 * 1000;

export function authorise(cause: Cause, intent: PaymentIntent, method: PaymentMethod): void {
  const charge = createCharge(cause, intent, method, 'succeeded');
  if (intent.captureMethod === 'manual') hold(cause, intent, charge);
  else pay(cause, intent, charge);
}

function pay(cause: Cause, intent: PaymentIntent, charge: Charge): void {
  charge.captured = true;
  charge.amountCaptured = intent.amount;
  intent.status = 'succeeded';
  intent.amountReceived = intent.amount;
  const settled = intent.captureMethod === 'automatic' ? settle(cause, charge) : null;
  writeEvent(cause, 'charge.succeeded', chargeWire(charge));
  writeEvent(cause, 'payment_intent.succeeded', paymentIntentWire(intent));
  if (settled) announce(cause, settled);
  settleSoon(cause, charge);
}

function settleSoon(cause: Cause, charge: Charge): void {
  const { clock, paymentMethods } = cause.world;
  const stripe = byItself(cause);
  clock.at(clock.now() + SETTLES_AFTER_MS, () => {
    if (charge.balanceTransaction === null) {
      const before = chargeWire(charge);
      announce(stripe, settle(stripe, charge));
      writeUpdate(stripe, 'charge.updated', before, chargeWire(charge));
    }
    const method = paymentMethods.get(charge.paymentMethod ?? '');
    if (method?.behaviour.kind === 'succeeds' && method.behaviour.later === 'dispute')
      openDispute(stripe, charge);
  });
}

function hold(cause: Cause, intent: PaymentIntent, charge: Charge): void {
  const { world } = cause;
  const stripe = byItself(cause);
  charge.captureBefore = seconds(world) + HOLD_SECONDS;
  intent.status = 'requires_capture';
  intent.amountCapturable = intent.amount;
  writeEvent(cause, 'charge.succeeded', chargeWire(charge));
  writeEvent(cause, 'payment_intent.amount_capturable_updated', paymentIntentWire(intent));
  world.clock.at(charge.captureBefore * 1000, () => expireHold(stripe, intent, charge));
}

function expireHold(cause: Cause, intent: PaymentIntent, charge: Charge): void {
  if (intent.status !== 'requires_capture') return;
  release(cause, intent, 'automatic');
  charge.amountRefunded = charge.amount;
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
  writeEvent(cause, 'charge.captured', chargeWire(charge));
  writeEvent(cause, 'payment_intent.succeeded', paymentIntentWire(intent));
  settleSoon(cause, charge);
}

/** Bank debits take days, and may fail at the end of them. */
export function process(
  cause: Cause,
  intent: PaymentIntent,
  method: PaymentMethod,
  outcome: 'succeeds' | 'fails',
): void {
  const { clock } = cause.world;
  const stripe = byItself(cause);
  const charge = createCharge(cause, intent, method, 'pending');
  intent.status = 'processing';
  writeEvent(cause, 'payment_intent.processing', paymentIntentWire(intent));
  clock.at(clock.now() + DELAYED_METHOD_MS, () => {
    if (intent.status !== 'processing') return;
    if (outcome === 'succeeds') {
      charge.status = 'succeeded';
      pay(stripe, intent, charge);
      return;
    }
    fail(stripe, intent, method, charge, {
      code: 'account_closed',
      message: 'The bank account has been closed.',
    });
  });
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
  behaviour: PaymentBehaviour & { kind: 'declines' },
): never {
  const { code, declineCode } = behaviour;
  const message = declineMessages[declineCode ?? code] ?? declineMessages['card_declined']!;
  const charge = createCharge(cause, intent, method, 'failed', { code, message });
  fail(cause, intent, method, charge, { code, message, ...(declineCode !== undefined && { declineCode }) });
  throw cardDeclined(
    { code, message, ...(declineCode !== undefined && { declineCode }) },
    {
      charge: charge.id,
      payment_intent: paymentIntentWire(intent),
      payment_method: paymentMethodWire(method),
    },
  );
}

type Failure = { code: string; message: string; declineCode?: string };

function fail(
  cause: Cause,
  intent: PaymentIntent,
  method: PaymentMethod,
  charge: Charge,
  failure: Failure,
): void {
  const { code, message, declineCode } = failure;
  charge.status = 'failed';
  charge.failure = { code, message };
  intent.status = 'requires_payment_method';
  intent.paymentMethod = null;
  intent.lastPaymentError = {
    charge: charge.id,
    code,
    ...(declineCode !== undefined && { decline_code: declineCode }),
    doc_url: docUrl(code),
    message,
    payment_method: paymentMethodWire(method),
    type: 'card_error',
  };
  writeEvent(cause, 'charge.failed', chargeWire(charge));
  writeEvent(cause, 'payment_intent.payment_failed', paymentIntentWire(intent));
}

function createCharge(
  cause: Cause,
  intent: PaymentIntent,
  method: PaymentMethod,
  status: Charge['status'],
  failure: Charge['failure'] = null,
): Charge {
  const { world } = cause;
  const charge: Charge = {
    id: newId(cause, 'ch'),
    ...newlyOwned(cause),
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
    methodDetails: method.details,
    captureBefore: null,
    receiptEmail: intent.receiptEmail,
    shipping: intent.shipping,
    statementDescriptorSuffix: intent.statementDescriptorSuffix,
    status,
    sourceTransfer: null,
    transfer: null,
    transferData: intent.transferData,
    transferGroup: intent.transferGroup,
  };
  world.charges.set(charge.id, charge);
  intent.latestCharge = charge.id;
  intent.nextAction = null;
  if (status !== 'failed') intent.lastPaymentError = null;
  return charge;
}
