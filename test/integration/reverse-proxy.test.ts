/** The way from the browser to the proxy in production: by path, through the template's own server or through nginx. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { realBooking } from '../sandbox/client/orders.ts';
import { createWebClient, signedIn } from '../sandbox/client/web-client.ts';
import { nginx, nginxFile, startNginx, startTemplate } from '../setup/fronts.ts';
import { startWorld, type World } from '../setup/world.ts';

const { PATHS } = createRequire(import.meta.url)('../../ext/reverse-proxy/express/forwardPayments.cjs') as {
  PATHS: string[];
};

const fronts = [
  { name: "the template's own server", start: (url: string) => startTemplate(url), unreachable: 503 },
  { name: 'nginx', start: startNginx, unreachable: 502 },
];
if (!nginx) {
  process.stderr.write(
    '\nnginx is not installed: its half of reverse-proxy.test.ts is skipped. sudo test/setup/install-nginx.sh brings it.\n',
  );
}

for (const { name, start, unreachable } of fronts) {
  const describeHere = name === 'nginx' && !nginx ? describe.skip : describe;

  describeHere(`through ${name}`, () => {
    it('a customer books, with her session and our headers both ways', async () => {
      await using world = await startWorld();
      await using front = await start(world.proxyUrl);
      const alice = await signedIn({ info: world.info, proxyUrl: front.url }, 'Alice');

      const answer = await alice.post('initiate-privileged', realBooking(world.info), {
        headers: { 'X-Request-Id': 'from-the-browser' },
      });

      expect(answer.status).toBe(200);
      expect(answer.body.data.data.attributes.payinTotal.amount).toBe(15_750);
      expect(answer.headers.get('x-payment-intent-verdict')).toBe('valid');
      expect(answer.headers.get('x-request-id')).toBe('from-the-browser');
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(world.log.lines()).toContainEqual(
        expect.objectContaining({ msg: 'request', requestId: 'from-the-browser', status: 200 }),
      );
    });

    it('a session that is renewed on the way reaches the browser', async () => {
      await using world = await startWorld();
      await using front = await start(world.proxyUrl);
      const alice = await signedIn({ info: world.info, proxyUrl: front.url }, 'Alice');
      const before = new Map(alice.cookies);
      await world.scenario({ name: 'expired-token', times: 1 });

      const answer = await alice.post('initiate-privileged', realBooking(world.info));

      expect(answer.status).toBe(200);
      const [cookie] = before.keys();
      expect(alice.cookies.get(cookie!)).not.toBe(before.get(cookie!));
    });

    it('refusals come as JSON', async () => {
      await using world = await startWorld();
      await using front = await start(world.proxyUrl);
      const visitor = createWebClient(front.url, world.info);

      const refused = await visitor.post('initiate-privileged', realBooking(world.info));
      expect([refused.status, refused.body.code]).toEqual([401, 'flex-refused']);
      for (const kilobytes of [65, 200]) {
        const tooLarge = await visitor.post('initiate-privileged', ['x'.repeat(kilobytes * 1024)]);
        expect([tooLarge.status, tooLarge.body.code]).toEqual([413, 'body-too-large']);
      }
    });

    it('all else stays with the template', async () => {
      await using world = await startWorld();
      await using front = await start(world.proxyUrl);
      const answers = [
        '/api/login-as?code=1',
        '/api/auth/google',
        '/api/initiate-privileged/more',
        '/api/payment-intents',
        '/api/payment-intents/a/b',
        '/api',
      ];

      for (const address of answers) {
        expect(await (await fetch(`${front.url}${address}`)).json()).toEqual({
          answeredBy: 'template',
          path: address,
        });
      }
      expect(await (await fetch(`${front.url}/s?q=/api/initiate-privileged`)).text()).toBe('<p>A page</p>');
      expect(world.log.lines().filter(line => line.msg === 'request')).toEqual([]);
    });

    it.each(PATHS)('%s comes through, as Express matches it', async address => {
      await using world = await startWorld();
      await using front = await start(world.proxyUrl);

      for (const written of [address, `${address}/`, `${address}?x=1`, address.toUpperCase()]) {
        const answer = await fetch(`${front.url}${written}`, { method: 'POST' });
        expect([written, answer.status]).toEqual([written, 415]);
      }
    });

    it.each([
      ['POST', '/api/confirm-payment'],
      ['GET', '/api/payment-intents/3f0c6c5e-6d0d-4a51-9b7e-0d7f3b3c6f10'],
    ])('%s %s, which the template does not have, comes through as well', async (method, address) => {
      await using echo = await startUpstream(answerWithRequest);
      await using front = await start(echo.url);

      for (const written of [address, `${address}/`, `${address}?x=1`, address.toUpperCase()]) {
        const response = await fetch(`${front.url}${written}`, {
          method,
          headers: { 'X-Payment-Client': '1', Cookie: 'a=b' },
        });
        expect(await response.json()).toMatchObject({
          method,
          url: written,
          headers: { 'x-payment-client': '1', cookie: 'a=b' },
        });
      }
    });

    it('method, address, headers and 64 KB of body arrive as they were sent', async () => {
      await using echo = await startUpstream(answerWithRequest);
      await using front = await start(echo.url);
      const body = Buffer.from(Array.from({ length: 64 * 1024 }, (_, index) => index % 251));

      const response = await fetch(`${front.url}/api/initiate-privileged?a=%2F&a=2`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/transit+json; charset=utf-8',
          Cookie: 'st-x-token=%7B%7D; other="two"',
          Origin: 'http://localhost:3000',
          'Sec-Fetch-Site': 'same-origin',
          'X-Forwarded-For': '203.0.113.7',
          'X-Idempotency-Key': 'key',
        },
        body,
      });

      const { method, url, headers, sha256 } = await response.json();
      expect([method, url]).toEqual(['POST', '/api/initiate-privileged?a=%2F&a=2']);
      expect(sha256).toBe(createHash('sha256').update(body).digest('hex'));
      expect(headers).toMatchObject({
        'content-type': 'application/transit+json; charset=utf-8',
        'content-length': String(body.length),
        cookie: 'st-x-token=%7B%7D; other="two"',
        origin: 'http://localhost:3000',
        'sec-fetch-site': 'same-origin',
        'x-idempotency-key': 'key',
        'x-forwarded-for': expect.stringMatching(/^203\.0\.113\.7, (::ffff:)?127\.0\.0\.1$/),
        'x-forwarded-proto': 'http',
        'x-forwarded-host': new URL(front.url).host,
        'x-request-id': expect.stringMatching(/^[0-9a-f-]{32,36}$/),
        host: new URL(echo.url).host,
      });
    });

    it('status, reason, headers and cookies come back as they were sent', async () => {
      await using upstream = await startUpstream((_req, res) => {
        res.writeHead(409, 'Conflict of some kind', {
          'Set-Cookie': ['st-x-token=1; Path=/; Secure', 'second=2; Path=/'],
          'X-Payment-Intent-Verdict': 'valid',
          'Cache-Control': 'no-store',
        });
        res.end('{}');
      });
      await using front = await start(upstream.url);

      const answer = await post(front.url);

      expect([answer.statusCode, answer.statusMessage]).toEqual([409, 'Conflict of some kind']);
      expect(answer.headers['set-cookie']!.filter(cookie => !cookie.startsWith('from-the-template'))).toEqual(
        ['st-x-token=1; Path=/; Secure', 'second=2; Path=/'],
      );
      expect(answer.headers).toMatchObject({
        'x-payment-intent-verdict': 'valid',
        'cache-control': 'no-store',
      });
    });

    it('an answer that comes in parts is passed on in parts', async () => {
      let finish = () => undefined as void;
      await using upstream = await startUpstream((_req, res) => {
        res.write('first ');
        finish = () => void res.end('last');
      });
      await using front = await start(upstream.url);

      const answer = await post(front.url);
      const [first] = (await once(answer, 'data')) as [Buffer];
      finish();
      const [last] = (await once(answer, 'data')) as [Buffer];

      expect([String(first), String(last)]).toEqual(['first ', 'last']);
    });

    it('while the proxy is down the client gets JSON that says so', async () => {
      const gone = await startUpstream(() => undefined);
      await gone[Symbol.asyncDispose]();
      await using front = await start(gone.url);

      const response = await fetch(`${front.url}/api/initiate-privileged`, {
        method: 'POST',
        headers: { 'X-Request-Id': 'mine' },
        body: '["^ "]',
      });

      expect(response.status).toBe(unreachable);
      expect(response.headers.get('x-request-id')).toBe('mine');
      expect(response.headers.get('content-type')).toMatch(/^application\/json/);
      expect(await response.json()).toEqual({
        name: 'LocalAPIError',
        message: 'Local API request failed',
        status: unreachable,
        statusText: expect.stringContaining('The payment service can not be reached'),
        data: {},
        code: 'payment-proxy-unreachable',
        requestId: 'mine',
      });
    });

    it('a request on which the proxy breaks off is not sent again, and its outcome is called unknown', async () => {
      let arrived = 0;
      await using upstream = await startUpstream(req => {
        arrived++;
        req.socket.destroy();
      });
      await using front = await start(upstream.url);

      const response = await fetch(`${front.url}/api/initiate-privileged`, {
        method: 'POST',
        body: '["^ "]',
      });

      expect(response.status).toBe(502);
      expect((await response.json()).statusText).toContain('Whether it was done is not known');
      expect(arrived).toBe(1);
    });

    it('an answer that breaks off does not look whole', async () => {
      await using upstream = await startUpstream((req, res) => {
        res.writeHead(200, { 'Content-Length': '100' });
        res.write('{"half":', () => req.socket.destroy());
      });
      await using front = await start(upstream.url);

      const answer = await post(front.url);

      await expect(answer.toArray()).rejects.toThrow('aborted');
    });

    it('a browser that leaves takes its request to the proxy with it', async () => {
      let left: Promise<unknown> | undefined;
      const arrivals = Promise.withResolvers<void>();
      await using upstream = await startUpstream((req, res) => {
        left = once(res, 'close');
        req.resume().on('end', () => arrivals.resolve());
      });
      await using front = await start(upstream.url);
      const leaving = new AbortController();

      const answer = fetch(`${front.url}/api/initiate-privileged`, {
        method: 'POST',
        body: '["^ "]',
        signal: leaving.signal,
      });
      await arrivals.promise;
      leaving.abort();

      await expect(answer).rejects.toThrow('aborted');
      await left;
    });
  });
}

describe('forwardPayments', () => {
  it('leaves everything to the template while it has no address', async () => {
    await using front = await startTemplate('');

    const response = await fetch(`${front.url}/api/initiate-privileged`, { method: 'POST' });

    expect(await response.json()).toMatchObject({ answeredBy: 'template' });
  });

  it('takes an address as Render names a private service', async () => {
    await using echo = await startUpstream(answerWithRequest);
    await using front = await startTemplate(new URL(echo.url).host);

    expect((await (await fetch(`${front.url}/api/initiate-privileged`)).json()).method).toBe('GET');
  });

  it.each(['https://payments.example.com/api', 'http://', 'pay ments'])(
    'does not let the server start with %j',
    async address => {
      await expect(startTemplate(address)).rejects.toThrow(
        'PAYMENT_PROXY_URL must be an address without a path',
      );
    },
  );

  it('says where to move when something before it has read the body', async () => {
    await using echo = await startUpstream(answerWithRequest);
    await using front = await startTemplate(echo.url, { WITH_BODY_PARSER: 'true' });

    const response = await fetch(`${front.url}/api/initiate-privileged`, { method: 'POST', body: 'x' });

    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({
      code: 'payment-proxy-misplaced',
      statusText: expect.stringContaining('Move it up'),
    });
  });
});

describe('the paths that are handed on', () => {
  it('are those that the proxy serves, in both files', async () => {
    await using world = await startWorld();
    const served = await servedOf(world);
    const [, inNginx] = /\^\/api\/\(([^)]+)\)/.exec(readFileSync(nginxFile, 'utf8'))!;

    expect(PATHS.toSorted()).toEqual(served);
    expect(
      inNginx!
        .split('|')
        .map(name => `/api/${name}`)
        .toSorted(),
    ).toEqual([...served, '/api/confirm-payment', '/api/payment-intents/[\\w-]+'].toSorted());
  });
});

/** Of all that the template's server has under /api. */
async function servedOf(world: World): Promise<string[]> {
  const all = [
    'initiate-privileged',
    'transition-privileged',
    'transaction-line-items',
    'delete-account',
    'initiate-login-as',
    'login-as',
    'create-user-with-idp',
    'auth/create-user-with-idp',
    'auth/google',
    'auth/facebook',
  ].map(name => `/api/${name}`);
  const statuses = await Promise.all(
    all.map(async address => (await fetch(`${world.proxyUrl}${address}`, { method: 'POST' })).status),
  );
  return all.filter((_, index) => statuses[index] !== 404).toSorted();
}

async function startUpstream(listener: RequestListener) {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const answerWithRequest: RequestListener = (req, res) => {
  const hash = createHash('sha256');
  req.on('data', (chunk: Buffer) => hash.update(chunk));
  req.on('end', () => {
    const { method, url, headers } = req;
    res.setHeader('Content-Type', 'application/json');
    res.end(JSON.stringify({ method, url, headers, sha256: hash.digest('hex') }));
  });
};

/** With the answer as it comes over the wire. */
async function post(front: string): Promise<IncomingMessage> {
  const outgoing = request(`${front}/api/initiate-privileged`, { method: 'POST' });
  outgoing.end('["^ "]');
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  return answer;
}
