import type { MethodDetails } from '../payment-methods/entity.ts';
import type { WireObject } from '../shapes.ts';
import type { Charge } from './entity.ts';

export function chargeWire(charge: Charge): WireObject {
  return {
    id: charge.id,
    object: 'charge',
    amount: charge.amount,
    amount_captured: charge.amountCaptured,
    amount_refunded: charge.amountRefunded,
    application: null,
    application_fee: charge.applicationFee,
    application_fee_amount: charge.applicationFeeAmount,
    balance_transaction: charge.balanceTransaction,
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    calculated_statement_descriptor: 'SANDBOX',
    captured: charge.captured,
    created: charge.created,
    currency: charge.currency,
    customer: charge.customer,
    description: charge.description,
    disputed: charge.disputed,
    failure_balance_transaction: null,
    failure_code: charge.failure?.code ?? null,
    failure_message: charge.failure?.message ?? null,
    fraud_details: {},
    livemode: charge.livemode,
    metadata: { ...charge.metadata },
    on_behalf_of: charge.onBehalfOf,
    outcome: {
      advice_code: null,
      network_advice_code: null,
      network_decline_code: null,
      network_status: charge.failure ? 'declined_by_network' : 'approved_by_network',
      reason: charge.failure?.code ?? null,
      risk_level: 'normal',
      seller_message: charge.failure?.message ?? 'Payment complete.',
      type: charge.failure ? 'issuer_declined' : 'authorized',
    },
    paid: charge.status === 'succeeded',
    payment_intent: charge.paymentIntent,
    payment_method: charge.paymentMethod,
    payment_method_details: charge.methodDetails && detailsOf(charge, charge.methodDetails),
    receipt_email: charge.receiptEmail,
    receipt_number: null,
    receipt_url: null,
    // A hold that was let go of counts as refunded, though no money came back.
    refunded:
      charge.amountRefunded > 0 &&
      charge.amountRefunded === (charge.captured ? charge.amountCaptured : charge.amount),
    review: null,
    shipping: charge.shipping,
    source: null,
    source_transfer: charge.sourceTransfer,
    statement_descriptor: null,
    statement_descriptor_suffix: charge.statementDescriptorSuffix,
    status: charge.status,
    ...(charge.transfer && { transfer: charge.transfer }),
    transfer_data: charge.transferData && {
      amount: charge.transferData.amount,
      destination: charge.transferData.destination,
    },
    transfer_group: charge.transferGroup,
  };
}

const detailsOf = (charge: Charge, details: MethodDetails): WireObject =>
  details.type === 'card' ? cardDetails(charge, details) : bankDetails(details);

const bankDetails = ({ last4 }: MethodDetails): WireObject => ({
  type: 'us_bank_account',
  us_bank_account: {
    account_holder_type: 'individual',
    account_type: 'checking',
    bank_name: 'SANDBOX BANK',
    fingerprint: null,
    last4,
    payment_reference: null,
    routing_number: null,
  },
});

const cardDetails = (charge: Charge, { brand, last4 }: MethodDetails): WireObject => ({
  card: {
    amount_authorized: charge.amount,
    authorization_code: null,
    brand,
    ...(charge.captureBefore !== null && { capture_before: charge.captureBefore }),
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
    country: 'US',
    electronic_commerce_indicator: null,
    exp_month: 12,
    exp_year: 2034,
    extended_authorization: { status: 'disabled' },
    fingerprint: null,
    funding: 'credit',
    incremental_authorization: { status: 'unavailable' },
    installments: null,
    last4,
    mandate: null,
    multicapture: { status: 'unavailable' },
    network: brand,
    network_token: { used: false },
    network_transaction_id: null,
    overcapture: { maximum_amount_capturable: charge.amount, status: 'unavailable' },
    regulated_status: 'unregulated',
    three_d_secure: null,
    transaction_link_id: null,
    wallet: null,
  },
  type: 'card',
});
