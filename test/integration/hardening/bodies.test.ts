/** What a body must be before anything reads it. */
import { writeTransit } from '../../../server/flex/transit.ts';
import { daysAhead } from '../../sandbox/client/orders.ts';
import { types } from '../../setup/flex-sdks.ts';
import { ask, exchange } from '../../setup/raw-http.ts';
import { startWorld, type World } from '../../setup/world.ts';

const TRANSIT = 'application/transit+json';
const KB = 1024;

/** An order, made longer by spaces, which transit does not mind. */
const quote = (world: World, bytes = 0) =>
  writeTransit(
    {
      isOwnListing: false,
      listingId: new types.UUID(world.info.listings[0]!.id),
      orderData: { bookingStart: daysAhead(world.info, 30), bookingEnd: daysAhead(world.info, 33) },
    },
    false,
  ).padEnd(bytes);

const post = (world: World, body: string | Buffer, headers: Record<string, string> = {}) =>
  ask(`${world.proxyUrl}/api/transaction-line-items`, {
    method: 'POST',
    headers: { 'Content-Type': TRANSIT, ...headers },
    body,
  });

const refusal = (answer: { status: number; headers: Record<string, string>; body: string }) => {
  const { name, message, status, statusText, data, code, requestId, ...rest } = JSON.parse(answer.body);
  expect({ name, message, status, data, requestId, rest }).toEqual({
    name: 'LocalAPIError',
    message: 'Local API request failed',
    status: answer.status,
    data: {},
    requestId: answer.headers['x-request-id'],
    rest: {},
  });
  return [answer.status, code, statusText];
};

describe('media type', () => {
  it.each([
    TRANSIT,
    `${TRANSIT};charset=utf-8`,
    `${TRANSIT}; charset=UTF-8`,
    `${TRANSIT} ; charset="utf-8"`,
    'Application/Transit+JSON',
    `${TRANSIT}; verbose=1`,
  ])('takes %s', async contentType => {
    await using world = await startWorld();

    expect((await post(world, quote(world), { 'Content-Type': contentType })).status).toBe(200);
  });

  it.each([
    'text/plain',
    'application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    `${TRANSIT}x`,
    `x${TRANSIT}`,
    `${TRANSIT}, text/plain`,
    `text/plain, ${TRANSIT}`,
    `text/plain; a=${TRANSIT}`,
    'application/*',
    '*/*',
    '',
    ';',
  ])('refuses %p before it reads the body', async contentType => {
    await using world = await startWorld();

    const answer = await post(world, quote(world), { 'Content-Type': contentType });

    expect(refusal(answer)).toEqual([
      415,
      'unsupported-media-type',
      'The Content-Type must be application/transit+json.',
    ]);
    expect(world.sandbox.requests()).toEqual({});
  });

  it.each(['latin1', 'utf-16', 'utf-7', 'x'])('refuses the charset %s', async charset => {
    await using world = await startWorld();

    const answer = await post(world, quote(world), { 'Content-Type': `${TRANSIT}; charset=${charset}` });

    expect(refusal(answer)).toEqual([
      415,
      'unsupported-media-type',
      'The charset of the body must be utf-8.',
    ]);
  });

  it.each(['gzip', 'deflate', 'br', 'identity, gzip'])('refuses a body packed with %s', async encoding => {
    await using world = await startWorld();

    const answer = await post(world, quote(world), { 'Content-Encoding': encoding });

    expect(refusal(answer)).toEqual([415, 'unsupported-media-type', 'The body must not be compressed.']);
  });
});

describe('size', () => {
  it('takes 64 KB, and not one byte more', async () => {
    await using world = await startWorld();

    expect((await post(world, quote(world, 64 * KB))).status).toBe(200);
    expect(refusal(await post(world, quote(world, 64 * KB + 1)))).toEqual([
      413,
      'body-too-large',
      'The request body is larger than 64 KB.',
    ]);
  });

  it('counts what comes in chunks too', async () => {
    await using world = await startWorld();
    const inChunks = (bytes: number) => {
      const body = quote(world, bytes);
      const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
      return exchange(
        world.proxyUrl,
        `POST /api/transaction-line-items HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: ${TRANSIT}\r\nTransfer-Encoding: chunked\r\n\r\n${chunk(body.slice(0, 1000))}${chunk(body.slice(1000))}0\r\n\r\n`,
      );
    };

    expect((await inChunks(64 * KB)).map(({ status }) => status)).toEqual([200]);
    expect((await inChunks(64 * KB + 1)).map(({ status }) => status)).toEqual([413]);
  });

  it('answers at once to a body that is announced as too large, before it has come', async () => {
    await using world = await startWorld();

    const [answer] = await exchange(
      world.proxyUrl,
      `POST /api/transaction-line-items HTTP/1.1\r\nHost: x\r\nContent-Type: ${TRANSIT}\r\nContent-Length: 10000000000\r\n\r\n`,
      300,
    );

    expect(answer?.status).toBe(413);
  });

  it('counts bytes and not characters', async () => {
    await using world = await startWorld();
    const body = writeTransit({ listingId: 'ä'.repeat(40 * KB) }, false);

    expect(body.length).toBeLessThan(64 * KB);
    expect((await post(world, body)).status).toBe(413);
  });
});

describe('content', () => {
  it.each<[what: string, body: string | Buffer, words: RegExp]>([
    ['nothing', '', /empty/],
    ['null', '["~#\'",null]', /map/],
    ['null in JSON', 'null', /map/],
    ['a text', '["~#\'","text"]', /map/],
    ['a number', '["~#\'",1]', /map/],
    ['a list', '["a","b"]', /map/],
    ['true', 'true', /map/],
    ['what is no JSON', '{{', /Invalid Transit/],
    ['a form', 'listingId=1', /Invalid Transit/],
    ['an order cut short', '["^ ","~:listingId","~u', /Invalid Transit/],
    ['bytes that are no UTF-8', Buffer.from([0x5b, 0xff, 0xfe, 0x5d]), /UTF-8/],
    ['an empty map', '["^ "]', /listingId/],
  ])('%s: 400 in words', async (_what, body, words) => {
    await using world = await startWorld();

    for (const endpoint of ['transaction-line-items', 'initiate-privileged', 'transition-privileged']) {
      const answer = await ask(`${world.proxyUrl}/api/${endpoint}`, {
        method: 'POST',
        headers: { 'Content-Type': TRANSIT },
        body,
      });
      const [status, code, statusText] = refusal(answer);
      expect([status, code]).toEqual([400, 'bad-request']);
      expect(statusText).toMatch(words.source === 'listingId' ? /listingId|bodyParams/ : words);
    }
    expect(world.sandbox.requests()).toEqual({});
  });

  it('a request that breaks off disturbs nobody', async () => {
    await using world = await startWorld();

    await exchange(
      world.proxyUrl,
      `POST /api/transaction-line-items HTTP/1.1\r\nHost: x\r\nContent-Type: ${TRANSIT}\r\nContent-Length: 500\r\n\r\n["^ "`,
      100,
    );

    expect((await post(world, quote(world))).status).toBe(200);
    expect(world.log.lines().filter(({ level }) => level === 'error')).toEqual([]);
  });
});
