import { chargeWire } from '../charges/wire.ts';
import { allOwn, findOwn, newlyOwned, type StripeCall, type StripeRoute } from '../context.ts';
import { badRequest, unauthenticated } from '../errors.ts';
import { writeEvent } from '../events/write.ts';
import { listOf } from '../lists.ts';
import { mergeMetadata, type Parameters } from '../parameters.ts';
import type { PaymentMethod } from '../payment-methods/entity.ts';
import { learn, searchIn } from '../search.ts';
import { newId } from '../world.ts';
import { capture, release } from './charge.ts';
import { assertConfirmable, confirmWith } from './confirm.ts';
import type { CaptureMethod, PaymentIntent } from './entity.ts';
import {
  assertNoStatementDescriptor,
  assertOneChoiceOfTypes,
  readApplicationFee,
  readCustomer,
  readDestination,
  readExcludedTypes,
  readMethodTypes,
  readPaymentMethod,
  readTransferAmount,
} from './read.ts';
import { assertAllowed, assertAmount, unexpectedState } from './rules.ts';
import { paymentIntentWire, publicPaymentIntentWire } from './wire.ts';

export const paymentIntentRoutes: StripeRoute[] = [
  { method: 'POST', path: '/v1/payment_intents', handle: create },
  { method: 'GET', path: '/v1/payment_intents', handle: list },
  { method: 'GET', path: '/v1/payment_intents/search', handle: search },
  { method: 'GET', path: '/v1/payment_intents/:id', publishable: true, handle: retrieve },
  { method: 'POST', path: '/v1/payment_intents/:id', handle: update },
  { method: 'POST', path: '/v1/payment_intents/:id/confirm', publishable: true, handle: confirm },
  { method: 'POST', path: '/v1/payment_intents/:id/capture', handle: captureIntent },
  { method: 'POST', path: '/v1/payment_intents/:id/cancel', handle: cancel },
  { method: 'POST', path: '/v1/payment_intents/:id/increment_authorization', handle: incrementAuthorization },
];

function list(call: StripeCall) {
  const parameters = call.parameters('PaymentIntents.list');
  const customer = parameters.text('customer');
  const intents = allOwn(call, call.world.paymentIntents).filter(
    intent => intent.customer === (customer ?? intent.customer),
  );
  return listOf(intents, parameters, '/v1/payment_intents', paymentIntentWire);
}

function search(call: StripeCall) {
  const parameters = call.parameters('PaymentIntents.search');
  const own = allOwn(call, call.world.paymentIntents);
  return searchIn(call, 'payment_intent', own, parameters, paymentIntentWire);
}

function create(call: StripeCall) {
  const parameters = call.parameters('PaymentIntents.create');
  const { world } = call;
  const amount = parameters.integer('amount')!;
  const currency = parameters.text('currency')!.toLowerCase();
  assertAmount(amount, currency);
  assertOneChoiceOfTypes(parameters);
  const { onBehalfOf, transferData } = readDestination(call, parameters, amount);
  const allowedPaymentMethodTypes = readMethodTypes(parameters, null);
  assertNoStatementDescriptor(parameters, allowedPaymentMethodTypes);
  const id = newId(call, 'pi');
  const intent: PaymentIntent = {
    id,
    ...newlyOwned(call),
    amount,
    amountCapturable: 0,
    amountReceived: 0,
    applicationFeeAmount: readApplicationFee(parameters, amount, transferData),
    allowedPaymentMethodTypes,
    excludedPaymentMethodTypes: readExcludedTypes(parameters, null),
    mayRedirect: parameters.object('automatic_payment_methods')?.['allow_redirects'] !== 'never',
    canceledAt: null,
    cancellationReason: null,
    captureMethod: (parameters.text('capture_method') ?? 'automatic_async') as CaptureMethod,
    clientSecret: `${id}_secret_${world.random.base62(25)}`,
    confirmationMethod: (parameters.text('confirmation_method') ?? 'automatic') as 'automatic' | 'manual',
    currency,
    customer: readCustomer(call, parameters),
    description: parameters.newText('description', null),
    lastPaymentError: null,
    latestCharge: null,
    metadata: mergeMetadata({}, parameters.metadata()),
    nextAction: null,
    onBehalfOf,
    paymentMethod: null,
    receiptEmail: parameters.newText('receipt_email', null),
    setupFutureUsage: parameters.newText('setup_future_usage', null),
    shipping: parameters.newObject('shipping', null),
    statementDescriptorSuffix: parameters.newText('statement_descriptor_suffix', null),
    status: 'requires_payment_method',
    transferData,
    transferGroup: parameters.newText('transfer_group', null),
  };
  const method = readPaymentMethod(call, parameters, intent);
  const isConfirmed = parameters.flag('confirm');
  if (isConfirmed) assertConfirmable(call, intent, method, parameters);
  if (method) attach(intent, method);
  world.paymentIntents.set(intent.id, intent);
  writeEvent(call, 'payment_intent.created', paymentIntentWire(intent));
  if (isConfirmed) confirmWith(call, intent, method!, parameters);
  return paymentIntentWire(intent);
}

function retrieve(call: StripeCall) {
  const parameters = call.parameters('PaymentIntents.retrieve');
  const intent = findIntent(call);
  if (call.key === 'secret') return paymentIntentWire(intent);
  assertClientSecret(intent, parameters.text('client_secret'));
  return publicPaymentIntentWire(intent);
}

/** Metadata and description may change at any time, what is paid only before it is authorised. */
const alwaysAllowed = ['metadata', 'description', 'expand'];

function update(call: StripeCall) {
  const parameters = call.parameters('PaymentIntents.update');
  const intent = findIntent(call);
  if (Object.keys(parameters.all).some(name => !alwaysAllowed.includes(name)))
    assertAllowed('update', intent);
  const amount = parameters.integer('amount') ?? intent.amount;
  const currency = parameters.text('currency')?.toLowerCase() ?? intent.currency;
  assertAmount(amount, currency);
  assertOneChoiceOfTypes(parameters);
  const transferData = readTransferAmount(parameters, amount, intent.transferData);
  const changes = {
    amount,
    currency,
    applicationFeeAmount: parameters.has('application_fee_amount')
      ? readApplicationFee(parameters, amount, transferData)
      : intent.applicationFeeAmount,
    customer: readCustomer(call, parameters) ?? intent.customer,
    metadata: mergeMetadata(intent.metadata, parameters.metadata()),
    description: parameters.newText('description', intent.description),
    transferData,
    transferGroup: parameters.newText('transfer_group', intent.transferGroup),
    ...paymentTerms(parameters, intent),
  } satisfies Partial<PaymentIntent>;
  const method = readPaymentMethod(call, parameters, changes);
  Object.assign(intent, changes);
  if (method) attach(intent, method);
  learn(call.world, paymentIntentWire(intent));
  return paymentIntentWire(intent);
}

/** What update and confirm can both change. */
function paymentTerms(parameters: Parameters, intent: PaymentIntent) {
  const allowedPaymentMethodTypes = readMethodTypes(parameters, intent.allowedPaymentMethodTypes);
  assertNoStatementDescriptor(parameters, allowedPaymentMethodTypes);
  return {
    allowedPaymentMethodTypes,
    excludedPaymentMethodTypes: readExcludedTypes(parameters, intent.excludedPaymentMethodTypes),
    captureMethod: (parameters.text('capture_method') ?? intent.captureMethod) as CaptureMethod,
    receiptEmail: parameters.newText('receipt_email', intent.receiptEmail),
    setupFutureUsage: parameters.newText('setup_future_usage', intent.setupFutureUsage),
    shipping: parameters.newObject('shipping', intent.shipping),
    statementDescriptorSuffix: parameters.newText(
      'statement_descriptor_suffix',
      intent.statementDescriptorSuffix,
    ),
  } satisfies Partial<PaymentIntent>;
}

function confirm(call: StripeCall) {
  // Only browsers send the client secret; the secret key's table does not know it.
  const parameters = call.parameters(
    'PaymentIntents.confirm',
    call.key === 'publishable' ? { 'client_secret!': 'string' } : {},
  );
  const intent = findIntent(call);
  if (call.key === 'publishable') assertBrowserMayConfirm(intent, parameters);
  assertAllowed('confirm', intent);
  const changes = paymentTerms(parameters, intent);
  const given = readPaymentMethod(call, parameters, changes);
  assertConfirmable(call, { ...intent, ...changes }, given, parameters);
  Object.assign(intent, changes);
  if (given) attach(intent, given);
  const method = call.world.paymentMethods.get(intent.paymentMethod!)!;
  confirmWith(call, intent, method, parameters);
  return call.key === 'secret' ? paymentIntentWire(intent) : publicPaymentIntentWire(intent);
}

function assertBrowserMayConfirm(intent: PaymentIntent, parameters: Parameters): void {
  assertClientSecret(intent, parameters.text('client_secret'));
  if (intent.confirmationMethod === 'manual') {
    throw unauthenticated(
      'This PaymentIntent can only be confirmed with a secret key.',
      'secret_key_required',
    );
  }
}

function captureIntent(call: StripeCall) {
  const parameters = call.parameters('PaymentIntents.capture');
  const intent = findIntent(call);
  assertAllowed('capture', intent);
  assertNoStatementDescriptor(parameters, intent.allowedPaymentMethodTypes);
  if (parameters.has('final_capture') && !parameters.flag('final_capture')) {
    throw badRequest('Multicapture is not available for this PaymentIntent.', { param: 'final_capture' });
  }
  const amount = parameters.integer('amount_to_capture') ?? intent.amountCapturable;
  if (amount > intent.amountCapturable) {
    throw badRequest(
      `The requested capture amount is greater than the amount you can capture for this charge (${intent.amountCapturable}).`,
      { code: 'amount_too_large', param: 'amount_to_capture' },
    );
  }
  const charge = call.world.charges.get(intent.latestCharge!)!;
  const transferData = readTransferAmount(parameters, intent.amount, intent.transferData);
  const agreed = {
    applicationFeeAmount: parameters.has('application_fee_amount')
      ? readApplicationFee(parameters, intent.amount, transferData)
      : intent.applicationFeeAmount,
    statementDescriptorSuffix: parameters.newText(
      'statement_descriptor_suffix',
      intent.statementDescriptorSuffix,
    ),
    transferData,
  };
  Object.assign(charge, agreed);
  Object.assign(intent, agreed, { metadata: mergeMetadata(intent.metadata, parameters.metadata()) });
  capture(call, intent, charge, amount);
  return paymentIntentWire(intent);
}

function cancel(call: StripeCall) {
  const parameters = call.parameters('PaymentIntents.cancel');
  const intent = findIntent(call);
  assertAllowed('cancel', intent);
  const held = intent.status === 'requires_capture' ? call.world.charges.get(intent.latestCharge!)! : null;
  release(call, intent, parameters.newText('cancellation_reason', null));
  if (held) {
    held.amountRefunded = held.amount;
    writeEvent(call, 'charge.refunded', chargeWire(held));
  }
  writeEvent(call, 'payment_intent.canceled', paymentIntentWire(intent));
  return paymentIntentWire(intent);
}

/** Cards of the sandbox are not eligible. */
function incrementAuthorization(call: StripeCall): never {
  call.parameters('PaymentIntents.incrementAuthorization');
  throw unexpectedState(
    findIntent(call),
    'This PaymentIntent is not eligible for incremental authorization.',
  );
}

const findIntent = (call: StripeCall) =>
  findOwn(call, call.world.paymentIntents, call.path['id']!, 'payment_intent', 'intent');

function assertClientSecret(intent: PaymentIntent, secret: string | undefined): void {
  if (secret === intent.clientSecret) return;
  throw badRequest(
    'The client_secret provided does not match any associated PaymentIntent on this account.',
    { code: 'payment_intent_invalid_parameter', param: 'client_secret' },
  );
}

function attach(intent: PaymentIntent, method: PaymentMethod): void {
  intent.paymentMethod = method.id;
  intent.status = 'requires_confirmation';
  // What the bank was asked about another card does not matter any more.
  intent.nextAction = null;
}
