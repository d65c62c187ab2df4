import { realBooking, speculativeBooking } from '../sandbox/client/orders.ts';
import { createWebClient, signedIn, tokenCookie } from '../sandbox/client/web-client.ts';
import { startWorld } from '../setup/world.ts';

const HOUR = 3_600_000;

describe('a session', () => {
  it('that is none is refused with the words of the exchange, and leaves an anonymous cookie', async () => {
    await using world = await startWorld();
    const visitor = createWebClient(world.proxyUrl, world.info);

    const answer = await visitor.post('initiate-privileged', realBooking(world.info));

    expect(answer.status).toBe(401);
    expect(answer.body).toMatchObject({
      name: 'LocalAPIError',
      status: 401,
      data: { error: 'unauthorized' },
    });
    const cookie = JSON.parse(
      decodeURIComponent(visitor.cookies.get(tokenCookie(world.info.flex.clientId))!),
    );
    expect(cookie.scope).toBe('public-read');
  });

  it('that has expired is renewed once, and the browser gets the new one', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');
    const before = alice.cookies.get(tokenCookie(world.info.flex.clientId));
    await world.sandbox.advanceTokens(HOUR);
    const tokens = () => world.sandbox.requests()['POST /v1/auth/token']!.count;
    const counted = tokens();

    const answer = await alice.post('initiate-privileged', speculativeBooking(world.info));

    expect(answer.status).toBe(200);
    expect(alice.cookies.get(tokenCookie(world.info.flex.clientId))).not.toBe(before);
    // The failed exchange, one refresh, the exchange again.
    expect(tokens() - counted).toBe(3);
    expect((await alice.sdk.currentUser.show()).data.data.attributes.email).toBe('alice@sandbox.example');
  });

  it('whose cookie can not be read is none', async () => {
    await using world = await startWorld();
    const visitor = createWebClient(world.proxyUrl, world.info);
    visitor.cookies.set(tokenCookie(world.info.flex.clientId), '%7Bnot-json');

    const answer = await visitor.post('initiate-privileged', realBooking(world.info));

    expect(answer.status).toBe(401);
  });

  it('keeps its trusted token to itself', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');

    const answer = await alice.post('initiate-privileged', realBooking(world.info));

    const trusted = [...world.sandbox.flex().tokens.values()].filter(token => token.scope === 'trusted:user');
    expect(trusted).toHaveLength(1);
    const seen = [answer.text, JSON.stringify([...answer.headers]), world.log.text()].join('\n');
    for (const token of trusted) expect(seen).not.toContain(token.accessToken);
  });

  it('marks its cookie Secure where the site is served over https', async () => {
    await using world = await startWorld({ environment: { REACT_APP_SHARETRIBE_USING_SSL: 'true' } });
    const visitor = createWebClient(world.proxyUrl, world.info);

    const answer = await visitor.post('initiate-privileged', realBooking(world.info));

    expect(answer.headers.getSetCookie()).toEqual([expect.stringMatching(/; Secure/)]);
  });
});
