import { settleRefund } from '../balance/move-money.ts';
import type { Charge } from '../charges/entity.ts';
import { chargeWire } from '../charges/wire.ts';
import { ownedBy, type StripeCall, type StripeRoute } from '../context.ts';
import { badRequest, resourceMissing } from '../errors.ts';
import { writeEvent } from '../events/write.ts';
import { mergeMetadata, type Parameters } from '../parameters.ts';
import { newId, seconds } from '../world.ts';
import type { Refund } from './entity.ts';
import { refundWire } from './wire.ts';

export const refundRoutes: StripeRoute[] = [
  { method: 'POST', path: '/v1/refunds', handle: create },
  { method: 'GET', path: '/v1/refunds/:id', handle: retrieve },
];

function create(call: StripeCall) {
  const parameters = call.parameters('Refunds.create');
  const { world } = call;
  const charge = findCharge(call, parameters);
  const rest = charge.amountCaptured - charge.amountRefunded;
  if (rest === 0) {
    throw badRequest(`Charge ${charge.id} has already been refunded.`, { code: 'charge_already_refunded' });
  }
  const amount = parameters.integer('amount') ?? rest;
  if (amount < 1 || amount > rest) {
    throw badRequest(`Refund amount (${amount}) is greater than unrefunded amount on charge (${rest})`, {
      param: 'amount',
    });
  }
  const refund: Refund = {
    id: newId(world, 're'),
    account: call.account,
    created: seconds(world),
    amount,
    balanceTransaction: null,
    charge: charge.id,
    currency: charge.currency,
    metadata: mergeMetadata({}, parameters.metadata()),
    paymentIntent: charge.paymentIntent,
    reason: parameters.text('reason') ?? null,
    status: 'succeeded',
    transferReversal: null,
  };
  charge.amountRefunded += amount;
  settleRefund(call, charge, refund, {
    reverseTransfer: parameters.flag('reverse_transfer'),
    refundApplicationFee: parameters.flag('refund_application_fee'),
  });
  world.refunds.set(refund.id, refund);
  writeEvent(call, 'refund.created', refundWire(refund));
  writeEvent(call, 'charge.refunded', chargeWire(charge));
  writeEvent(call, 'refund.updated', refundWire(refund));
  writeEvent(call, 'charge.refund.updated', refundWire(refund));
  return refundWire(refund);
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
    const charge = ownedBy(call, world.charges.get(chargeId));
    if (!charge) throw resourceMissing('charge', chargeId, 'charge');
    if (!charge.captured)
      throw badRequest(`Charge ${chargeId} was not captured; cancel its PaymentIntent instead.`, {
        param: 'charge',
      });
    return charge;
  }
  const intent = ownedBy(call, world.paymentIntents.get(intentId!));
  if (!intent) throw resourceMissing('payment_intent', intentId!, 'payment_intent');
  const charge = world.charges.get(intent.latestCharge ?? '');
  if (!charge?.captured) {
    throw badRequest(`This PaymentIntent (${intent.id}) does not have a successful charge to refund.`, {
      param: 'payment_intent',
    });
  }
  return charge;
}

function retrieve(call: StripeCall) {
  call.parameters('Refunds.retrieve');
  const id = call.path['id'] as string;
  const refund = ownedBy(call, call.world.refunds.get(id));
  if (!refund) throw resourceMissing('refund', id, 'refund');
  return refundWire(refund);
}
