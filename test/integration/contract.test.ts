/**
 * Every request that the web template's client makes to the money paths, as it makes it, and what it must get: status,
 * media type, body as the SDK's own reader decodes it, cookies. The client is not changed for this service.
 */
import flexSdk from 'sharetribe-flex-sdk';
import { daysAhead, listingTitled, realBooking } from '../sandbox/client/orders.ts';
import {
  createWebClient,
  signedIn,
  tokenCookie,
  type LocalApiAnswer,
  type WebClient,
} from '../sandbox/client/web-client.ts';
import { startWorld, type World } from '../setup/world.ts';

const { types } = flexSdk;

const TRANSIT = 'application/transit+json; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';

/** The two forms of a checkout: when its page opens, and when its button is pressed. */
const pageOpens = { isSpeculative: true, extra: { cardToken: 'CheckoutPage_speculative_card_token' } };
const oneTimePayment = { isSpeculative: false, extra: {} };
const savingTheCard = { isSpeculative: false, extra: { setupPaymentMethodForSaving: true } };
const forms = { pageOpens, oneTimePayment, savingTheCard };

/** What each kind of listing adds to an order, where the client puts it, and what the customer pays for it. */
type Order = {
  listing: string;
  params: (world: World) => Record<string, unknown>;
  orderData?: Record<string, unknown>;
  /** Of the price variant, by its own keys, for the transaction to remember. */
  protectedData?: Record<string, unknown>;
  payin: [number, string];
  included: string[];
};
const dates = (from: number, to: number) => (world: World) => ({
  bookingStart: daysAhead(world.info, from),
  bookingEnd: daysAhead(world.info, to),
});
const orders: Record<string, Order> = {
  nights: {
    listing: 'Lakeside',
    params: dates(30, 33),
    payin: [15_750, 'EUR'],
    included: ['booking', 'user'],
  },
  'days in dollars': {
    listing: 'Camper',
    params: dates(30, 33),
    payin: [10_499, 'USD'],
    included: ['booking', 'user'],
  },
  'hours with seats': {
    listing: 'Sauna',
    params: world => ({
      bookingStart: new Date(daysAhead(world.info, 30).getTime() + 10 * 3_600_000),
      bookingEnd: new Date(daysAhead(world.info, 30).getTime() + 11.5 * 3_600_000),
      seats: 2,
    }),
    payin: [6_303, 'EUR'],
    included: ['booking', 'user'],
  },
  'a fixed time, in a variant': {
    listing: 'Guided',
    params: world => ({
      bookingStart: new Date(daysAhead(world.info, 30).getTime() + 10 * 3_600_000),
      bookingEnd: new Date(daysAhead(world.info, 30).getTime() + 13 * 3_600_000),
      seats: 3,
      priceVariantName: 'long',
    }),
    protectedData: { priceVariantName: 'long', priceVariantPriceInSubunits: 9900 },
    payin: [31_185, 'EUR'],
    included: ['booking', 'user'],
  },
  'items, shipped': {
    listing: 'Hand-made',
    params: () => ({ stockReservationQuantity: 2 }),
    orderData: { deliveryMethod: 'shipping' },
    protectedData: {
      deliveryMethod: 'shipping',
      shippingDetails: { name: 'Alice', address: { city: 'Turku' } },
    },
    payin: [5_698, 'USD'],
    included: ['user'],
  },
  'items, picked up': {
    listing: 'Hand-made',
    params: () => ({ stockReservationQuantity: 1 }),
    orderData: { deliveryMethod: 'pickup' },
    protectedData: { deliveryMethod: 'pickup' },
    payin: [2_099, 'USD'],
    included: ['user'],
  },
  'a file': { listing: 'Map of', params: () => ({}), payin: [1_040, 'EUR'], included: ['user'] },
};

function checkout(
  world: World,
  order: Order,
  form: { isSpeculative: boolean; extra: Record<string, unknown> },
) {
  const listing = listingTitled(world.info, order.listing);
  const { priceVariantName, ...params } = order.params(world);
  const variant = priceVariantName === undefined ? {} : { priceVariantName };
  return {
    isSpeculative: form.isSpeculative,
    // The variant's name is among the server's own data when the page opens, and among the parameters afterwards.
    orderData: { ...order.orderData, ...(form.isSpeculative && variant) },
    bodyParams: {
      processAlias: listing.processAlias,
      transition: 'transition/request-payment',
      params: {
        ...params,
        listingId: new types.UUID(listing.id),
        ...(!form.isSpeculative && variant),
        protectedData: { unitType: listing.unitType, ...order.protectedData },
        ...form.extra,
      },
    },
    queryParams: { include: ['booking', 'provider'], expand: true },
  };
}

/** What a client that reads `status`, `data.data` and `data.included` finds in each success. */
function expectTransaction(answer: LocalApiAnswer, payin: [number, string], included: string[]): any {
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe(TRANSIT);
  expect(answer.headers.getSetCookie()).toEqual([]);
  expect(answer.body).toEqual({
    status: 200,
    statusText: 'OK',
    data: { data: expect.anything(), included: expect.any(Array) },
  });
  const { data, included: resources } = answer.body.data;
  expect(data).toMatchObject({ id: expect.any(types.UUID), type: 'transaction' });
  expect(data.attributes).toMatchObject({
    payinTotal: new types.Money(...payin),
    payoutTotal: expect.any(types.Money),
    createdAt: expect.any(Date),
    state: 'state/pending-payment',
    processVersion: 1,
  });
  for (const item of data.attributes.lineItems)
    expect(item).toMatchObject({
      code: expect.stringMatching(/^line-item\//),
      unitPrice: expect.any(types.Money),
      lineTotal: expect.any(types.Money),
      includeFor: expect.any(Array),
      reversal: false,
    });
  expect(resources.map((resource: any) => resource.type).toSorted()).toEqual(included);
  return data;
}

/** What a client that copies the JSON onto its error finds in each refusal. */
function expectRefusal(answer: LocalApiAnswer, expected: Record<string, unknown>): void {
  expect(answer.headers.get('content-type')).toBe(JSON_TYPE);
  expect(answer.status).toBe(expected['status']);
  expect(answer.body).toEqual({
    name: 'LocalAPIError',
    message: 'Local API request failed',
    ...expected,
    code: expect.any(String),
    requestId: expect.any(String),
  });
}

describe.each(Object.entries(orders))('an order of %s', (_what, order) => {
  it.each(Object.entries(forms))('is taken: %s', async (_form, form) => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');

    const answer = await alice.post('initiate-privileged', checkout(world, order, form));

    const { attributes } = expectTransaction(answer, order.payin, order.included);
    expect(attributes.protectedData).toMatchObject({ ...order.protectedData });
    const { stripePaymentIntentId, stripePaymentIntentClientSecret } =
      attributes.protectedData.stripePaymentIntents.default;
    expect(/^pi_\w+$/.test(stripePaymentIntentId)).toBe(!form.isSpeculative);
    expect(stripePaymentIntentClientSecret.startsWith(`${stripePaymentIntentId}_secret_`)).toBe(
      !form.isSpeculative,
    );
    expect(world.sandbox.flex().transactions.size).toBe(form.isSpeculative ? 0 : 1);
  });

  it('has the same price in the breakdown before it', async () => {
    await using world = await startWorld();
    const visitor = createWebClient(world.proxyUrl, world.info);

    const answer = await visitor.post('transaction-line-items', {
      isOwnListing: false,
      listingId: new types.UUID(listingTitled(world.info, order.listing).id),
      orderData: { ...order.params(world), ...order.orderData },
    });

    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe(TRANSIT);
    expect(Object.keys(answer.body)).toEqual(['data']);
    const forCustomer = answer.body.data.filter((item: any) => item.includeFor.includes('customer'));
    expect(forCustomer.reduce((sum: number, item: any) => sum + item.lineTotal.amount, 0)).toBe(
      order.payin[0],
    );
    for (const item of answer.body.data)
      expect(Object.keys(item)).toEqual(
        expect.arrayContaining([
          'code',
          'unitPrice',
          'lineTotal',
          'quantity',
          'percentage',
          'includeFor',
          'reversal',
        ]),
      );
  });
});

describe('an order after an inquiry', () => {
  async function inquired(world: World, client: WebClient) {
    const listing = listingTitled(world.info, 'Lakeside');
    const { data } = await client.sdk.transactions.initiate({
      processAlias: listing.processAlias,
      transition: 'transition/inquire',
      params: { listingId: new types.UUID(listing.id) },
    });
    return (data as any).data.id;
  }

  it.each(Object.entries(forms))('is taken: %s', async (_form, form) => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');
    const id = await inquired(world, alice);
    const { processAlias: _alias, ...bodyParams } = checkout(world, orders['nights']!, form).bodyParams;

    const answer = await alice.post('transition-privileged', {
      ...checkout(world, orders['nights']!, form),
      bodyParams: { ...bodyParams, id, transition: 'transition/request-payment-after-inquiry' },
    });

    const transaction = expectTransaction(answer, [15_750, 'EUR'], ['booking', 'user']);
    expect(transaction.id).toEqual(id);
    expect(transaction.attributes.metadata).toEqual({});
  });
});

describe('an account', () => {
  it('is deleted', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');

    const answer = await alice.post('delete-account', { currentPassword: 'alice-password' });

    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, TRANSIT]);
    expect(answer.body).toMatchObject({
      status: 200,
      statusText: 'OK',
      data: { data: { type: 'currentUser' } },
    });
    expect(answer.headers.getSetCookie()).toEqual([]);
  });
});

describe('what is refused', () => {
  const upstreamErrors = (status: number, code: string, more: object = {}) => ({
    errors: [
      {
        id: { _sdkType: 'UUID', uuid: expect.any(String) },
        status,
        code,
        title: expect.any(String),
        ...more,
      },
    ],
  });

  it.each<[string, Record<string, unknown>, (world: World, alice: WebClient) => Promise<unknown>, string?]>([
    [
      'dates that are taken',
      {
        status: 409,
        statusText: 'Conflict',
        data: upstreamErrors(409, 'transaction-booking-time-not-available'),
      },
      async (world, alice) => alice.post('initiate-privileged', realBooking(world.info)),
    ],
    [
      'a payment that Stripe declines',
      {
        status: 402,
        statusText: 'Payment Required',
        data: upstreamErrors(402, 'transaction-payment-failed', {
          meta: { stripeCode: expect.any(String), stripeMessage: expect.any(String) },
        }),
      },
      world => world.scenario({ name: 'payment-failed' }),
    ],
    [
      'a provider without a Stripe account',
      {
        status: 409,
        statusText: 'Conflict',
        data: upstreamErrors(409, 'transaction-missing-stripe-account'),
      },
      async () => undefined,
      'Boat',
    ],
    [
      'too many requests',
      { status: 429, statusText: 'Too Many Requests', data: upstreamErrors(429, 'too-many-requests') },
      world => world.scenario({ name: 'rate-limited', route: 'POST /v1/api/transactions/initiate' }),
    ],
    [
      'an order where no commission is set in Console',
      { status: 400, statusText: 'Insufficient pricing configuration set.', data: {} },
      async world => delete world.sandbox.flex().assets['transactions/commission.json'],
    ],
    [
      'an order of less than the minimum commission',
      { status: 400, statusText: 'Minimum commission amount is greater than the amount of money paid in' },
      async world => {
        world.sandbox.flex().assets['transactions/commission.json'] = {
          providerCommission: { minimum_amount: 99_999 },
        };
      },
    ],
  ])(
    'is so in the shape and words of the template: %s',
    async (_what, expected, arrange, listing = 'Lakeside') => {
      await using world = await startWorld();
      const [alice, bob] = await Promise.all([signedIn(world, 'Alice'), signedIn(world, 'Bob')]);
      await arrange(world, alice);

      const answer = await bob.post('initiate-privileged', realBooking(world.info, { listing }));

      expectRefusal(answer, expected);
      expect(answer.headers.getSetCookie()).toEqual([]);
    },
  );

  it('is an order without a quantity, in all three places', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');
    const order = { ...orders['nights']!, params: () => ({}) };

    for (const answer of [
      await alice.post('initiate-privileged', checkout(world, order, pageOpens)),
      await alice.post('initiate-privileged', checkout(world, order, oneTimePayment)),
      await alice.post('transaction-line-items', {
        listingId: new types.UUID(listingTitled(world.info, 'Lakeside').id),
        orderData: {},
      }),
    ])
      expectRefusal(answer, {
        status: 400,
        statusText: expect.stringMatching(
          /^Error: orderData is missing the following information: quantity, units/,
        ),
        data: {},
      });
  });

  it('is a deletion while a payment is under way', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');
    await alice.post('initiate-privileged', realBooking(world.info));

    const answer = await alice.post('delete-account', { currentPassword: 'alice-password' });

    expectRefusal(answer, {
      status: 409,
      statusText: 'User has transactions on states that include incomplete payment processing',
    });
  });

  it.each(['empty-error', 'html-error'])(
    'is JSON too when Flex answers a simulation with an %s',
    async name => {
      await using world = await startWorld();
      const alice = await signedIn(world, 'Alice');
      await world.scenario({ name, code: 502, route: 'POST /v1/api/transactions/initiate_speculative' });

      const answer = await alice.post('initiate-privileged', checkout(world, orders['nights']!, pageOpens));

      // The template answers 500 with `{error}` here, of which its client can make nothing.
      expectRefusal(answer, {
        status: 502,
        statusText: 'The Marketplace API could not be reached.',
        data: {},
      });
    },
  );
});

describe('cookies', () => {
  it.each(['initiate-privileged', 'transaction-line-items'])(
    "of a visitor: %s leaves an anonymous session, in the SDK's own form",
    async endpoint => {
      await using world = await startWorld();
      const visitor = createWebClient(world.proxyUrl, world.info);
      const listingId = new types.UUID(listingTitled(world.info, 'Map of').id);
      const body =
        endpoint === 'initiate-privileged'
          ? realBooking(world.info)
          : { isOwnListing: false, listingId, orderData: {} };

      const answer = await visitor.post(endpoint, body);

      const name = tokenCookie(world.info.flex.clientId);
      expect(answer.headers.getSetCookie()).toEqual([
        expect.stringMatching(
          new RegExp(`^${name}=%7B%22access_token%22.*; Max-Age=15552000; Path=/; Expires=[^;]+$`),
        ),
      ]);
      expect(JSON.parse(decodeURIComponent(visitor.cookies.get(name)!))).toMatchObject({
        scope: 'public-read',
      });
    },
  );

  it('of a visitor who orders: refused with the words of the exchange', async () => {
    await using world = await startWorld();
    const visitor = createWebClient(world.proxyUrl, world.info);

    const answer = await visitor.post('initiate-privileged', realBooking(world.info));

    expectRefusal(answer, { status: 401, statusText: 'Unauthorized', data: { error: 'unauthorized' } });
  });

  it.each(['initiate-privileged', 'delete-account'])(
    'of a session that has expired: %s answers, and brings the new one along',
    async endpoint => {
      await using world = await startWorld();
      const alice = await signedIn(world, 'Alice');
      await world.sandbox.advanceTokens(3_600_000);

      const answer = await alice.post(
        endpoint,
        endpoint === 'delete-account' ? { currentPassword: 'alice-password' } : realBooking(world.info),
      );

      expect(answer.status).toBe(200);
      expect(answer.headers.getSetCookie()).toEqual([
        expect.stringMatching(
          new RegExp(`^${tokenCookie(world.info.flex.clientId)}=%7B.*; Path=/; Expires=`),
        ),
      ]);
    },
  );
});
