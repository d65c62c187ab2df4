/** An SDK UUID, or its text. */
export type TransactionId = string | { uuid: string };

/** As the template's `post` resolves to it. A transaction stands at `data.data`. */
export type LocalApiAnswer = { status: number; statusText: string; data: { data: AnsweredTransaction } };

export type AnsweredTransaction = {
  id: { uuid: string };
  attributes: { protectedData?: ProtectedData; [name: string]: unknown };
};

type ProtectedData = {
  stripePaymentIntents?: {
    default: { stripePaymentIntentId: string; stripePaymentIntentClientSecret: string };
  };
  [name: string]: unknown;
};

export type PaymentStatus =
  | 'none'
  /** Ask again in a moment. */
  | 'preparing'
  | 'payable'
  | 'authorised'
  | 'paid'
  | 'over'
  /** Somebody looks at it; nothing is to be paid again. */
  | 'checking';

export type OrderPayment = {
  transactionId: string;
  source: 'flex' | 'fallback';
  status: PaymentStatus;
  verdict: string | null;
  stripePaymentIntentId?: string;
  stripePaymentIntentClientSecret?: string;
};

/** What every call rejects with, but where there was no answer at all: then the browser's own error. */
export type LocalApiError = Error & {
  status: number;
  statusText: string;
  data?: unknown;
  code: string | null;
  requestId?: string;
  /** Seconds. */
  retryAfter?: number | null;
};

export type PaymentClient = {
  initiatePrivileged(body: { isSpeculative: boolean } & Record<string, unknown>): Promise<LocalApiAnswer>;
  transitionPrivileged(body: { isSpeculative: boolean } & Record<string, unknown>): Promise<LocalApiAnswer>;
  confirmPayment(transactionId: TransactionId): Promise<LocalApiAnswer>;
  paymentIntent(transactionId: TransactionId): Promise<OrderPayment>;
};

export type PaymentClientOptions = {
  /** To transit: the template's own, of `src/util/api.js`. */
  serialize(value: unknown): string;
  /** From transit. */
  deserialize(text: string): unknown;
  /** Where the service is, when it is not the page's own address. */
  baseUrl?: string;
  fetch?: typeof globalThis.fetch;
  /** Keeps an order's key for when the page is loaded again; `sessionStorage` unless said otherwise. */
  storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null;
  /** How long a call goes on asking where asking again helps. */
  timeoutMs?: number;
  /** Between two tries, where the answer does not say. */
  pauseMs?: number;
};

export function createPaymentClient(options: PaymentClientOptions): PaymentClient;
