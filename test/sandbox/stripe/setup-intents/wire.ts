import type { WireObject } from '../shapes.ts';
import type { SetupIntent } from './entity.ts';

export const setupIntentWire = (intent: SetupIntent): WireObject => ({
  id: intent.id,
  object: 'setup_intent',
  allowed_payment_method_types: intent.allowedPaymentMethodTypes,
  application: null,
  automatic_payment_methods: intent.allowedPaymentMethodTypes
    ? null
    : { allow_redirects: 'always', enabled: true },
  cancellation_reason: intent.cancellationReason,
  client_secret: intent.clientSecret,
  created: intent.created,
  customer: intent.customer,
  customer_account: null,
  description: intent.description,
  excluded_payment_method_types: intent.excludedPaymentMethodTypes,
  flow_directions: null,
  last_setup_error: intent.lastSetupError,
  latest_attempt: null,
  livemode: intent.livemode,
  managed_payments: null,
  mandate: null,
  metadata: { ...intent.metadata },
  next_action: intent.nextAction,
  on_behalf_of: null,
  payment_method: intent.paymentMethod,
  payment_method_configuration_details: null,
  payment_method_options: {},
  payment_method_types: intent.allowedPaymentMethodTypes ?? ['card'],
  single_use_mandate: null,
  status: intent.status,
  usage: intent.usage,
});
