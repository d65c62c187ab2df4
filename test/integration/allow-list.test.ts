/** What a browser can not make this service do with its trusted token, whatever it sends. */
import fc from 'fast-check';
import flexSdk from 'sharetribe-flex-sdk';
import { createApp } from '../../server/app.ts';
import { loadConfig } from '../../server/config.ts';
import { createContext } from '../../server/context.ts';
import { writeVerbose } from '../../server/flex/transit-writer.ts';
import { listen } from '../../server/listen.ts';
import { listingTitled, realBooking, speculativeBooking } from '../sandbox/client/orders.ts';
import { createWebClient, signedIn, tokenCookie } from '../sandbox/client/web-client.ts';
import { environmentFor, startWorld, type World } from '../setup/world.ts';
import { loginAs, startRelay, type Recorded } from './sandbox/flex/support.ts';

const { types } = flexSdk;

const commandsOf = (world: World) =>
  Object.entries(world.sandbox.requests())
    .filter(([route]) => /^POST .*transactions\//.test(route))
    .map(([route]) => route);

describe('the transitions that can be asked for', () => {
  it.each([
    ['one that is not privileged', 'transition/inquire'],
    ['one of the provider', 'transition/accept'],
    ['one of the operator', 'transition/cancel'],
    ['one that happens by itself', 'transition/expire-payment'],
    ['one that there is not', 'transition/give-me-all'],
  ])('are the privileged ones: not %s', async (_what, transition) => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');

    for (const booking of [realBooking, speculativeBooking]) {
      const answer = await alice.post(
        'initiate-privileged',
        booking(world.info, { bodyParams: { transition } }),
      );

      expect(answer.status).toBe(403);
      expect(answer.body).toMatchObject({
        name: 'LocalAPIError',
        code: 'transition-not-privileged',
        data: {},
      });
      expect(answer.body.statusText).toContain(`${transition} is not among the privileged transitions`);
      expect(answer.body.statusText).toContain('PRIVILEGED_TRANSITIONS');
    }
    expect(commandsOf(world)).toEqual([]);
  });

  it.each([true, false])(
    'are those of the process that a transaction is in (speculative: %p)',
    async isSpeculative => {
      await using world = await startWorld();
      const alice = await signedIn(world, 'Alice');
      const { id } = (await alice.post('initiate-privileged', realBooking(world.info))).body.data.data;
      const moveTo = (transition: string) =>
        alice.post('transition-privileged', {
          isSpeculative,
          orderData: {},
          bodyParams: { id, transition, params: {} },
          queryParams: {},
        });

      const [confirm, offer] = [
        await moveTo('transition/confirm-payment'),
        await moveTo('transition/customer-withdraw-counter-offer'),
      ];

      expect([confirm.body.code, offer.body.code]).toEqual([
        'transition-not-privileged',
        'transition-not-privileged',
      ]);
      expect(commandsOf(world)).toEqual(['POST /v1/api/transactions/initiate']);
    },
  );

  it('can not be known without a process file, and the answer names the settings', async () => {
    await using world = await startWorld({ environment: { TRANSACTION_PROCESSES_DIR: 'test/fixtures' } });
    const alice = await signedIn(world, 'Alice');

    const answer = await alice.post('initiate-privileged', speculativeBooking(world.info));

    expect([answer.status, answer.body.code]).toEqual([403, 'process-unknown']);
    expect(answer.body.statusText).toBe(
      'There is no process file for default-booking. Put its process.edn into the directory that ' +
        'TRANSACTION_PROCESSES_DIR names, or list its privileged transitions in PRIVILEGED_TRANSITIONS.',
    );
  });

  it('can be named in the configuration, for fewer or for more', async () => {
    await using world = await startWorld({
      environment: {
        PRIVILEGED_TRANSITIONS: 'default-booking/request-payment-after-inquiry, mine/transition/pay',
      },
    });
    const alice = await signedIn(world, 'Alice');
    const ask = (bodyParams: Record<string, unknown>) =>
      alice.post('initiate-privileged', speculativeBooking(world.info, { bodyParams }));

    const [fewer, more] = [
      await ask({}),
      await ask({ processAlias: 'mine/release-1', transition: 'transition/pay' }),
    ];

    expect(fewer.body.code).toBe('transition-not-privileged');
    // It is Flex that does not know it.
    expect([more.status, more.body.data.errors[0].code]).toEqual([409, 'transaction-unknown-alias']);
  });
});

describe('an operator who is signed in as a user to look', () => {
  it.each([
    ['initiate-privileged', (world: World) => realBooking(world.info)],
    ['initiate-privileged', (world: World) => speculativeBooking(world.info)],
    [
      'transition-privileged',
      () => ({
        bodyParams: {
          id: new types.UUID('deadbeef-0000-4000-8000-000000000000'),
          transition: 'transition/request-payment-after-inquiry',
          params: {},
        },
      }),
    ],
    ['delete-account', () => ({ currentPassword: 'alice-password' })],
  ])('is told so by %s, before anything is asked', async (endpoint, body) => {
    await using world = await startWorld();
    const { tokenStore } = await loginAs(world.sandbox, 'Alice');
    const operator = createWebClient(world.proxyUrl, world.info);
    const token = JSON.stringify({ ...tokenStore.getToken(), isLoggedInAs: true });
    operator.cookies.set(tokenCookie(world.info.flex.clientId), encodeURIComponent(token));
    const before = world.sandbox.requests();

    const answer = await operator.post(endpoint, body(world));

    expect([answer.status, answer.body.code]).toEqual([403, 'login-as-read-only']);
    expect(answer.body.statusText).toContain('You are signed in as this user to look at the site');
    expect(world.sandbox.requests()).toEqual(before);
  });

  it('may do all where the marketplace lets them, as in its test environment', async () => {
    await using world = await startWorld();
    world.sandbox.flex().settings.loginAsScope = 'user';
    const { tokenStore } = await loginAs(world.sandbox, 'Alice');
    const operator = createWebClient(world.proxyUrl, world.info);
    const token = JSON.stringify({ ...tokenStore.getToken(), isLoggedInAs: true });
    operator.cookies.set(tokenCookie(world.info.flex.clientId), encodeURIComponent(token));

    const answer = await operator.post('initiate-privileged', realBooking(world.info));

    expect(answer.status).toBe(200);
  });

  it('still sees prices', async () => {
    await using world = await startWorld();
    const { tokenStore } = await loginAs(world.sandbox, 'Alice');
    const operator = createWebClient(world.proxyUrl, world.info);
    operator.cookies.set(
      tokenCookie(world.info.flex.clientId),
      encodeURIComponent(JSON.stringify(tokenStore.getToken())),
    );

    const answer = await operator.post('transaction-line-items', {
      listingId: new types.UUID(listingTitled(world.info, 'Map of').id),
      orderData: {},
    });

    expect(answer.status).toBe(200);
  });
});

describe('what goes on to Flex', () => {
  /** The same proxy, with somebody who writes down between it and Flex. */
  async function recorded(world: World) {
    const relay = await startRelay(world.sandbox.url);
    const context = createContext(
      loadConfig({ ...environmentFor(world.info), REACT_APP_SHARETRIBE_SDK_BASE_URL: relay.url }),
      world.log.destination,
    );
    const proxy = await listen(createApp(context), 0, '127.0.0.1');
    return {
      proxyUrl: proxy.url,
      info: world.info,
      requests: relay.requests,
      [Symbol.asyncDispose]: async () => {
        await proxy.close(0);
        context[Symbol.dispose]();
        await relay.close();
      },
    };
  }
  const sentIn = (requests: Recorded[]): any[] =>
    requests
      .filter(({ line }) => line.includes('/transactions/initiate'))
      .map(({ body }) => flexSdk.transit.read(body));

  it('is what the client sent, with line items and marks of ours', async () => {
    await using world = await startWorld();
    await using through = await recorded(world);
    const alice = await signedIn(through, 'Alice');
    const order = realBooking(world.info, {
      params: {
        lineItems: [{ code: 'line-item/free' }],
        paymentMethod: null,
        setupPaymentMethodForSaving: true,
      },
    });

    await alice.post('initiate-privileged', order);

    const [sent] = sentIn(through.requests);
    const {
      lineItems: _lineItems,
      paymentMethod: _paymentMethod,
      ...params
    } = order.bodyParams.params as any;
    expect(sent).toEqual({
      processAlias: 'default-booking/release-1',
      transition: 'transition/request-payment',
      params: {
        ...params,
        protectedData: {
          unitType: 'night',
          attemptId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          attemptDigest: expect.stringMatching(/^[\w-]{22}$/),
        },
        lineItems: [
          {
            code: 'line-item/night',
            unitPrice: new types.Money(5000, 'EUR'),
            quantity: 3,
            includeFor: expect.anything(),
          },
          expect.objectContaining({ code: 'line-item/provider-commission' }),
          expect.objectContaining({ code: 'line-item/customer-commission' }),
        ],
      },
    });
  });

  it('has no key that is not known, whatever is sent', async () => {
    await using world = await startWorld();
    await using through = await recorded(world);
    const alice = await signedIn(through, 'Alice');
    const known = Object.keys((realBooking(world.info).bodyParams as any).params);
    const values = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant({ a: 1 }),
      fc.constant(null),
    );
    const names = fc.oneof(
      fc.constantFrom(
        'lineItems',
        'metadata',
        'stripePaymentIntents',
        'offer',
        'payinTotal',
        'application_fee',
        'transfer_data',
        'currency',
        'amount',
        '__proto__',
        'constructor',
      ),
      fc.stringMatching(/^[a-z]\w{0,12}$/),
    );
    let extras = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(names, values, { maxKeys: 3 }),
        fc.dictionary(names, values, { maxKeys: 2 }),
        async (params, bodyParams) => {
          through.requests.length = 0;
          const order = speculativeBooking(world.info);
          Object.assign(order.bodyParams, bodyParams);
          order.bodyParams.params = { ...params, ...(order.bodyParams.params as object) } as never;
          // The SDK's own writer stumbles over a key like `constructor`.
          const answer = await alice.post('initiate-privileged', order, { rawBody: writeVerbose(order) });
          const sent = sentIn(through.requests);
          if (answer.status >= 400) extras += 1;
          return (
            [200, 400].includes(answer.status) &&
            sent.length === (answer.status === 200 ? 1 : 0) &&
            sent.every(
              body =>
                Object.keys(body).toSorted().join() === 'params,processAlias,transition' &&
                Object.keys(body.params).every(name => [...known, 'cardToken', 'lineItems'].includes(name)) &&
                body.params.lineItems[0].code === 'line-item/night',
            )
          );
        },
      ),
      { numRuns: 60 },
    );
    expect(extras).toBeGreaterThan(20);
  });
});

describe('dates, numbers and queries that make no sense', () => {
  const day = 86_400_000;
  it.each<[string, (world: World) => any, string, string]>([
    [
      'dates that run backwards',
      ({ info }) => realBooking(info, { start: new Date(info.now + 3 * day), end: new Date(info.now + day) }),
      'dates-reversed',
      'End date cannot be before start date',
    ],
    [
      'an invalid date',
      ({ info }) => realBooking(info, { start: 'tomorrow' as never }),
      'bad-request',
      'bookingStart must be a date.',
    ],
    [
      'a date of long ago',
      ({ info }) => realBooking(info, { start: new Date(0) }),
      'dates-unlikely',
      'bookingStart must be a date from 2000 to 2100.',
    ],
    [
      'negative seats',
      ({ info }) => realBooking(info, { params: { seats: -3 } }),
      'quantity-invalid',
      'seats must be a positive whole number.',
    ],
    [
      'a negative quantity',
      ({ info }) => realBooking(info, { listing: 'Hand-made', params: { stockReservationQuantity: -2 } }),
      'quantity-invalid',
      'stockReservationQuantity must be a positive whole number.',
    ],
    [
      'another currency',
      ({ info }) => realBooking(info, { orderData: { currency: 'USD' } }),
      'currency-invalid',
      'The price is in EUR: currency can not be USD.',
    ],
    [
      'protected data of Flex',
      ({ info }) => realBooking(info, { params: { protectedData: { stripePaymentIntents: {} } } }),
      'param-not-allowed',
      'params.protectedData.stripePaymentIntents can not be sent. Flex or this server writes it.',
    ],
    [
      'metadata',
      ({ info }) => realBooking(info, { params: { metadata: { offers: [] } } }),
      'param-not-allowed',
      'params.metadata can not be sent. What can be sent: listingId, protectedData,',
    ],
    [
      'a query of its own',
      ({ info }) => realBooking(info, { queryParams: { 'include=booking&perPage': '1' } }),
      'query-not-allowed',
      'queryParams.(a name of other characters) can not be sent.',
    ],
    [
      'a listing id that is none',
      ({ info }) => realBooking(info, { params: { listingId: '../../users' } }),
      'bad-request',
      'bodyParams.params.listingId: must be a UUID',
    ],
  ])('are refused: %s', async (_what, body, code, words) => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');

    const answer = await alice.post('initiate-privileged', body(world));

    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ code, statusText: expect.stringContaining(words) });
    expect(commandsOf(world)).toEqual([]);
  });
});
