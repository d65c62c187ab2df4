import { allOwn, findOwn, newlyOwned, type StripeCall, type StripeRoute } from '../context.ts';
import { badRequest, cardDeclined } from '../errors.ts';
import { writeEvent } from '../events/write.ts';
import { listOf } from '../lists.ts';
import { mergeMetadata } from '../parameters.ts';
import type { PaymentMethod } from '../payment-methods/entity.ts';
import { attachTo } from '../payment-methods/routes.ts';
import { readCustomer, readExcludedTypes, readMethodTypes } from '../payment-intents/read.ts';
import { givenPaymentMethod } from '../payment-methods/test-cards.ts';
import { newId } from '../world.ts';
import type { SetupIntent } from './entity.ts';
import { setupIntentWire } from './wire.ts';

export const setupIntentRoutes: StripeRoute[] = [
  { method: 'POST', path: '/v1/setup_intents', handle: create },
  { method: 'GET', path: '/v1/setup_intents', handle: list },
  { method: 'GET', path: '/v1/setup_intents/:id', publishable: true, handle: retrieve },
  { method: 'POST', path: '/v1/setup_intents/:id', handle: update },
  { method: 'POST', path: '/v1/setup_intents/:id/confirm', publishable: true, handle: confirm },
  { method: 'POST', path: '/v1/setup_intents/:id/cancel', handle: cancel },
];

const OPEN: SetupIntent['status'][] = ['requires_payment_method', 'requires_confirmation', 'requires_action'];

function create(call: StripeCall) {
  const parameters = call.parameters('SetupIntents.create');
  const { world } = call;
  const id = newId(call, 'seti');
  const intent: SetupIntent = {
    id,
    ...newlyOwned(call),
    allowedPaymentMethodTypes: readMethodTypes(parameters, null),
    excludedPaymentMethodTypes: readExcludedTypes(parameters, null),
    clientSecret: `${id}_secret_${world.random.base62(31)}`,
    status: 'requires_payment_method',
    customer: readCustomer(call, parameters),
    description: parameters.newText('description', null),
    paymentMethod: null,
    usage: parameters.text('usage') ?? 'off_session',
    cancellationReason: null,
    lastSetupError: null,
    nextAction: null,
    metadata: mergeMetadata({}, parameters.metadata()),
  };
  take(intent, givenPaymentMethod(call, parameters));
  world.setupIntents.set(id, intent);
  writeEvent(call, 'setup_intent.created', setupIntentWire(intent));
  if (parameters.flag('confirm')) confirmIntent(call, intent);
  return setupIntentWire(intent);
}

function list(call: StripeCall) {
  const parameters = call.parameters('SetupIntents.list');
  const [customer, method] = [parameters.text('customer'), parameters.text('payment_method')];
  const intents = allOwn(call, call.world.setupIntents).filter(
    intent =>
      intent.customer === (customer ?? intent.customer) &&
      intent.paymentMethod === (method ?? intent.paymentMethod),
  );
  return listOf(intents, parameters, '/v1/setup_intents', setupIntentWire);
}

function retrieve(call: StripeCall) {
  const parameters = call.parameters('SetupIntents.retrieve');
  const intent = getIntent(call);
  if (call.key === 'publishable') assertClientSecret(intent, parameters.text('client_secret'));
  return setupIntentWire(intent);
}

function update(call: StripeCall) {
  const parameters = call.parameters('SetupIntents.update');
  const intent = getIntent(call);
  assertOpen(intent, 'updated');
  const method = givenPaymentMethod(call, parameters);
  Object.assign(intent, {
    allowedPaymentMethodTypes: readMethodTypes(parameters, intent.allowedPaymentMethodTypes),
    excludedPaymentMethodTypes: readExcludedTypes(parameters, intent.excludedPaymentMethodTypes),
    customer: readCustomer(call, parameters) ?? intent.customer,
    description: parameters.newText('description', intent.description),
    metadata: mergeMetadata(intent.metadata, parameters.metadata()),
  } satisfies Partial<SetupIntent>);
  take(intent, method);
  return setupIntentWire(intent);
}

function confirm(call: StripeCall) {
  const parameters = call.parameters(
    'SetupIntents.confirm',
    call.key === 'publishable' ? { 'client_secret!': 'string' } : {},
  );
  const intent = getIntent(call);
  if (call.key === 'publishable') assertClientSecret(intent, parameters.text('client_secret'));
  assertOpen(intent, 'confirmed');
  take(intent, givenPaymentMethod(call, parameters));
  confirmIntent(call, intent);
  return setupIntentWire(intent);
}

function confirmIntent(call: StripeCall, intent: SetupIntent): void {
  const method = call.world.paymentMethods.get(intent.paymentMethod ?? '');
  if (!method)
    throw unexpectedState(
      intent,
      'You cannot confirm this SetupIntent because it is missing a payment method.',
    );
  const { behaviour } = method;
  if (behaviour.kind === 'declines') {
    const message = 'Your card was declined.';
    intent.status = 'requires_payment_method';
    intent.paymentMethod = null;
    intent.lastSetupError = { type: 'card_error', code: behaviour.code, message };
    writeEvent(call, 'setup_intent.setup_failed', setupIntentWire(intent));
    throw cardDeclined({ code: behaviour.code, message }, { setup_intent: setupIntentWire(intent) });
  }
  if (behaviour.kind === 'wants-authentication') {
    intent.status = 'requires_action';
    intent.nextAction = { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect' } };
    writeEvent(call, 'setup_intent.requires_action', setupIntentWire(intent));
    return;
  }
  succeed(call, intent, method);
}

export function succeed(
  call: Pick<StripeCall, 'world' | 'account' | 'livemode'>,
  intent: SetupIntent,
  method: PaymentMethod,
): void {
  intent.status = 'succeeded';
  intent.nextAction = null;
  intent.lastSetupError = null;
  method.setUpForOffSession = intent.usage === 'off_session';
  writeEvent(call, 'setup_intent.succeeded', setupIntentWire(intent));
  if (intent.customer) attachTo(call, method, intent.customer);
}

function cancel(call: StripeCall) {
  const parameters = call.parameters('SetupIntents.cancel');
  const intent = getIntent(call);
  assertOpen(intent, 'canceled');
  intent.status = 'canceled';
  intent.cancellationReason = parameters.text('cancellation_reason') ?? null;
  writeEvent(call, 'setup_intent.canceled', setupIntentWire(intent));
  return setupIntentWire(intent);
}

function take(intent: SetupIntent, method: PaymentMethod | undefined): void {
  if (!method) return;
  intent.paymentMethod = method.id;
  if (intent.status === 'requires_payment_method') intent.status = 'requires_confirmation';
}

function assertOpen(intent: SetupIntent, done: string): void {
  if (!OPEN.includes(intent.status)) {
    throw unexpectedState(
      intent,
      `This SetupIntent could not be ${done} because it has a status of ${intent.status}.`,
    );
  }
}

const unexpectedState = (intent: SetupIntent, message: string) =>
  badRequest(message, { code: 'setup_intent_unexpected_state', setup_intent: setupIntentWire(intent) });

function assertClientSecret(intent: SetupIntent, secret: string | undefined): void {
  if (secret !== intent.clientSecret) {
    throw badRequest(
      'The client_secret provided does not match any associated SetupIntent on this account.',
      {
        code: 'setup_intent_invalid_parameter',
        param: 'client_secret',
      },
    );
  }
}

const getIntent = (call: StripeCall) =>
  findOwn(call, call.world.setupIntents, call.path['id']!, 'setup_intent', 'intent');
