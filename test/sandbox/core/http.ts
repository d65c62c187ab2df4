/**
 * Requests and answers as plain values. A service is a function from one to the other, so it can be called in process
 * by a simulation, or stand behind a socket where the real clients talk to it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type SandboxRequest = {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Record<string, string>;
  body: string;
  /** Resolves when the caller has hung up; in process nobody does. */
  gone?: Promise<void>;
};

export type SandboxResponse = {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** What happens to the answer on its way: nothing by default. */
  delivery?: Delivery;
};

/** `never`: the caller waits for ever; `reset`: the connection breaks before the answer; `truncate`: in the middle of it. */
export type Delivery = 'never' | 'reset' | 'truncate';

export type Service = (request: SandboxRequest) => Promise<SandboxResponse>;

export type RunningServer = { url: string; port: number; close(): Promise<void> };

/** Puts a service behind a loopback port; port 0 takes a free one. */
export async function serve(service: Service, port: number): Promise<RunningServer> {
  const server = createServer((incoming, outgoing) => {
    void answer(service, incoming, outgoing);
  });
  // A client with keep-alive must not meet a connection that is being closed under it.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(service: Service, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const url = new URL(incoming.url ?? '/', 'http://sandbox');
  const gone = new Promise<void>(resolve => void outgoing.once('close', resolve));
  let response: SandboxResponse;
  try {
    response = await service({
      method: incoming.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: incoming.headers as Record<string, string>,
      body: await readBody(incoming),
      gone,
    });
  } catch (error) {
    // A fault of the sandbox itself must not look like one of the faults that it plays.
    process.stderr.write(
      `sandbox fault at ${incoming.method} ${url.pathname}: ${String((error as Error).stack)}\n`,
    );
    response = {
      status: 500,
      headers: { 'content-type': 'text/plain' },
      body: 'sandbox fault, see its stderr',
    };
  }
  if (response.delivery === 'never') return;
  if (response.delivery === 'reset') {
    incoming.socket.destroy();
    return;
  }
  const body = Buffer.from(response.body);
  outgoing.writeHead(response.status, { ...response.headers, 'content-length': body.length });
  if (response.delivery === 'truncate') {
    outgoing.write(body.subarray(0, body.length / 2), () => incoming.socket.destroy());
    return;
  }
  outgoing.end(body);
}

/** The same service for a client that takes a `fetch`: no socket in between. */
export function asFetch(service: Service): typeof fetch {
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const response = await service({
      method: init.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: Object.fromEntries(new Headers(init.headers)),
      body: typeof init.body === 'string' ? init.body : '',
    });
    if (response.delivery === 'never') return new Promise(() => undefined);
    if (response.delivery) throw new TypeError('fetch failed', { cause: new Error('ECONNRESET') });
    return new Response(response.body, { status: response.status, headers: response.headers });
  };
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
