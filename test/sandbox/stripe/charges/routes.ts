import { allOwn, findOwn, type StripeCall, type StripeRoute } from '../context.ts';
import { searchParameters } from '../customers/routes.ts';
import { listOf, searchIn } from '../lists.ts';
import { mergeMetadata } from '../parameters.ts';
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
  const parameters = call.parameters('Charges.search', searchParameters);
  return searchIn(call, allOwn(call, call.world.charges), parameters, '/v1/charges/search', chargeWire);
}

function retrieve(call: StripeCall) {
  call.parameters('Charges.retrieve');
  return chargeWire(getCharge(call));
}

function update(call: StripeCall) {
  const parameters = call.parameters('Charges.update');
  const charge = getCharge(call);
  charge.metadata = mergeMetadata(charge.metadata, parameters.metadata());
  charge.description = parameters.text('description') ?? charge.description;
  return chargeWire(charge);
}

const getCharge = (call: StripeCall) =>
  findOwn(call, call.world.charges, call.path['id']!, 'charge', 'charge');
