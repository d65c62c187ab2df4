/** Causes that a refusal names by itself. */
import type { Cause } from '../causes.ts';
import type { Evidence } from '../evidence.ts';
import { transactionIn } from '../facts.ts';
import { causeOfRefusal } from '../refusals.ts';
import type { Rule } from '../rule.ts';
import * as samples from '../samples.ts';

const named = (cause: Cause, bad: Evidence): Rule => ({
  cause,
  find: ({ refusal }) => {
    const found = refusal && causeOfRefusal(refusal);
    return found?.cause === cause ? found : null;
  },
  samples: { bad, good: samples.refusal({ flexCodes: ['transaction-booking-time-not-available'] }) },
});

const byFlex = (code: string) => samples.refusal({ flexCodes: [code] });
const byStripe = (stripeCode: string | null, stripeMessage: string) =>
  samples.refusal({ status: 402, flexCodes: ['transaction-payment-failed'], stripeCode, stripeMessage });

export const refusedRules: Rule[] = [
  named('flex-stripe-not-configured', byFlex('stripe-missing-api-key')),
  named('flex-stripe-key-invalid', byStripe('api_key_expired', 'Expired API Key provided: sk_test_****1234')),
  named('other-account', byStripe('resource_missing', "No such destination: 'acct_1'")),
  named('other-mode', byStripe('resource_missing', 'No such customer; a similar object exists in live mode')),
  named('provider-restricted', byStripe(null, 'Your account cannot currently make charges.')),
  named('provider-without-account', byFlex('transaction-missing-stripe-account')),
  named('process-without-create-action', byFlex('transaction-invalid-action-sequence')),
  named('unknown-process', byFlex('transaction-unknown-alias')),
  named('amount-or-currency-refused', byStripe('amount_too_small', 'Amount must be at least 50 eur')),
  named(
    'client-writes-payment-intent',
    samples.refusal({
      code: 'param-not-allowed',
      status: 400,
      statusText: 'params.protectedData.stripePaymentIntents can not be sent.',
    }),
  ),
  named('confirmed-already', byFlex('stripe-invalid-payment-intent-status')),
  named('payment-declined', byStripe('card_declined', 'Your card was declined.')),
  named('payment-expired', byStripe('charge_expired_for_capture', 'The hold has run out.')),
  named('credentials-mismatch', samples.refusal({ code: 'flex-credentials-refused', status: 401 })),
  named('flex-unavailable', samples.refusal({ code: 'flex-timeout', status: 504 })),
  named('stripe-unavailable', byStripe(null, 'An unknown error occurred')),
  {
    cause: 'confirmed-already',
    find: evidence =>
      evidence.refusal?.flexCodes.includes('transaction-invalid-transition') &&
      transactionIn(evidence)?.confirmed
        ? { confidence: 0.9, evidence: ['The payment was asked for again after it had been confirmed.'] }
        : null,
    samples: {
      bad: { ...byFlex('transaction-invalid-transition'), flex: samples.flex({ confirmed: true }) },
      good: { ...byFlex('transaction-invalid-transition'), flex: samples.flex() },
    },
  },
];
