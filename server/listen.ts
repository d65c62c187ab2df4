import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createServer, STATUS_CODES, type RequestListener, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { localApiError, ProxyError } from './domain/errors.ts';
import type { Log } from './log.ts';

export type Listening = {
  url: string;
  port: number;
  /**
   * What a stopping service does before it closes: each answer from now on is the last on its connection. A request may have
   * been sent that we have not read yet, and closing its connection, or the port on which it waits, would drop it. So it
   * goes on serving until none came in a while, or `ms` are over.
   */
  drain(ms: number): Promise<void>;
  /** Takes no new connections, lets requests in flight finish, and resolves; cuts what is left after `ms`. */
  close(ms: number): Promise<void>;
};

/** What one connection may take of us: a caller who sends slowly, or nothing, must not hold a place for long. */
const connectionLimits = {
  /** Two session cookies, and what proxies in between add, fit in well. */
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  /** For headers and body together. */
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000,
  /** Longer than the load balancers in front of us keep theirs, so that it is never we who cut an idle connection under a request. */
  keepAliveTimeout: 75_000,
  maxConnections: 10_000,
};

/** Several looks, and not one after their sum: a busy process may be late with reading. */
const LOOK_EVERY_MS = 50;
const QUIET_LOOKS = 5;

/** Binds all interfaces, as a host's router expects; `host` narrows it. */
export async function listen(
  app: RequestListener,
  port: number,
  host?: string,
  { log, ...limits }: Partial<typeof connectionLimits> & { log?: Log } = {},
): Promise<Listening> {
  const { maxConnections, ...options } = { ...connectionLimits, ...limits };
  // Joined, a header that comes twice is seen to: of two, Node would keep one and say nothing.
  const server = createServer({ ...options, joinDuplicateHeaders: true }, app);
  server.maxConnections = maxConnections;
  server.on('clientError', (error, socket) => refuse(error, socket, log));
  const inFlight = new Set<ServerResponse>();
  let requests = 0;
  let isLast = false;
  const makeLast = () => {
    isLast = true;
    for (const res of inFlight) endConnection(res);
  };
  server.prependListener('request', (_req, res) => {
    requests += 1;
    inFlight.add(res);
    res.once('close', () => inFlight.delete(res));
    if (isLast) endConnection(res);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    async drain(ms) {
      makeLast();
      const end = performance.now() + ms;
      for (let quiet = 0; quiet < QUIET_LOOKS && performance.now() < end; quiet++) {
        const before = requests;
        await sleep(LOOK_EVERY_MS);
        if (requests > before) quiet = -1;
      }
    },
    close: ms =>
      new Promise(resolve => {
        makeLast();
        const cut = setTimeout(() => server.closeAllConnections(), ms);
        server.close(() => {
          clearTimeout(cut);
          resolve();
        });
      }),
  };
}

/** A kept connection would take further requests, and hold the process. */
function endConnection(res: ServerResponse): void {
  if (!res.headersSent) res.setHeader('Connection', 'close');
}

/** What is not HTTP never becomes a request; it is answered here, in the shape of all errors. */
function refuse(error: NodeJS.ErrnoException, socket: Duplex, log: Log | undefined): void {
  // The caller is gone, or is in the middle of an answer.
  if (error.code === 'ECONNRESET' || !socket.writable || hasAnswered(socket)) {
    socket.destroy();
    return;
  }
  const refusal = refusals[error.code ?? ''] ?? UNREADABLE;
  const requestId = randomUUID();
  const body = JSON.stringify(localApiError(refusal, requestId));
  log?.info({ requestId, code: refusal.code, status: refusal.status, reason: error.code }, 'no request');
  socket.end(
    [
      `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${requestId}`,
      'Cache-Control: no-store',
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

/** Node's own mark of the answer that a socket is busy with. */
const hasAnswered = (socket: Duplex) =>
  (socket as Duplex & { _httpMessage?: ServerResponse | null })._httpMessage?.headersSent === true;

const refused = (code: ProxyError['code'], status: number, statusText: string) =>
  new ProxyError(code, { status, statusText, data: {} });

const UNREADABLE = refused('bad-request', 400, 'The request is not valid HTTP.');
const refusals: Record<string, ProxyError> = {
  HPE_HEADER_OVERFLOW: refused(
    'headers-too-large',
    431,
    `The headers are larger than ${connectionLimits.maxHeaderSize / 1024} KB.`,
  ),
  ERR_HTTP_REQUEST_TIMEOUT: refused('request-timeout', 408, 'The request did not arrive in time.'),
};
