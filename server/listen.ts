import type { AddressInfo } from 'node:net';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';

export type Listening = {
  url: string;
  port: number;
  /** Takes no new connections, lets requests in flight finish, and resolves; cuts what is left after `ms`. */
  close(ms: number): Promise<void>;
};

/** Binds all interfaces, as a host's router expects; `host` narrows it. */
export async function listen(app: RequestListener, port: number, host?: string): Promise<Listening> {
  const server = createServer(app);
  // Longer than the load balancers in front of us keep theirs, so that it is never we who cut an idle connection under a request.
  server.keepAliveTimeout = 75_000;
  const inFlight = new Set<ServerResponse>();
  let closing = false;
  server.prependListener('request', (_req, res) => {
    inFlight.add(res);
    res.once('close', () => inFlight.delete(res));
    if (closing) endConnection(res);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    close: ms =>
      new Promise(resolve => {
        closing = true;
        for (const res of inFlight) endConnection(res);
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
