import { allOwn, findOwn, type StripeCall, type StripeRoute } from '../context.ts';
import { writeUpdate } from '../events/write.ts';
import { listOf } from '../lists.ts';
import { mergeMetadata } from '../parameters.ts';
import { searchIn } from '../search.ts';
import { chargeWire } from './wire.ts';

export const chargeRoutes: StripeRoute[] = [
  { method: 'GET', path: '/v1/charges', handle: list },
  { method: 'GET', path: '/v1/charges/search', handle: search },
  { method: 'GET', path: '/v1/charges/:id', handle: retrieve },
  { method: 'POST', path: '/v1/charges/:id', handle: update },
];

function list(call: StripeCall) {
  const parameters = call.parameters('Charges.list');
  const wanted = {
    customer: parameters.text('customer'),
    paymentIntent: parameters.text('payment_intent'),
    transferGroup: parameters.text('transfer_group'),
  };
  const charges = allOwn(call, call.world.charges).filter(
    charge =>
      charge.customer === (wanted.customer ?? charge.customer) &&
      charge.paymentIntent === (wanted.paymentIntent ?? charge.paymentIntent) &&
      charge.transferGroup === (wanted.transferGroup ?? charge.transferGroup),
  );
  return listOf(charges, parameters, '/v1/charges', chargeWire);
}

function search(call: StripeCall) {
  const parameters = call.parameters('Charges.search');
  return searchIn(call, 'charge', allOwn(call, call.world.charges), parameters, chargeWire);
}

function retrieve(call: StripeCall) {
  call.parameters('Charges.retrieve');
  return chargeWire(getCharge(call));
}

function update(call: StripeCall) {
  const parameters = call.parameters('Charges.update');
  const charge = getCharge(call);
  const before = chargeWire(charge);
  charge.metadata = mergeMetadata(charge.metadata, parameters.metadata());
  charge.description = parameters.newText('description', charge.description);
  charge.receiptEmail = parameters.newText('receipt_email', charge.receiptEmail);
  charge.transferGroup = parameters.newText('transfer_group', charge.transferGroup);
  writeUpdate(call, 'charge.updated', before, chargeWire(charge));
  return chargeWire(charge);
}

const getCharge = (call: StripeCall) =>
  findOwn(call, call.world.charges, call.path['id']!, 'charge', 'charge');
