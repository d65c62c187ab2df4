/** How often one may call, who counts as one, and what happens when there is too much to do. */
import { once } from 'node:events';
import { createApp } from '../../../server/app.ts';
import { listen } from '../../../server/listen.ts';
import { realBooking } from '../../sandbox/client/orders.ts';
import { signedIn } from '../../sandbox/client/web-client.ts';
import { ask } from '../../setup/raw-http.ts';
import { startWorld, type World } from '../../setup/world.ts';

/** Not even read: the limits come first. */
const knock = (world: World, headers: Record<string, string> = {}) =>
  ask(`${world.proxyUrl}/api/initiate-privileged`, {
    method: 'POST',
    headers: { 'Content-Type': 'text/plain', ...headers },
  });

/** How many of `count` requests were let through. */
async function letThrough(world: World, count: number, headersOf: (n: number) => Record<string, string>) {
  let through = 0;
  for (let n = 0; n < count; n++) if ((await knock(world, headersOf(n))).status === 415) through++;
  return through;
}

const session = (world: World, value: string) => ({
  Cookie: `st-${world.info.flex.clientId}-token=${value}`,
});

describe('rate limits', () => {
  it('let a customer through as often as any customer asks', async () => {
    await using world = await startWorld({ environment: { RATE_LIMIT_PER_ADDRESS: '3000' } });

    expect(await letThrough(world, 120, () => session(world, 'alice'))).toBe(120);
  });

  it('spare callers on this machine, unless they were set on purpose', async () => {
    await using world = await startWorld();

    expect(await letThrough(world, 200, () => session(world, 'alice'))).toBe(200);
  });

  it('limit the callers behind a known proxy, wherever the proxy is', async () => {
    await using world = await startWorld({ environment: { TRUST_PROXY: '1' } });
    const alice = { ...session(world, 'alice'), 'X-Forwarded-For': '203.0.113.7' };

    expect(await letThrough(world, 125, () => alice)).toBe(120);
  });

  it('stop one session, in the shape of all errors, and no other', async () => {
    await using world = await startWorld({ environment: { RATE_LIMIT_PER_SESSION: '3' } });

    expect(await letThrough(world, 5, () => session(world, 'alice'))).toBe(3);
    const answer = await knock(world, session(world, 'alice'));
    expect([answer.status, answer.headers['retry-after']]).toEqual([429, '60']);
    expect(JSON.parse(answer.body)).toEqual({
      name: 'LocalAPIError',
      message: 'Local API request failed',
      status: 429,
      statusText: 'Too many requests. Wait a minute.',
      data: {},
      code: 'rate-limited',
      requestId: answer.headers['x-request-id'],
    });
    expect((await knock(world, session(world, 'bob'))).status).toBe(415);
    expect((await knock(world)).status).toBe(415);
    expect((await ask(`${world.proxyUrl}/healthz`, {})).status).toBe(200);
  });

  it('stop an address that makes up sessions', async () => {
    await using world = await startWorld({ environment: { RATE_LIMIT_PER_ADDRESS: '10' } });

    expect(await letThrough(world, 50, n => session(world, `made-up-${n}`))).toBe(10);
  });

  it.each([
    ['j:{"access_token":"a"}', 'JSON, which the cookie parser turns into an object'],
    ['%', 'a text that can not be decoded'],
    ['', 'nothing'],
    ['__proto__', 'a name that is no name'],
  ])('are not confused by a cookie of %s', async value => {
    await using world = await startWorld();

    expect((await knock(world, session(world, value))).status).toBe(415);
  });

  it('can be switched off', async () => {
    await using world = await startWorld({
      environment: { RATE_LIMIT_PER_ADDRESS: '0', RATE_LIMIT_PER_SESSION: '0' },
    });

    expect(await letThrough(world, 200, () => session(world, 'alice'))).toBe(200);
  });

  it('keep no token in memory or log', async () => {
    await using world = await startWorld({ environment: { RATE_LIMIT_PER_SESSION: '1' } });

    await letThrough(world, 3, () => session(world, 'canary-token'));

    expect(world.log.text()).not.toContain('canary-token');
  });
});

describe('X-Forwarded-For', () => {
  const forwarded = (list: string) => ({ 'X-Forwarded-For': list });

  it('1,000 addresses made up by one caller are one bucket, and it is said once that they are not believed', async () => {
    await using world = await startWorld({ environment: { RATE_LIMIT_PER_ADDRESS: '100' } });

    expect(await letThrough(world, 1_000, n => forwarded(`10.1.${n >> 8}.${n & 255}`))).toBe(100);
    const warnings = world.log.lines().filter(({ level }) => level === 'warn');
    expect(warnings).toEqual([expect.objectContaining({ msg: expect.stringContaining('TRUST_PROXY') })]);
  });

  it.each([
    ['1', (n: number) => `10.1.${n >> 8}.${n & 255}, 203.0.113.7`],
    ['2', (n: number) => `10.1.${n >> 8}.${n & 255}, 203.0.113.7, 10.0.0.1`],
    ['loopback', (n: number) => `10.1.${n >> 8}.${n & 255}, 203.0.113.7`],
    ['127.0.0.0/8, 10.0.0.0/8', (n: number) => `192.168.0.${n & 255}, 203.0.113.7, 10.0.0.1`],
  ])(
    'with TRUST_PROXY=%s the address that the proxy saw counts, whatever is put before it',
    async (hops, list) => {
      await using world = await startWorld({
        environment: { RATE_LIMIT_PER_ADDRESS: '20', TRUST_PROXY: hops },
      });

      expect(await letThrough(world, 100, n => forwarded(list(n)))).toBe(20);
      expect(
        (
          await knock(
            world,
            forwarded(
              '203.0.113.8, 10.0.0.1'
                .split(', ')
                .slice(0, hops === '1' || hops === 'loopback' ? 1 : 2)
                .join(', '),
            ),
          )
        ).status,
      ).toBe(415);
      expect(world.log.lines().filter(({ level }) => level === 'warn')).toEqual([]);
    },
  );

  it('counts an IPv6 household as one', async () => {
    await using world = await startWorld({ environment: { RATE_LIMIT_PER_ADDRESS: '10', TRUST_PROXY: '1' } });

    expect(await letThrough(world, 50, n => forwarded(`2001:db8:0:12${n % 10}0:${n}::1`))).toBe(10);
    expect((await knock(world, forwarded('2001:db8:0:200::1'))).status).toBe(415);
    expect((await knock(world, forwarded('::ffff:203.0.113.7'))).status).toBe(415);
    expect((await knock(world, forwarded('no address'))).status).toBe(415);
  });
});

describe('too much to do', () => {
  it('serves as many at a time as it may; further ones are told when to come again', async () => {
    await using world = await startWorld({ environment: { MAX_REQUESTS_IN_FLIGHT: '1' } });
    const alice = await signedIn(world, 'Alice');
    await world.scenario({ name: 'slow', route: 'GET /v1/api/listings/show', ms: 300 });
    const arrived = once(world.sandbox.arrivals, 'GET /v1/api/listings/show');
    const first = alice.post('initiate-privileged', realBooking(world.info));
    await arrived;

    const second = await knock(world);
    const probes = await Promise.all(['healthz', 'readyz'].map(path => ask(`${world.proxyUrl}/${path}`, {})));

    expect([second.status, second.headers['retry-after']]).toEqual([503, '2']);
    expect(JSON.parse(second.body)).toMatchObject({ name: 'LocalAPIError', code: 'overloaded' });
    expect(probes.map(({ status }) => status)).toEqual([200, 200]);
    expect((await first).status).toBe(200);
    expect((await knock(world)).status).toBe(415);
    expect(world.log.lines().filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('turns away while the event loop is late, and serves again when it is not', async () => {
    await using world = await startWorld({ environment: { MAX_EVENT_LOOP_DELAY_MS: '200' } });
    let delayMs = 201;
    const server = await listen(
      createApp({ ...world.context, eventLoopDelayMs: () => delayMs }),
      0,
      '127.0.0.1',
    );
    const knockThere = () => knock({ ...world, proxyUrl: server.url });

    expect((await knockThere()).status).toBe(503);
    expect((await ask(`${server.url}/healthz`, {})).status).toBe(200);
    delayMs = 200;
    expect((await knockThere()).status).toBe(415);
    await server.close(0);
  });

  it('counts a caller who has gone as gone', async () => {
    await using world = await startWorld({ environment: { MAX_REQUESTS_IN_FLIGHT: '1' } });
    await world.scenario({ name: 'hang' });
    const arrived = once(world.sandbox.arrivals, 'GET /v1/api/listings/show');
    const impatient = new AbortController();
    const alice = await signedInAnyway(world);
    const first = fetch(`${world.proxyUrl}/api/transaction-line-items`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/transit+json', Cookie: alice },
      body: `["^ ","~:listingId","~u${world.info.listings[0]!.id}","~:orderData",["^ "]]`,
      signal: impatient.signal,
    }).catch(() => 'gone');
    await arrived;

    impatient.abort();

    expect(await first).toBe('gone');
    await expect(waitFor(async () => (await knock(world)).status === 415)).resolves.toBe(true);
  });
});

async function signedInAnyway(world: World) {
  await world.scenario({ name: 'healthy' });
  const alice = await signedIn(world, 'Alice');
  await world.scenario({ name: 'hang' });
  return [...alice.cookies].map(pair => pair.join('=')).join('; ');
}

async function waitFor(holds: () => Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < 50; tries++) {
    if (await holds()) return true;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  return false;
}
