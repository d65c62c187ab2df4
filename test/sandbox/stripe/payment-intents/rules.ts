/**
 * When a PaymentIntent may do what.
 *
 *   requires_payment_method --(payment method given)--> requires_confirmation
 *   either, or requires_action --confirm--> requires_capture (manual) | succeeded | requires_action (3DS)
 *                              --declined--> requires_payment_method, with last_payment_error
 *   requires_action --customer authenticates--> as confirm; --fails--> requires_payment_method
 *   requires_capture --capture--> succeeded; --window runs out--> canceled
 *   all but succeeded and canceled --cancel--> canceled
 *
 * succeeded and canceled are final; a refund does not change the status.
 */
import { badRequest } from '../errors.ts';
import type { PaymentIntent, PaymentIntentStatus } from './entity.ts';
import { paymentIntentWire } from './wire.ts';

export type Operation = 'update' | 'confirm' | 'capture' | 'cancel';

const allowedIn: Record<Operation, PaymentIntentStatus[]> = {
  update: ['requires_payment_method', 'requires_confirmation', 'requires_action'],
  confirm: ['requires_payment_method', 'requires_confirmation', 'requires_action'],
  capture: ['requires_capture'],
  cancel: [
    'requires_payment_method',
    'requires_confirmation',
    'requires_action',
    'requires_capture',
    'processing',
  ],
};

export function assertAllowed(operation: Operation, intent: PaymentIntent): void {
  if (allowedIn[operation].includes(intent.status)) return;
  throw unexpectedState(
    intent,
    `This PaymentIntent could not be ${pastTense[operation]} because it has a status of ${intent.status}. ` +
      `Only a PaymentIntent with one of the following statuses may be ${pastTense[operation]}: ${allowedIn[operation].join(', ')}.`,
  );
}

const pastTense: Record<Operation, string> = {
  update: 'updated',
  confirm: 'confirmed',
  capture: 'captured',
  cancel: 'canceled',
};

export const unexpectedState = (intent: PaymentIntent, message: string) =>
  badRequest(message, { code: 'payment_intent_unexpected_state', payment_intent: paymentIntentWire(intent) });

/** Least amounts in minor units, by currency. Stripe's table counts in the settlement currency; ours is the same here. */
const minimumAmount: Record<string, number> = {
  usd: 50,
  aed: 200,
  aud: 50,
  bgn: 100,
  brl: 50,
  cad: 50,
  chf: 50,
  czk: 1500,
  dkk: 250,
  eur: 50,
  gbp: 30,
  hkd: 400,
  huf: 17500,
  inr: 50,
  jpy: 50,
  mxn: 1000,
  myr: 200,
  nok: 300,
  nzd: 50,
  pln: 200,
  ron: 200,
  sek: 300,
  sgd: 50,
  thb: 1000,
};

/** Eight digits, in rupees nine. */
const largestAmount = (currency: string) => (currency === 'inr' ? 999_999_999 : 99_999_999);

export function assertAmount(amount: number, currency: string): void {
  const minimum = minimumAmount[currency];
  if (minimum === undefined) {
    throw badRequest(
      `Invalid currency: ${currency}. The sandbox knows: ${Object.keys(minimumAmount).join(', ')}`,
      {
        param: 'currency',
      },
    );
  }
  if (amount < minimum) {
    throw badRequest(`Amount must be at least ${minimum} ${currency}`, {
      code: 'amount_too_small',
      param: 'amount',
    });
  }
  if (amount > largestAmount(currency)) {
    throw badRequest(`Amount must be no more than ${largestAmount(currency)} ${currency}`, {
      code: 'amount_too_large',
      param: 'amount',
    });
  }
}
