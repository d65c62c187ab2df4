/** Everything that can be made to go wrong; `healthy` ends all of it. What each does stands in README.md. */
export const scenarioNames = [
  'healthy',
  'uuid-payment-intents',
  'missing-payment-intents',
  'secret-mismatch',
  'stripe-not-configured',
  'hang',
  'status',
  'drop-after-commit',
];
