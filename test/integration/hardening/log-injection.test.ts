import { ask, exchange } from '../../setup/raw-http.ts';
import { startWorld } from '../../setup/world.ts';

it('no request writes into the log what it likes', async () => {
  await using world = await startWorld();
  const evil = '"}\\n{"level":"fatal","msg":"forged"}\\u000a\x7f\x80';
  world.log.clear();

  await ask(`${world.proxyUrl}/api/initiate-privileged?${encodeURIComponent(evil)}`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/transit+json',
      'X-Request-Id': evil,
      'User-Agent': evil,
      Cookie: `st-x-token=${encodeURIComponent(evil)}`,
    },
    body: JSON.stringify([
      '^ ',
      '~:bodyParams',
      ['^ ', '~:processAlias', evil, '~:transition', evil, '~:params', ['^ ']],
    ]),
  });
  await exchange(world.proxyUrl, `GET /${evil} HTTP/1.1\r\nHost: ${evil}\r\nConnection: close\r\n\r\n`);
  await exchange(world.proxyUrl, `${evil}\r\n\r\n`);

  const lines = world.log.lines();
  expect(lines.length).toBeGreaterThanOrEqual(3);
  expect(lines.filter(({ level, msg }) => level === 'fatal' || msg === 'forged')).toEqual([]);
  expect(world.log.text()).not.toContain('forged');
});
