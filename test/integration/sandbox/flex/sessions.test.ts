/** Tokens of all grants, through the real SDKs and by hand. */
import flexSdk from 'sharetribe-flex-sdk';
import { anonymousSdk, cabinOrder, operatorSdk, refusalOf, userSdks } from '../../../setup/flex-sdks.ts';
import { HOUR, loginAs, MINUTE, SECOND, scenario, useSandbox } from './support.ts';

const sandbox = useSandbox();

const info = () => sandbox().info();

async function token(form: Record<string, string>) {
  const response = await fetch(`${sandbox().url}/v1/auth/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  return { status: response.status, body: await response.json() };
}

const passwordGrant = () => {
  const [alice] = info().users;
  return token({
    client_id: info().flex.clientId,
    grant_type: 'password',
    scope: 'user',
    username: alice!.email,
    password: alice!.password,
  });
};

describe('grants', () => {
  it('anonymous: may read listings and nothing of a user', async () => {
    const sdk = anonymousSdk(info());

    expect((await sdk.listings.show({ id: info().listings[0]!.id })).data.data.type).toBe('listing');
    expect(await refusalOf(sdk.currentUser.show())).toMatchObject({ status: 403 });
    expect(await refusalOf(sdk.transactions.initiate(cabinOrder(info())))).toMatchObject({ status: 403 });
  });

  it('password: gives a refresh token; a wrong one is 401', async () => {
    const { body } = await passwordGrant();
    const wrong = await token({
      client_id: info().flex.clientId,
      grant_type: 'password',
      scope: 'user',
      username: 'alice@sandbox.example',
      password: 'wrong',
    });

    expect(body).toEqual({
      access_token: expect.any(String),
      token_type: 'bearer',
      expires_in: expect.any(Number),
      scope: 'user',
      refresh_token: expect.any(String),
    });
    expect(wrong.status).toBe(401);
  });

  it('exchange: trusted, not refreshable, only for a user and with the right secret', async () => {
    const { flex } = info();
    const { body } = await passwordGrant();
    const anonymous = await token({
      client_id: flex.clientId,
      grant_type: 'client_credentials',
      scope: 'public-read',
    });
    const exchange = (form: Record<string, string>) =>
      token({
        client_id: flex.clientId,
        client_secret: flex.clientSecret,
        grant_type: 'token_exchange',
        subject_token: body.access_token,
        ...form,
      });

    expect(await exchange({})).toMatchObject({ status: 200, body: { scope: 'trusted:user' } });
    expect((await exchange({})).body).not.toHaveProperty('refresh_token');
    expect(await exchange({ client_secret: 'wrong' })).toMatchObject({ status: 401 });
    expect(await exchange({ subject_token: '' })).toMatchObject({ status: 401 });
    expect(await exchange({ subject_token: anonymous.body.access_token })).toMatchObject({ status: 401 });
  });

  it('login-as: by code and verifier, once, for half an hour, and nothing to renew it with', async () => {
    const { sdk, tokenStore, given } = await loginAs(sandbox(), 'Alice');

    expect(tokenStore.getToken()).toEqual({
      access_token: expect.any(String),
      token_type: 'bearer',
      expires_in: 30 * 60,
      scope: 'user:limited',
      isLoggedInAs: true,
    });
    expect((await sdk.currentUser.show()).data.data.attributes.email).toBe('alice@sandbox.example');
    expect(await sdk.authInfo()).toMatchObject({
      scopes: ['user:limited'],
      isAnonymous: false,
      isLoggedInAs: true,
    });
    expect(await refusalOf(anonymousSdk(info()).loginAs(given))).toMatchObject({ status: 401 });

    await sandbox().advanceTokens(30 * MINUTE);
    expect(await refusalOf(sdk.currentUser.show())).toMatchObject({ status: 403 });
    expect(tokenStore.getToken()).toMatchObject({ scope: 'public-read' });
  });

  it.each<[object, number]>([
    [{ code_verifier: 'another' }, 401],
    [{ redirect_uri: 'http://localhost:3000/elsewhere' }, 401],
    [{ code: 'none' }, 200],
  ])(
    'login-as: refused with %j; a code is good for one try, so it is %i after that',
    async (wrong, after) => {
      const { given } = await loginAs(sandbox(), 'Alice', { redeem: false });
      const redeem = (form: object) =>
        anonymousSdk(info())
          .loginAs({ ...given, ...form })
          .then(
            () => 200,
            (error: any) => error.status,
          );

      expect([await redeem(wrong), await redeem({})]).toEqual([401, after]);
    },
  );

  it('login-as: looks and does not touch', async () => {
    const { sdk } = await loginAs(sandbox(), 'Alice');
    const inquiry = { ...cabinOrder(info()), transition: 'transition/inquire' };

    expect((await sdk.transactions.query({})).data.data).toEqual([]);
    const touches = [
      sdk.transactions.initiate(inquiry),
      sdk.transactions.initiateSpeculative(inquiry),
      sdk.transactions.transition({ id: 'x', transition: 'transition/accept', params: {} }),
      sdk.stripeCustomer.create({}),
      sdk.stripeSetupIntents.create({}),
      sdk.stripeAccount.fetch(),
      sdk.currentUser.delete({ currentPassword: 'alice-password' }),
      sdk.exchangeToken(),
    ];
    const refusals = await Promise.all(touches.map(refusalOf));
    expect(refusals.map(({ status }) => status)).toEqual(touches.map(() => 403));
  });

  it('login-as: in dev and test environments it may do what the user may', async () => {
    sandbox().flex().settings.loginAsScope = 'user';
    const { sdk } = await loginAs(sandbox(), 'Alice');

    const { data } = await sdk.transactions.initiate({
      ...cabinOrder(info()),
      transition: 'transition/inquire',
    });

    expect(data.data.type).toBe('transaction');
    expect((await sdk.exchangeToken()).data.scope).toBe('trusted:user');
  });

  it('identity provider: a user known there signs in, with a refresh token', async () => {
    const signIn = (overrides: object) => {
      const tokenStore = (flexSdk as any).tokenStore.memoryStore();
      const sdk = anonymousSdk(info(), tokenStore);
      const given = { idpId: 'google', idpClientId: 'x', idpToken: 'google-alice', ...overrides };
      return { sdk, tokenStore, answer: sdk.loginWithIdp(given) };
    };

    const { sdk, tokenStore, answer } = signIn({});
    await answer;
    expect(tokenStore.getToken()).toMatchObject({ scope: 'user', refresh_token: expect.any(String) });
    expect((await sdk.currentUser.show()).data.data.attributes.email).toBe('alice@sandbox.example');
    for (const wrong of [{ idpToken: 'google-nobody' }, { idpId: 'facebook' }])
      expect(await refusalOf(signIn(wrong).answer)).toMatchObject({ status: 401 });
    expect(await refusalOf(signIn({ idpClientId: '' }).answer)).toMatchObject({ status: 400 });
  });

  it('integration: by id and secret, for its own API only', async () => {
    const { integration } = info();
    const { body } = await token({
      client_id: integration.clientId,
      client_secret: integration.clientSecret,
      grant_type: 'client_credentials',
      scope: 'integ',
    });
    const wrong = await token({
      client_id: integration.clientId,
      client_secret: 'wrong',
      grant_type: 'client_credentials',
      scope: 'integ',
    });
    const atMarketplace = await fetch(`${sandbox().url}/v1/api/current_user/show`, {
      headers: { Authorization: `Bearer ${body.access_token}`, Accept: 'application/json' },
    });

    expect(body).toMatchObject({ scope: 'integ', refresh_token: expect.any(String) });
    expect([wrong.status, atMarketplace.status]).toEqual([401, 403]);
  });
});

describe('tokens', () => {
  it('expire on their own clock, and are renewed by the SDK without a word', async () => {
    const { sdk, tokenStore } = await userSdks(info(), 'Alice');
    const before = tokenStore.getToken().access_token;
    await sandbox().advance(24 * HOUR);
    await sdk.currentUser.show();
    expect(tokenStore.getToken().access_token).toBe(before);

    await sandbox().advanceTokens(HOUR);
    await sdk.currentUser.show();

    expect(tokenStore.getToken().access_token).not.toBe(before);
  });

  it('that are missing or unknown are 401, good ones that may not are 403', async () => {
    const show = async (authorization?: string) => {
      const response = await fetch(`${sandbox().url}/v1/integration_api/transactions/show?id=x`, {
        headers: {
          Accept: 'application/json',
          ...(authorization !== undefined && { Authorization: authorization }),
        },
      });
      return [response.status, (await response.json()).errors[0].code];
    };
    const { body } = await passwordGrant();

    expect(await show()).toEqual([401, 'auth-missing-access-token']);
    expect(await show('Bearer nonsense')).toEqual([401, 'auth-invalid-access-token']);
    expect(await show(`bearer ${body.access_token}`)).toEqual([403, 'forbidden']);
  });

  it('are gone after logout', async () => {
    const { sdk, tokenStore } = await userSdks(info(), 'Alice');
    const { access_token: accessToken } = tokenStore.getToken();

    await sdk.logout();

    const response = await fetch(`${sandbox().url}/v1/api/current_user/show`, {
      headers: { Authorization: `Bearer ${accessToken}` },
    });
    expect(response.status).toBe(401);
  });

  it('of the Integration SDK are renewed when they expire', async () => {
    const operator = operatorSdk(info());
    expect(
      await refusalOf(operator.transactions.show({ id: 'deadbeef-0000-4000-8000-000000000000' })),
    ).toMatchObject({ status: 404 });
    await sandbox().advanceTokens(HOUR);

    expect(
      await refusalOf(operator.transactions.show({ id: 'deadbeef-0000-4000-8000-000000000000' })),
    ).toMatchObject({ status: 404 });
  });
});

/** What reached which route how often. */
const counts = (...routes: string[]) => routes.map(route => sandbox().requests()[route]?.count ?? 0);
const TOKEN = 'POST /v1/auth/token';
const CURRENT = 'GET /v1/api/current_user/show';

describe('refresh tokens', () => {
  const expireAccess = () => sandbox().advanceTokens(HOUR);

  it('are good for parallel calls of one session', async () => {
    const { sdk } = await userSdks(info(), 'Alice');
    await expireAccess();
    const before = counts(TOKEN, CURRENT);

    const answers = await Promise.all([1, 2, 3].map(() => sdk.currentUser.show()));

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(counts(TOKEN, CURRENT)).toEqual([before[0]! + 3, before[1]! + 6]);
  });

  it('end some day; the session is anonymous then, and what it may not is 403', async () => {
    sandbox().flex().settings.refreshTokenSeconds = 2 * 60 * 60;
    const { sdk, tokenStore } = await userSdks(info(), 'Alice');
    await expireAccess();
    await sdk.currentUser.show();
    // Using it did not make it last longer.
    await expireAccess();

    expect(await refusalOf(sdk.currentUser.show())).toMatchObject({ status: 403, code: 'forbidden' });
    expect(tokenStore.getToken()).toMatchObject({ scope: 'public-read' });
  });

  it('refresh-rotates: each gives a new one, and the old one is dead', async () => {
    const { sdk, tokenStore } = await userSdks(info(), 'Alice');
    const { refresh_token: old } = tokenStore.getToken();
    await scenario(sandbox(), { name: 'refresh-rotates' });
    const refresh = (refreshToken: string) =>
      token({ client_id: info().flex.clientId, grant_type: 'refresh_token', refresh_token: refreshToken });

    await expireAccess();
    await sdk.currentUser.show();
    const { refresh_token: fresh } = tokenStore.getToken();

    expect(fresh).not.toBe(old);
    expect(await refresh(old)).toEqual({ status: 401, body: { error: 'unauthorized' } });
    expect(await refresh(fresh)).toMatchObject({ status: 200 });
  });

  it('refresh-rotates: of two calls at once, one loses the session', async () => {
    const { sdk } = await userSdks(info(), 'Alice');
    await scenario(sandbox(), { name: 'refresh-rotates' });
    await expireAccess();

    const results = await Promise.allSettled([sdk.currentUser.show(), sdk.currentUser.show()]);

    expect(
      results.map(result => (result.status === 'fulfilled' ? 200 : result.reason.status)).toSorted(),
    ).toEqual([200, 403]);
  });

  it('are bound to the application that they were given to', async () => {
    const { tokenStore } = await userSdks(info(), 'Alice');
    const { status } = await token({
      client_id: info().integration.clientId,
      grant_type: 'refresh_token',
      refresh_token: tokenStore.getToken().refresh_token,
    });

    expect(status).toBe(401);
  });

  it('are given with passwords, identity providers and secrets, and with nothing else', async () => {
    const { sdk, tokenStore } = await userSdks(info(), 'Alice');
    const anonymous = (flexSdk as any).tokenStore.memoryStore();
    await anonymousSdk(info(), anonymous).listings.show({ id: info().listings[0]!.id });
    const trusted = (await sdk.exchangeToken()).data;
    const limited = (await loginAs(sandbox(), 'Alice')).tokenStore.getToken();

    expect(
      [tokenStore.getToken(), anonymous.getToken(), trusted, limited].map(given => [
        given.scope,
        given.token_type,
        'refresh_token' in given,
      ]),
    ).toEqual([
      ['user', 'bearer', true],
      ['public-read', 'bearer', false],
      ['trusted:user', 'bearer', false],
      ['user:limited', 'bearer', false],
    ]);
  });
});

describe('what the SDK makes of a 401', () => {
  it('expired-token once: it renews the token and asks again', async () => {
    const { sdk } = await userSdks(info(), 'Alice');
    const before = counts(TOKEN);
    await scenario(sandbox(), { name: 'expired-token', times: 1 });

    expect((await sdk.currentUser.show()).status).toBe(200);
    expect(counts(TOKEN, CURRENT)).toEqual([before[0]! + 1, 2]);
  });

  it('expired-token always: three calls, two tokens, and the session is an anonymous one', async () => {
    const { sdk, tokenStore } = await userSdks(info(), 'Alice');
    const before = counts(TOKEN);
    await scenario(sandbox(), { name: 'expired-token', route: CURRENT });

    expect(await refusalOf(sdk.currentUser.show())).toMatchObject({
      status: 401,
      code: 'auth-invalid-access-token',
    });
    expect(counts(TOKEN, CURRENT)).toEqual([before[0]! + 2, 3]);
    expect(tokenStore.getToken().scope).toBe('public-read');
  });

  it('expired-token in the middle of an exchange: it renews, exchanges and goes on', async () => {
    const { sdk, trusted } = await userSdks(info(), 'Alice');
    await sandbox().advanceTokens(HOUR);

    expect((await sdk.exchangeToken()).data.scope).toBe('trusted:user');
    // A trusted token has nothing to be renewed with: its order is asked for once more as nobody.
    expect(await refusalOf(trusted.transactions.initiate(cabinOrder(info())))).toMatchObject({ status: 403 });
  });

  it('a good token that may not is 403, and the session stays', async () => {
    const { sdk, tokenStore } = await userSdks(info(), 'Alice');
    const before = tokenStore.getToken();

    expect(await refusalOf(sdk.transactions.initiate(cabinOrder(info())))).toMatchObject({
      status: 403,
      code: 'forbidden',
    });
    expect(tokenStore.getToken()).toEqual(before);
  });

  it('an exchange with nobody signed in is refused, and the SDK breaks over it', async () => {
    await expect(anonymousSdk(info()).exchangeToken()).rejects.toThrow(/reading 'refresh_token'/);
    expect(counts(TOKEN)).toEqual([1]);
  });

  it('anonymous-token-fails-once: that client never recovers, and a new one is fine', async () => {
    await scenario(sandbox(), { name: 'anonymous-token-fails-once' });
    const show = (sdk: any) => sdk.listings.show({ id: info().listings[0]!.id });
    const poisoned = anonymousSdk(info());

    await expect(show(poisoned)).rejects.toMatchObject({ status: 503 });
    await expect(show(poisoned)).rejects.toMatchObject({ status: 503 });
    expect(counts(TOKEN)).toEqual([1]);
    expect((await show(anonymousSdk(info()))).status).toBe(200);
  });
});

describe('first calls at once', () => {
  it('share an anonymous token', async () => {
    const sdk = anonymousSdk(info());
    await Promise.all([1, 2, 3].map(() => sdk.listings.show({ id: info().listings[0]!.id })));

    expect(counts(TOKEN)).toEqual([1]);
  });

  it('of the integration each take a token of their own', async () => {
    const operator = operatorSdk(info());
    await Promise.all([1, 2, 3].map(() => operator.marketplace.show()));

    expect(counts(TOKEN)).toEqual([3]);
  });
});

describe('the end of a session', () => {
  const access = (accessToken: string) =>
    fetch(`${sandbox().url}/v1/api/current_user/show`, {
      headers: { Authorization: `Bearer ${accessToken}` },
    });

  it('by logout: its refresh token is dead, those of other sessions are not', async () => {
    const [one, other] = await Promise.all([userSdks(info(), 'Alice'), userSdks(info(), 'Alice')]);
    const { refresh_token: refreshToken } = one.tokenStore.getToken();

    await one.sdk.logout();

    expect(one.tokenStore.getToken()).toBeNull();
    expect(
      await token({
        client_id: info().flex.clientId,
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
      }),
    ).toMatchObject({ status: 401 });
    expect((await other.sdk.currentUser.show()).status).toBe(200);
  });

  it('of the integration, by revoke: it asks with id and secret the next time', async () => {
    const operator = operatorSdk(info());
    await operator.marketplace.show();
    await operator.revoke();
    await operator.marketplace.show();

    expect(counts(TOKEN, 'POST /v1/auth/revoke')).toEqual([2, 1]);
  });

  it('by a ban: neither token is good any more, and nobody signs in', async () => {
    const { tokenStore, user } = await userSdks(info(), 'Alice');
    const { access_token: accessToken, refresh_token: refreshToken } = tokenStore.getToken();
    const { users } = sandbox().flex();
    users.set(user.id, { ...users.get(user.id)!, banned: true });

    expect((await access(accessToken)).status).toBe(401);
    expect(
      await token({
        client_id: info().flex.clientId,
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
      }),
    ).toMatchObject({ status: 401 });
    expect((await passwordGrant()).status).toBe(401);
  });

  it('comes when the settings say so', async () => {
    sandbox().flex().settings.accessTokenSeconds = 90;
    const { body } = await passwordGrant();

    await sandbox().advanceTokens(89 * SECOND);
    expect((await access(body.access_token)).status).toBe(200);
    await sandbox().advanceTokens(SECOND);

    expect(body.expires_in).toBe(90);
    expect((await access(body.access_token)).status).toBe(401);
  });
});

describe('a token is refused', () => {
  it.each<[string, Record<string, string>, number]>([
    ['without a grant', {}, 400],
    ['for an unknown grant', { grant_type: 'implicit' }, 400],
    ['to an unknown client', { grant_type: 'client_credentials', scope: 'public-read', client_id: 'x' }, 401],
    ['for a scope that nobody has', { grant_type: 'client_credentials', scope: 'admin' }, 400],
    ['with a refresh token that nobody has', { grant_type: 'refresh_token', refresh_token: 'x' }, 401],
    [
      'to a user that nobody knows',
      { grant_type: 'password', scope: 'user', username: 'x', password: 'x' },
      401,
    ],
  ])('%s', async (_what, form, status) => {
    const answer = await token({ client_id: info().flex.clientId, ...form });

    expect(answer).toEqual({
      status,
      body: { error: status === 400 ? 'invalid_request' : 'unauthorized' },
    });
  });

  it('when the secret is that of another application', async () => {
    const { tokenStore } = await userSdks(info(), 'Alice');
    const { integration } = info();

    const { status } = await token({
      client_id: integration.clientId,
      client_secret: integration.clientSecret,
      grant_type: 'token_exchange',
      subject_token: tokenStore.getToken().access_token,
    });

    expect(status).toBe(401);
  });
});

it('names and passwords may hold anything that a form can carry', async () => {
  const password = 'a b+c&d=e%20f/ä€"\\';
  const { users } = sandbox().flex();
  const alice = users.get(info().users[0]!.id)!;
  users.set(alice.id, { ...alice, email: 'alice+tag@sandbox.example', password });
  const sdk = anonymousSdk(info());

  await sdk.login({ username: 'Alice+Tag@sandbox.example', password });

  expect((await sdk.currentUser.show()).data.data.attributes.email).toBe('alice+tag@sandbox.example');
});
