/** HTTP as bytes on a socket: what no client library would send. */
import { once } from 'node:events';
import { connect } from 'node:net';

export type RawAnswer = { status: number; headers: Record<string, string>; body: string };

/** Sends the bytes, reads until the other side closes, and returns every answer that came. */
export async function exchange(url: string, bytes: string | Buffer, wait = 5_000): Promise<RawAnswer[]> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.on('error', () => {});
  const timer = setTimeout(() => socket.destroy(), wait);
  socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  await once(socket, 'close');
  clearTimeout(timer);
  return answersIn(text);
}

function answersIn(text: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let rest = text; rest.startsWith('HTTP/1.1 ');) {
    const [head, ...lines] = rest.slice(0, rest.indexOf('\r\n\r\n')).split('\r\n') as [string, ...string[]];
    const headers = Object.fromEntries(
      lines.map(line => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 1).trim(),
      ]),
    );
    const start = rest.indexOf('\r\n\r\n') + 4;
    const length = Number(headers['content-length'] ?? 0);
    answers.push({ status: Number(head.split(' ')[1]), headers, body: rest.slice(start, start + length) });
    rest = rest.slice(start + length);
  }
  return answers;
}

/** One request with exactly these headers: fetch and node:http have a say in some of them. */
export async function ask(
  url: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { method?: string; headers?: Record<string, string>; body?: string | Buffer },
): Promise<RawAnswer> {
  const { host, pathname, search } = new URL(url);
  const all = {
    Host: host,
    Connection: 'close',
    ...((body.length > 0 || method === 'POST') && { 'Content-Length': Buffer.byteLength(body) }),
    ...headers,
  };
  const head = [
    `${method} ${pathname}${search} HTTP/1.1`,
    ...Object.entries(all).map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\r\n');
  const answers = await exchange(url, Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)]));
  if (answers.length !== 1) throw new Error(`${answers.length} answers`);
  return answers[0]!;
}
