/** What every answer carries, and how a refusal is put. */
import type { SandboxRequest, SandboxResponse } from '../core/http.ts';
import { docUrl, StripeRefusal } from './errors.ts';
import type { StripeKey } from './keys.ts';
import { API_VERSION } from './version.ts';

/** One call, as far as its answer depends on it. */
export type Asked = {
  request: SandboxRequest;
  requestId: string;
  /** Seconds. */
  at: number;
  /** Once it is known. */
  key?: StripeKey;
};

export function answer(status: number, body: unknown, { request, requestId }: Asked): SandboxResponse {
  const idempotencyKey = request.headers['idempotency-key'];
  const account = request.headers['stripe-account'];
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'request-id': requestId,
      'stripe-version': API_VERSION,
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      ...(account !== undefined && { 'stripe-account': account }),
    },
    body: `${JSON.stringify(body, null, 2)}\n`,
  };
}

export function refusal({ status, error, message }: StripeRefusal, asked: Asked): SandboxResponse {
  const { at, key, requestId } = asked;
  const mode = key?.livemode ? '' : 'test/';
  const response = answer(
    status,
    {
      error: {
        ...error,
        ...(typeof error['code'] === 'string' && { doc_url: docUrl(error['code']) }),
        message,
        ...(key && { request_log_url: `https://dashboard.stripe.com/${mode}logs/${requestId}?t=${at}` }),
      },
    },
    asked,
  );
  if (status === 409) response.headers['stripe-should-retry'] = 'true';
  return response;
}

/** What Stripe says when it fails by itself. */
export const refusalWith = (status: number): StripeRefusal =>
  status === 429
    ? new StripeRefusal(429, { message: 'Request rate limit exceeded.', code: 'rate_limit' })
    : new StripeRefusal(status, {
        message: 'An unknown error occurred',
        type: status >= 500 || status === 424 ? 'api_error' : 'invalid_request_error',
      });
