/** What the real SDKs send, byte for byte, read off between them and a sandbox that takes it. */
import flexSdk from 'sharetribe-flex-sdk';
import {
  anonymousSdk,
  cabinOrder,
  operatorSdk,
  refusalOf,
  types,
  userSdks,
} from '../../../setup/flex-sdks.ts';
import { CABIN, HOUR, startRelay, useSandbox, verboseSdk } from './support.ts';

const sandbox = useSandbox();
let relay: Awaited<ReturnType<typeof startRelay>>;
beforeEach(async () => {
  relay = await startRelay(sandbox().url);
});
afterEach(() => relay.close());

const CLIENT = '11111111-1111-4111-8111-111111111111';
const CLIENT_SECRET = 'sandbox-marketplace-secret';
const INTEGRATION = '22222222-2222-4222-8222-222222222222';
const agent = (sdk: string) =>
  expect.stringMatching(new RegExp(`^sharetribe-${sdk}-js/[\\d.]+ \\(node/${process.versions.node}\\)$`));
const agents = { flex: agent('flex-sdk'), integration: agent('flex-integration-sdk') };

/** The sandbox as the relay shows it. */
function info() {
  const told = sandbox().info();
  return {
    ...told,
    flex: { ...told.flex, baseUrl: relay.url, assetCdnBaseUrl: relay.url },
    integration: { ...told.integration, baseUrl: relay.url },
  };
}

const bodies = () => relay.requests.map(({ body }) => body);
const lines = () => relay.requests.map(({ line }) => line);
/** The last request, without what belongs to the connection. */
function last() {
  const { line, headers, body } = relay.requests.at(-1)!;
  const { Host: _host, Connection: _connection, 'Accept-Encoding': _encoding, ...own } = headers;
  return { line, headers: own, body };
}
const token = (store: any) => store.getToken().access_token as string;

describe('the Authentication API is asked', () => {
  const tokenHeaders = (userAgent: string, length: number) => ({
    Accept: 'application/json',
    'Content-Type': 'application/x-www-form-urlencoded',
    'User-Agent': userAgent,
    'Content-Length': String(length),
  });

  it('for an anonymous token before the first call', async () => {
    await anonymousSdk(info()).listings.show({ id: CABIN });

    expect(relay.requests.splice(1)).toHaveLength(1);
    expect(last()).toEqual({
      line: 'POST /v1/auth/token',
      headers: tokenHeaders(agents.flex, 94),
      body: `client_id=${CLIENT}&grant_type=client_credentials&scope=public-read`,
    });
  });

  it("for a user's token by password, for its exchange, for its renewal and for its end", async () => {
    const { sdk, tokenStore } = await userSdks(info(), 'Alice');
    const { access_token: first, refresh_token: refreshToken } = tokenStore.getToken();
    await sandbox().advanceTokens(HOUR);
    await sdk.currentUser.show();
    const second = token(tokenStore);
    await sdk.logout();

    expect(relay.requests.map(({ line, body }) => [line, body])).toEqual([
      [
        'POST /v1/auth/token',
        `scope=user&grant_type=password&username=alice%40sandbox.example&password=alice-password&client_id=${CLIENT}`,
      ],
      [
        'POST /v1/auth/token',
        `client_id=${CLIENT}&client_secret=${CLIENT_SECRET}&subject_token=${first}&grant_type=token_exchange`,
      ],
      ['GET /v1/api/current_user/show', ''],
      ['POST /v1/auth/token', `client_id=${CLIENT}&grant_type=refresh_token&refresh_token=${refreshToken}`],
      ['GET /v1/api/current_user/show', ''],
      ['POST /v1/auth/revoke', `token=${refreshToken}`],
    ]);
    expect(last().headers).toEqual({
      ...tokenHeaders(agents.flex, `token=${refreshToken}`.length),
      Authorization: `Bearer ${second}`,
    });
  });

  it('for an exchange without a subject when nobody is signed in', async () => {
    await anonymousSdk(info())
      .exchangeToken()
      .catch(() => undefined);

    expect(bodies()).toEqual([
      `client_id=${CLIENT}&client_secret=${CLIENT_SECRET}&grant_type=token_exchange`,
    ]);
  });

  it('nothing at logout when there is nothing to renew', async () => {
    const sdk = anonymousSdk(info());
    await sdk.listings.show({ id: CABIN });

    await sdk.logout();

    expect(lines()).toEqual(['POST /v1/auth/token', `GET /v1/api/listings/show?id=${CABIN}`]);
  });

  it('for a login-as token by code, and for one by identity provider', async () => {
    const given = { code: 'c', redirect_uri: 'http://localhost:3000/api/login-as', code_verifier: 'v' };
    await refusalOf(anonymousSdk(info()).loginAs(given));
    await anonymousSdk(info()).loginWithIdp({
      idpId: 'google',
      idpClientId: 'their client',
      idpToken: 'google-alice',
    });

    expect(relay.requests.map(({ line, body }) => [line, body])).toEqual([
      [
        'POST /v1/auth/token',
        `grant_type=authorization_code&code=c&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fapi%2Flogin-as&code_verifier=v&client_id=${CLIENT}`,
      ],
      [
        'POST /v1/auth/auth_with_idp',
        `idp_id=google&idp_client_id=their%20client&idp_token=google-alice&client_id=${CLIENT}&client_secret=${CLIENT_SECRET}`,
      ],
    ]);
  });

  it('for a token of the integration by id and secret, and for its renewal', async () => {
    const tokenStore = (flexSdk as any).tokenStore.memoryStore();
    const operator = operatorSdk({
      ...info(),
      integration: { ...info().integration, tokenStore },
    } as never);
    await operator.marketplace.show();
    const { refresh_token: refreshToken } = tokenStore.getToken();
    const [first] = relay.requests;
    await sandbox().advanceTokens(HOUR);
    await operator.marketplace.show();

    expect(bodies()).toEqual([
      `client_id=${INTEGRATION}&client_secret=sandbox-integration-secret&grant_type=client_credentials&scope=integ`,
      '',
      '',
      `client_id=${INTEGRATION}&grant_type=refresh_token&refresh_token=${refreshToken}`,
      '',
    ]);
    expect(first?.headers['User-Agent']).toEqual(agents.integration);
  });
});

describe('the Marketplace API is asked', () => {
  it('for a listing', async () => {
    const { sdk, tokenStore } = await userSdks(info(), 'Alice');

    await sdk.listings.show({
      id: new types.UUID(CABIN),
      include: ['author', 'images'],
      'fields.user': 'profile.displayName',
    });

    expect(last()).toEqual({
      line: `GET /v1/api/listings/show?id=${CABIN}&include=author,images&fields.user=profile.displayName`,
      headers: {
        Accept: 'application/transit+json',
        Authorization: `Bearer ${token(tokenStore)}`,
        'User-Agent': agents.flex,
      },
      body: '',
    });
  });

  it('to initiate, in compact transit', async () => {
    const { trusted } = await userSdks(info(), 'Alice');

    const { status } = await trusted.transactions.initiate(cabinOrder(info()), {
      include: ['booking', 'provider'],
      expand: true,
    });

    expect(status).toBe(200);
    expect(last()).toEqual({
      line: 'POST /v1/api/transactions/initiate?include=booking,provider&expand=true',
      headers: {
        Accept: 'application/transit+json',
        'Content-Type': 'application/transit+json',
        Authorization: expect.stringMatching(/^Bearer eyJ/),
        'User-Agent': agents.flex,
        'Content-Length': '529',
      },
      body:
        '["^ ","~:processAlias","default-booking/release-1","~:transition","transition/request-payment","~:params",' +
        `["^ ","~:listingId","~u${CABIN}","~:bookingStart","~m1894233600000","~:bookingEnd","~m1894492800000",` +
        '"~:protectedData",["^ ","~:unitType","night"],"~:lineItems",[["^ ","~:code","line-item/night","~:unitPrice",' +
        '["~#mn",[5000,"EUR"]],"~:quantity",3,"~:includeFor",["customer","provider"]],["^ ","^9",' +
        '"line-item/provider-commission","^:",["^;",[15000,"EUR"]],"~:percentage",-10,"^=",["provider"]]]]]',
    });
  });

  it('to initiate speculatively, in verbose transit', async () => {
    const { sdk } = await userSdks(info(), 'Alice');
    const trusted = verboseSdk(info(), (await sdk.exchangeToken()).data);

    const { status } = await trusted.transactions.initiateSpeculative(cabinOrder(info()), {
      include: ['booking', 'provider'],
      expand: true,
    });

    expect(status).toBe(200);
    expect(last().line).toBe(
      'POST /v1/api/transactions/initiate_speculative?include=booking,provider&expand=true',
    );
    expect(last().headers).toMatchObject({ 'X-Transit-Verbose': 'true' });
    expect(last().body).toBe(
      '{"~:processAlias":"default-booking/release-1","~:transition":"transition/request-payment","~:params":' +
        `{"~:listingId":"~u${CABIN}","~:bookingStart":"~t2030-01-10T00:00:00.000Z","~:bookingEnd":"~t2030-01-13T00:00:00.000Z",` +
        '"~:protectedData":{"~:unitType":"night"},"~:lineItems":[{"~:code":"line-item/night","~:unitPrice":{"~#mn":[5000,"EUR"]},' +
        '"~:quantity":3,"~:includeFor":["customer","provider"]},{"~:code":"line-item/provider-commission","~:unitPrice":' +
        '{"~#mn":[15000,"EUR"]},"~:percentage":-10,"~:includeFor":["provider"]}]}}',
    );
  });

  it('to make a transition', async () => {
    const { sdk, trusted } = await userSdks(info(), 'Alice');
    const { id } = (await trusted.transactions.initiate(cabinOrder(info()))).data.data;

    await refusalOf(
      sdk.transactions.transition(
        { id, transition: 'transition/confirm-payment', params: {} },
        { expand: true },
      ),
    );

    expect(last()).toMatchObject({
      line: 'POST /v1/api/transactions/transition?expand=true',
      body: `["^ ","~:id","~u${id.uuid}","~:transition","transition/confirm-payment","~:params",["^ "]]`,
    });
  });

  it('for transactions, with lists joined by commas and only their items encoded', async () => {
    const { sdk } = await userSdks(info(), 'Alice');

    const { status } = await sdk.transactions.query({
      only: 'order',
      states: ['state/preauthorized', 'state/accepted'],
      listingId: null,
      page: 1,
      perPage: 10,
      createdAtStart: new Date(0),
    });

    expect(status).toBe(200);
    expect(last().line).toBe(
      'GET /v1/api/transactions/query?only=order&states=state%2Fpreauthorized,state%2Faccepted&page=1&perPage=10&createdAtStart=1970-01-01T00%3A00%3A00.000Z',
    );
  });

  it('with places and ids as plain text, and never with other objects', async () => {
    const sdk = anonymousSdk(info());
    const { LatLng, LatLngBounds, UUID } = types;

    // The sandbox has no such search; what counts is how it is asked.
    await refusalOf(
      sdk.listings.query({
        origin: new LatLng(60.5, 24),
        bounds: new LatLngBounds(new LatLng(2, 1), new LatLng(-2, -1)),
        authorId: new UUID(CABIN),
        'imageVariant.small': (flexSdk as any).util.objectQueryString({ w: 1, fit: 'crop' }),
      }),
    );
    const line = last().line;
    const refused = sdk.listings.query({ deep: { a: 1 } });

    expect(line).toBe(
      `GET /v1/api/listings/query?origin=60.5,24&bounds=2,1,-2,-1&authorId=${CABIN}&imageVariant.small=w%3A1%3Bfit%3Acrop`,
    );
    await expect(refused).rejects.toThrow(/serialize/i);
  });
});

describe('the Integration API is asked', () => {
  it('to change metadata; a code of the cache stands for a key of the outer map', async () => {
    const { trusted } = await userSdks(info(), 'Alice');
    const { id } = (await trusted.transactions.initiate(cabinOrder(info()))).data.data;
    const metadata = { stripe: { id: 'pi_1' }, n: 1, nested: { a: [1, 'x', null, true] } };

    const { data } = await operatorSdk(info()).transactions.updateMetadata(
      { id, metadata },
      { expand: true },
    );

    expect(last()).toEqual({
      line: 'POST /v1/integration_api/transactions/update_metadata?expand=true',
      headers: {
        Accept: 'application/transit+json',
        'Content-Type': 'application/transit+json',
        Authorization: expect.stringMatching(/^Bearer eyJ/),
        'User-Agent': agents.integration,
        'Content-Length': '154',
      },
      body: `["^ ","~:id","~u${id.uuid}","~:metadata",["^ ","~:stripe",["^ ","^0","pi_1"],"~:n",1,"~:nested",["^ ","~:a",[1,"x",null,true]]]]`,
    });
    expect(data.data.attributes.metadata).toEqual(metadata);
  });

  it('with an empty map when a command takes nothing', async () => {
    const { sdk } = await userSdks(info(), 'Alice');

    await refusalOf(sdk.stripeCustomer.deletePaymentMethod({}));

    expect(last().body).toBe('["^ "]');
  });
});

describe('assets are asked for', () => {
  const COMMISSION = 'transactions/commission.json';

  it.each([
    [[COMMISSION], '/a/latest/', 'transactions/?assets=commission.json'],
    [
      ['/design/branding.json', 'general/localization.json', 'general/access-control.json'],
      '/a/latest/',
      '?assets=design%2Fbranding.json,general%2Faccess-control.json,general%2Flocalization.json',
    ],
    [
      ['design/layout.json', 'design/branding.json', 'design/layout.json'],
      '/v/v9/',
      'design/?assets=branding.json,layout.json',
    ],
  ])('several at once: %j', async (paths, which, rest) => {
    const sdk = anonymousSdk(info());

    await (which === '/v/v9/'
      ? refusalOf(sdk.assetsByVersion({ paths, version: 'v9' }))
      : sdk.assetsByAlias({ paths, alias: 'latest' }));

    expect(relay.requests).toHaveLength(1);
    expect(last()).toEqual({
      line: `GET /v1/assets/pub/${CLIENT}${which}${rest}`,
      headers: { Accept: 'application/json', 'User-Agent': agents.flex },
      body: '',
    });
  });

  it.each([
    ['assetByAlias', { path: COMMISSION, alias: 'latest' }, 'a/latest'],
    ['assetByVersion', { path: COMMISSION, version: 'v1' }, 'v/v1'],
  ])('one: %s', async (method, params, which) => {
    const { data } = await anonymousSdk(info())[method](params);

    expect(last().line).toBe(`GET /v1/assets/pub/${CLIENT}/${which}/${COMMISSION}`);
    expect(data.data).toEqual({
      providerCommission: { percentage: 10 },
      customerCommission: { percentage: 5 },
    });
  });
});
