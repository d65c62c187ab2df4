/** Every address of the service, for its description. A test compares it with what the router serves. */
import { describeConfirmPayment } from './confirm-payment.ts';
import { describeDeleteAccount } from './delete-account.ts';
import { describeHealth, describeReadiness } from './health.ts';
import { describeInitiate } from './initiate-privileged.ts';
import { describeMetrics } from './metrics.ts';
import type { Described } from './openapi.ts';
import { describePaymentIntent } from './payment-intents.ts';
import { describeWebhook } from './stripe-webhook.ts';
import { describeQuote } from './transaction-line-items.ts';
import { describeTransition } from './transition-privileged.ts';

const page = (summary: string, type: string) => ({
  get: { summary, responses: { 200: { description: 'It.', content: { [type]: {} } } } },
});

export const described: Described = {
  '/healthz': { get: describeHealth },
  '/readyz': { get: describeReadiness },
  '/api/initiate-privileged': { post: describeInitiate },
  '/api/transition-privileged': { post: describeTransition },
  '/api/transaction-line-items': { post: describeQuote },
  '/api/delete-account': { post: describeDeleteAccount },
  '/api/confirm-payment': { post: describeConfirmPayment },
  '/api/payment-intents/{transactionId}': { get: describePaymentIntent },
  '/api/stripe/webhook': { post: describeWebhook },
  '/stripe/webhooks': { post: describeWebhook },
  '/metrics': { get: describeMetrics },
  '/openapi.json': page('This description', 'application/json'),
  '/docs': page('This description, for people', 'text/html'),
};
