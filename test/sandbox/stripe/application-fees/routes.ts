import { allOwn, findOwn, type StripeCall, type StripeRoute } from '../context.ts';
import { listOf } from '../lists.ts';
import { applicationFeeWire } from './wire.ts';

export const applicationFeeRoutes: StripeRoute[] = [
  { method: 'GET', path: '/v1/application_fees', handle: list },
  { method: 'GET', path: '/v1/application_fees/:id', handle: retrieve },
];

function list(call: StripeCall) {
  const parameters = call.parameters('ApplicationFees.list');
  const charge = parameters.text('charge');
  const fees = allOwn(call, call.world.applicationFees).filter(
    fee => charge === undefined || charge === fee.charge || charge === fee.originatingTransaction,
  );
  return listOf(fees, parameters, '/v1/application_fees', applicationFeeWire);
}

function retrieve(call: StripeCall) {
  call.parameters('ApplicationFees.retrieve');
  return applicationFeeWire(
    findOwn(call, call.world.applicationFees, call.path['id']!, 'application fee', 'id'),
  );
}
