import type { Account } from '../accounts/entity.ts';
import { chargeWire } from '../charges/wire.ts';
import { allOwn, findOwn, newlyOwned, type StripeCall, type StripeRoute } from '../context.ts';
import { searchParameters } from '../customers/routes.ts';
import { badRequest, resourceMissing, StripeRefusal, unauthenticated } from '../errors.ts';
import { writeEvent } from '../events/write.ts';
import { listOf, searchIn } from '../lists.ts';
import { mergeMetadata, type Parameters } from '../parameters.ts';
import type { PaymentMethod } from '../payment-methods/entity.ts';
import { givenPaymentMethod } from '../payment-methods/test-cards.ts';
import { newId } from '../world.ts';
import { authorise, capture, decline, process, release } from './charge.ts';
import type { CaptureMethod, PaymentIntent } from './entity.ts';
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
  const parameters = call.parameters('PaymentIntents.search', searchParameters);
  return searchIn(
    call,
    allOwn(call, call.world.paymentIntents),
    parameters,
    '/v1/payment_intents/search',
    paymentIntentWire,
  );
}

function create(call: StripeCall) {
  const parameters = call.parameters('PaymentIntents.create');
  const { world } = call;
  const amount = parameters.integer('amount')!;
  const currency = parameters.text('currency')!.toLowerCase();
  assertAmount(amount, currency);
  const { onBehalfOf, transferData } = readDestination(call, parameters);
  const id = newId(world, 'pi');
  const intent: PaymentIntent = {
    id,
    ...newlyOwned(call),
    amount,
    amountCapturable: 0,
    amountReceived: 0,
    applicationFeeAmount: readApplicationFee(parameters, amount, transferData !== null),
    allowedPaymentMethodTypes: parameters.has('allowed_payment_method_types')
      ? parameters.list('allowed_payment_method_types').map(String)
      : null,
    canceledAt: null,
    cancellationReason: null,
    captureMethod: (parameters.text('capture_method') ?? 'automatic_async') as CaptureMethod,
    clientSecret: `${id}_secret_${world.random.base62(25)}`,
    confirmationMethod: (parameters.text('confirmation_method') ?? 'automatic') as 'automatic' | 'manual',
    currency,
    customer: existingCustomer(call, parameters),
    description: parameters.text('description') ?? null,
    lastPaymentError: null,
    latestCharge: null,
    metadata: mergeMetadata({}, parameters.metadata()),
    nextAction: null,
    onBehalfOf,
    paymentMethod: null,
    receiptEmail: parameters.text('receipt_email') ?? null,
    setupFutureUsage: parameters.text('setup_future_usage') ?? null,
    statementDescriptorSuffix: parameters.text('statement_descriptor_suffix') ?? null,
    status: 'requires_payment_method',
    transferData,
    transferGroup: parameters.text('transfer_group') ?? null,
  };
  const method = methodFor(call, intent, parameters);
  if (method) attach(intent, method);
  else if (parameters.flag('confirm')) throw withoutMethod(intent);
  world.paymentIntents.set(intent.id, intent);
  writeEvent(call, 'payment_intent.created', paymentIntentWire(intent));
  if (parameters.flag('confirm')) confirmWith(call, intent, method, parameters);
  return paymentIntentWire(intent);
}

function retrieve(call: StripeCall) {
  const parameters = call.parameters('PaymentIntents.retrieve');
  const intent = findIntent(call);
  if (call.key === 'secret') return paymentIntentWire(intent);
  assertClientSecret(intent, parameters.text('client_secret'));
  return publicPaymentIntentWire(intent);
}

function update(call: StripeCall) {
  const parameters = call.parameters('PaymentIntents.update');
  const intent = findIntent(call);
  // Metadata and description may change at any time, what is paid only before it is authorised.
  const alwaysAllowed = ['metadata', 'description', 'expand'];
  if (Object.keys(parameters.all).some(name => !alwaysAllowed.includes(name)))
    assertAllowed('update', intent);
  const amount = parameters.integer('amount') ?? intent.amount;
  const currency = parameters.text('currency')?.toLowerCase() ?? intent.currency;
  assertAmount(amount, currency);
  const method = methodFor(call, intent, parameters);
  const fee = parameters.has('application_fee_amount')
    ? readApplicationFee(parameters, amount, intent.transferData !== null)
    : intent.applicationFeeAmount;
  Object.assign(intent, {
    amount,
    currency,
    applicationFeeAmount: fee,
    metadata: mergeMetadata(intent.metadata, parameters.metadata()),
    description: parameters.text('description') ?? intent.description,
    setupFutureUsage: parameters.text('setup_future_usage') ?? intent.setupFutureUsage,
  } satisfies Partial<PaymentIntent>);
  if (method) attach(intent, method);
  return paymentIntentWire(intent);
}

function confirm(call: StripeCall) {
  // Only browsers send the client secret; the secret key's table does not know it.
  const parameters = call.parameters(
    'PaymentIntents.confirm',
    call.key === 'publishable' ? { client_secret: 'string!' } : {},
  );
  const intent = findIntent(call);
  if (call.key === 'publishable') {
    assertClientSecret(intent, parameters.text('client_secret'));
    if (intent.confirmationMethod === 'manual') {
      throw unauthenticated(
        'This PaymentIntent can only be confirmed with a secret key.',
        'secret_key_required',
      );
    }
  }
  assertAllowed('confirm', intent);
  const method = methodFor(call, intent, parameters);
  if (method) attach(intent, method);
  if (parameters.text('setup_future_usage')) intent.setupFutureUsage = parameters.text('setup_future_usage')!;
  confirmWith(call, intent, method, parameters);
  return call.key === 'secret' ? paymentIntentWire(intent) : publicPaymentIntentWire(intent);
}

function confirmWith(
  call: StripeCall,
  intent: PaymentIntent,
  given: PaymentMethod | undefined,
  parameters: Parameters,
): void {
  const method = given ?? call.world.paymentMethods.get(intent.paymentMethod ?? '');
  if (!method) throw withoutMethod(intent);
  const { behaviour } = method;
  switch (behaviour.kind) {
    case 'succeeds':
      return authorise(call, intent, method);
    case 'declines':
      return decline(call, intent, method, behaviour);
    case 'delayed':
      return process(call, intent, method, behaviour.outcome);
    case 'wants-authentication':
      return confirmWithAuthentication(call, intent, method, behaviour, parameters);
  }
}

const withoutMethod = (intent: PaymentIntent) =>
  unexpectedState(
    intent,
    'You cannot confirm this PaymentIntent because it is missing a payment method. ' +
      'Update it with a payment method, or give one when confirming, then confirm it again.',
  );

function confirmWithAuthentication(
  call: StripeCall,
  intent: PaymentIntent,
  method: PaymentMethod,
  behaviour: PaymentMethod['behaviour'] & { kind: 'wants-authentication' },
  parameters: Parameters,
): void {
  const offSession = parameters.flag('off_session');
  if (offSession && method.setUpForOffSession && !behaviour.always) return authorise(call, intent, method);
  if (parameters.flag('error_on_requires_action') || (offSession && behaviour.offSession === 'declines')) {
    decline(call, intent, method, {
      kind: 'declines',
      code: 'authentication_required',
      declineCode: 'authentication_required',
    });
  }
  askForAuthentication(call, intent, parameters);
}

function askForAuthentication(call: StripeCall, intent: PaymentIntent, parameters: Parameters): void {
  const returnUrl = parameters.text('return_url');
  intent.status = 'requires_action';
  intent.nextAction = returnUrl
    ? {
        type: 'redirect_to_url',
        redirect_to_url: {
          url: `https://hooks.stripe.com/redirect/authenticate/${intent.id}`,
          return_url: returnUrl,
        },
      }
    : { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect' } };
  writeEvent(call, 'payment_intent.requires_action', paymentIntentWire(intent));
}

/** The customer finishes or fails the bank's question. In life this happens between browser and bank; here a control route does it. */
export function authenticate(
  call: Pick<StripeCall, 'world' | 'account' | 'livemode'>,
  intent: PaymentIntent,
  passed: boolean,
): void {
  if (intent.status !== 'requires_action') throw unexpectedState(intent, 'There is nothing to authenticate.');
  const method = call.world.paymentMethods.get(intent.paymentMethod ?? '');
  if (passed && method) {
    if (intent.confirmationMethod === 'manual') {
      intent.status = 'requires_confirmation';
      intent.nextAction = null;
      return;
    }
    authorise(call, intent, method);
    return;
  }
  intent.status = 'requires_payment_method';
  intent.paymentMethod = null;
  intent.nextAction = null;
  intent.lastPaymentError = {
    type: 'invalid_request_error',
    code: 'payment_intent_authentication_failure',
    message:
      'The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.',
  };
  writeEvent(call, 'payment_intent.payment_failed', paymentIntentWire(intent));
}

function captureIntent(call: StripeCall) {
  const parameters = call.parameters('PaymentIntents.capture');
  const intent = findIntent(call);
  assertAllowed('capture', intent);
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
  if (parameters.has('application_fee_amount')) {
    charge.applicationFeeAmount = readApplicationFee(parameters, intent.amount, intent.transferData !== null);
    intent.applicationFeeAmount = charge.applicationFeeAmount;
  }
  intent.metadata = mergeMetadata(intent.metadata, parameters.metadata());
  capture(call, intent, charge, amount);
  return paymentIntentWire(intent);
}

function cancel(call: StripeCall) {
  const parameters = call.parameters('PaymentIntents.cancel');
  const intent = findIntent(call);
  assertAllowed('cancel', intent);
  const held = intent.status === 'requires_capture';
  release(call, intent, parameters.text('cancellation_reason') ?? null);
  if (held) writeEvent(call, 'charge.refunded', chargeWire(call.world.charges.get(intent.latestCharge!)!));
  writeEvent(call, 'payment_intent.canceled', paymentIntentWire(intent));
  return paymentIntentWire(intent);
}

/** Cards of the sandbox are not eligible. */
function incrementAuthorization(call: StripeCall): never {
  call.parameters('PaymentIntents.incrementAuthorization', {
    amount: 'number!',
    description: 'string',
    metadata: 'map',
  });
  throw unexpectedState(
    findIntent(call),
    'This PaymentIntent is not eligible for incremental authorization.',
  );
}

const findIntent = (call: StripeCall) =>
  findOwn(call, call.world.paymentIntents, call.path['id']!, 'payment_intent', 'intent');

function existingCustomer(call: StripeCall, parameters: Parameters): string | null {
  const id = parameters.text('customer');
  return id === undefined ? null : findOwn(call, call.world.customers, id, 'customer', 'customer', 400).id;
}

function assertClientSecret(intent: PaymentIntent, secret: string | undefined): void {
  if (secret !== intent.clientSecret) {
    throw new StripeRefusal(400, {
      message: 'The client_secret provided does not match any associated PaymentIntent on this account.',
      code: 'payment_intent_invalid_parameter',
      param: 'client_secret',
    });
  }
}

/** The payment method that a call gives, if it gives one. What takes days can not be held. */
function methodFor(call: StripeCall, intent: PaymentIntent, parameters: Parameters) {
  const method = givenPaymentMethod(call, parameters);
  if (method?.behaviour.kind === 'delayed' && intent.captureMethod === 'manual') {
    throw badRequest('This payment method does not support manual capture.', {
      code: 'payment_intent_incompatible_payment_method',
      param: 'payment_method',
    });
  }
  return method;
}

function attach(intent: PaymentIntent, method: PaymentMethod): void {
  intent.paymentMethod = method.id;
  if (intent.status === 'requires_payment_method') intent.status = 'requires_confirmation';
}

function readApplicationFee(parameters: Parameters, amount: number, hasDestination: boolean): number | null {
  const fee = parameters.integer('application_fee_amount');
  if (fee === undefined) return null;
  if (!hasDestination) {
    throw badRequest(
      'Can only apply an application_fee_amount when the PaymentIntent is attempting a direct payment or a destination payment.',
      {
        param: 'application_fee_amount',
      },
    );
  }
  if (fee < 0 || fee > amount) {
    throw badRequest('The application fee cannot be greater than the amount of the payment.', {
      param: 'application_fee_amount',
    });
  }
  return fee;
}

function readDestination(call: StripeCall, parameters: Parameters) {
  const data = parameters.object('transfer_data');
  const destination = typeof data?.['destination'] === 'string' ? data['destination'] : undefined;
  if (data && !destination) {
    throw badRequest('Missing required param: transfer_data[destination].', {
      code: 'parameter_missing',
      param: 'transfer_data[destination]',
    });
  }
  const onBehalfOf = parameters.text('on_behalf_of') ?? null;
  const settles = onBehalfOf === null ? undefined : findAccount(call, onBehalfOf, 'on_behalf_of');
  if (settles && !(settles.chargesEnabled && !isRestrictedNow(call))) {
    throw badRequest('Your account cannot currently make charges.');
  }
  if (!destination) return { onBehalfOf, transferData: null };
  const account = findAccount(call, destination, 'transfer_data[destination]');
  if (account.capabilities.transfers !== 'active') {
    throw badRequest(
      'Your destination account needs to have at least one of the following capabilities enabled: transfers, crypto_transfers, legacy_payments',
      { code: 'insufficient_capabilities_for_transfer', param: 'transfer_data[destination]' },
    );
  }
  const amount = typeof data?.['amount'] === 'string' ? Number(data['amount']) : null;
  return { onBehalfOf, transferData: { destination, amount } };
}

const isRestrictedNow = ({ world }: StripeCall) => world.scenarios.take('provider-restricted') !== undefined;

function findAccount(call: StripeCall, id: string, param: string): Account {
  const account = call.world.accounts.get(id);
  if (!account) throw resourceMissing('account', id, param, 400);
  return account;
}
