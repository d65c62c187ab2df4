import { endpointOf } from '../../../server/stripe/measured.ts';

it.each([
  ['/v1/payment_intents/pi_3QhWaB7WZ01zgkWS0jxsAJo3?expand[0]=latest_charge', '/v1/payment_intents/:id'],
  ['/v1/payment_intents/pi_3QhWaB7WZ01zgkWS0jxsAJo3/cancel', '/v1/payment_intents/:id/cancel'],
  ['/v1/payment_intents?limit=1&starting_after=pi_3QhWaB7WZ01zgkWS0jxsAJo3', '/v1/payment_intents'],
  ['/v1/payment_intents/search?query=x', '/v1/payment_intents/search'],
  ['/v1/accounts/acct_1QhWaB7WZ01zgkWS', '/v1/accounts/:id'],
  ['/v1/balance_transactions/txn_1', '/v1/balance_transactions/:id'],
])('%s is counted as %s', (path, endpoint) => {
  expect(endpointOf(path)).toBe(endpoint);
});
