/** Secrets go to the addresses of the configuration, and nowhere that an answer points to. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { realBooking } from '../../sandbox/client/orders.ts';
import { createWebClient } from '../../sandbox/client/web-client.ts';
import { startWorld } from '../../setup/world.ts';

async function server(status: number, location: () => string) {
  const seen: string[] = [];
  const listening = createServer((req, res) => {
    seen.push(req.url!);
    res.writeHead(status, { Location: location(), 'Content-Type': 'application/json' }).end('{}');
  }).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return {
    url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}`,
    seen,
    [Symbol.asyncDispose]: async () => {
      listening.closeAllConnections();
      await once(listening.close(), 'close');
    },
  };
}

it.each([301, 302, 303, 307, 308])('an upstream that answers %i is not followed', async status => {
  await using elsewhere = await server(200, () => '');
  await using redirecting = await server(status, () => `${elsewhere.url}/v1/auth/token`);
  await using world = await startWorld({
    environment: {
      REACT_APP_SHARETRIBE_SDK_BASE_URL: redirecting.url,
      REACT_APP_SHARETRIBE_SDK_ASSET_CDN_BASE_URL: redirecting.url,
    },
  });
  const alice = createWebClient(world.proxyUrl, world.info);
  alice.cookies.set(
    `st-${world.info.flex.clientId}-token`,
    encodeURIComponent('{"access_token":"a","refresh_token":"b","token_type":"bearer","scope":"user"}'),
  );

  const answers = await Promise.all(
    ['initiate-privileged', 'transaction-line-items', 'delete-account'].map(endpoint =>
      alice.post(
        endpoint,
        endpoint === 'initiate-privileged'
          ? realBooking(world.info)
          : { listingId: world.info.listings[0]!.id, orderData: {}, currentPassword: 'x' },
      ),
    ),
  );

  expect(redirecting.seen.length).toBeGreaterThan(2);
  expect(elsewhere.seen).toEqual([]);
  for (const { body, headers } of answers) {
    expect(body).toMatchObject({ name: 'LocalAPIError' });
    expect(headers.get('location')).toBeNull();
  }
});
