import flexSdk from 'sharetribe-flex-sdk';
import { daysAhead, listingTitled } from '../sandbox/client/orders.ts';
import { createWebClient, signedIn } from '../sandbox/client/web-client.ts';
import { startWorld, type World } from '../setup/world.ts';

const { types } = flexSdk;

const quote = (world: World, orderData: Record<string, unknown>, listing = 'Lakeside') => ({
  isOwnListing: false,
  listingId: new types.UUID(listingTitled(world.info, listing).id),
  orderData,
});
const nights = (world: World) => ({
  bookingStart: daysAhead(world.info, 30),
  bookingEnd: daysAhead(world.info, 33),
});

describe('POST /api/transaction-line-items', () => {
  it('breaks a price down for a visitor who is not signed in', async () => {
    await using world = await startWorld();
    const visitor = createWebClient(world.proxyUrl, world.info);

    const answer = await visitor.post('transaction-line-items', quote(world, nights(world)));

    expect(answer.status).toBe(200);
    expect(answer.body.data).toEqual([
      {
        code: 'line-item/night',
        unitPrice: new types.Money(5_000, 'EUR'),
        lineTotal: new types.Money(15_000, 'EUR'),
        quantity: new types.BigDecimal('3'),
        percentage: null,
        includeFor: ['customer', 'provider'],
        reversal: false,
      },
      {
        code: 'line-item/provider-commission',
        unitPrice: new types.Money(15_000, 'EUR'),
        lineTotal: new types.Money(-1_500, 'EUR'),
        quantity: null,
        percentage: new types.BigDecimal('-10'),
        includeFor: ['provider'],
        reversal: false,
      },
      {
        code: 'line-item/customer-commission',
        unitPrice: new types.Money(15_000, 'EUR'),
        lineTotal: new types.Money(750, 'EUR'),
        quantity: null,
        percentage: new types.BigDecimal('5'),
        includeFor: ['customer'],
        reversal: false,
      },
    ]);
  });

  it('agrees with what Flex makes of the same order', async () => {
    await using world = await startWorld();
    const visitor = createWebClient(world.proxyUrl, world.info);
    const alice = await signedIn(world, 'Alice');
    const order = { ...nights(world), seats: 4 };

    const quoted = await visitor.post('transaction-line-items', quote(world, order, 'Group hostel'));
    const booked = await alice.post('initiate-privileged', {
      isSpeculative: true,
      orderData: {},
      bodyParams: {
        processAlias: 'default-booking/release-1',
        transition: 'transition/request-payment',
        params: { listingId: quote(world, order, 'Group hostel').listingId, ...order },
      },
      queryParams: { expand: true },
    });

    const totals = (items: any[]) => items.map(item => [item.code, item.lineTotal.amount]);
    expect(totals(quoted.body.data)).toEqual(totals(booked.body.data.data.attributes.lineItems));
  });

  it.each([
    ['midnights where the listing is', '2030-03-30T22:00Z', '2030-04-01T21:00Z', 2],
    ['midnights where the listing is, in autumn', '2030-10-26T21:00Z', '2030-10-28T22:00Z', 2],
    ['midnights in UTC', '2030-03-31T00:00Z', '2030-04-01T00:00Z', 1],
  ])('counts the nights of a change of clocks: %s', async (_what, start, end, nightCount) => {
    await using world = await startWorld();
    const visitor = createWebClient(world.proxyUrl, world.info);

    // The cabin is in Helsinki.
    const answer = await visitor.post(
      'transaction-line-items',
      quote(world, { bookingStart: new Date(start), bookingEnd: new Date(end) }),
    );

    expect(answer.body.data[0].quantity).toEqual(new types.BigDecimal(String(nightCount)));
  });

  it('shows authors the price of a listing of their own', async () => {
    await using world = await startWorld();
    const petra = await signedIn(world, 'Petra');

    const own = await petra.post('transaction-line-items', {
      ...quote(world, nights(world)),
      isOwnListing: true,
    });
    const ofAnother = await petra.post('transaction-line-items', {
      ...quote(world, nights(world), 'Boat'),
      isOwnListing: true,
    });

    expect([own.status, ofAnother.status]).toEqual([200, 404]);
  });

  it.each<[string, (world: World) => unknown, number, string]>([
    [
      'no dates',
      world => quote(world, {}),
      400,
      'Error: orderData is missing the following information: quantity, units, seats.',
    ],
    [
      'dates that run backwards',
      world =>
        quote(world, { bookingStart: daysAhead(world.info, 33), bookingEnd: daysAhead(world.info, 30) }),
      400,
      'End date cannot be before start date',
    ],
    [
      'a date that is none',
      world => quote(world, { bookingStart: 'soon', bookingEnd: 'later' }),
      400,
      'bookingStart must be a date.',
    ],
    [
      'seats as text',
      world => quote(world, { ...nights(world), seats: '2' }),
      400,
      'seats must be a number.',
    ],
    ['no listing id', () => ({ orderData: {} }), 400, 'listingId: is missing'],
    [
      'order data that is a list',
      world => ({ ...quote(world, {}), orderData: [] }),
      400,
      'orderData: must be a map',
    ],
    ['a body that is a list', () => [], 400, 'The body:'],
    [
      'a listing that does not exist',
      world => ({ ...quote(world, {}), listingId: new types.UUID('deadbeef-0000-4000-8000-000000000000') }),
      404,
      'Not Found',
    ],
  ])('refuses %s and says so', async (_what, body, status, words) => {
    await using world = await startWorld();
    const visitor = createWebClient(world.proxyUrl, world.info);

    const answer = await visitor.post('transaction-line-items', body(world));

    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({
      name: 'LocalAPIError',
      status,
      statusText: expect.stringContaining(words),
    });
  });

  it("answers with the client's own words when the commission is too high", async () => {
    await using world = await startWorld();
    const visitor = createWebClient(world.proxyUrl, world.info);
    world.sandbox.flex().assets['transactions/commission.json'] = {
      providerCommission: { minimum_amount: 99_999 },
    };

    const { body } = await visitor.post('transaction-line-items', quote(world, nights(world)));

    expect(body).toMatchObject({
      status: 400,
      statusText: 'Minimum commission amount is greater than the amount of money paid in',
    });
    expect(body).not.toHaveProperty('data');
  });

  it("answers with the client's own words when the commission is missing", async () => {
    await using world = await startWorld();
    const visitor = createWebClient(world.proxyUrl, world.info);
    delete world.sandbox.flex().assets['transactions/commission.json'];

    const { body } = await visitor.post('transaction-line-items', quote(world, nights(world)));

    expect(body).toMatchObject({
      status: 400,
      statusText: 'Insufficient pricing configuration set.',
      data: {},
    });
  });
});
