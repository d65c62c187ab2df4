/**
 * HTTP to one of Flex's origins: kept connections, a deadline for each call, a breaker and a limit on what is under way.
 * Redirects are not followed.
 */
import {
  BrokenCircuitError,
  bulkhead,
  BulkheadRejectedError,
  circuitBreaker,
  CircuitState,
  handleWhen,
  SamplingBreaker,
  wrap,
} from 'cockatiel';
import { Pool } from 'undici';
import { ProxyError } from '../domain/errors.ts';
import { lost, notSent, overloaded, timedOut, unreadable, type CallKind } from './errors.ts';

export type Call = {
  /** A query changes nothing; a command may have been carried out although its answer was lost. */
  kind: CallKind;
  method: 'GET' | 'POST';
  path: string;
  headers: Record<string, string>;
  body?: string;
  signal: AbortSignal;
};

/** `headers` in lower case. */
export type Reply = {
  status: number;
  statusText: string;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
};

/** Resolves with any status; rejects with `ProxyError` when there is no whole answer. */
export type Send = (call: Call) => Promise<Reply>;

export type HttpOrigin = {
  send: Send;
  /** Most calls have failed, and none is sent for a while. */
  isResting(): boolean;
  close(): void;
};

/** Milliseconds. A command may wait for Stripe, so it is given longer. */
const DEADLINES: Record<CallKind, number> = { query: 5_000, command: 10_000 };
const CONNECT_DEADLINE = 3_000;
/** Shorter than load balancers keep theirs, so that a call does not meet a connection that is being closed. */
const KEPT_MS = 30_000;
const LARGEST_ANSWER = 20 * 1024 * 1024;

/** Half of ten seconds' calls failing, and enough of them to be no accident: nothing is sent for five seconds. */
const FAILING = { threshold: 0.5, duration: 10_000, minimumRps: 5 };
const REST_MS = 5_000;
/** Calls that may wait for a connection, for each connection there is. */
const WAITING_PER_CONNECTION = 8;

/** Called when a call has ended; `outcome` is a status, or the code of what went wrong. */
export type OnCall = (call: { endpoint: string; outcome: string; seconds: number }) => void;

export function createHttp(
  origin: string,
  connections: number,
  onCall: OnCall = () => undefined,
): HttpOrigin {
  const pool = new Pool(new URL(origin).origin, {
    connections,
    connectTimeout: CONNECT_DEADLINE,
    keepAliveTimeout: KEPT_MS,
    maxResponseSize: LARGEST_ANSWER,
    // Each call has its own.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const basePath = new URL(origin).pathname.replace(/\/$/, '');
  const breaker = circuitBreaker(handleWhen(isOutage).orWhenResult(isFailure), {
    halfOpenAfter: REST_MS,
    breaker: new SamplingBreaker(FAILING),
  });
  const guard = wrap(bulkhead(connections * (1 + WAITING_PER_CONNECTION)), breaker);
  return {
    async send(call) {
      const started = performance.now();
      const ended = (outcome: string) =>
        onCall({
          endpoint: call.path.split('?', 1)[0]!,
          outcome,
          seconds: (performance.now() - started) / 1000,
        });
      try {
        const reply = await guard.execute(() => exchange(pool, basePath, call));
        ended(String(reply.status));
        return reply;
      } catch (error) {
        const known = asProxyError(error);
        ended(known instanceof ProxyError ? known.code : 'internal');
        throw known;
      }
    },
    isResting: () => breaker.state === CircuitState.Open,
    close: () => void pool.destroy(),
  };
}

function asProxyError(error: unknown): unknown {
  if (error instanceof BulkheadRejectedError) return overloaded();
  if (error instanceof BrokenCircuitError) return notSent(REST_MS / 1000);
  return error;
}

const isOutage = (error: unknown) =>
  error instanceof ProxyError && ['flex-unavailable', 'flex-timeout'].includes(error.code);
const isFailure = (reply: unknown) => (reply as Reply).status >= 500;

function exchange(pool: Pool, basePath: string, { kind, signal, ...call }: Call): Promise<Reply> {
  return new Promise((resolve, reject) => {
    let abort: ((reason: Error) => void) | undefined;
    let ended: Error | undefined;
    let reply: Omit<Reply, 'body'> | undefined;
    const chunks: Buffer[] = [];

    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    };
    const giveUp = () => {
      end();
      ended = timedOut(kind);
      reject(ended);
      abort?.(ended);
    };
    const timer = setTimeout(giveUp, DEADLINES[kind]);
    signal.addEventListener('abort', giveUp);
    if (signal.aborted) {
      giveUp();
      return;
    }

    pool.dispatch(
      {
        method: call.method,
        path: basePath + call.path,
        headers: call.headers,
        body: call.body ?? null,
      },
      {
        onRequestStart(controller) {
          // Given up while it waited for a connection: it is never sent.
          if (ended) controller.abort(ended);
          else abort = reason => controller.abort(reason);
        },
        onResponseStart(_controller, status, headers, statusText = '') {
          reply = { status, statusText, headers };
        },
        onResponseData(_controller, chunk) {
          chunks.push(chunk);
        },
        onResponseEnd() {
          end();
          resolve({ ...reply!, body: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks) });
        },
        onResponseError(_controller, error) {
          end();
          reject(reply ? unreadable(kind) : isBeforeSending(error) ? notSent() : lost(kind));
        },
      },
    );
  });
}

const CONNECT_FAILURES = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
];

const isBeforeSending = (error: Error) => CONNECT_FAILURES.includes((error as { code?: string }).code ?? '');
