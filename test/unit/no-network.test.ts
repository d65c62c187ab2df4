/** That of test/setup/no-network.ts. */
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { fetch as undiciFetch } from 'undici';
import { cannedServer } from '../setup/canned-http.ts';

/** Nobody's: of the addresses for documentation. */
const ELSEWHERE = '192.0.2.1';
const refused = `A test may reach loopback alone, and not ${ELSEWHERE}`;

const failureOf = async (emitter: NodeJS.EventEmitter): Promise<string> => {
  const [error] = (await once(emitter, 'error')) as [Error];
  return error.message;
};

it('no client gets further than loopback', async () => {
  expect(await failureOf(connect(80, ELSEWHERE))).toBe(refused);
  expect(await failureOf(connect({ port: 80, host: ELSEWHERE }))).toBe(refused);
  expect(await failureOf(connectTls(443, ELSEWHERE))).toBe(refused);
  expect(await failureOf(request(`http://${ELSEWHERE}/`).end())).toBe(refused);
  for (const ask of [fetch, undiciFetch])
    await expect(ask(`http://${ELSEWHERE}/`)).rejects.toMatchObject({ cause: { message: refused } });
  await expect(fetch('https://flex-api.sharetribe.com/')).rejects.toMatchObject({
    cause: { message: 'A test may reach loopback alone, and not flex-api.sharetribe.com' },
  });
});

it('loopback is there, by number and by name', async () => {
  await using server = await cannedServer(() => ({ body: 'here' }));

  expect(await (await fetch(server.url)).text()).toBe('here');
  expect(await (await fetch(server.url.replace('127.0.0.1', 'localhost'))).text()).toBe('here');
});
