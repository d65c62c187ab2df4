import type { WireObject } from '../shapes.ts';
import type { StripeWorld } from '../world.ts';
import { seconds } from '../world.ts';
import { balanceTransactionWire } from '../balance/wire.ts';
import type { Dispute } from './entity.ts';

const ANSWER_WITHIN_SECONDS = 7 * 24 * 60 * 60;

const evidence = [
  'access_activity_log',
  'billing_address',
  'cancellation_policy',
  'cancellation_policy_disclosure',
  'cancellation_rebuttal',
  'customer_communication',
  'customer_email_address',
  'customer_name',
  'customer_purchase_ip',
  'customer_signature',
  'duplicate_charge_documentation',
  'duplicate_charge_explanation',
  'duplicate_charge_id',
  'product_description',
  'receipt',
  'refund_policy',
  'refund_policy_disclosure',
  'refund_refusal_explanation',
  'service_date',
  'service_documentation',
  'shipping_address',
  'shipping_carrier',
  'shipping_date',
  'shipping_documentation',
  'shipping_tracking_number',
  'uncategorized_file',
  'uncategorized_text',
];

export function disputeWire(dispute: Dispute, world: StripeWorld): WireObject {
  const entry = world.balanceTransactions.get(dispute.balanceTransaction)!;
  const dueBy = dispute.created + ANSWER_WITHIN_SECONDS;
  return {
    id: dispute.id,
    object: 'dispute',
    amount: dispute.amount,
    balance_transactions: [balanceTransactionWire(entry, seconds(world))],
    charge: dispute.charge,
    created: dispute.created,
    currency: dispute.currency,
    enhanced_eligibility_types: [],
    evidence: { ...Object.fromEntries(evidence.map(name => [name, null])), enhanced_evidence: {} },
    evidence_details: {
      due_by: dueBy,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: seconds(world) > dueBy,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: null,
    is_charge_refundable: false,
    livemode: dispute.livemode,
    metadata: {},
    payment_intent: dispute.paymentIntent,
    payment_method_details: {
      card: {
        brand: dispute.card.brand,
        case_type: 'chargeback',
        network: dispute.card.brand,
        network_reason_code: '10.4',
      },
      type: 'card',
    },
    reason: 'fraudulent',
    status: dispute.status,
  };
}
