/** The physical limit: one call upstream, its bytes in and out, nothing looked at. Written for this bench. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { Pool } from 'undici';

const pool = new Pool(process.env['REACT_APP_SHARETRIBE_SDK_BASE_URL']!, { connections: 256 });
const server = createServer((request, response) => void passOn(request, response));

async function passOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = await pool.request({
    method: 'POST',
    path: '/v1/api/transactions/initiate',
    headers: { accept: 'application/transit+json' },
    body: await buffer(request),
  });
  response.writeHead(answer.statusCode, { 'content-type': 'application/transit+json; charset=utf-8' });
  response.end(Buffer.from(await answer.body.arrayBuffer()));
}

server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`port ${(server.address() as { port: number }).port}\n`);
});
