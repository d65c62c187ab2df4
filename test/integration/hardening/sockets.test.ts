/** What only a raw socket sends: requests that two parsers could read differently, and callers who take their time. */
import { connect } from 'node:net';
import { once } from 'node:events';
import { listen } from '../../../server/listen.ts';
import { createApp } from '../../../server/app.ts';
import { ask, exchange, type RawAnswer } from '../../setup/raw-http.ts';
import { startWorld, type World } from '../../setup/world.ts';

const TRANSIT = 'Content-Type: application/transit+json';

/** Lines joined as HTTP wants them; the connection ends with the answer. */
const head = (...lines: string[]) => [...lines, 'Connection: close', '', ''].join('\r\n');
const post = (...lines: string[]) => head('POST /api/initiate-privileged HTTP/1.1', 'Host: x', ...lines);

const codesOf = (answers: RawAnswer[]) =>
  answers.map(({ status, body }) => [status, body === '' ? '' : (JSON.parse(body).code ?? 'served')]);

const send = async (world: World, bytes: string) => {
  const answers = await exchange(world.proxyUrl, bytes);
  expect(world.sandbox.requests()).toEqual({});
  return codesOf(answers);
};

describe('what is not one HTTP request', () => {
  it.each<[what: string, bytes: string]>([
    ['two lengths', `${post(TRANSIT, 'Content-Length: 4', 'Content-Length: 5')}["a"]`],
    ['two equal lengths', `${post(TRANSIT, 'Content-Length: 5', 'Content-Length: 5')}["a"]`],
    ['a list of lengths', `${post(TRANSIT, 'Content-Length: 5, 5')}["a"]`],
    ['a length and chunks', `${post(TRANSIT, 'Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`],
    ['chunks and a length', `${post(TRANSIT, 'Transfer-Encoding: chunked', 'Content-Length: 5')}0\r\n\r\n`],
    ['an unknown transfer encoding', `${post(TRANSIT, 'Transfer-Encoding: x')}0\r\n\r\n`],
    ['chunked twice', `${post(TRANSIT, 'Transfer-Encoding: chunked, chunked')}0\r\n\r\n`],
    ['chunked before another', `${post(TRANSIT, 'Transfer-Encoding: chunked, x')}0\r\n\r\n`],
    ['a vertical tab before chunked', `${post(TRANSIT, 'Transfer-Encoding: \x0bchunked')}0\r\n\r\n`],
    ['a length with a sign', `${post(TRANSIT, 'Content-Length: +5')}["a"]`],
    ['a negative length', `${post(TRANSIT, 'Content-Length: -5')}["a"]`],
    ['a length in hexadecimal', `${post(TRANSIT, 'Content-Length: 0x5')}["a"]`],
    ['a length beyond all numbers', post(TRANSIT, `Content-Length: ${'9'.repeat(30)}`)],
    ['a chunk size that is none', `${post(TRANSIT, 'Transfer-Encoding: chunked')}zz\r\n`],
    ['lines that end in a bare LF', post(TRANSIT).replaceAll('\r\n', '\n')],
    ['a header that ends in a bare LF', post(`${TRANSIT}\nX-A: b`)],
    ['a bare CR in a header', post('X-A: b\rX-C: d')],
    ['a header on two lines', post('X-A: b\r\n c')],
    ['a space before the colon', post('Content-Length : 5')],
    ['a space before the first header', 'GET /healthz HTTP/1.1\r\n Host: x\r\n\r\n'],
    ['a NUL in a header', post('X-A: b\0c')],
    ['a NUL in the path', head('GET /healthz\0 HTTP/1.1', 'Host: x')],
    ['a header without a name', post(': b')],
    ['a header name with a space', post('X A: b')],
    ['a version that is none', head('GET /healthz HTTP/9.9', 'Host: x')],
    ['a method that is none', head('GETS /healthz HTTP/1.1', 'Host: x')],
    ['bytes', '\x16\x03\x01\x02\x00\x01\x00'],
  ])('%s: 400 in words, and nothing is done', async (_what, bytes) => {
    await using world = await startWorld();

    expect(await send(world, bytes)).toEqual([[400, 'bad-request']]);
  });

  it('is answered in the shape of all errors, with an id that is in the log', async () => {
    await using world = await startWorld();

    const [answer] = await exchange(world.proxyUrl, 'no http\r\n\r\n');

    expect(JSON.parse(answer!.body)).toEqual({
      name: 'LocalAPIError',
      message: 'Local API request failed',
      status: 400,
      statusText: 'The request is not valid HTTP.',
      data: {},
      code: 'bad-request',
      requestId: answer!.headers['x-request-id'],
    });
    expect(world.log.lines()).toContainEqual(
      expect.objectContaining({ requestId: answer!.headers['x-request-id'], status: 400 }),
    );
  });

  it('takes nothing of what is behind it for a second request', async () => {
    await using world = await startWorld();
    const second = head('GET /healthz HTTP/1.1', 'Host: x');

    const bytes = `POST /api/initiate-privileged HTTP/1.1\r\nHost: x\r\n${TRANSIT}\r\nContent-Length: ${second.length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${second}`;

    expect(await send(world, bytes)).toEqual([[400, 'bad-request']]);
  });
});

describe('headers that come twice', () => {
  it.each<[what: string, lines: string[], answer: [number, string]]>([
    ['media types', [TRANSIT, 'Content-Type: text/plain'], [415, 'unsupported-media-type']],
    [
      'media types, the other way round',
      ['Content-Type: text/plain', TRANSIT],
      [415, 'unsupported-media-type'],
    ],
    ['hosts', ['Host: y'], [400, 'bad-request']],
    ['origins', ['Origin: http://localhost:3000', 'Origin: https://evil.example'], [403, 'origin-refused']],
    ['sites', ['Sec-Fetch-Site: same-origin', 'Sec-Fetch-Site: cross-site'], [403, 'origin-refused']],
  ])('%s: none of them is chosen silently', async (_what, lines, answer) => {
    await using world = await startWorld();

    expect(await send(world, `${post(...lines, 'Content-Length: 5')}["a"]`)).toEqual([answer]);
  });

  it('session cookies: the first one counts', async () => {
    await using world = await startWorld();
    const name = `st-${world.info.flex.clientId}-token`;
    const bytes = post(TRANSIT, 'Content-Length: 4', `Cookie: ${name}=a; ${name}=b`, `Cookie: ${name}=c`);

    expect(await send(world, `${bytes}["^ "]`.slice(0, -2))).toEqual([[400, 'bad-request']]);
  });

  it('query keys change nothing', async () => {
    await using world = await startWorld();

    for (const query of ['a=1&a=2', 'a[]=1&a[b]=2', '__proto__[x]=1', 'constructor=1', '%', '?'.repeat(50)]) {
      const answer = await ask(`${world.proxyUrl}/healthz`, {});
      const [same] = await exchange(world.proxyUrl, head(`GET /healthz?${query} HTTP/1.1`, 'Host: x'));
      expect([same!.status, same!.body]).toEqual([answer.status, answer.body]);
    }
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});

describe('how much there may be of it', () => {
  it.each<[what: string, bytes: string, answer: [number, string]]>([
    [
      '16 KB of headers',
      head('GET /healthz HTTP/1.1', 'Host: x', `X-A: ${'a'.repeat(17_000)}`),
      [431, 'headers-too-large'],
    ],
    [
      'a hundred headers',
      head('GET /healthz HTTP/1.1', 'Host: x', ...Array.from({ length: 98 }, (_, n) => `X-${n}: a`)),
      [200, 'served'],
    ],
    [
      'a hundred and one',
      head('GET /healthz HTTP/1.1', 'Host: x', ...Array.from({ length: 99 }, (_, n) => `X-${n}: a`)),
      [431, 'headers-too-large'],
    ],
    ['an address of 2 KB', head(`GET /healthz?${'a'.repeat(2048 - 9)} HTTP/1.1`, 'Host: x'), [200, 'served']],
    ['one more', head(`GET /healthz?${'a'.repeat(2048 - 8)} HTTP/1.1`, 'Host: x'), [414, 'address-too-long']],
  ])('%s', async (_what, bytes, answer) => {
    await using world = await startWorld();

    expect(await send(world, bytes)).toEqual([answer]);
  });

  it('no number of headers hides the Origin behind them', async () => {
    await using world = await startWorld();
    const many = Array.from({ length: 2_500 }, (_, n) => `${n}:`);

    expect(
      await send(world, post(TRANSIT, ...many, 'Origin: https://evil.example', 'Content-Length: 0')),
    ).toEqual([[431, 'headers-too-large']]);
  });
});

describe('callers who take their time', () => {
  const quick = { headersTimeout: 200, requestTimeout: 400, connectionsCheckingInterval: 50 };
  const start = async (limits: Parameters<typeof listen>[3]) => {
    const world = await startWorld();
    const server = await listen(createApp(world.context), 0, '127.0.0.1', limits);
    return {
      world,
      url: server.url,
      [Symbol.asyncDispose]: async () => {
        await server.close(0);
        await world[Symbol.asyncDispose]();
      },
    };
  };

  it.each([
    ['a head that never ends', 'GET /healthz HTTP/1.1\r\nHost: x\r\nX-A:'],
    [
      'a body that never ends',
      `POST /api/initiate-privileged HTTP/1.1\r\nHost: x\r\n${TRANSIT}\r\nContent-Length: 50\r\n\r\n["^ "`,
    ],
  ])('%s: 408', async (_what, bytes) => {
    await using slow = await start(quick);

    expect(codesOf(await exchange(slow.url, bytes))).toEqual([[408, 'request-timeout']]);
  });

  it('500 of them keep nobody else waiting, and are gone in the end', async () => {
    await using slow = await start({ ...quick, headersTimeout: 1_500, requestTimeout: 1_500 });
    const port = Number(new URL(slow.url).port);
    const idle = Array.from({ length: 500 }, () => {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n');
      socket.resume();
      return socket;
    });
    await Promise.all(idle.map(socket => once(socket, 'connect')));

    const started = performance.now();
    const { status } = await ask(`${slow.url}/healthz`, {});

    expect([status, performance.now() - started < 100]).toEqual([200, true]);
    await Promise.all(idle.filter(socket => !socket.closed).map(socket => once(socket, 'close')));
  });

  it('takes no more connections than are good for it', async () => {
    await using small = await start({ maxConnections: 2 });
    const port = Number(new URL(small.url).port);
    const held = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    await Promise.all(held.map(socket => once(socket, 'connect')));

    const third = connect(port, '127.0.0.1').on('error', () => {});
    await once(third.resume(), 'close');

    expect([third.bytesRead, ...held.map(socket => socket.closed)]).toEqual([0, false, false]);

    for (const socket of held) socket.destroy();
  });
});
