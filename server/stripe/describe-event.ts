/** What we read of an event. Field by field: whatever else Stripe adds, or a marketplace writes into metadata, stays out. */
import type Stripe from 'stripe';
import { ownValue } from '../domain/own-value.ts';
import { judgePaymentIntentId } from '../domain/payment-intent.ts';
import type { StripeEventRecord } from '../domain/stripe-event.ts';

export function describeEvent(event: Stripe.Event): StripeEventRecord {
  const object: unknown = event.data.object;
  const objectType = text(ownValue(object, 'object')) ?? 'unknown';
  const objectId = text(ownValue(object, 'id'));
  const paymentIntentId = paymentIntentOf(object, objectType, objectId);
  return {
    id: event.id,
    type: event.type,
    account: event.account ?? null,
    livemode: event.livemode,
    apiVersion: event.api_version,
    created: new Date(event.created * 1000),
    objectKey: paymentIntentId ?? objectId ?? event.id,
    objectType,
    objectId,
    paymentIntentId,
    transactionId: text(ownValue(ownValue(object, 'metadata'), 'sharetribe-transaction-id')),
    summary: summaryOf(object, event.data.previous_attributes),
  };
}

function paymentIntentOf(object: unknown, type: string, id: string | null): string | null {
  const named = type === 'payment_intent' ? id : idOf(ownValue(object, 'payment_intent'));
  return judgePaymentIntentId(named).valid ? named : null;
}

const KEPT = [
  'status',
  'amount',
  'amount_capturable',
  'amount_received',
  'amount_captured',
  'amount_refunded',
  'currency',
  'captured',
  'paid',
  'refunded',
  'disputed',
  'capture_method',
  'cancellation_reason',
  'canceled_at',
  'created',
  'application_fee_amount',
  'failure_code',
  'reason',
];
const REFERENCES = ['payment_intent', 'charge', 'latest_charge', 'on_behalf_of', 'destination'];

function summaryOf(object: unknown, previous: unknown): Record<string, unknown> {
  const error = ownValue(object, 'last_payment_error');
  const entries: [string, unknown][] = [
    ...KEPT.map((name): [string, unknown] => [name, plain(ownValue(object, name))]),
    ...REFERENCES.map((name): [string, unknown] => [name, idOf(ownValue(object, name))]),
    ['transfer_destination', idOf(ownValue(ownValue(object, 'transfer_data'), 'destination'))],
    ['error_code', text(ownValue(error, 'code'))],
    ['decline_code', text(ownValue(error, 'decline_code'))],
    ['changed', typeof previous === 'object' && previous !== null ? Object.keys(previous) : undefined],
  ];
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== null));
}

/** Numbers, flags and codes; never a sentence. */
const plain = (value: unknown): unknown =>
  typeof value === 'number' || typeof value === 'boolean' ? value : text(value);

const text = (value: unknown): string | null =>
  typeof value === 'string' && /^[\w.:-]{1,100}$/.test(value) && !value.includes('_secret_') ? value : null;

const idOf = (reference: unknown): string | null => text(ownValue(reference, 'id') ?? reference);
