/**
 * The one error of this service. It carries what the caller may know; what went wrong underneath stays in `cause`
 * and in the log. Adapters and rules throw it, the error handler answers it.
 */
export type ErrorCode =
  | 'bad-request'
  | 'unsupported-media-type'
  | 'body-too-large'
  | 'not-found'
  | 'method-not-allowed'
  | 'origin-refused'
  | 'rate-limited'
  | 'address-too-long'
  | 'headers-too-large'
  | 'request-timeout'
  | 'quantity-missing'
  | 'quantity-invalid'
  | 'dates-reversed'
  | 'dates-unlikely'
  | 'amount-too-large'
  | 'currency-invalid'
  | 'param-not-allowed'
  | 'query-not-allowed'
  | 'process-unknown'
  | 'transition-not-privileged'
  | 'offer-invalid'
  | 'offer-unexpected'
  | 'offer-history-invalid'
  | 'login-as-read-only'
  | 'idempotency-key-invalid'
  | 'idempotency-key-reused'
  | 'outcome-unknown'
  | 'payments-unfinished'
  | 'price-missing'
  | 'shipping-price-missing'
  | 'commission-too-high'
  | 'commission-missing'
  | 'commission-malformed'
  | 'flex-refused'
  | 'flex-unavailable'
  | 'flex-credentials-refused'
  | 'flex-timeout'
  | 'flex-answer-unreadable'
  | 'webhook-refused'
  | 'only-looks-on'
  | 'not-recorded'
  | 'idempotency-key-in-use'
  | 'overloaded'
  | 'payment-not-prepared'
  | 'payment-over'
  | 'payment-not-authorised'
  | 'operator-refused'
  | 'case-unknown'
  | 'case-action-refused'
  | 'case-changed'
  | 'case-busy'
  | 'evidence-away'
  | 'internal';

/** Whether the thing asked for was done: a lost answer to a command is `unknown`, and must not be sent again blindly. */
export type Outcome = 'refused' | 'unknown';

type Details = {
  status: number;
  /** One sentence that says what is wrong. The template's client matches on the beginning of some. */
  statusText: string;
  /** The `data` of the template's error shape; left out when undefined. */
  data?: unknown;
  outcome?: Outcome;
  /** When it may be tried again; becomes the header. */
  retryAfterSeconds?: number;
  cause?: unknown;
};

export class ProxyError extends Error {
  override name = 'ProxyError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly statusText: string;
  readonly data: unknown;
  readonly outcome: Outcome;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, details: Details) {
    super(details.statusText, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status;
    this.statusText = details.statusText;
    this.data = details.data;
    this.outcome = details.outcome ?? 'refused';
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

/** A request that can not be served as it is. */
export const badRequest = (code: ErrorCode, statusText: string) =>
  new ProxyError(code, { status: 400, statusText, data: {} });

/** An error as the web template's client copies it onto its own, with our code and the request id beside it. */
export const localApiError = ({ status, statusText, data, code }: ProxyError, requestId: string) => ({
  name: 'LocalAPIError',
  message: 'Local API request failed',
  status,
  statusText,
  ...(data !== undefined && { data }),
  code,
  requestId,
});
