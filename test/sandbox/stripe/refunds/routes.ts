import type { Charge } from '../charges/entity.ts';
import { announce, settle } from '../charges/settle.ts';
import { chargeWire } from '../charges/wire.ts';
import { allOwn, findOwn, newlyOwned, type StripeCall, type StripeRoute } from '../context.ts';
import { badRequest } from '../errors.ts';
import { byItself, writeEvent, writeUpdate } from '../events/write.ts';
import { listOf } from '../lists.ts';
import { mergeMetadata, type Parameters } from '../parameters.ts';
import { newId } from '../world.ts';
import type { Refund } from './entity.ts';
import { announceGivenBack, giveBackMoney, takeBack, type RefundFlags } from './give-back.ts';
import { refundWire } from './wire.ts';

export const refundRoutes: StripeRoute[] = [
  { method: 'POST', path: '/v1/refunds', handle: create },
  { method: 'GET', path: '/v1/refunds', handle: list },
  { method: 'GET', path: '/v1/refunds/:id', handle: retrieve },
  { method: 'POST', path: '/v1/refunds/:id', handle: update },
];

function create(call: StripeCall) {
  const parameters = call.parameters('Refunds.create');
  const { world } = call;
  const charge = findCharge(call, parameters);
  if (charge.disputed) {
    throw badRequest(`Charge ${charge.id} has been charged back; cannot issue a refund.`, {
      code: 'charge_disputed',
    });
  }
  const rest = charge.amountCaptured - charge.amountRefunded;
  if (rest === 0) {
    throw badRequest(`Charge ${charge.id} has already been refunded.`, { code: 'charge_already_refunded' });
  }
  const amount = parameters.integer('amount') ?? rest;
  if (amount > rest) {
    throw badRequest(`Refund amount (${amount}) is greater than unrefunded amount on charge (${rest})`, {
      param: 'amount',
    });
  }
  const flags = readFlags(charge, parameters);
  // What is given back must have arrived first.
  if (charge.balanceTransaction === null) announce(call, settle(call, charge));
  const refund: Refund = {
    id: newId(call, 're'),
    ...newlyOwned(call),
    amount,
    balanceTransaction: null,
    charge: charge.id,
    currency: charge.currency,
    metadata: mergeMetadata({}, parameters.metadata()),
    paymentIntent: charge.paymentIntent,
    reason: parameters.text('reason') ?? null,
    status: 'succeeded',
    failureBalanceTransaction: null,
    transferReversal: null,
  };
  charge.amountRefunded += amount;
  giveBackMoney(call, charge, refund, flags);
  world.refunds.set(refund.id, refund);
  writeEvent(call, 'refund.created', refundWire(refund));
  writeEvent(call, 'charge.refunded', chargeWire(charge));
  writeEvent(call, 'refund.updated', refundWire(refund));
  writeEvent(call, 'charge.refund.updated', refundWire(refund));
  announceGivenBack(call, charge, refund, flags);
  const method = world.paymentMethods.get(charge.paymentMethod ?? '');
  if (method?.behaviour.kind === 'succeeds' && method.behaviour.later === 'refund-fails')
    failLater(call, charge, refund);
  return refundWire(refund);
}

const FAILS_AFTER_MS = 60_000;

/** The bank sends the money back. */
function failLater(call: StripeCall, charge: Charge, refund: Refund): void {
  const { clock } = call.world;
  const stripe = byItself(call);
  clock.at(clock.now() + FAILS_AFTER_MS, () => {
    const before = refundWire(refund);
    takeBack(stripe, charge, refund);
    writeEvent(stripe, 'refund.failed', refundWire(refund));
    writeUpdate(stripe, 'refund.updated', before, refundWire(refund));
  });
}

function readFlags(charge: Charge, parameters: Parameters): RefundFlags {
  const flags = {
    reverseTransfer: parameters.flag('reverse_transfer'),
    refundApplicationFee: parameters.flag('refund_application_fee'),
  };
  if (flags.reverseTransfer && !charge.transferData) {
    throw badRequest('This charge has no transfer that could be reversed.', { param: 'reverse_transfer' });
  }
  if (flags.refundApplicationFee && charge.applicationFeeAmount === null) {
    throw badRequest('This charge has no application fee that could be refunded.', {
      param: 'refund_application_fee',
    });
  }
  return flags;
}

function findCharge(call: StripeCall, parameters: Parameters): Charge {
  const { world } = call;
  const chargeId = parameters.text('charge');
  const intentId = parameters.text('payment_intent');
  if (!chargeId && !intentId) {
    throw badRequest(
      'One of the following params should be provided for this request: payment_intent or charge.',
      {
        code: 'parameter_missing',
      },
    );
  }
  if (chargeId) {
    const charge = findOwn(call, world.charges, chargeId, 'charge', 'charge');
    if (!charge.captured)
      throw badRequest(`Charge ${chargeId} was not captured; cancel its PaymentIntent instead.`, {
        param: 'charge',
      });
    return charge;
  }
  const intent = findOwn(call, world.paymentIntents, intentId!, 'payment_intent', 'payment_intent');
  const charge = world.charges.get(intent.latestCharge ?? '');
  if (!charge?.captured) {
    throw badRequest(`This PaymentIntent (${intent.id}) does not have a successful charge to refund.`, {
      param: 'payment_intent',
    });
  }
  return charge;
}

function list(call: StripeCall) {
  const parameters = call.parameters('Refunds.list');
  const [charge, intent] = [parameters.text('charge'), parameters.text('payment_intent')];
  const refunds = allOwn(call, call.world.refunds).filter(
    refund =>
      refund.charge === (charge ?? refund.charge) &&
      refund.paymentIntent === (intent ?? refund.paymentIntent),
  );
  return listOf(refunds, parameters, '/v1/refunds', refundWire);
}

function retrieve(call: StripeCall) {
  call.parameters('Refunds.retrieve');
  return refundWire(getRefund(call));
}

function update(call: StripeCall) {
  const parameters = call.parameters('Refunds.update');
  const refund = getRefund(call);
  const before = refundWire(refund);
  refund.metadata = mergeMetadata(refund.metadata, parameters.metadata());
  writeUpdate(call, 'refund.updated', before, refundWire(refund));
  return refundWire(refund);
}

const getRefund = (call: StripeCall) =>
  findOwn(call, call.world.refunds, call.path['id']!, 'refund', 'refund');
