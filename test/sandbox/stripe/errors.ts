/** A refusal in Stripe's own words: status, wire type and code. Facts: stripe-node's error classes and Stripe's error list. */
export class StripeRefusal extends Error {
  override name = 'StripeRefusal';
  readonly status: number;
  readonly error: Record<string, unknown>;
  /** Refused before the endpoint began its work: an idempotency key is not used up by it. */
  beforeExecution = false;

  constructor(
    status: number,
    error: { message: string; type?: string; code?: string; param?: string } & Record<string, unknown>,
  ) {
    super(error.message);
    this.status = status;
    this.error = { type: 'invalid_request_error', ...error };
  }
}

/** Where Stripe explains a code. */
export const docUrl = (code: string): string =>
  `https://stripe.com/docs/error-codes/${code.replaceAll('_', '-')}`;

export const badRequest = (
  message: string,
  details: { code?: string; param?: string } & Record<string, unknown> = {},
) => new StripeRefusal(400, { message, ...details });

export const resourceMissing = (kind: string, id: string, param: string, status = 404, hint = '') =>
  new StripeRefusal(status, { message: `No such ${kind}: '${id}'${hint}`, code: 'resource_missing', param });

export const unauthenticated = (message: string, code?: string) =>
  new StripeRefusal(401, code === undefined ? { message } : { message, code });

export const cardDeclined = (
  decline: { code: string; declineCode?: string; message: string },
  extra: Record<string, unknown>,
) =>
  new StripeRefusal(402, {
    type: 'card_error',
    code: decline.code,
    message: decline.message,
    ...(decline.declineCode && { decline_code: decline.declineCode }),
    ...extra,
  });

/** The destination of a transfer may not take one. */
export const insufficientCapabilities = (param: string) =>
  badRequest(
    'Your destination account needs to have at least one of the following capabilities enabled: transfers, crypto_transfers, legacy_payments',
    { code: 'insufficient_capabilities_for_transfer', param },
  );

export const noAccess = (account: string) =>
  new StripeRefusal(403, {
    message: `The provided key does not have access to account '${account}' (or that account does not exist). Application access may have been revoked.`,
    code: 'account_invalid',
  });
