/** What goes over the wire, whatever the endpoint: headers, transit, documents, errors. */
import { Agent, request as httpRequest } from 'node:http';
import { once } from 'node:events';
import { flexRoutes } from '../../../sandbox/flex/service.ts';
import { startSandbox } from '../../../sandbox/sandbox.ts';
import {
  anonymousSdk,
  cabinOrder,
  operatorSdk,
  refusalOf,
  types,
  userSdks,
} from '../../../setup/flex-sdks.ts';
import {
  CABIN,
  flexTransit,
  nights,
  push,
  requested,
  step,
  useSandbox,
  UUID,
  verboseSdk,
} from './support.ts';

const sandbox = useSandbox();
const info = () => sandbox().info();
const TRANSIT = 'application/transit+json;charset=UTF-8';

/** By hand, where an SDK would never ask so. */
async function ask(path: string, { method = 'GET', token, headers, body }: Asked = {}) {
  const response = await fetch(`${sandbox().url}${path}`, {
    method,
    headers: { ...(token !== undefined && { Authorization: `Bearer ${token}` }), ...headers },
    ...(body !== undefined && { body }),
  });
  const { status, statusText } = response;
  return { status, statusText, type: response.headers.get('content-type'), text: await response.text() };
}
type Asked = { method?: string; token?: string; headers?: Record<string, string>; body?: string };

const tokenOf = async (name: string) => (await userSdks(info(), name)).tokenStore.getToken().access_token;
async function trustedToken(): Promise<string> {
  const { sdk } = await userSdks(info(), 'Alice');
  return (await sdk.exchangeToken()).data.access_token;
}
async function integrationToken(): Promise<string> {
  const { clientId, clientSecret } = info().integration;
  const response = await fetch(`${sandbox().url}/v1/auth/token`, {
    method: 'POST',
    body: `client_id=${clientId}&client_secret=${clientSecret}&grant_type=client_credentials&scope=integ`,
  });
  return (await response.json()).access_token;
}

const errorOf = (text: string) => flexTransit.read(text).errors[0];

describe('every answer', () => {
  it.each<[string, string, Asked, number, string]>([
    ['a resource', `/v1/api/listings/show?id=${CABIN}`, {}, 200, 'OK'],
    ['nothing found', '/v1/api/listings/show?id=none', {}, 404, 'Not Found'],
    ['no token', `/v1/api/listings/show?id=${CABIN}`, { token: '' }, 401, 'Unauthorized'],
    ['a bad token', `/v1/api/listings/show?id=${CABIN}`, { token: 'bad' }, 401, 'Unauthorized'],
    ['a token that may not', '/v1/integration_api/marketplace/show', {}, 403, 'Forbidden'],
    ['a wrong parameter', '/v1/api/listings/show?no=1', {}, 400, 'Bad Request'],
    ['an endpoint that is not there', '/v1/api/listings/nothing', {}, 404, 'Not Found'],
    ['a conflict', '/v1/api/process_transitions/query?processAlias=no/alias', {}, 409, 'Conflict'],
  ])(
    'names its type in lower case and has a reason and a body: %s',
    async (_what, path, asked, status, reason) => {
      const token = asked.token ?? (await tokenOf('Alice'));

      const answer = await ask(path, token === '' ? {} : { token });

      expect(answer).toEqual({
        status,
        statusText: reason,
        type: TRANSIT,
        text: expect.stringMatching(/^\["\^ ",/),
      });
    },
  );

  it('reaches an SDK as one error, whose ids are UUIDs', async () => {
    const error = await anonymousSdk(info())
      .listings.show({ id: CABIN.replace('decade', 'deface') })
      .catch((reason: unknown) => reason);

    expect({ ...error, request: null }).toMatchObject({
      name: 'AxiosError',
      message: 'Request failed with status code 404',
      code: 'ERR_BAD_REQUEST',
      status: 404,
      statusText: 'Not Found',
      data: {
        errors: [{ id: expect.any(types.UUID), status: 404, code: 'not-found', title: 'Not found' }],
      },
    });
    expect(error).not.toHaveProperty('response');
  });

  it.each([
    ['application/transit+json', {}, /^\["\^ ","~:data",/],
    ['application/transit+json', { 'X-Transit-Verbose': 'true' }, /^\{"~:data":\{"~:id":"~u/],
    ['application/json', {}, /^\{"data":\{"id":"decade00-/],
  ])('is in the form that was asked for: %s %j', async (accept, headers, text) => {
    const { type, text: body } = await ask(`/v1/api/listings/show?id=${CABIN}`, {
      token: await tokenOf('Alice'),
      headers: { Accept: accept, ...(headers as Record<string, string>) },
    });

    expect(body).toMatch(text);
    expect(type).toBe(`${accept};charset=UTF-8`);
  });
});

describe('what a transaction is decoded to', () => {
  it('is the values that the SDK knows, from the forms that the server writes', async () => {
    const { id } = await requested(sandbox());
    const token = await tokenOf('Alice');
    const include = ['listing', 'booking', 'provider', 'customer', 'reviews'];

    const { sdk } = await userSdks(info(), 'Alice');
    const { data } = await sdk.transactions.show({ id, include });
    const { text } = await ask(`/v1/api/transactions/show?id=${id.uuid}`, {
      token,
      headers: { 'X-Transit-Verbose': 'true' },
    });

    const { attributes } = data.data;
    expect(data.data.id).toBeInstanceOf(types.UUID);
    expect(data.data.type).toBe('transaction');
    expect(Object.keys(attributes).toSorted()).toEqual([
      'createdAt',
      'lastTransition',
      'lastTransitionedAt',
      'lineItems',
      'metadata',
      'payinTotal',
      'payoutTotal',
      'processName',
      'processVersion',
      'protectedData',
      'state',
      'transitions',
    ]);
    expect(attributes.createdAt).toBeInstanceOf(Date);
    expect(attributes.payinTotal).toEqual(new types.Money(15000, 'EUR'));
    expect(attributes.lineItems).toEqual([
      {
        code: 'line-item/night',
        unitPrice: new types.Money(5000, 'EUR'),
        lineTotal: new types.Money(15000, 'EUR'),
        quantity: new types.BigDecimal('3'),
        includeFor: ['customer', 'provider'],
        reversal: false,
      },
      {
        code: 'line-item/provider-commission',
        unitPrice: new types.Money(15000, 'EUR'),
        lineTotal: new types.Money(-1500, 'EUR'),
        percentage: new types.BigDecimal('-10'),
        includeFor: ['provider'],
        reversal: false,
      },
    ]);
    const [listing, booking] = ['listing', 'booking'].map(type =>
      data.included.find((entity: any) => entity.type === type),
    );
    expect(listing.attributes.geolocation).toEqual(new types.LatLng(60.1699, 24.9384));
    expect(booking.attributes).toEqual({
      start: nights().bookingStart,
      end: nights().bookingEnd,
      displayStart: nights().bookingStart,
      displayEnd: nights().bookingEnd,
      seats: 1,
      state: 'pending',
    });
    for (const raw of [
      '"~:type":"~:transaction"',
      '"~:processName":"~:default-booking"',
      '"~:lastTransition":"~:transition/request-payment"',
      '"~:state":"~:state/pending-payment"',
      '"~:code":"~:line-item/night"',
      '"~:includeFor":{"~#set":["~:customer","~:provider"]}',
      '"~:quantity":"~f3"',
      '"~:percentage":"~f-10"',
      '"~:processVersion":1,',
      '"~:payinTotal":{"~#mn":[15000,"EUR"]}',
      '"~:by":"~:customer"',
      '"~:metadata":{}',
    ])
      expect(text).toContain(raw);
    expect(text).toMatch(/"~:createdAt":"~t\d{4}-\d\d-\d\dT[\d:.]+Z"/);
  });

  it('times are ~m in compact transit', async () => {
    const { id } = await requested(sandbox());
    const { text } = await ask(`/v1/api/transactions/show?id=${id.uuid}`, { token: await tokenOf('Alice') });

    expect(text).toMatch(/"~:createdAt","~m\d{13}"/);
  });

  it('seats and units come with their product as quantity', async () => {
    const { trusted } = await userSdks(info(), 'Alice');
    const { id: listingId } = info().listings[6]!;
    const order = cabinOrder(info(), {
      listingId: new types.UUID(listingId),
      seats: 4,
      lineItems: [
        {
          code: 'line-item/night',
          unitPrice: new types.Money(2500, 'GBP'),
          units: new types.BigDecimal('1.5'),
          seats: 4,
        },
      ],
    });

    const { data } = await trusted.transactions.initiate(order, { expand: true });

    expect(data.data.attributes.lineItems).toEqual([
      {
        code: 'line-item/night',
        unitPrice: new types.Money(2500, 'GBP'),
        lineTotal: new types.Money(15000, 'GBP'),
        quantity: new types.BigDecimal('6'),
        units: new types.BigDecimal('1.5'),
        seats: 4,
        includeFor: ['customer', 'provider'],
        reversal: false,
      },
    ]);
  });
});

describe('a body is read', () => {
  const initiate = async (body: string, headers: Record<string, string> = {}) => {
    const answer = await ask('/v1/api/transactions/initiate?expand=true', {
      method: 'POST',
      token: await trustedToken(),
      headers: { 'Content-Type': 'application/transit+json', ...headers },
      body,
    });
    return { ...answer, body: answer.text.startsWith('["') ? flexTransit.read(answer.text) : answer.text };
  };
  const written = (verbose = false) => flexTransit.write(cabinOrder(info()), { verbose });

  it.each([
    ['compact', false, {}],
    ['verbose', true, {}],
    ['with a character set named', false, { 'Content-Type': 'application/transit+json; charset=utf-8' }],
  ])('%s', async (_what, verbose, headers) => {
    expect(await initiate(written(verbose), headers as Record<string, string>)).toMatchObject({
      status: 200,
      body: { data: { type: 'transaction' } },
    });
  });

  it('as plain JSON', async () => {
    const { params, ...rest } = cabinOrder(info());
    const { status, body } = await initiate(
      JSON.stringify({
        ...rest,
        params: {
          ...params,
          listingId: CABIN,
          lineItems: [{ code: 'line-item/night', unitPrice: { amount: 5000, currency: 'EUR' }, quantity: 3 }],
        },
      }),
      { 'Content-Type': 'application/json', Accept: 'application/json' },
    );

    expect(status).toBe(200);
    expect(JSON.parse(body as string).data.attributes).toMatchObject({
      payinTotal: { amount: 15000, currency: 'EUR' },
      lineItems: [{ quantity: 3 }],
    });
  });

  it.each<[string, string, Record<string, string>, string]>([
    ['another type', '{}', { 'Content-Type': 'text/plain' }, 'unsupported-content-type'],
    ['a form', 'a=b', { 'Content-Type': 'application/x-www-form-urlencoded' }, 'unsupported-content-type'],
    ['nothing', '', {}, 'bad-request'],
    ['half of it', '["^ ","~:processAlias"', {}, 'bad-request'],
    ['a list', '[1,2]', {}, 'bad-request'],
    ['a map with a key too many', '["^ ","~:processAlias","a","~:extra",1]', {}, 'validation-disallowed-key'],
    ['an empty map', '["^ "]', {}, 'validation-missing-key'],
    [
      'params that are no map',
      '["^ ","~:processAlias","a","~:transition","b","~:params",1]',
      {},
      'validation-invalid-value',
    ],
  ])('and refused: %s', async (_what, body, headers, code) => {
    expect(await initiate(body, headers)).toMatchObject({ status: 400, body: { errors: [{ code }] } });
  });

  it('with a key of the body that is not allowed named', async () => {
    const { body } = await initiate('["^ ","~:processAlias","a","~:extra",1]');

    expect(body.errors[0].source).toEqual({ path: ['extra'], type: 'body' });
  });

  it('and keys of params that no action takes are passed over', async () => {
    const { trusted } = await userSdks(info(), 'Alice');
    const order = cabinOrder(info(), {
      cardToken: 'CheckoutPage_speculative_card_token',
      priceVariantName: 'x',
      metadata: { a: 1 },
    });

    const { data } = await trusted.transactions.initiate(order, { expand: true });

    expect(data.data.attributes.metadata).toEqual({});
  });

  it('and a key that is dangerous in JavaScript is a key like any other', async () => {
    const body = written(true).replace('"~:unitType":"night"', '"~:__proto__":{"~:polluted":1}');

    const { status, text } = await initiate(body);

    expect(status).toBe(200);
    expect(text).toContain('"~:__proto__",["^ ","~:polluted",1]');
    expect({}).not.toHaveProperty('polluted');
  });

  it('and an id may be a UUID or a text', async () => {
    const { id } = await requested(sandbox());
    const operator = operatorSdk(info());

    for (const given of [id, id.uuid])
      expect((await operator.transactions.updateMetadata({ id: given, metadata: {} })).status).toBe(200);
  });
});

it('a client that writes verbose transit is answered in it, and reads it', async () => {
  const { tokenStore } = await userSdks(info(), 'Alice');
  const sdk = verboseSdk(info(), tokenStore.getToken());

  const { data } = await sdk.listings.show({ id: CABIN });

  expect(data.data.attributes.price).toEqual(new types.Money(5000, 'EUR'));
});

const apiRoutes = flexRoutes
  .map(({ method, path }) => ({ method, path, isIntegration: path.includes('/integration_api/') }))
  .filter(({ path }) => /^\/v1\/(integration_)?api\//.test(path));

describe.each(apiRoutes)('$method $path', ({ method, path, isIntegration }) => {
  const call = (query: string, token?: string) =>
    ask(`${path}${query}`, {
      method,
      ...(token !== undefined && { token }),
      ...(method === 'POST' && { headers: { 'Content-Type': 'application/transit+json' }, body: '["^ "]' }),
    });

  it('wants a token of its own family', async () => {
    const [own, other] = isIntegration
      ? [await integrationToken(), await trustedToken()]
      : [await trustedToken(), await integrationToken()];
    const refusal = async (token?: string) => {
      const { status, text } = await call('', token);
      return [status, errorOf(text).code];
    };

    expect(await refusal()).toEqual([401, 'auth-missing-access-token']);
    expect(await refusal('none')).toEqual([401, 'auth-invalid-access-token']);
    expect(await refusal(other)).toEqual([403, 'forbidden']);
    expect([401, 403]).not.toContain((await call('', own)).status);
  });

  it('refuses query parameters that it does not know, and takes those that all have', async () => {
    const own = isIntegration ? await integrationToken() : await trustedToken();
    const { status, text } = await call('?nonsense=1', own);
    const common =
      '?include=a,b.c&expand=true&fields.user=profile.displayName&limit.images=1&imageVariant.small=w:1;h:1;fit:crop';

    expect([status, errorOf(text)]).toEqual([
      400,
      {
        id: expect.any(types.UUID),
        status: 400,
        code: 'validation-disallowed-key',
        title: 'Disallowed key',
        source: { path: ['nonsense'], type: 'query' },
      },
    ]);
    expect((await call(common, own)).text).not.toContain('validation-disallowed-key');
  });
});

describe('a document', () => {
  it('names relations only where they were asked for, and holds what they point to once', async () => {
    const { sdk, trusted } = await userSdks(info(), 'Alice');
    for (const first of [10, 20])
      await trusted.transactions.initiate(cabinOrder(info(), nights(first, first + 2)));

    const plain = (await sdk.transactions.query({})).data;
    const full = (
      await sdk.transactions.query({
        include: ['listing', 'listing.author', 'provider', 'nonsense', 'booking'],
      })
    ).data;

    expect(plain.data[0]).not.toHaveProperty('relationships');
    expect(plain).not.toHaveProperty('included');
    expect(full.data.map((entity: any) => Object.keys(entity.relationships))).toEqual([
      ['listing', 'provider', 'booking'],
      ['listing', 'provider', 'booking'],
    ]);
    const keys = full.included.map(({ type, id }: any) => `${type} ${id.uuid}`);
    expect(keys.map((key: string) => key.split(' ')[0]).toSorted()).toEqual([
      'booking',
      'booking',
      'listing',
      'user',
    ]);
    const listing = full.included.find(({ type }: any) => type === 'listing');
    expect(listing.relationships).toEqual({
      author: { data: { id: full.data[0].relationships.provider.data.id, type: 'user' } },
    });
    expect(full.included.find(({ type }: any) => type === 'user')).not.toHaveProperty('relationships');
  });

  it('has null for one thing that is not there and a list for several', async () => {
    await push(sandbox(), 'chat', [step('ask', { to: 'asked' })]);
    const { sdk } = await userSdks(info(), 'Alice');

    const { data } = await sdk.transactions.initiate(
      { processAlias: 'chat/release-1', transition: 'transition/ask', params: { listingId: CABIN } },
      {
        expand: true,
        include: ['booking', 'stockReservation', 'reviews', 'messages', 'protectedFileAttachments'],
      },
    );

    expect(data.data.relationships).toEqual({
      booking: { data: null },
      stockReservation: { data: null },
      reviews: { data: [] },
      messages: { data: [] },
      protectedFileAttachments: { data: [] },
    });
    expect(data.included).toEqual([]);
    expect(data.data.attributes).toMatchObject({ payinTotal: null, payoutTotal: null, lineItems: [] });
  });

  it('is id and type only, when a command was not asked to expand', async () => {
    const { trusted } = await userSdks(info(), 'Alice');
    const order = () => cabinOrder(info());

    const answers = await Promise.all([
      trusted.transactions.initiateSpeculative(order(), { include: ['booking'] }),
      trusted.transactions.initiateSpeculative(order(), { include: ['booking'], expand: false }),
    ]);

    for (const { status, data } of answers) {
      expect(status).toBe(200);
      expect(data).toEqual({ data: { id: expect.any(types.UUID), type: 'transaction' } });
    }
  });
});

it('closes while clients keep their connections, and while one waits for ever', async () => {
  const own = await startSandbox();
  const agent = new Agent({ keepAlive: true });
  const get = (path: string) => httpRequest(`${own.url}${path}`, { agent }).end();
  const [idle] = await once(get('/sandbox/info'), 'response');
  idle.resume();
  await once(idle, 'end');
  own.scenarios.add({ name: 'hang' });
  const hanging = get('/v1/api/listings/show');
  const broken = once(hanging, 'error').catch((error: unknown) => [error]);
  await once(own.arrivals, 'GET /v1/api/listings/show');

  await own.close();

  expect((await broken)[0]).toMatchObject({ code: 'ECONNRESET' });
  agent.destroy();
});

it('ids are random UUIDs, also those of errors', async () => {
  const refuse = () => refusalOf(anonymousSdk(info()).listings.show({ id: 'x' }));
  const ids = (await Promise.all([refuse(), refuse()])).map(({ data }) => data.errors[0].id.uuid);

  expect(new Set(ids).size).toBe(2);
  for (const id of ids) expect(id).toMatch(UUID);
});
