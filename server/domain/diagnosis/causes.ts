/** What a diagnosis can say, and what to do about each. The codes are a contract. */
export const causes = [
  'simulated-response',
  'flex-stripe-not-configured',
  'flex-stripe-key-invalid',
  'other-account',
  'other-mode',
  'provider-restricted',
  'provider-without-account',
  'process-without-create-action',
  'unknown-process',
  'amount-or-currency-refused',
  'client-writes-payment-intent',
  'flex-returned-placeholder',
  'flex-returned-nothing',
  'secret-of-another-intent',
  'confirmed-already',
  'payment-declined',
  'payment-expired',
  'credentials-mismatch',
  'flex-unavailable',
  'stripe-unavailable',
  'carried-by-fallback',
  'fallback-out-of-step',
  'healthy',
  'inconclusive',
] as const;

export type Cause = (typeof causes)[number];

/** `fine` needs nobody; `customer` is between the customer and the bank; `operator` is for whoever runs the marketplace. */
export type Concern = 'fine' | 'customer' | 'operator' | 'unknown';

export type Advice = { concern: Concern; meaning: string; next: string; docs: string };

const FLEX = 'https://www.sharetribe.com/docs';
const STRIPE = 'https://docs.stripe.com';

export const advice: Record<Cause, Advice> = {
  'simulated-response': {
    concern: 'fine',
    meaning:
      'This is the answer to a speculative call: Flex calls no Stripe for it and puts UUIDs where a PaymentIntent would be.',
    next: 'Nothing to do. To see a PaymentIntent, look at the real call that follows when the customer presses the button.',
    docs: `${FLEX}/concepts/transactions/privileged-transitions/`,
  },
  'flex-stripe-not-configured': {
    concern: 'operator',
    meaning: 'Flex has no Stripe key, so it can make no PaymentIntent.',
    next: "Enter the secret key of the marketplace's Stripe account in Console > Build > Integrations > Payments.",
    docs: `${FLEX}/how-to/payments/set-up-and-use-stripe/`,
  },
  'flex-stripe-key-invalid': {
    concern: 'operator',
    meaning: 'The Stripe key in Console is not taken by Stripe any more: it was rolled, revoked or mistyped.',
    next: 'Make a new secret key in the Stripe Dashboard and put it into Console. Existing bookings go on with it, if it is of the same account.',
    docs: `${STRIPE}/keys`,
  },
  'other-account': {
    concern: 'operator',
    meaning: "The PaymentIntent is on another Stripe account than this service's key.",
    next: 'Compare the account of the key in Console with that of STRIPE_SECRET_KEY (npm run doctor names it), and make them one. The publishable key in the web client must be of the same account.',
    docs: `${STRIPE}/keys`,
  },
  'other-mode': {
    concern: 'operator',
    meaning: 'One of the keys is for live payments and the other for test payments.',
    next: 'Use keys of one mode in Console, in STRIPE_SECRET_KEY and in the web client: all test or all live.',
    docs: `${STRIPE}/keys#test-live-modes`,
  },
  'provider-restricted': {
    concern: 'operator',
    meaning:
      "Stripe does not let the provider's account take payments at present, or the provider's bank does not take the payout.",
    next: "Ask the provider to finish what Stripe wants to know, or to correct the bank account (payout details page). The account's requirements and payouts are in the Stripe Dashboard under Connect; what came back lies there, and has to be paid out again.",
    docs: `${STRIPE}/connect/handling-api-verification`,
  },
  'provider-without-account': {
    concern: 'operator',
    meaning: 'The provider has no Stripe account to be paid to.',
    next: 'Ask the provider to enter payout details. Until then keep the listing from being booked.',
    docs: `${FLEX}/how-to/payments/provider-onboarding-and-identity-verification/`,
  },
  'process-without-create-action': {
    concern: 'operator',
    meaning: 'The transaction process goes on to a payment that none of its transitions creates.',
    next: 'Add :action/stripe-create-payment-intent to the transition that requests the payment, push the process and move the alias to the new version (npm run process-doctor says where).',
    docs: `${FLEX}/references/transaction-process-actions/`,
  },
  'unknown-process': {
    concern: 'operator',
    meaning: 'There is no process file for this process or transition, or Flex does not know its alias.',
    next: "Put the marketplace's process.edn into the directory that TRANSACTION_PROCESSES_DIR names, and check that the alias in the listing exists in Console.",
    docs: `${FLEX}/concepts/transactions/transaction-process/`,
  },
  'amount-or-currency-refused': {
    concern: 'operator',
    meaning:
      'The amount or its currency can not be charged as it is, or Flex and Stripe do not have the same one.',
    next: "Check the listing's price and currency, the commission, and Stripe's least amount for the currency. Line items that change after the PaymentIntent was made do not change it.",
    docs: `${STRIPE}/currencies#minimum-and-maximum-charge-amounts`,
  },
  'client-writes-payment-intent': {
    concern: 'operator',
    meaning:
      'Something besides Flex writes a PaymentIntent into the transaction: a fork of the web client or server, or a script.',
    next: 'Search the code for stripePaymentIntents and stripePaymentIntentId being written, and take it out. Only Flex may write there.',
    docs: `${FLEX}/concepts/payments/payment-intents/`,
  },
  'flex-returned-placeholder': {
    concern: 'operator',
    meaning: 'Flex answered a real call with the placeholder UUIDs of a simulation.',
    next: 'The customer can not pay. See that no code of yours writes protectedData.stripePaymentIntents and that a real call, not a speculative one, was made; then give the transaction id to Sharetribe support.',
    docs: `${FLEX}/concepts/payments/payment-intents/`,
  },
  'flex-returned-nothing': {
    concern: 'operator',
    meaning: 'The transition should have made a PaymentIntent, and the answer has none.',
    next: "Check that the alias points to a process version with the create action and that Stripe is connected in Console; with both right, give the transaction's id to Sharetribe support.",
    docs: `${FLEX}/references/transaction-process-actions/`,
  },
  'secret-of-another-intent': {
    concern: 'operator',
    meaning: 'Id and client secret are of two different PaymentIntents.',
    next: 'Do not let the customer pay with it. Find what mixes answers up: a cache, or code that writes protectedData; otherwise give the transaction id to Sharetribe support.',
    docs: `${STRIPE}/api/payment_intents/object`,
  },
  'confirmed-already': {
    concern: 'fine',
    meaning: 'The payment has been confirmed; Flex takes the PaymentIntent out of the transaction then.',
    next: 'Do not pay again. If the transaction still waits for payment, let the customer reload the checkout page, which makes transition/confirm-payment.',
    docs: `${FLEX}/references/transaction-process-actions/`,
  },
  'payment-declined': {
    concern: 'customer',
    meaning: "The customer's bank or Stripe declined the payment, or its check of the customer failed.",
    next: 'Ask the customer to try another card or to talk to the bank. Nothing is wrong with the marketplace.',
    docs: `${STRIPE}/declines/codes`,
  },
  'payment-expired': {
    concern: 'customer',
    meaning: 'The time ran out, and the payment was cancelled or given back.',
    next: 'Ask the customer to book again. If it happens often, see where the checkout takes too long (npm run process-doctor shows the time there is).',
    docs: `${FLEX}/concepts/transactions/transaction-process/`,
  },
  'credentials-mismatch': {
    concern: 'operator',
    meaning: 'Flex does not take our client secret, or id and secret are of two applications.',
    next: 'Copy client id and secret of one application from Console > Build > Applications, and start the service again (npm run doctor checks them).',
    docs: `${FLEX}/concepts/api-sdk/authentication-api/`,
  },
  'flex-unavailable': {
    concern: 'operator',
    meaning: 'Flex did not answer, was busy, or answered with something that can not be read.',
    next: 'Look for the booking before anybody orders again: its answer may only have been lost. Then see status.sharetribe.com.',
    docs: 'https://status.sharetribe.com',
  },
  'stripe-unavailable': {
    concern: 'operator',
    meaning: 'Stripe did not answer, was busy, or does not let us look.',
    next: 'Where Stripe does not take the key, or does not let it look, npm run doctor says what to mend. Otherwise ask again in a few minutes; see status.stripe.com.',
    docs: 'https://status.stripe.com',
  },
  'carried-by-fallback': {
    concern: 'fine',
    meaning:
      'Flex could not have this order paid, so the fallback carries it on a PaymentIntent of this service.',
    next: 'Nothing to do for this order. Mend why Flex makes no PaymentIntent: npm run doctor, /ops/incidents.',
    docs: `${FLEX}/concepts/transactions/transaction-process/`,
  },
  'fallback-out-of-step': {
    concern: 'operator',
    meaning:
      'The fallback carries this order, and the money at Stripe is not where the state of the order says.',
    next: 'Ask again in two minutes. If it stays so, see the lines "[SERVER_PROXY] fallback" in the log and what the case needs, and move no money by hand before.',
    docs: `${FLEX}/concepts/transactions/transaction-process/`,
  },
  healthy: {
    concern: 'fine',
    meaning: 'Nothing is wrong with this payment.',
    next: 'Nothing to do.',
    docs: `${FLEX}/concepts/payments/payment-intents/`,
  },
  inconclusive: {
    concern: 'unknown',
    meaning: 'What is known does not say what the cause is.',
    next: 'Check that the id is right and of this environment (test or live). Then add what is missing: Integration API credentials, a Stripe key, or the request id and our own record of the call.',
    docs: `${FLEX}/concepts/payments/payment-intents/`,
  },
};
