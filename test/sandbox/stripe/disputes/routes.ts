import { allOwn, findOwn, type StripeCall, type StripeRoute } from '../context.ts';
import { badRequest } from '../errors.ts';
import { writeEvent } from '../events/write.ts';
import { listOf } from '../lists.ts';
import { disputeWire } from './wire.ts';

export const disputeRoutes: StripeRoute[] = [
  { method: 'GET', path: '/v1/disputes', handle: list },
  { method: 'GET', path: '/v1/disputes/:id', handle: retrieve },
  { method: 'POST', path: '/v1/disputes/:id/close', handle: close },
];

function list(call: StripeCall) {
  const parameters = call.parameters('Disputes.list');
  const [charge, intent] = [parameters.text('charge'), parameters.text('payment_intent')];
  const disputes = allOwn(call, call.world.disputes).filter(
    dispute =>
      dispute.charge === (charge ?? dispute.charge) &&
      dispute.paymentIntent === (intent ?? dispute.paymentIntent),
  );
  return listOf(disputes, parameters, '/v1/disputes', dispute => disputeWire(dispute, call.world));
}

const getDispute = (call: StripeCall) =>
  findOwn(call, call.world.disputes, call.path['id']!, 'dispute', 'dispute');

function retrieve(call: StripeCall) {
  call.parameters('Disputes.retrieve');
  return disputeWire(getDispute(call), call.world);
}

/** Gives in: it is lost. */
function close(call: StripeCall) {
  call.parameters('Disputes.close');
  const dispute = getDispute(call);
  if (dispute.status === 'lost') throw badRequest('This dispute is already closed.');
  dispute.status = 'lost';
  writeEvent(call, 'charge.dispute.closed', disputeWire(dispute, call.world));
  return disputeWire(dispute, call.world);
}
