import { signedIn } from '../sandbox/client/web-client.ts';
import { realBooking, speculativeBooking } from '../sandbox/client/orders.ts';
import { createApp } from '../../server/app.ts';
import { startWorld, type World } from '../setup/world.ts';

const TOKENS = ['first-operator-token-1234', 'second-operator-token-567'];
const withOperators = () => startWorld({ environment: { OPERATOR_TOKENS: TOKENS.join(',') } });

const get = (world: World, path: string, headers: Record<string, string> = {}) =>
  fetch(`${world.proxyUrl}${path}`, { headers });
const bearing = (token: string) => ({ authorization: `Bearer ${token}` });

describe('what is for operators', () => {
  it('does not exist without any configured', async () => {
    await using world = await startWorld();

    const answer = await get(world, '/metrics', bearing(TOKENS[0]!));

    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ code: 'not-found' });
  });

  it('is shown to the bearer of any of the tokens', async () => {
    await using world = await withOperators();

    for (const token of TOKENS) expect((await get(world, '/metrics', bearing(token))).status).toBe(200);
  });

  it.each<[string, Record<string, string>]>([
    ['no token', {}],
    ['a wrong token', bearing('first-operator-token-1235')],
    ['a beginning of one', bearing('first-operator-token-123')],
    ['all of them', bearing(TOKENS.join(','))],
    ['another scheme', { authorization: `Basic ${TOKENS[0]}` }],
    ['an empty token', { authorization: 'Bearer ' }],
  ])('is refused to %s, without saying more', async (_what, headers) => {
    await using world = await withOperators();

    const answer = await get(world, '/metrics', headers);

    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(await answer.json()).toMatchObject({ code: 'operator-refused', data: {} });
    expect(world.log.text()).not.toMatch(/operator-token/);
  });

  it('can not be guessed at: wrong tokens are limited, the right one is not', async () => {
    await using world = await withOperators();

    const statuses: number[] = [];
    for (let guess = 0; guess < 25; guess++)
      statuses.push((await get(world, '/metrics', bearing(`guessed-operator-token-${guess}`))).status);

    expect(statuses.filter(status => status === 401)).toHaveLength(20);
    expect(statuses.slice(20)).toEqual([429, 429, 429, 429, 429]);
    expect((await get(world, '/metrics', bearing(TOKENS[1]!))).status).toBe(200);
  });
});

describe('/metrics', () => {
  it('counts requests by route, calls by endpoint and checks by verdict, and names nothing that a caller chose', async () => {
    await using world = await startWorld({ environment: { METRICS_PUBLIC: 'true' } });
    const alice = await signedIn(world, 'Alice');
    await alice.post('initiate-privileged', speculativeBooking(world.info));
    await alice.post('initiate-privileged', realBooking(world.info));
    await world.scenario({ name: 'status', code: 503, route: 'GET /v1/api/listings/show' });
    await alice.post('initiate-privileged', realBooking(world.info));
    await get(world, '/what-a-caller-chose');

    const text = await (await get(world, '/metrics')).text();

    const lines = text.split('\n');
    expect(lines).toContain(
      'proxy_request_duration_seconds_count{route="/api/initiate-privileged",method="POST",status="200"} 2',
    );
    expect(lines).toContain(
      'proxy_upstream_duration_seconds_count{upstream="flex",endpoint="/v1/api/transactions/initiate",outcome="200"} 1',
    );
    expect(lines).toContain(
      'proxy_upstream_duration_seconds_count{upstream="flex",endpoint="/v1/api/listings/show",outcome="503"} 1',
    );
    expect(lines).toContain('proxy_payment_intent_checks_total{verdict="simulated"} 1');
    expect(lines).toContain('proxy_payment_intent_checks_total{verdict="valid"} 1');
    expect(text).toMatch(/^proxy_event_loop_delay_seconds [\d.e-]+$/m);
    expect(text).toContain('endpoint="assets"');
    expect(text).not.toContain(world.info.flex.clientId);
    expect(text).not.toContain('what-a-caller-chose');
  });
});

describe('/openapi.json', () => {
  it('describes every address that the service has, and no other', async () => {
    await using world = await withOperators();

    const document = (await (await get(world, '/openapi.json')).json()) as {
      openapi: string;
      paths: Record<string, Record<string, unknown>>;
    };

    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map(method => `${method} ${path}`),
    );
    expect(document.openapi).toBe('3.1.0');
    expect(described.toSorted()).toEqual(servedBy(world));
  });

  it('groups them by whom they are for, and gives no limit that is only JavaScript’s', async () => {
    await using world = await startWorld();

    const text = await (await get(world, '/openapi.json')).text();

    const { paths, tags } = JSON.parse(text);
    expect(tags.map(({ name }: { name: string }) => name)).toEqual([
      'Marketplace',
      'Operators',
      'Stripe',
      'Service',
    ]);
    expect(paths['/api/initiate-privileged'].post.tags).toEqual(['Marketplace']);
    expect(paths['/ops/webhooks/replay'].post.tags).toEqual(['Operators']);
    expect(paths['/api/stripe/webhook'].post.tags).toEqual(['Stripe']);
    expect(paths['/readyz'].get.tags).toEqual(['Service']);
    expect(text).not.toContain('9007199254740991');
  });

  it('says what a request must hold', async () => {
    await using world = await startWorld();

    const { paths } = await (await get(world, '/openapi.json')).json();

    const { schema } = paths['/api/initiate-privileged'].post.requestBody.content['application/transit+json'];
    expect(schema.required).toEqual(['bodyParams']);
    expect(schema.properties.bodyParams.required).toEqual(['processAlias', 'transition', 'params']);
    for (const path of ['/api/initiate-privileged', '/api/transition-privileged']) {
      const { parameters, responses } = paths[path].post;
      expect(parameters.map(({ name }: { name: string }) => name)).toContain('X-Payment-Client');
      expect(Object.keys(responses['202'].headers)).toContain('Location');
    }
  });
});

it('/docs shows it, with nothing from elsewhere', async () => {
  await using world = await startWorld();

  const page = await get(world, '/docs');
  const html = await page.text();

  expect(page.status).toBe(200);
  expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self'/);
  const loaded = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address!);
  expect(loaded).toEqual(['data:,', 'docs/swagger-ui.css', 'docs/swagger-ui-bundle.js', 'docs/start.js']);
  for (const address of loaded.slice(1)) expect((await get(world, `/${address}`)).status).toBe(200);
  expect((await get(world, '/docs/package.json')).status).toBe(404);
  expect((await get(world, '/docs/')).url).toBe(`${world.proxyUrl}/docs`);
});

/** What the live router answers, a line each; of the documentation its first page only. */
function servedBy(world: World): string[] {
  type Layer = { name: string; route?: { path: string; methods: Record<string, boolean> } };
  const { stack } = createApp(world.context).router as unknown as { stack: Layer[] };
  const routes = stack.flatMap(({ route }) =>
    route
      ? Object.keys(route.methods)
          .filter(method => method !== '_all')
          .map(method => `${method} ${route.path.replace(/:(\w+)/g, '{$1}')}`)
      : [],
  );
  expect(stack.filter(({ name }) => name === 'router')).toHaveLength(1);
  return [...routes, 'get /docs'].toSorted();
}
