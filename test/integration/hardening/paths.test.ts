/** Addresses: fixed texts, so that none can be made slow or mean something else. */
import { createApp } from '../../../server/app.ts';
import { exchange } from '../../setup/raw-http.ts';
import { startWorld } from '../../setup/world.ts';

type Layer = { route?: { path: unknown } };

it('a route is made of fixed texts and of names for one segment: no pattern can be slow or greedy', async () => {
  await using world = await startWorld();
  const layers = (createApp(world.context) as unknown as { router: { stack: Layer[] } }).router.stack;

  const paths = layers.flatMap(({ route }) => (route ? [route.path] : []));

  expect(paths).toContain('/api/initiate-privileged');
  expect(
    paths.filter(path => typeof path !== 'string' || !/^(\/(:[a-zA-Z]+|[a-z.-]+))+$/.test(path)),
  ).toEqual([]);
});

it.each<[what: string, path: string, status: number]>([
  ['10 KB', `/${'a'.repeat(10_240)}`, 414],
  ['2 KB of slashes', '/'.repeat(2_048), 404],
  ['2 KB of percent signs', `/${'%25'.repeat(680)}`, 404],
  ['a percent sign that is none', '/%', 404],
  ['dots', `/api${'/..'.repeat(680)}`, 404],
  ['an encoded slash', '/api%2Finitiate-privileged', 404],
  ['two slashes', '//api/initiate-privileged', 404],
  ['an encoded dot', '/api/%2e%2e/healthz', 404],
  ['a NUL, encoded', '/healthz%00', 404],
  ['another host', 'http://evil.example/nothing', 404],
])('%s: answered in words, at once', async (_what, path, status) => {
  await using world = await startWorld();
  const ask = () => exchange(world.proxyUrl, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  await ask();

  const started = performance.now();
  const [answer] = await ask();

  expect(performance.now() - started).toBeLessThan(2_000);
  expect(JSON.parse(answer!.body)).toMatchObject({ name: 'LocalAPIError', status });
  expect(answer!.status).toBe(status);
  expect(answer!.body).not.toContain(path);
});
