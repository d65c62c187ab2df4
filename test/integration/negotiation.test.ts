/** A negotiation as the web client leads it, along default-negotiation: offers, counter offers, and what they leave behind. */
import flexSdk from 'sharetribe-flex-sdk';
import { listingTitled } from '../sandbox/client/orders.ts';
import { signedIn, type WebClient } from '../sandbox/client/web-client.ts';
import { startWorld, type World } from '../setup/world.ts';

const { types } = flexSdk;

const ALIAS = 'default-negotiation/release-1';

/** The provider answers the customer's request with an offer, as the page for it does. */
const makeOffer = (
  world: World,
  overrides: { orderData?: object; params?: object; isSpeculative?: boolean } = {},
) => ({
  isSpeculative: overrides.isSpeculative ?? false,
  orderData: { actor: 'provider', offerInSubunits: 90_000, currency: 'EUR', ...overrides.orderData },
  bodyParams: {
    processAlias: ALIAS,
    transition: 'transition/make-offer',
    params: {
      listingId: new types.UUID(listingTitled(world.info, 'Wanted').id),
      protectedData: { providerDefaultMessage: 'I can begin on Monday', unitType: 'request' },
      ...overrides.params,
    },
  },
  queryParams: { include: ['booking', 'provider'], expand: true },
});

/** As the transaction's page sends it: no parameters, what is needed is the server's. */
const move = (id: unknown, name: string, orderData: object) => ({
  isSpeculative: false,
  orderData,
  bodyParams: { id, transition: `transition/${name}`, params: {} },
  queryParams: { expand: true },
});

async function parties(world: World) {
  const [customer, provider] = await Promise.all([signedIn(world, 'Alice'), signedIn(world, 'Petra')]);
  return { customer, provider };
}

const direct = (client: WebClient, id: unknown, name: string) =>
  client.sdk.transactions.transition({ id, transition: `transition/${name}`, params: {} });

const attributesOf = (answer: { body: any }) => answer.body.data.data.attributes;
const stored = (world: World, id: any) => world.sandbox.flex().transactions.get(id.uuid)!;

describe('a negotiation', () => {
  it('goes from offer to payment: each price is on the table when its turn has come', async () => {
    await using world = await startWorld();
    const { customer, provider } = await parties(world);
    const made = await provider.post('initiate-privileged', makeOffer(world));
    const { id } = made.body.data.data;
    const seen: [string, number][] = [];
    const take = async (client: WebClient, name: string, orderData: object) => {
      const answer = await client.post('transition-privileged', move(id, name, orderData));
      seen.push([name, answer.status === 200 ? attributesOf(answer).payinTotal.amount : answer.body]);
    };
    const counter = (actor: string, offerInSubunits: number) => ({ actor, offerInSubunits, currency: 'EUR' });

    await take(customer, 'customer-make-counter-offer', counter('customer', 80_000));
    await take(customer, 'customer-withdraw-counter-offer', { actor: 'customer' });
    await take(customer, 'customer-make-counter-offer', counter('customer', 82_000));
    await take(provider, 'provider-reject-counter-offer', { actor: 'provider' });
    await take(customer, 'customer-make-counter-offer', counter('customer', 84_000));
    await take(provider, 'provider-make-counter-offer', counter('provider', 88_000));
    await take(provider, 'update-offer', counter('provider', 87_000));
    await take(provider, 'update-from-update-pending', counter('provider', 86_000));
    await direct(customer, id, 'accept-update');
    await customer.sdk.transactions.transition({
      id,
      transition: 'transition/request-payment-to-accept-offer',
      params: {},
    });

    // The customer pays 5 per cent on top.
    expect(attributesOf(made).payinTotal).toEqual(new types.Money(94_500, 'EUR'));
    expect(seen).toEqual([
      ['customer-make-counter-offer', 84_000],
      ['customer-withdraw-counter-offer', 94_500],
      ['customer-make-counter-offer', 86_100],
      ['provider-reject-counter-offer', 94_500],
      ['customer-make-counter-offer', 88_200],
      ['provider-make-counter-offer', 92_400],
      ['update-offer', 91_350],
      ['update-from-update-pending', 90_300],
    ]);
    expect(stored(world, id).metadata['offers']).toEqual([
      { offerInSubunits: 90_000, by: 'provider', transition: 'transition/make-offer' },
      { offerInSubunits: 80_000, by: 'customer', transition: 'transition/customer-make-counter-offer' },
      { offerInSubunits: 90_000, by: 'customer', transition: 'transition/customer-withdraw-counter-offer' },
      { offerInSubunits: 82_000, by: 'customer', transition: 'transition/customer-make-counter-offer' },
      { offerInSubunits: 90_000, by: 'provider', transition: 'transition/provider-reject-counter-offer' },
      { offerInSubunits: 84_000, by: 'customer', transition: 'transition/customer-make-counter-offer' },
      { offerInSubunits: 88_000, by: 'provider', transition: 'transition/provider-make-counter-offer' },
      { offerInSubunits: 87_000, by: 'provider', transition: 'transition/update-offer' },
      { offerInSubunits: 86_000, by: 'provider', transition: 'transition/update-from-update-pending' },
    ]);
    expect([...world.sandbox.stripe().paymentIntents.values()]).toMatchObject([{ amount: 90_300 }]);
  });

  it('begins with an inquiry or with a request for a quote as well', async () => {
    await using world = await startWorld();
    const { customer, provider } = await parties(world);
    const begin = async (client: WebClient, transition: string, listing: string) => {
      const { data } = await client.sdk.transactions.initiate({
        processAlias: ALIAS,
        transition,
        params: { listingId: new types.UUID(listingTitled(world.info, listing).id) },
      });
      return (data as any).data.id;
    };
    const inquiry = await begin(provider, 'transition/inquire', 'Wanted');
    const request = await begin(customer, 'transition/request-quote', 'Carpentry');
    const offer = { actor: 'provider', offerInSubunits: 50_000, currency: 'EUR' };

    const afterInquiry = await provider.post(
      'transition-privileged',
      move(inquiry, 'make-offer-after-inquiry', offer),
    );
    const fromRequest = await provider.post(
      'transition-privileged',
      move(request, 'make-offer-from-request', offer),
    );

    expect([afterInquiry, fromRequest].map(answer => attributesOf(answer).payinTotal.amount)).toEqual([
      52_500, 52_500,
    ]);
    // Carpentry has a price of its own, 600; the offer goes before it.
    expect(stored(world, request).metadata['offers']).toHaveLength(1);
  });

  it('may be simulated and leaves nothing behind', async () => {
    await using world = await startWorld();
    const { provider } = await parties(world);

    const answer = await provider.post('initiate-privileged', makeOffer(world, { isSpeculative: true }));

    expect(attributesOf(answer)).toMatchObject({
      payinTotal: { amount: 94_500 },
      metadata: { offers: [{ offerInSubunits: 90_000, by: 'provider' }] },
    });
    expect(world.sandbox.flex().transactions.size).toBe(0);
  });

  it('keeps all other metadata', async () => {
    await using world = await startWorld();
    const { customer, provider } = await parties(world);
    const made = await provider.post('initiate-privileged', makeOffer(world));
    const { id } = made.body.data.data;
    Object.assign(stored(world, id).metadata, { note: { of: 'the operator' }, since: 3 });

    await customer.post(
      'transition-privileged',
      move(id, 'customer-make-counter-offer', {
        actor: 'customer',
        offerInSubunits: 80_000,
        currency: 'EUR',
      }),
    );

    expect(stored(world, id).metadata).toMatchObject({
      note: { of: 'the operator' },
      since: 3,
      offers: [{ offerInSubunits: 90_000 }, { offerInSubunits: 80_000 }],
    });
  });

  it("never writes the fallback's note back: it may have been written anew since it was read", async () => {
    await using world = await startWorld();
    const { customer, provider } = await parties(world);
    const made = await provider.post('initiate-privileged', makeOffer(world));
    const { id } = made.body.data.data;
    const note = (status: string) => ({ paymentFallback: { case: 'c', generation: 0, status } });
    Object.assign(stored(world, id).metadata, note('open'));
    await world.scenario({ name: 'slow', ms: 300, route: 'POST /v1/api/transactions/transition' });
    world.sandbox.arrivals.once('POST /v1/api/transactions/transition', () =>
      Object.assign(stored(world, id).metadata, note('over')),
    );

    const answer = await customer.post(
      'transition-privileged',
      move(id, 'customer-make-counter-offer', {
        actor: 'customer',
        offerInSubunits: 80_000,
        currency: 'EUR',
      }),
    );

    expect(answer.status).toBe(200);
    expect(stored(world, id).metadata).toMatchObject(note('over'));
  });

  it('does not go on when somebody has written into its history', async () => {
    await using world = await startWorld();
    const { customer, provider } = await parties(world);
    const made = await provider.post('initiate-privileged', makeOffer(world));
    const { id } = made.body.data.data;
    stored(world, id).metadata = {};

    const answer = await customer.post(
      'transition-privileged',
      move(id, 'customer-make-counter-offer', { actor: 'customer', offerInSubunits: 1, currency: 'EUR' }),
    );

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      name: 'LocalAPIError',
      message: 'Local API request failed',
      status: 400,
      statusText: 'Past negotiation offers are invalid',
      data: { offers: [], relevantTransitions: [{ transition: 'transition/make-offer', by: 'provider' }] },
      code: 'offer-history-invalid',
      requestId: expect.any(String),
    });
    expect(stored(world, id).state).toBe('state/offer-pending');
  });

  it('does not let a provider speak for the customer', async () => {
    await using world = await startWorld();
    const { provider } = await parties(world);
    const said = { customerDefaultMessage: 'Yes', customer_budget: 1, providerDefaultMessage: 'Hello' };

    const made = await provider.post(
      'initiate-privileged',
      makeOffer(world, { params: { protectedData: said } }),
    );
    const { id } = made.body.data.data;
    const updated = move(id, 'update-offer', { actor: 'provider', offerInSubunits: 91_000, currency: 'EUR' });
    const answer = await provider.post('transition-privileged', {
      ...updated,
      bodyParams: { ...updated.bodyParams, params: { protectedData: { ...said, provider_note: 'x' } } },
    });

    expect(attributesOf(answer).protectedData).toEqual({
      providerDefaultMessage: 'Hello',
      provider_note: 'x',
      attemptId: expect.any(String),
      attemptDigest: expect.any(String),
    });
  });

  it.each<[string, object, number, string]>([
    ['no amount', { offerInSubunits: null }, 400, 'offer-invalid'],
    ['half a cent', { offerInSubunits: 0.5 }, 400, 'offer-invalid'],
    ['nothing', { offerInSubunits: 0 }, 400, 'offer-invalid'],
    ['less than nothing', { offerInSubunits: -5 }, 400, 'offer-invalid'],
    ['money beside it', { offer: new types.Money(1, 'EUR') }, 400, 'offer-unexpected'],
    ['the name of the other party', { actor: 'customer' }, 400, 'offer-invalid'],
    ['a currency that is none', { currency: 'EURO' }, 400, 'currency-invalid'],
    ['no currency, where the listing has none either', { currency: null }, 400, 'price-missing'],
  ])('does not begin with an offer of %s', async (_what, orderData, status, code) => {
    await using world = await startWorld();
    const { provider } = await parties(world);

    const answer = await provider.post('initiate-privileged', makeOffer(world, { orderData }));

    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(world.sandbox.flex().transactions.size).toBe(0);
  });

  it('stays in its currency', async () => {
    await using world = await startWorld();
    const { customer, provider } = await parties(world);
    const { id } = (await provider.post('initiate-privileged', makeOffer(world))).body.data.data;

    const answer = await customer.post(
      'transition-privileged',
      move(id, 'customer-make-counter-offer', { actor: 'customer', offerInSubunits: 9_000, currency: 'JPY' }),
    );

    expect([answer.status, answer.body.statusText]).toEqual([
      400,
      'The price is in EUR: currency can not be JPY.',
    ]);
  });
});

describe('a listing with a price of its own', () => {
  it.each<[string, object, object, string]>([
    ['an amount', { offerInSubunits: 1 }, {}, 'offer-unexpected'],
    ['money', { offer: new types.Money(1, 'EUR') }, {}, 'offer-unexpected'],
    ['money among the parameters', {}, { offer: new types.Money(1, 'EUR') }, 'param-not-allowed'],
  ])('can not be had for %s of the customer’s own', async (_what, orderData, params, code) => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');
    const listing = listingTitled(world.info, 'Map of');

    const answer = await alice.post('initiate-privileged', {
      isSpeculative: false,
      orderData,
      bodyParams: {
        processAlias: listing.processAlias,
        transition: 'transition/request-payment',
        params: { listingId: new types.UUID(listing.id), ...params },
      },
      queryParams: { expand: true },
    });

    expect([answer.status, answer.body.code]).toEqual([400, code]);
    expect(world.sandbox.stripe().paymentIntents.size).toBe(0);
  });
});
