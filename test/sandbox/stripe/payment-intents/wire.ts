import type { WireObject } from '../shapes.ts';
import type { PaymentIntent } from './entity.ts';

export function paymentIntentWire(intent: PaymentIntent): WireObject {
  return {
    id: intent.id,
    object: 'payment_intent',
    allowed_payment_method_types: intent.allowedPaymentMethodTypes,
    amount: intent.amount,
    amount_capturable: intent.amountCapturable,
    amount_details: { tip: {} },
    amount_received: intent.amountReceived,
    application: null,
    application_fee_amount: intent.applicationFeeAmount,
    automatic_payment_methods: intent.allowedPaymentMethodTypes
      ? null
      : { allow_redirects: intent.mayRedirect ? 'always' : 'never', enabled: true },
    canceled_at: intent.canceledAt,
    cancellation_reason: intent.cancellationReason,
    capture_method: intent.captureMethod,
    client_secret: intent.clientSecret,
    confirmation_method: intent.confirmationMethod,
    created: intent.created,
    currency: intent.currency,
    customer: intent.customer,
    customer_account: null,
    description: intent.description,
    excluded_payment_method_types: intent.excludedPaymentMethodTypes,
    last_payment_error: intent.lastPaymentError,
    latest_charge: intent.latestCharge,
    livemode: intent.livemode,
    managed_payments: null,
    metadata: { ...intent.metadata },
    next_action: intent.nextAction,
    on_behalf_of: intent.onBehalfOf,
    payment_method: intent.paymentMethod,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: intent.allowedPaymentMethodTypes ?? ['card'],
    payment_record: null,
    processing: null,
    receipt_email: intent.receiptEmail,
    review: null,
    setup_future_usage: intent.setupFutureUsage,
    shipping: intent.shipping,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: intent.statementDescriptorSuffix,
    status: intent.status,
    transfer_data: intent.transferData && {
      destination: intent.transferData.destination,
      ...(intent.transferData.amount !== null && { amount: intent.transferData.amount }),
    },
    transfer_group: intent.transferGroup,
  };
}

/** What a publishable key may see: enough to finish paying, nothing of the marketplace's own. */
export function publicPaymentIntentWire(intent: PaymentIntent): WireObject {
  const wire = paymentIntentWire(intent);
  const open = [
    'id',
    'object',
    'amount',
    'canceled_at',
    'cancellation_reason',
    'capture_method',
    'client_secret',
    'confirmation_method',
    'created',
    'currency',
    'description',
    'last_payment_error',
    'livemode',
    'next_action',
    'payment_method',
    'payment_method_types',
    'processing',
    'receipt_email',
    'setup_future_usage',
    'shipping',
    'source',
    'status',
  ];
  return Object.fromEntries(open.map(name => [name, wire[name]]));
}
