/** Who may change something from a browser, and who may read the answer. */
import { writeTransit } from '../../../server/flex/transit.ts';
import { daysAhead } from '../../sandbox/client/orders.ts';
import { signedIn } from '../../sandbox/client/web-client.ts';
import { types } from '../../setup/flex-sdks.ts';
import { ask } from '../../setup/raw-http.ts';
import { startWorld, type World } from '../../setup/world.ts';

const quoteFor = (world: World) =>
  writeTransit(
    {
      isOwnListing: false,
      listingId: new types.UUID(world.info.listings[0]!.id),
      orderData: { bookingStart: daysAhead(world.info, 30), bookingEnd: daysAhead(world.info, 33) },
    },
    false,
  );

/** The only pairs that may change something; every other cell of the matrix is refused. */
const PASSING = [
  'no Origin, no Sec-Fetch-Site',
  'no Origin, same-origin',
  'listed, no Sec-Fetch-Site',
  'listed, same-origin',
  'listed, same-site',
  'own, no Sec-Fetch-Site',
  'own, same-origin',
];

it('serves only the listed cells of method x media type x Origin x Sec-Fetch-Site x cookie', async () => {
  await using world = await startWorld({ environment: { RATE_LIMIT_PER_SESSION: '0' } });
  const alice = await signedIn(world, 'Alice');
  const cookie = [...alice.cookies].map(pair => pair.join('=')).join('; ');
  const url = `${world.proxyUrl}/api/transaction-line-items`;
  const origins = {
    'no Origin': undefined,
    listed: world.info.rootUrl,
    own: world.proxyUrl,
    foreign: 'https://evil.example',
    null: 'null',
  };
  const sites = {
    'no Sec-Fetch-Site': undefined,
    'same-origin': 'same-origin',
    'same-site': 'same-site',
    'cross-site': 'cross-site',
    none: 'none',
    made: 'same-origin, cross-site',
  };
  const mediaTypes = ['application/transit+json', 'application/json', 'text/plain', 'multipart/form-data'];
  const seen: Record<string, number> = {};
  const expected: Record<string, number> = {};
  for (const method of ['POST', 'PUT', 'DELETE'])
    for (const mediaType of mediaTypes)
      for (const [from, origin] of Object.entries(origins))
        for (const [where, site] of Object.entries(sites))
          for (const session of [undefined, cookie]) {
            const cell = `${method} ${mediaType} ${from}, ${where}${session ? ' with cookie' : ''}`;
            const { status } = await ask(url, {
              method,
              headers: {
                'Content-Type': mediaType,
                ...(origin !== undefined && { Origin: origin }),
                ...(site !== undefined && { 'Sec-Fetch-Site': site }),
                ...(session !== undefined && { Cookie: session }),
              },
              body: quoteFor(world),
            });
            seen[cell] = status;
            if (!PASSING.includes(`${from}, ${where}`)) expected[cell] = 403;
            else if (method !== 'POST') expected[cell] = 405;
            else expected[cell] = mediaType === 'application/transit+json' ? 200 : 415;
          }

  expect(Object.keys(seen)).toHaveLength(720);
  expect(seen).toEqual(expected);
  const served = Object.values(seen).filter(status => status === 200).length;
  expect(served).toBe(14);
  expect(world.sandbox.requests()['GET /v1/api/listings/show']!.count).toBe(served);
});

it('says in words what to do, in the shape of all errors, and asks nobody', async () => {
  await using world = await startWorld();

  const answer = await ask(`${world.proxyUrl}/api/initiate-privileged`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/transit+json', Origin: 'https://evil.example' },
    body: quoteFor(world),
  });

  expect(JSON.parse(answer.body)).toEqual({
    name: 'LocalAPIError',
    message: 'Local API request failed',
    status: 403,
    statusText: expect.stringContaining('CORS_ORIGINS'),
    data: {},
    code: 'origin-refused',
    requestId: answer.headers['x-request-id'],
  });
  expect(world.sandbox.requests()).toEqual({});
});

it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'])(
  'guards %s also where there is nothing',
  async method => {
    await using world = await startWorld();

    const answer = await ask(`${world.proxyUrl}/nothing/here`, {
      method,
      headers: { Origin: 'https://evil.example' },
    });

    expect(answer.status).toBe(403);
  },
);

it('takes the own address through a proxy in front that ends TLS', async () => {
  await using world = await startWorld();
  const post = (origin: string) =>
    ask(`${world.proxyUrl}/api/transaction-line-items`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/transit+json',
        Host: 'www.example.com',
        Origin: origin,
        'Sec-Fetch-Site': 'same-origin',
      },
      body: quoteFor(world),
    });

  expect((await post('https://www.example.com')).status).toBe(200);
  expect((await post('https://www.example.com.evil.example')).status).toBe(403);
  expect((await post('https://www.example.com:8443')).status).toBe(403);
});

describe('CORS', () => {
  const listed = 'https://www.example.com';
  const environment = {
    REACT_APP_MARKETPLACE_ROOT_URL: `${listed}/some/page`,
    CORS_ORIGINS: ' https://staging.example.com ,http://localhost:4000/',
  };
  const preflight = (world: World, origin: string) =>
    ask(`${world.proxyUrl}/api/initiate-privileged`, {
      method: 'OPTIONS',
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'content-type,x-idempotency-key',
      },
    });

  it.each([listed, 'https://staging.example.com', 'http://localhost:4000'])('lets %s in', async origin => {
    await using world = await startWorld({ environment });

    const [before, get] = await Promise.all([
      preflight(world, origin),
      ask(`${world.proxyUrl}/healthz`, { headers: { Origin: origin } }),
    ]);

    expect([before.status, before.body]).toEqual([204, '']);
    expect(before.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'content-type,x-idempotency-key',
      'access-control-max-age': '600',
      vary: 'Origin, Access-Control-Request-Headers',
    });
    expect(get.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': expect.stringContaining('X-Payment-Intent-Verdict'),
      vary: 'Origin',
    });
  });

  it.each([
    'null',
    '*',
    '',
    'http://www.example.com',
    'https://www.example.com:443',
    'https://www.example.com:8443',
    'https://WWW.example.com',
    'HTTPS://www.example.com',
    'https://www.example.com.',
    'https://www.example.com/',
    'https://www.example.com/some/page',
    'https://evil-www.example.com',
    'https://www.example.com.evil.example',
    'https://example.com',
    'https://user@www.example.com',
    'https://www.example.com https://evil.example',
    'https://evil.example, https://www.example.com',
    'http://localhost:4001',
    'http://127.0.0.1:4000',
  ])('does not let %s in', async origin => {
    await using world = await startWorld({ environment });

    const [before, get] = await Promise.all([
      preflight(world, origin),
      ask(`${world.proxyUrl}/healthz`, { headers: { Origin: origin } }),
    ]);

    expect([before.status, JSON.parse(before.body).code]).toEqual([403, 'origin-refused']);
    expect(get.status).toBe(200);
    for (const { headers } of [before, get]) {
      expect(Object.keys(headers).filter(name => name.startsWith('access-control-'))).toEqual([]);
      expect(headers['vary']).toBe('Origin');
    }
  });

  it('lets nobody in when no origin is configured, and the own address still', async () => {
    await using world = await startWorld({ environment: { REACT_APP_MARKETPLACE_ROOT_URL: '' } });

    expect((await preflight(world, 'http://localhost:3000')).status).toBe(403);
    const own = await ask(`${world.proxyUrl}/api/transaction-line-items`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/transit+json', Origin: world.proxyUrl },
      body: quoteFor(world),
    });
    expect(own.status).toBe(200);
  });
});
