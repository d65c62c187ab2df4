import { allOwn, findOwn, newlyOwned, type StripeCall, type StripeRoute } from '../context.ts';
import { writeEvent, writeUpdate } from '../events/write.ts';
import { listOf } from '../lists.ts';
import { mergeMetadata, type Parameters } from '../parameters.ts';
import { attachTo } from '../payment-methods/routes.ts';
import { givenPaymentMethod } from '../payment-methods/test-cards.ts';
import { searchIn } from '../search.ts';
import { newShortId } from '../world.ts';
import type { Customer } from './entity.ts';
import { customerWire } from './wire.ts';

export const customerRoutes: StripeRoute[] = [
  { method: 'POST', path: '/v1/customers', handle: create },
  { method: 'GET', path: '/v1/customers', handle: list },
  { method: 'GET', path: '/v1/customers/search', handle: search },
  { method: 'GET', path: '/v1/customers/:id', handle: retrieve },
  { method: 'POST', path: '/v1/customers/:id', handle: update },
  { method: 'DELETE', path: '/v1/customers/:id', handle: remove },
];

function create(call: StripeCall) {
  const parameters = call.parameters('Customers.create');
  const customer: Customer = {
    id: newShortId(call.world, 'cus'),
    ...newlyOwned(call),
    email: null,
    name: null,
    description: null,
    metadata: {},
    defaultPaymentMethod: null,
    address: null,
    phone: null,
    preferredLocales: [],
    shipping: null,
    taxExempt: 'none',
    deleted: false,
  };
  const method = givenPaymentMethod(call, parameters);
  change(customer, parameters);
  call.world.customers.set(customer.id, customer);
  if (method) attachTo(call, method, customer.id);
  writeEvent(call, 'customer.created', customerWire(customer));
  return customerWire(customer);
}

function list(call: StripeCall) {
  const parameters = call.parameters('Customers.list');
  const email = parameters.text('email');
  const customers = existing(call).filter(customer => customer.email === (email ?? customer.email));
  return listOf(customers, parameters, '/v1/customers', customerWire);
}

function search(call: StripeCall) {
  const parameters = call.parameters('Customers.search');
  return searchIn(call, 'customer', existing(call), parameters, customerWire);
}

const existing = (call: StripeCall) =>
  allOwn(call, call.world.customers).filter(customer => !customer.deleted);

function retrieve(call: StripeCall) {
  call.parameters('Customers.retrieve');
  return customerWire(getCustomer(call));
}

function update(call: StripeCall) {
  const parameters = call.parameters('Customers.update');
  const customer = getCustomer(call);
  const before = customerWire(customer);
  change(customer, parameters);
  writeUpdate(call, 'customer.updated', before, customerWire(customer));
  return customerWire(customer);
}

function remove(call: StripeCall) {
  call.parameters('Customers.delete');
  const customer = getCustomer(call);
  writeEvent(call, 'customer.deleted', customerWire(customer));
  customer.deleted = true;
  return customerWire(customer);
}

function change(customer: Customer, parameters: Parameters): void {
  const kept = parameters.newText;
  const settings = parameters.object('invoice_settings')?.['default_payment_method'];
  Object.assign(customer, {
    email: kept('email', customer.email),
    name: kept('name', customer.name),
    description: kept('description', customer.description),
    phone: kept('phone', customer.phone),
    address: parameters.newObject('address', customer.address),
    shipping: parameters.newObject('shipping', customer.shipping),
    taxExempt: kept('tax_exempt', customer.taxExempt) ?? 'none',
    ...(parameters.has('preferred_locales') && { preferredLocales: parameters.list('preferred_locales') }),
    metadata: mergeMetadata(customer.metadata, parameters.metadata()),
    ...(typeof settings === 'string' && { defaultPaymentMethod: settings || null }),
  });
}

const getCustomer = (call: StripeCall) =>
  findOwn(call, call.world.customers, call.path['id']!, 'customer', 'id');
