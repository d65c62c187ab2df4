import { realBooking, speculativeBooking } from '../sandbox/client/orders.ts';
import { createWebClient, signedIn } from '../sandbox/client/web-client.ts';
import { startWorld } from '../setup/world.ts';

describe('when Flex', () => {
  it.each([
    ['a read', { route: 'GET /v1/api/listings/show' }, 'flex-timeout', 'refused'],
    ['the call that counts', { route: 'POST /v1/api/transactions/initiate' }, 'outcome-unknown', 'unknown'],
  ])('does not answer %s, the budget ends it with 504', async (_what, where, code, outcome) => {
    await using world = await startWorld({ environment: { REQUEST_BUDGET_MS: '400' } });
    const alice = await signedIn(world, 'Alice');
    await world.scenario({ name: 'hang', ...where });
    const started = performance.now();

    const answer = await alice.post('initiate-privileged', realBooking(world.info));

    expect(performance.now() - started).toBeLessThan(4_000);
    expect(answer.status).toBe(504);
    expect(answer.body).toMatchObject({ name: 'LocalAPIError', status: 504, code, data: {} });
    expect(world.log.lines()).toContainEqual(
      expect.objectContaining({ msg: 'request failed', code, outcome }),
    );
  });

  it.each([500, 502, 503, 429, 403])('answers %d, so does the proxy, with the same errors', async code => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');
    await world.scenario({ name: 'status', code });

    const answer = await alice.post('initiate-privileged', speculativeBooking(world.info));

    expect(answer.status).toBe(code);
    expect(answer.body.data.errors).toEqual([
      expect.objectContaining({ status: code, code: expect.any(String) }),
    ]);
  });

  it('is not there at all, visitors get 502 and no address of it', async () => {
    await using world = await startWorld({
      environment: { REACT_APP_SHARETRIBE_SDK_BASE_URL: 'http://127.0.0.1:9' },
    });
    const visitor = createWebClient(world.proxyUrl, world.info);

    const answer = await visitor.post('initiate-privileged', realBooking(world.info));

    expect(answer.status).toBe(502);
    expect(answer.text).not.toContain('127.0.0.1');
  });

  it("fails, no log line holds anybody's token", async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');
    await world.scenario({ name: 'status', code: 500 });

    await alice.post('initiate-privileged', realBooking(world.info));

    const log = world.log.text();
    const tokens = [...world.sandbox.flex().tokens.values()].flatMap(token =>
      token.refreshToken === null ? [token.accessToken] : [token.accessToken, token.refreshToken],
    );
    expect(tokens.length).toBeGreaterThan(0);
    for (const secret of [...tokens, world.info.flex.clientSecret]) expect(log).not.toContain(secret);
  });
});
