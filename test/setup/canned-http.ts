/** A server on loopback that answers what it is told to, and keeps what it was asked. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Asked = { method: string; url: string; headers: IncomingMessage['headers']; body: string };
export type CannedAnswer = {
  status?: number;
  type?: string;
  body?: string;
  headers?: Record<string, string>;
};
/** Undefined: the request is left without an answer, or answered by hand. */
export type Answerer = (asked: Asked, response: ServerResponse) => CannedAnswer | undefined;

export type CannedServer = AsyncDisposable & { url: string; asked: Asked[] };

export async function cannedServer(answer: Answerer): Promise<CannedServer> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const one = { method: request.method!, url: request.url!, headers: request.headers, body };
      asked.push(one);
      const canned = answer(one, response);
      if (!canned) return;
      response.writeHead(canned.status ?? 200, {
        ...(canned.type !== undefined && { 'content-type': canned.type }),
        ...canned.headers,
      });
      response.end(canned.body ?? '');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
