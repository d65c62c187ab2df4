import { allOwn, findOwn, type StripeCall, type StripeRoute } from '../context.ts';
import { writeEvent } from '../events/write.ts';
import { listOf } from '../lists.ts';
import type { PaymentMethod } from './entity.ts';
import { usePaymentMethod } from './test-cards.ts';
import { paymentMethodWire } from './wire.ts';

export const paymentMethodRoutes: StripeRoute[] = [
  { method: 'GET', path: '/v1/payment_methods', handle: list },
  { method: 'GET', path: '/v1/payment_methods/:id', handle: retrieve },
  { method: 'POST', path: '/v1/payment_methods/:id/attach', handle: attach },
  { method: 'POST', path: '/v1/payment_methods/:id/detach', handle: detach },
];

function list(call: StripeCall) {
  const parameters = call.parameters('PaymentMethods.list');
  const customer = parameters.text('customer');
  const methods = allOwn(call, call.world.paymentMethods).filter(
    method => method.customer === (customer ?? method.customer),
  );
  return listOf(methods, parameters, '/v1/payment_methods', paymentMethodWire);
}

function retrieve(call: StripeCall) {
  call.parameters('PaymentMethods.retrieve');
  return paymentMethodWire(getMethod(call));
}

function attach(call: StripeCall) {
  const parameters = call.parameters('PaymentMethods.attach');
  const customer = findOwn(
    call,
    call.world.customers,
    parameters.text('customer') ?? '',
    'customer',
    'customer',
    400,
  );
  const method = usePaymentMethod(call, call.path['id']!);
  attachTo(call, method, customer.id);
  return paymentMethodWire(method);
}

export function attachTo(
  call: Pick<StripeCall, 'world' | 'account' | 'livemode'>,
  method: PaymentMethod,
  customer: string,
): void {
  method.customer = customer;
  writeEvent(call, 'payment_method.attached', paymentMethodWire(method));
}

function detach(call: StripeCall) {
  call.parameters('PaymentMethods.detach');
  const method = getMethod(call);
  method.customer = null;
  writeEvent(call, 'payment_method.detached', paymentMethodWire(method));
  return paymentMethodWire(method);
}

const getMethod = (call: StripeCall) =>
  findOwn(call, call.world.paymentMethods, call.path['id']!, 'PaymentMethod', 'payment_method');
