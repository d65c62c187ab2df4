/** Confirming a PaymentIntent: the card decides what comes of it, and sometimes the bank asks the customer first. */
import type { StripeCall } from '../context.ts';
import { badRequest } from '../errors.ts';
import { writeEvent, type Cause } from '../events/write.ts';
import type { Parameters } from '../parameters.ts';
import type { PaymentMethod } from '../payment-methods/entity.ts';
import { authorise, decline, process } from './charge.ts';
import type { PaymentIntent } from './entity.ts';
import { unexpectedState } from './rules.ts';
import { paymentIntentWire } from './wire.ts';

/** What must hold before anything is tried. */
export function assertConfirmable(
  call: StripeCall,
  intent: PaymentIntent,
  method: PaymentMethod | undefined,
  parameters: Parameters,
): void {
  if (!method && intent.paymentMethod === null) {
    throw unexpectedState(
      intent,
      'You cannot confirm this PaymentIntent because it is missing a payment method. ' +
        'Update it with a payment method, or give one when confirming, then confirm it again.',
    );
  }
  // Browsers say what they do about redirects in ways of their own.
  const mayRedirect = intent.allowedPaymentMethodTypes === null && intent.mayRedirect;
  if (call.key === 'secret' && mayRedirect && !parameters.has('return_url')) {
    throw badRequest(
      'This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these ' +
        'may redirect your customer off of your page, you must provide a `return_url`, or disallow redirects.',
      { param: 'return_url' },
    );
  }
}

export function confirmWith(
  call: StripeCall,
  intent: PaymentIntent,
  method: PaymentMethod,
  parameters: Parameters,
): void {
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

/** `one_off` and `recurring` are ways of being off session. */
const isOffSession = (parameters: Parameters) =>
  !['false', undefined].includes(parameters.text('off_session'));

function confirmWithAuthentication(
  call: StripeCall,
  intent: PaymentIntent,
  method: PaymentMethod,
  behaviour: PaymentMethod['behaviour'] & { kind: 'wants-authentication' },
  parameters: Parameters,
): void {
  const offSession = isOffSession(parameters);
  if (method.authenticatedFor === intent.id) return authorise(call, intent, method);
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
export function authenticate(cause: Cause, intent: PaymentIntent, passed: boolean): void {
  const method = cause.world.paymentMethods.get(intent.paymentMethod!)!;
  intent.nextAction = null;
  if (!passed) return failAuthentication(cause, intent);
  if (intent.confirmationMethod === 'automatic') return authorise(cause, intent, method);
  method.authenticatedFor = intent.id;
  intent.status = 'requires_confirmation';
  return undefined;
}

function failAuthentication(cause: Cause, intent: PaymentIntent): void {
  intent.status = 'requires_payment_method';
  intent.paymentMethod = null;
  intent.lastPaymentError = {
    type: 'invalid_request_error',
    code: 'payment_intent_authentication_failure',
    message:
      'The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.',
  };
  writeEvent(cause, 'payment_intent.payment_failed', paymentIntentWire(intent));
}
