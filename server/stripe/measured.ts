/** Each request to Stripe, whoever asks, is heard of once it has ended. */
import Stripe from 'stripe';
import type { UpstreamCall } from '../metrics.ts';

const TIMED_OUT = 'ETIMEDOUT';

export function measuredHttp(onCall: (call: UpstreamCall) => void): Stripe.HttpClient {
  const http = Stripe.createNodeHttpClient();
  return {
    getClientName: () => http.getClientName(),
    async makeRequest(...call) {
      const [, , path] = call;
      const started = performance.now();
      const ended = (outcome: string) =>
        onCall({
          upstream: 'stripe',
          endpoint: endpointOf(path),
          outcome,
          seconds: (performance.now() - started) / 1000,
        });
      try {
        const response = await http.makeRequest(...call);
        ended(String(response.getStatusCode()));
        return response;
      } catch (error) {
        ended((error as { code?: string }).code === TIMED_OUT ? 'stripe-timeout' : 'stripe-unavailable');
        throw error;
      }
    },
  };
}

/** Ids, and they alone, have a digit or a capital letter. */
export const endpointOf = (path: string): string =>
  path
    .split('?', 1)[0]!
    .split('/')
    .map(part => (/[\dA-Z]/.test(part) && part !== 'v1' ? ':id' : part))
    .join('/');
