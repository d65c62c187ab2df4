/** Tokens of all grants, through the real SDKs and by hand. */
import { createHash } from 'node:crypto';
import { anonymousSdk, cabinOrder, operatorSdk, refusalOf, userSdks } from '../../../setup/flex-sdks.ts';
import { HOUR, useSandbox } from './support.ts';

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

  it('login-as: by code and verifier, may look and not touch', async () => {
    const { flex, users } = info();
    const verifier = 'a-verifier-that-is-long-enough-to-be-one';
    const redirectUri = 'http://localhost:3000/api/login-as';
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: flex.clientId,
      redirect_uri: redirectUri,
      user_id: users[0]!.id,
      state: 'abc',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    const redirect = new URL(
      (await fetch(`${sandbox().url}/api/authorize-as?${query}`, { redirect: 'manual' })).headers.get(
        'location',
      )!,
    );
    const code = redirect.searchParams.get('code')!;
    const sdk = anonymousSdk(info());

    await sdk.loginAs({ code, redirect_uri: redirectUri, code_verifier: verifier });

    expect(redirect.searchParams.get('state')).toBe('abc');
    expect((await sdk.currentUser.show()).data.data.attributes.email).toBe('alice@sandbox.example');
    expect((await sdk.authInfo()).scopes).toEqual(['user:limited']);
    expect(
      await refusalOf(sdk.transactions.initiate({ ...cabinOrder(info()), transition: 'transition/inquire' })),
    ).toMatchObject({ status: 403 });
    expect(
      await refusalOf(
        anonymousSdk(info()).loginAs({ code, redirect_uri: redirectUri, code_verifier: 'another' }),
      ),
    ).toMatchObject({ status: 401 });
  });

  it('identity provider: a user known there signs in', async () => {
    const { flex } = info();
    const signIn = (idpToken: string) =>
      fetch(`${sandbox().url}/v1/auth/auth_with_idp`, {
        method: 'POST',
        body: new URLSearchParams({
          idp_id: 'google',
          idp_client_id: 'x',
          idp_token: idpToken,
          client_id: flex.clientId,
          client_secret: flex.clientSecret,
        }),
      });

    expect((await (await signIn('google-alice')).json()).scope).toBe('user');
    expect((await signIn('google-nobody')).status).toBe(401);
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
