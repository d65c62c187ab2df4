/** Any process file, run: versions, parties, and transitions that are all or nothing. */
import { operatorSdk, userSdks } from '../../../setup/flex-sdks.ts';
import {
  expectRefusal,
  nights,
  begin,
  CABIN,
  eur,
  lineItems,
  listingNamed,
  push,
  requested,
  sizes,
  stateOf,
  step,
  transition,
  useSandbox,
  UUID,
} from './support.ts';

const sandbox = useSandbox();
const info = () => sandbox().info();
const alice = () => userSdks(info(), 'Alice');
const bookings = () => [...sandbox().flex().bookings.values()];
const stock = (id: string) => sandbox().flex().listings.get(id)!.stock;

describe('versions and aliases', () => {
  it('a transaction stays with the version that it was begun with', async () => {
    const { sdk } = await alice();
    const first = [step('begin', { to: 'open' }), step('close', { from: 'open', to: 'closed' })];
    expect(await push(sandbox(), 'shop', first)).toEqual({ version: 1 });
    const old = await begin(sdk, 'shop');
    const second = [step('begin', { to: 'open' }), step('finish', { from: 'open', to: 'finished' })];
    expect(await push(sandbox(), 'shop', second)).toEqual({ version: 2 });
    const fresh = await begin(sdk, 'shop');

    expect([old.attributes.processVersion, fresh.attributes.processVersion]).toEqual([1, 2]);
    await expectRefusal(transition(sdk, old.id, 'finish'), 409, 'transaction-invalid-transition');
    await expectRefusal(transition(sdk, fresh.id, 'close'), 409, 'transaction-invalid-transition');
    expect((await transition(sdk, old.id, 'close')).attributes).toMatchObject({
      state: 'state/closed',
      processVersion: 1,
    });
    expect((await transition(sdk, fresh.id, 'finish')).attributes.state).toBe('state/finished');
  });

  it('each alias points to the version that it was last given', async () => {
    const { sdk } = await alice();
    const steps = [step('begin', { to: 'open' })];
    await push(sandbox(), 'shop', steps);
    await push(sandbox(), 'shop', steps, 'next');
    const versionOf = async (alias: string) => (await begin(sdk, `shop/${alias}`)).attributes.processVersion;

    expect([await versionOf('release-1'), await versionOf('next')]).toEqual([1, 2]);
    await expectRefusal(begin(sdk, 'shop/release-2'), 409, 'transaction-unknown-alias');
    await expectRefusal(begin(sdk, 'shop/'), 409, 'transaction-unknown-alias');
  });
});

describe('who begins', () => {
  it('the provider: the author of the listing is the customer then', async () => {
    await push(sandbox(), 'invite', [
      step('begin', { to: 'open', by: 'provider' }),
      step('answer', { from: 'open', to: 'done' }),
    ]);
    const [bob, petra] = await Promise.all([userSdks(info(), 'Bob'), userSdks(info(), 'Petra')]);

    const { id, data, attributes } = await begin(bob.sdk, 'invite');

    expect(attributes.transitions).toMatchObject([{ by: 'provider' }]);
    expect(data.relationships).toMatchObject({
      provider: { data: { id: { uuid: bob.user.id } } },
      customer: { data: { id: { uuid: petra.user.id } } },
    });
    await expectRefusal(transition(bob.sdk, id, 'answer'), 403, 'forbidden');
    expect((await transition(petra.sdk, id, 'answer')).attributes.transitions[1]).toMatchObject({
      by: 'customer',
    });
    await expectRefusal(begin(petra.sdk, 'invite'), 409, 'transaction-same-author-and-customer');
  });

  it('a transition of one party is not the other’s', async () => {
    await push(sandbox(), 'turns', [
      step('begin', { to: 'open' }),
      step('by-customer', { from: 'open', to: 'open' }),
      step('by-provider', { from: 'open', to: 'open', by: 'provider' }),
      step('by-operator', { from: 'open', to: 'open', by: 'operator' }),
    ]);
    const [customer, provider] = await Promise.all([alice(), userSdks(info(), 'Petra')]);
    const operator = operatorSdk(info());
    const { id } = await begin(customer.sdk, 'turns');
    const outcome = (client: any, by: string) =>
      transition(client, client === operator ? id.uuid : id, `by-${by}`).then(
        () => 200,
        (error: any) => error.status,
      );

    for (const [client, outcomes] of [
      [customer.sdk, [200, 403, 403]],
      [customer.trusted, [200, 403, 403]],
      [provider.sdk, [403, 200, 403]],
      [(await userSdks(info(), 'Bob')).sdk, [403, 403, 403]],
      [operator, [403, 403, 200]],
    ] as const)
      expect([
        await outcome(client, 'customer'),
        await outcome(client, 'provider'),
        await outcome(client, 'operator'),
      ]).toEqual(outcomes);
  });

  it('a privileged transition needs trust from either party', async () => {
    await push(sandbox(), 'trust', [
      step('begin', { to: 'open' }),
      step('tag', {
        from: 'open',
        to: 'open',
        by: 'provider',
        trusted: true,
        actions: ['privileged-update-metadata'],
      }),
    ]);
    const [customer, provider] = await Promise.all([alice(), userSdks(info(), 'Petra')]);
    const { id } = await begin(customer.sdk, 'trust');

    await expectRefusal(transition(provider.sdk, id, 'tag'), 403, 'forbidden');
    expect(
      (await transition(provider.trusted, id, 'tag', { metadata: { a: 1 } })).attributes.metadata,
    ).toEqual({ a: 1 });
  });
});

describe('a transition is all or nothing', () => {
  const everything = [
    'update-protected-data',
    'privileged-update-metadata',
    'create-pending-booking {:type :time}',
    'create-pending-stock-reservation',
    'privileged-set-line-items',
    'post-review-by-customer',
    'stripe-create-payment-intent',
  ];
  const params = () => ({
    ...nights(),
    listingId: listingNamed(sandbox(), 'Lakeside').id,
    stockReservationQuantity: 3,
    lineItems,
    protectedData: { a: 1 },
    metadata: { b: 1 },
    reviewRating: 5,
    reviewContent: 'Early',
  });
  const restock = () => {
    const { listings } = sandbox().flex();
    listings.set(CABIN, { ...listings.get(CABIN)!, stock: 10 });
  };

  it('with every kind of action before the one that fails, at the beginning and later', async () => {
    restock();
    await push(sandbox(), 'doomed', [
      step('begin', { to: 'open' }),
      step('all', { from: 'open', to: 'open', trusted: true, actions: everything }),
      step('doom', { from: 'open', to: 'open', trusted: true, actions: [...everything, 'fail'] }),
      step('doomed', { to: 'open', trusted: true, actions: [...everything, 'fail'] }),
    ]);
    const { trusted } = await alice();
    const { id } = await begin(trusted, 'doomed');
    const trace = () => [
      sizes(sandbox()),
      stock(CABIN),
      sandbox().flex().reviews.size,
      { ...sandbox().flex().transactions.get(id.uuid)! },
    ];
    const before = trace();

    await expectRefusal(
      transition(trusted, id, 'doom', params()),
      409,
      'transaction-invalid-action-sequence',
    );
    await expectRefusal(
      begin(trusted, 'doomed', params(), 'doomed'),
      409,
      'transaction-invalid-action-sequence',
    );
    expect(trace()).toEqual(before);
    const done = await transition(trusted, id, 'all', params());

    expect(done.attributes).toMatchObject({ protectedData: { a: 1 }, metadata: { b: 1 } });
    expect([stock(CABIN), bookings().length, sandbox().flex().reviews.size]).toEqual([7, 1, 1]);
  });

  it('when Stripe refuses the last of it: nothing is kept, and what Stripe made is cancelled', async () => {
    restock();
    await push(sandbox(), 'unpaid', [
      step('begin', { to: 'open' }),
      step('pay-and-take', {
        from: 'open',
        to: 'paid',
        trusted: true,
        actions: [...everything, 'stripe-confirm-payment-intent'],
      }),
    ]);
    const { trusted } = await alice();
    const { id } = await begin(trusted, 'unpaid');

    await expectRefusal(
      transition(trusted, id, 'pay-and-take', params()),
      409,
      'stripe-invalid-payment-intent-status',
    );

    expect([stateOf(sandbox(), id), stock(CABIN), bookings(), sandbox().flex().reviews.size]).toEqual([
      'state/open',
      10,
      [],
      0,
    ]);
    expect([...sandbox().stripe().paymentIntents.values()]).toMatchObject([{ status: 'canceled' }]);
  });

  it('and a simulation is nothing at all, but says what would be', async () => {
    restock();
    await push(sandbox(), 'maybe', [
      step('begin', { to: 'open' }),
      step('all', { from: 'open', to: 'done', trusted: true, actions: everything }),
    ]);
    const { trusted } = await alice();
    const { id } = await begin(trusted, 'maybe');
    const trace = () => [
      sizes(sandbox()),
      stock(CABIN),
      sandbox().flex().reviews.size,
      stateOf(sandbox(), id),
    ];
    const before = trace();

    const { data } = await trusted.transactions.transitionSpeculative(
      { id, transition: 'transition/all', params: params() },
      { expand: true, include: ['booking', 'stockReservation'] },
    );

    expect(data.data.id).toEqual(id);
    expect(data.data.attributes).toMatchObject({
      state: 'state/done',
      payinTotal: eur(15000),
      metadata: { b: 1 },
      protectedData: {
        a: 1,
        stripePaymentIntents: { default: { stripePaymentIntentId: expect.stringMatching(UUID) } },
      },
    });
    expect(data.included).toMatchObject([
      { type: 'booking', attributes: { state: 'pending' } },
      { type: 'stockReservation', attributes: { quantity: 3, state: 'pending' } },
    ]);
    expect(trace()).toEqual(before);
    expect(sandbox().requests()).not.toHaveProperty('POST /v1/payment_intents');
  });

  it('a simulation of what already holds the dates is refused', async () => {
    const { id, trusted } = await requested(sandbox());
    await push(sandbox(), 'maybe', [step('begin', { to: 'open', actions: ['create-pending-booking'] })]);

    await expectRefusal(
      trusted.transactions.initiateSpeculative({
        processAlias: 'maybe/release-1',
        transition: 'transition/begin',
        params: { listingId: CABIN, ...nights() },
      }),
      409,
      'transaction-booking-time-not-available',
    );
    expect(stateOf(sandbox(), id)).toBe('state/pending-payment');
  });

  it('and ends after a hundred', async () => {
    await push(sandbox(), 'ping', [
      step('begin', { to: 'open' }),
      step('ping', { from: 'open', to: 'open' }),
    ]);
    const { sdk } = await alice();
    const { id } = await begin(sdk, 'ping');
    for (let made = 1; made < 100; made++) await transition(sdk, id, 'ping');

    await expectRefusal(transition(sdk, id, 'ping'), 409, 'conflict');
  });
});

describe('data', () => {
  it('of a transaction merges by top-level keys, null removes', async () => {
    await push(sandbox(), 'data', [
      step('begin', {
        to: 'open',
        trusted: true,
        actions: ['update-protected-data', 'privileged-update-metadata'],
      }),
      step('again', {
        from: 'open',
        to: 'open',
        trusted: true,
        actions: ['update-protected-data', 'privileged-update-metadata'],
      }),
    ]);
    const { trusted } = await alice();
    const { id } = await begin(trusted, 'data', {
      protectedData: { a: { x: 1 }, b: 1 },
      metadata: { m: 1, n: { x: 1 } },
    });

    const { attributes } = await transition(trusted, id, 'again', {
      protectedData: { a: { y: 2 }, b: null },
      metadata: { n: { y: 1 } },
    });

    expect(attributes).toMatchObject({ protectedData: { a: { y: 2 } }, metadata: { m: 1, n: { y: 1 } } });
    expect(Object.keys(attributes.protectedData)).toEqual(['a']);
    expect((await transition(trusted, id, 'again')).attributes.metadata).toEqual({ m: 1, n: { y: 1 } });
    await expectRefusal(
      transition(trusted, id, 'again', { protectedData: 'text' }),
      400,
      'validation-invalid-value',
    );
  });

  it('of a party is revealed in the transaction, all of it or by a mapping', async () => {
    await push(sandbox(), 'reveal', [
      step('begin', { to: 'open', actions: ['reveal-customer-protected-data'] }),
      step('map', {
        from: 'open',
        to: 'open',
        actions: ['reveal-provider-protected-data {:key-mapping {:phoneNumber :providerPhone}}'],
      }),
    ]);
    const { sdk } = await alice();
    const { id, attributes } = await begin(sdk, 'reveal');

    expect(attributes.protectedData).toEqual({ phoneNumber: '+358 40 000 000' });
    expect((await transition(sdk, id, 'map')).attributes.protectedData).toEqual({
      phoneNumber: '+358 40 000 000',
      providerPhone: '+358 40 000 000',
    });
  });
});
