/** The session cookie holds whatever its sender likes; the browser's SDK reads and writes it as JSON. */
import flexSdk from 'sharetribe-flex-sdk';
import { createWebClient, tokenCookie } from '../sandbox/client/web-client.ts';
import { listingTitled } from '../sandbox/client/orders.ts';
import { startWorld, type World } from '../setup/world.ts';

const { types } = flexSdk;

const odd: [what: string, token: unknown][] = [
  ['a line break', { access_token: 'x\r\nX-Injected: y' }],
  ['characters that no header has', { access_token: '\u65e5\u672c' }],
  ['a refresh token that is a number', { access_token: 'x', refresh_token: 1 }],
  ['a refresh token that is null', { access_token: 'x', refresh_token: null }],
  ['a refresh token that can not be made a text', { access_token: 'x', refresh_token: { toString: 1 } }],
  ['a refresh token with half a character', { access_token: 'x', refresh_token: '\ud800' }],
  ['a scope that is a map', { access_token: 'x', scope: { a: 1 } }],
];

const quoteWith = (world: World, token: unknown) => {
  const visitor = createWebClient(world.proxyUrl, world.info);
  visitor.cookies.set(tokenCookie(world.info.flex.clientId), encodeURIComponent(JSON.stringify(token)));
  return visitor.post('transaction-line-items', {
    isOwnListing: false,
    listingId: new types.UUID(listingTitled(world.info, 'Lakeside').id),
    orderData: { bookingStart: new Date('2031-01-10'), bookingEnd: new Date('2031-01-13') },
  });
};

it.each(odd)('a token with %s is none: its sender is a visitor', async (_what, token) => {
  await using world = await startWorld();

  expect((await quoteWith(world, token)).status).toBe(200);
});

it('nobody can make Flex look broken to all others by sending such tokens', async () => {
  await using world = await startWorld({ environment: { RATE_LIMIT_PER_ADDRESS: '0' } });

  for (let sent = 0; sent < 80; sent++) await quoteWith(world, odd[0]![1]);

  expect((await quoteWith(world, {})).status).toBe(200);
});
