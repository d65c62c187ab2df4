import { realBooking } from '../sandbox/client/orders.ts';
import { createWebClient, signedIn } from '../sandbox/client/web-client.ts';
import { startWorld, type World } from '../setup/world.ts';

const ask = (world: World, path: string, init: RequestInit = {}) => fetch(`${world.proxyUrl}${path}`, init);

describe('health', () => {
  it('is alive, also to HEAD', async () => {
    await using world = await startWorld();

    const [get, head] = await Promise.all([
      ask(world, '/healthz'),
      ask(world, '/healthz', { method: 'HEAD' }),
    ]);

    expect([get.status, head.status]).toEqual([200, 200]);
    expect(await get.json()).toEqual({ status: 'ok' });
  });

  it('is ready, and has asked nobody', async () => {
    await using world = await startWorld();

    const response = await ask(world, '/readyz');

    expect(response.status).toBe(200);
    expect(world.sandbox.requests()).toEqual({});
  });

  it('says why it is not ready', async () => {
    await using world = await startWorld({ environment: { TRANSACTION_PROCESSES_DIR: 'no/such/place' } });
    world.context.stop();

    const response = await ask(world, '/readyz');

    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      status: 'not-ready',
      checks: [
        { name: 'accepting', ok: false, reason: 'the service is stopping' },
        { name: 'process-files', ok: false, reason: expect.stringContaining('TRANSACTION_PROCESSES_DIR') },
      ],
    });
  });
});

describe('request ids', () => {
  it('are taken over, made where there is none, and made anew where one could do harm', async () => {
    await using world = await startWorld();
    const idFor = async (given?: string) =>
      (
        await ask(world, '/healthz', given === undefined ? {} : { headers: { 'X-Request-Id': given } })
      ).headers.get('x-request-id');

    expect(await idFor('from-the-client.1')).toBe('from-the-client.1');
    expect(await idFor()).toMatch(/^[0-9a-f-]{36}$/);
    expect(await idFor('x'.repeat(500))).toMatch(/^[0-9a-f-]{36}$/);
    expect(await idFor('{"level":"fatal"}')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await idFor('pi_3QhWaB7WZ01zgkWS0jxsAJo3_secret_Dm43xiq1k0ywrRRjDoi8y1gkM')).toMatch(
      /^[0-9a-f-]{36}$/,
    );
  });
});

describe('cross-origin', () => {
  it("lets the marketplace's own origin in, with its cookies and our headers", async () => {
    await using world = await startWorld();

    const preflight = await ask(world, '/api/initiate-privileged', {
      method: 'OPTIONS',
      headers: {
        Origin: world.info.rootUrl,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'content-type',
      },
    });

    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(world.info.rootUrl);
    expect(preflight.headers.get('access-control-allow-credentials')).toBe('true');
    const answer = await ask(world, '/healthz', { headers: { Origin: world.info.rootUrl } });
    expect(answer.headers.get('access-control-expose-headers')).toContain('X-Payment-Intent-Verdict');
  });

  it.each(['http://localhost:3000.evil.example', 'http://evil.example', 'null', 'https://localhost:3000'])(
    'does not let %s in',
    async origin => {
      await using world = await startWorld();

      const response = await ask(world, '/healthz', { headers: { Origin: origin } });

      expect(response.headers.get('access-control-allow-origin')).toBeNull();
    },
  );
});

describe('what can not be served', () => {
  it.each<[string, RequestInit & { path?: string }, number, string]>([
    ['an unknown address', { path: '/nothing/here' }, 404, 'not-found'],
    ['a method that is not there', { method: 'GET' }, 405, 'method-not-allowed'],
    [
      'another media type',
      { body: '{}', headers: { 'Content-Type': 'application/json' } },
      415,
      'unsupported-media-type',
    ],
    ['no media type', { body: null }, 415, 'unsupported-media-type'],
    ['transit that is none', { body: '{{' }, 400, 'bad-request'],
    ['an empty body', { body: '' }, 400, 'bad-request'],
    ['a body of 65 KB', { body: JSON.stringify(['x'.repeat(65 * 1024)]) }, 413, 'body-too-large'],
    ['no bodyParams', { body: '["^ "]' }, 400, 'bad-request'],
    [
      'bodyParams without a transition',
      { body: '["^ ","~:bodyParams",["^ ","~:processAlias","a/b"]]' },
      400,
      'bad-request',
    ],
    [
      'params that are a list',
      { body: '["^ ","~:bodyParams",["^ ","~:processAlias","a/b","~:transition","t","~:params",[1]]]' },
      400,
      'bad-request',
    ],
    [
      'no listing',
      { body: '["^ ","~:bodyParams",["^ ","~:processAlias","a/b","~:transition","t","~:params",["^ "]]]' },
      400,
      'bad-request',
    ],
    ['a flag that is none', { body: '["^ ","~:isSpeculative","yes"]' }, 400, 'bad-request'],
  ])(
    '%s: JSON that says what is wrong',
    async (_what, { path = '/api/initiate-privileged', ...init }, status, code) => {
      await using world = await startWorld();

      const response = await ask(world, path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/transit+json' },
        ...(init.body === null ? { headers: {} } : {}),
        ...init,
      });

      expect(response.status).toBe(status);
      expect(await response.json()).toEqual({
        name: 'LocalAPIError',
        message: 'Local API request failed',
        status,
        statusText: expect.stringMatching(/\S+ \S+/),
        data: {},
        code,
        requestId: response.headers.get('x-request-id'),
      });
      expect(world.sandbox.requests()).toEqual({});
    },
  );

  it('takes a charset behind the media type, which made the template fail', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');

    const answer = await alice.post('initiate-privileged', realBooking(world.info), {
      headers: { 'Content-Type': 'application/transit+json; charset=utf-8' },
    });

    expect(answer.status).toBe(200);
  });

  it('takes verbose transit, and answers so when it is set', async () => {
    await using world = await startWorld({
      environment: { REACT_APP_SHARETRIBE_SDK_TRANSIT_VERBOSE: 'true' },
    });
    const alice = await signedIn(world, 'Alice');

    const answer = await alice.post('initiate-privileged', realBooking(world.info), { verbose: true });

    expect(answer.text).toMatch(/^\{"~:status":200/);
    expect(answer.body.data.data.attributes.payinTotal.amount).toBe(15_750);
  });

  it('names no technology and allows no content of its own', async () => {
    await using world = await startWorld();
    const visitor = createWebClient(world.proxyUrl, world.info);

    const { headers } = await visitor.post('initiate-privileged', realBooking(world.info));

    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  });
});
