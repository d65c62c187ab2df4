/** The endpoints of the Marketplace API, row by row: what each takes, shows and refuses, and to whom. */
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
  HOUR,
  intentIn,
  listingNamed,
  MINUTE,
  nights,
  payInBrowser,
  preauthorized,
  push,
  requested,
  step,
  transition,
  useSandbox,
} from './support.ts';

const sandbox = useSandbox();
const info = () => sandbox().info();
const { UUID, Money, LatLng } = types;
const NOBODY = 'deadbeef-0000-4000-8000-000000000000';
const userNamed = (name: string) => info().users.find(user => user.name.startsWith(`${name} `))!;
const change = (kind: 'users' | 'listings', id: string, changes: object) => {
  const all = sandbox().flex()[kind] as Map<string, object>;
  all.set(id, { ...all.get(id), ...changes });
};

describe('listings/show and own_listings/show', () => {
  it('show what the public may see, and to the author the rest', async () => {
    change('listings', CABIN, { privateData: { key: 'under the mat' }, publicData: { unitType: 'night' } });
    const petra = await userSdks(info(), 'Petra');

    const { data } = await anonymousSdk(info()).listings.show({
      id: new UUID(CABIN),
      include: ['author', 'images'],
    });
    const own = await petra.sdk.ownListings.show({ id: CABIN });

    expect(data.data).toEqual({
      id: new UUID(CABIN),
      type: 'listing',
      attributes: {
        title: 'Lakeside cabin',
        description: 'Lakeside cabin, offered by the sandbox.',
        geolocation: new LatLng(60.1699, 24.9384),
        createdAt: new Date(Date.UTC(2026, 0, 5, 9)),
        state: 'published',
        deleted: false,
        price: new Money(5000, 'EUR'),
        availabilityPlan: {
          type: 'availability-plan/time',
          timezone: 'Europe/Helsinki',
          entries: expect.arrayContaining([
            { dayOfWeek: 'mon', startTime: '00:00', endTime: '00:00', seats: 1 },
          ]),
        },
        publicData: { unitType: 'night' },
        metadata: {},
      },
      relationships: {
        author: { data: { id: new UUID(userNamed('Petra').id), type: 'user' } },
        images: { data: [] },
      },
    });
    expect(own.data.data).toMatchObject({
      type: 'ownListing',
      attributes: { privateData: { key: 'under the mat' } },
    });
  });

  it.each([{ state: 'draft' }, { state: 'pendingApproval' }, { state: 'closed' }])(
    'hide from others what is not published: %j',
    async changes => {
      change('listings', CABIN, changes);
      const [alice, petra] = await Promise.all([userSdks(info(), 'Alice'), userSdks(info(), 'Petra')]);

      for (const sdk of [anonymousSdk(info()), alice.sdk])
        expect(await refusalOf(sdk.listings.show({ id: CABIN }))).toMatchObject({
          status: 404,
          code: 'not-found',
        });
      expect(await refusalOf(alice.sdk.ownListings.show({ id: CABIN }))).toMatchObject({ status: 404 });
      expect((await petra.sdk.ownListings.show({ id: CABIN })).data.data.attributes).toMatchObject(changes);
      expect(await refusalOf(alice.trusted.transactions.initiate(cabinOrder(info())))).toMatchObject({
        status: 409,
        code: 'transaction-listing-not-found',
      });
    },
  );

  it('hide everything from a user who may not read, but for what is their own', async () => {
    const [alice, petra] = await Promise.all([userSdks(info(), 'Alice'), userSdks(info(), 'Petra')]);
    for (const { user } of [alice, petra])
      await operatorSdk(info()).users.updatePermissions({ id: user.id, read: 'permission/deny' });

    expect(await refusalOf(alice.sdk.listings.show({ id: CABIN }))).toMatchObject({
      status: 403,
      code: 'permission-denied-read',
    });
    expect((await petra.sdk.listings.show({ id: CABIN })).status).toBe(200);
  });

  it('need an id', async () => {
    expect(await refusalOf(anonymousSdk(info()).listings.show({}))).toMatchObject({
      status: 400,
      code: 'validation-missing-key',
      data: { errors: [{ source: { path: ['id'], type: 'query' } }] },
    });
  });
});

describe('current_user/show and users/show', () => {
  it('show a user everything of themselves', async () => {
    const { sdk, user } = await userSdks(info(), 'Petra');

    const { data } = await sdk.currentUser.show({
      include: [
        'stripeAccount',
        'stripeCustomer.defaultPaymentMethod',
        'profileImage',
        'effectivePermissionSet',
      ],
    });

    expect(data.data).toEqual({
      id: new UUID(user.id),
      type: 'currentUser',
      attributes: {
        banned: false,
        deleted: false,
        createdAt: expect.any(Date),
        email: 'petra@sandbox.example',
        emailVerified: true,
        pendingEmail: null,
        stripeConnected: true,
        stripePayoutsEnabled: true,
        stripeChargesEnabled: true,
        identityProviders: [{ idpId: 'google', userId: 'google-petra' }],
        state: 'active',
        permissions: expect.any(Object),
        profile: {
          firstName: 'Petra',
          lastName: 'Provider',
          displayName: 'Petra P',
          abbreviatedName: 'PP',
          bio: null,
          publicData: {},
          metadata: {},
          protectedData: { phoneNumber: '+358 40 000 000' },
          privateData: {},
        },
      },
      relationships: {
        stripeAccount: { data: { id: expect.any(UUID), type: 'stripeAccount' } },
        stripeCustomer: { data: null },
        profileImage: { data: null },
        effectivePermissionSet: { data: { id: new UUID(user.id), type: 'permissionSet' } },
      },
    });
    expect(data.included).toMatchObject([
      { type: 'stripeAccount', attributes: { stripeAccountId: 'acct_1SbxPetraHealthy' } },
      { type: 'permissionSet', attributes: { initiateTransactions: 'permission/allow' } },
    ]);
  });

  it('show others the public profile only', async () => {
    const { id } = userNamed('Petra');

    const { data } = await anonymousSdk(info()).users.show({
      id,
      include: ['stripeAccount', 'profileImage'],
    });

    expect(data.data).toEqual({
      id: new UUID(id),
      type: 'user',
      attributes: {
        banned: false,
        deleted: false,
        createdAt: expect.any(Date),
        profile: { displayName: 'Petra P', abbreviatedName: 'PP', bio: null, publicData: {}, metadata: {} },
      },
      relationships: { profileImage: { data: null } },
    });
    expect(await refusalOf(anonymousSdk(info()).users.show({ id: NOBODY }))).toMatchObject({ status: 404 });
  });
});

describe('transactions/show', () => {
  it('is for the parties; what the customer alone may see is not for the provider', async () => {
    const { sdk, id, intent } = await requested(sandbox());
    const [petra, bob] = await Promise.all([userSdks(info(), 'Petra'), userSdks(info(), 'Bob')]);
    const dataFor = async (viewer: any) =>
      (await viewer.transactions.show({ id })).data.data.attributes.protectedData;

    expect(await dataFor(sdk)).toEqual({ unitType: 'night', stripePaymentIntents: { default: intent } });
    expect(await dataFor(petra.sdk)).toEqual({ unitType: 'night' });
    expect(await dataFor(petra.trusted)).toEqual({ unitType: 'night' });
    expect(JSON.stringify((await petra.sdk.transactions.query({})).data)).not.toContain(
      intent.stripePaymentIntentId,
    );
    expect(await refusalOf(bob.sdk.transactions.show({ id }))).toMatchObject({
      status: 403,
      code: 'forbidden',
    });
    expect(await refusalOf(anonymousSdk(info()).transactions.show({ id }))).toMatchObject({ status: 403 });
    expect(await refusalOf(sdk.transactions.show({ id: NOBODY }))).toMatchObject({
      status: 404,
      code: 'not-found',
    });
  });

  it('answers a provider’s own transition without what is the customer’s', async () => {
    await push(sandbox(), 'pay', [
      step('order', {
        to: 'unpaid',
        trusted: true,
        actions: ['privileged-set-line-items', 'stripe-create-payment-intent'],
      }),
      step('remind', { from: 'unpaid', to: 'unpaid', by: 'provider' }),
    ]);
    const { trusted } = await userSdks(info(), 'Alice');
    const petra = await userSdks(info(), 'Petra');
    const order = { ...cabinOrder(info()), processAlias: 'pay/release-1', transition: 'transition/order' };
    const { id } = (await trusted.transactions.initiate(order)).data.data;

    const reminded = await transition(petra.sdk, id, 'remind');

    expect(reminded.attributes.protectedData).toEqual({});
  });

  it('shows the operator what the customer alone may see by a switch only', async () => {
    const { id, intent } = await requested(sandbox());
    const operator = operatorSdk(info());
    const shown = async () =>
      (await operator.transactions.show({ id: id.uuid })).data.data.attributes.protectedData;

    expect(await shown()).toEqual({ unitType: 'night' });
    sandbox().flex().settings.operatorSeesPaymentIntents = true;
    expect(await shown()).toEqual({ unitType: 'night', stripePaymentIntents: { default: intent } });
  });

  it('keeps what a client itself called stripePaymentIntents under the real one', async () => {
    const forged = { default: { stripePaymentIntentId: 'pi_forged' } };
    const { sdk, trusted } = await userSdks(info(), 'Alice');
    const order = cabinOrder(info(), { protectedData: { stripePaymentIntents: forged } });
    const { data } = await trusted.transactions.initiate(order, { expand: true });
    const intent = intentIn(data.data);

    expect(intent.stripePaymentIntentId).toMatch(/^pi_3/);
    await payInBrowser(sandbox(), intent);
    const confirmed = await transition(sdk, data.data.id, 'confirm-payment');

    expect(confirmed.attributes.protectedData).toEqual({ stripePaymentIntents: forged });
  });
});

describe('transactions/query', () => {
  /** Orders of Alice: a cabin (paid), a van, a paddle; and one of Bob. Each an hour after the other. */
  async function orders() {
    const [alice, bob] = await Promise.all([userSdks(info(), 'Alice'), userSdks(info(), 'Bob')]);
    const [van, paddle] = [listingNamed(sandbox(), 'Camper'), listingNamed(sandbox(), 'Hand-made')];
    const usd = [{ code: 'line-item/day', unitPrice: new Money(3333, 'USD'), quantity: 2 }];
    const begin = async (client: any, name: string, params: object, process = 'default-booking') => {
      const order = {
        processAlias: `${process}/release-1`,
        transition: 'transition/request-payment',
        params,
      };
      const { data } = await client.trusted.transactions.initiate(order, { expand: true });
      await sandbox().advance(HOUR);
      return { name, ...data.data };
    };
    const cabin = { name: 'cabin', ...(await preauthorized(sandbox())).transaction };
    await sandbox().advance(HOUR);
    const all = [
      cabin,
      await begin(alice, 'van', { listingId: van.id, ...nights(20, 22), lineItems: usd }),
      await begin(
        alice,
        'paddle',
        { listingId: paddle.id, stockReservationQuantity: 1, lineItems: usd },
        'default-purchase',
      ),
      await begin(bob, 'later', cabinOrder(info(), nights(1, 4)).params),
    ];
    const nameOf = (id: any) => all.find(entry => entry.id.uuid === id.uuid)!.name;
    const find = async (sdk: any, query: object) =>
      (await sdk.transactions.query(query)).data.data.map((entity: any) => nameOf(entity.id));
    return { alice, all, find, van };
  }

  it('finds by each of its parameters what is the caller’s own, newest first', async () => {
    const { alice, all, find, van } = await orders();
    const petra = await userSdks(info(), 'Petra');
    const bobId = userNamed('Bob').id;
    const created = all[1].attributes.createdAt;
    const rows: [any, object, string[]][] = [
      [alice.sdk, {}, ['paddle', 'van', 'cabin']],
      [petra.sdk, {}, ['later', 'paddle', 'van', 'cabin']],
      [alice.sdk, { only: 'order' }, ['paddle', 'van', 'cabin']],
      [alice.sdk, { only: 'sale' }, []],
      [petra.sdk, { only: 'sale' }, ['later', 'paddle', 'van', 'cabin']],
      [petra.sdk, { only: 'order' }, []],
      [alice.sdk, { states: ['state/preauthorized', 'state/none'] }, ['cabin']],
      [alice.sdk, { processNames: ['default-purchase'] }, ['paddle']],
      [alice.sdk, { lastTransitions: ['transition/confirm-payment'] }, ['cabin']],
      [alice.sdk, { lastTransitions: ['transition/expire-payment'] }, ['paddle', 'van']],
      [alice.sdk, { listingId: van.id }, ['van']],
      [petra.sdk, { userId: bobId }, ['later']],
      [alice.sdk, { userId: bobId }, []],
      [alice.sdk, { createdAtStart: created }, ['paddle', 'van']],
      [alice.sdk, { createdAtEnd: created }, ['cabin']],
      [alice.sdk, { createdAtStart: created, createdAtEnd: new Date(created.getTime() + 1) }, ['van']],
      [alice.sdk, { bookingStates: ['pending'] }, ['cabin']],
      [alice.sdk, { bookingStates: ['declined'] }, ['van']],
      [alice.sdk, { stockReservationStates: ['declined'] }, ['paddle']],
      [alice.sdk, { hasPayin: true }, ['cabin']],
      [alice.sdk, { hasPayin: false }, ['paddle', 'van']],
      [alice.sdk, { hasBooking: true }, ['van', 'cabin']],
      [alice.sdk, { hasStockReservation: true }, ['paddle']],
      [alice.sdk, { hasMessage: true }, []],
      [petra.sdk, { sort: '-createdAt' }, ['cabin', 'van', 'paddle', 'later']],
      [petra.sdk, { sort: 'bookingStart' }, ['van', 'cabin', 'later', 'paddle']],
      [petra.sdk, { sort: '-bookingEnd' }, ['later', 'cabin', 'van', 'paddle']],
      [petra.sdk, { sort: 'lastMessageAt,-createdAt' }, ['cabin', 'van', 'paddle', 'later']],
      [alice.sdk, { page: 1, perPage: 2 }, ['paddle', 'van']],
      [alice.sdk, { page: 2, perPage: 2 }, ['cabin']],
      [alice.sdk, { page: 3, perPage: 2 }, []],
    ];

    for (const [sdk, query, names] of rows) expect([query, await find(sdk, query)]).toEqual([query, names]);
  });

  it('counts pages, a hundred at most', async () => {
    const { alice } = await orders();
    const metaOf = async (query: object) => (await alice.sdk.transactions.query(query)).data.meta;

    expect(await metaOf({})).toMatchObject({ totalItems: 3, totalPages: 1, page: 1, perPage: 100 });
    expect(await metaOf({ page: 2, perPage: 2 })).toMatchObject({
      totalItems: 3,
      totalPages: 2,
      page: 2,
      perPage: 2,
    });
  });

  it.each([
    [{ perPage: 101 }, 'perPage'],
    [{ perPage: 0 }, 'perPage'],
    [{ page: 0 }, 'page'],
    [{ page: 'two' }, 'page'],
    [{ only: 'mine' }, 'only'],
    [{ createdAtStart: 'yesterday' }, 'createdAtStart'],
    [{ sort: 'price' }, 'sort'],
    [{ hasPayin: 'perhaps' }, 'hasPayin'],
  ])('refuses %j', async (query, name) => {
    const { sdk } = await userSdks(info(), 'Alice');

    expect(await refusalOf(sdk.transactions.query(query))).toMatchObject({
      status: 400,
      code: 'validation-invalid-value',
      data: { errors: [{ source: { path: [name], type: 'query' } }] },
    });
  });

  it('is not for the integration’s parameters', async () => {
    const { sdk, user } = await userSdks(info(), 'Alice');

    expect(await refusalOf(sdk.transactions.query({ customerId: user.id }))).toMatchObject({
      status: 400,
      code: 'validation-disallowed-key',
    });
  });
});

describe('process_transitions/query', () => {
  const rows = (answer: any) => answer.data.data.map((entity: any) => entity.attributes);

  it('says how a process begins, and what its transitions take', async () => {
    const { sdk } = await userSdks(info(), 'Alice');

    const { data } = await sdk.processTransitions.query({ processAlias: 'default-booking/release-1' });

    expect(data.data[0]).toMatchObject({ id: expect.any(UUID), type: 'processTransition' });
    const names = rows({ data }).map(({ name }: any) => name);
    expect(names).toEqual([
      'transition/inquire',
      'transition/request-payment',
      'transition/request-payment-fallback',
    ]);
    expect(rows({ data }).slice(0, 2)).toEqual([
      {
        name: 'transition/inquire',
        actor: ['actor.role/customer'],
        actions: expect.any(Array),
        params: expect.any(Object),
      },
      {
        name: 'transition/request-payment',
        actor: ['actor.role/customer'],
        actions: [
          'action/update-protected-data',
          'action/create-pending-booking',
          'action/privileged-set-line-items',
          'action/stripe-create-payment-intent',
        ],
        params: {
          req: {
            listingId: 'uuid',
            bookingStart: 'timestamp',
            bookingEnd: 'timestamp',
            lineItems: ['lineItem'],
          },
          opt: {
            protectedData: 'object',
            bookingDisplayStart: 'timestamp',
            bookingDisplayEnd: 'timestamp',
            seats: 'integer',
            paymentMethod: 'string',
            setupPaymentMethodForSaving: 'boolean',
          },
        },
      },
    ]);
  });

  it('says what comes after a transition, or next for a transaction of one’s own', async () => {
    const { sdk, id } = await requested(sandbox());
    const bob = await userSdks(info(), 'Bob');
    const names = async (client: any, query: object) =>
      rows(await client.processTransitions.query(query)).map(({ name }: any) => name);

    expect(
      await names(sdk, { processAlias: 'default-booking/release-1', lastTransition: 'transition/inquire' }),
    ).toEqual([
      'transition/request-payment-after-inquiry',
      'transition/request-payment-after-inquiry-fallback',
    ]);
    expect(await names(sdk, { transactionId: id })).toEqual([
      'transition/confirm-payment',
      'transition/enter-fallback',
    ]);
    expect(await names(bob.sdk, { transactionId: id })).toEqual([]);
    expect(await names(sdk, { transactionId: NOBODY })).toEqual([]);
  });

  it.each<[object, number, string]>([
    [{}, 400, 'validation-missing-key'],
    [{ processAlias: 'default-booking/release-9' }, 409, 'transaction-unknown-alias'],
    [{ processAlias: 'default-booking/release-1', transactionId: NOBODY }, 400, 'validation-invalid-params'],
  ])('refuses %j', async (query, status, code) => {
    const { sdk } = await userSdks(info(), 'Alice');

    expect(await refusalOf(sdk.processTransitions.query(query))).toMatchObject({ status, code });
  });
});

describe('stripe_customer', () => {
  const card = { brand: 'visa', last4Digits: '4242', expirationMonth: 12, expirationYear: 2034 };

  it('is made with a card, once, and the card can be removed and added again', async () => {
    const { sdk } = await userSdks(info(), 'Alice');
    const include = ['stripeCustomer.defaultPaymentMethod'];
    const included = async () => (await sdk.currentUser.show({ include })).data.included;

    const { data } = await sdk.stripeCustomer.create(
      { stripePaymentMethodId: 'pm_card_visa' },
      { expand: true },
    );
    expect(data.data).toMatchObject({
      type: 'stripeCustomer',
      attributes: { stripeCustomerId: expect.stringMatching(/^cus_/) },
    });
    expect(await included()).toMatchObject([
      {
        type: 'stripePaymentMethod',
        attributes: {
          type: 'stripe-payment-method/card',
          stripePaymentMethodId: expect.stringMatching(/^pm_/),
          card,
        },
      },
      { type: 'stripeCustomer', attributes: { stripeCustomerId: expect.stringMatching(/^cus_/) } },
    ]);

    expect(await refusalOf(sdk.stripeCustomer.create({}))).toMatchObject({ status: 409 });
    expect(
      await refusalOf(sdk.stripeCustomer.addPaymentMethod({ stripePaymentMethodId: 'pm_card_visa' })),
    ).toMatchObject({
      status: 409,
      code: 'stripe-multiple-payment-methods-not-supported',
    });
    await sdk.stripeCustomer.deletePaymentMethod({});
    expect(await included()).toMatchObject([{ type: 'stripeCustomer' }]);
    await sdk.stripeCustomer.addPaymentMethod({ stripePaymentMethodId: 'pm_card_visa' });
    expect(await included()).toHaveLength(2);
  });

  it('is needed for a card, and not made when Stripe refuses the card', async () => {
    const { sdk } = await userSdks(info(), 'Alice');

    for (const call of [
      sdk.stripeCustomer.deletePaymentMethod({}),
      sdk.stripeCustomer.addPaymentMethod({ stripePaymentMethodId: 'pm_card_visa' }),
    ])
      expect(await refusalOf(call)).toMatchObject({ status: 409, code: 'stripe-customer-not-found' });
    expect(await refusalOf(sdk.stripeCustomer.create({ stripePaymentMethodId: 'pm_1None' }))).toMatchObject({
      status: 402,
      data: { errors: [{ meta: { stripeCode: 'resource_missing' } }] },
    });
    expect((await sdk.currentUser.show({ include: ['stripeCustomer'] })).data.data.relationships).toEqual({
      stripeCustomer: { data: null },
    });
  });
});

describe('stripe_account, its links, and setup intents', () => {
  it('an account is made once, shown, and changed; charges are enabled by it', async () => {
    const { sdk } = await userSdks(info(), 'Nora');
    expect(await refusalOf(sdk.stripeAccount.fetch())).toMatchObject({ status: 404, code: 'not-found' });
    expect(await refusalOf(sdk.stripeAccount.update({ accountToken: 'ct_1' }))).toMatchObject({
      status: 409,
      code: 'stripe-account-not-found',
    });

    const given = {
      country: 'FI',
      accountToken: 'ct_1',
      requestedCapabilities: ['card_payments', 'transfers'],
    };
    const { data } = await sdk.stripeAccount.create(given, { expand: true });

    expect(data.data).toMatchObject({
      type: 'stripeAccount',
      attributes: {
        stripeAccountId: expect.stringMatching(/^acct_/),
        stripeAccountData: { charges_enabled: true },
      },
    });
    expect((await sdk.stripeAccount.fetch()).data.data.id).toEqual(data.data.id);
    expect((await sdk.stripeAccount.update({ accountToken: 'ct_2' })).data.data.id).toEqual(data.data.id);
    expect((await sdk.currentUser.show()).data.data.attributes).toMatchObject({
      stripeConnected: true,
      stripeChargesEnabled: true,
    });
    expect(await refusalOf(sdk.stripeAccount.create(given))).toMatchObject({ status: 409 });
  });

  it('shows a restricted account as Stripe describes it', async () => {
    const { sdk } = await userSdks(info(), 'Rico');

    const { data } = await sdk.stripeAccount.fetch();

    expect(data.data.attributes).toMatchObject({
      stripeAccountId: 'acct_1SbxRicoRestrict',
      stripeAccountData: {
        charges_enabled: false,
        requirements: {
          currently_due: ['individual.verification.document'],
          disabled_reason: 'requirements.past_due',
        },
      },
    });
  });

  it('a link leads to Stripe, for those who have an account', async () => {
    const [petra, nora] = await Promise.all([userSdks(info(), 'Petra'), userSdks(info(), 'Nora')]);
    const given = {
      failureURL: 'http://localhost:3000/a',
      successURL: 'http://localhost:3000/b',
      type: 'account_onboarding',
    };

    const { data } = await petra.sdk.stripeAccountLinks.create(given, { expand: true });

    expect(data.data.attributes.url).toMatch(/^https:\/\/connect\.stripe\.com\//);
    expect(await refusalOf(nora.sdk.stripeAccountLinks.create(given))).toMatchObject({
      status: 409,
      code: 'user-missing-stripe-account',
    });
    expect(await refusalOf(petra.sdk.stripeAccountLinks.create({ ...given, type: undefined }))).toMatchObject(
      {
        status: 400,
        code: 'validation-missing-key',
      },
    );
  });

  it('a setup intent has an id and a secret', async () => {
    const { sdk } = await userSdks(info(), 'Alice');

    const { data } = await sdk.stripeSetupIntents.create({}, { expand: true });

    const { stripeSetupIntentId: id, clientSecret } = data.data.attributes;
    expect(id).toMatch(/^seti_/);
    expect(clientSecret.startsWith(`${id}_secret_`)).toBe(true);
  });
});

describe('current_user/create_with_idp and delete', () => {
  const profile = {
    idpId: 'google',
    idpClientId: 'x',
    idpToken: 'google-zoe',
    firstName: 'Zoe',
    lastName: 'New',
    publicData: { userType: 'a' },
    protectedData: { phone: '1' },
  };

  it('a new user signs in by the same identity', async () => {
    const sdk = anonymousSdk(info());

    const { data } = await sdk.currentUser.createWithIdp(profile, { expand: true });
    await sdk.loginWithIdp({ idpId: 'google', idpClientId: 'x', idpToken: 'google-zoe' });

    expect(data.data).toMatchObject({
      type: 'currentUser',
      attributes: {
        profile: { displayName: 'Zoe N', publicData: { userType: 'a' }, protectedData: { phone: '1' } },
      },
    });
    expect((await sdk.currentUser.show()).data.data.id).toEqual(data.data.id);
    expect(
      await refusalOf(anonymousSdk(info()).currentUser.createWithIdp({ ...profile, email: 'zoe@b.c' })),
    ).toMatchObject({ status: 409, code: 'conflict' });
  });

  it.each<[object, number, string]>([
    [{ email: 'Alice@Sandbox.example' }, 409, 'email-taken'],
    [{ firstName: undefined }, 400, 'validation-missing-key'],
    [{ publicData: { text: 'x'.repeat(51_000) } }, 400, 'validation-invalid-value'],
    [{ password: 'x' }, 400, 'validation-disallowed-key'],
  ])('no new user with %j', async (overrides, status, code) => {
    const users = sandbox().flex().users.size;

    const work = anonymousSdk(info()).currentUser.createWithIdp({ ...profile, ...overrides });

    expect(await refusalOf(work)).toMatchObject({ status, code });
    expect(sandbox().flex().users.size).toBe(users);
  });

  it('a user is deleted with the password: sessions end, and nobody signs in or orders there', async () => {
    const [petra, alice] = await Promise.all([userSdks(info(), 'Petra'), userSdks(info(), 'Alice')]);
    expect(await refusalOf(petra.trusted.currentUser.delete({}))).toMatchObject({
      status: 400,
      code: 'validation-invalid-params',
    });
    expect(await refusalOf(petra.trusted.currentUser.delete({ currentPassword: 'wrong' }))).toMatchObject({
      status: 403,
    });

    await petra.trusted.currentUser.delete({ currentPassword: 'petra-password', deleteFromStripe: true });

    expect(await refusalOf(petra.sdk.currentUser.show())).toMatchObject({ status: 403 });
    await expect(userSdks(info(), 'Petra')).rejects.toMatchObject({ status: 401 });
    expect(await refusalOf(alice.trusted.transactions.initiate(cabinOrder(info())))).toMatchObject({
      status: 409,
      code: 'transaction-provider-banned-or-deleted',
    });
    expect((await alice.sdk.users.show({ id: petra.user.id })).data.data.attributes).toEqual({
      banned: false,
      deleted: true,
      createdAt: expect.any(Date),
      profile: { displayName: '', abbreviatedName: '', bio: null, publicData: {}, metadata: {} },
    });
  });

  it('not while money is waiting in the Stripe account', async () => {
    const { id } = await preauthorized(sandbox());
    const petra = await userSdks(info(), 'Petra');
    await transition(petra.sdk, id, 'accept');
    await sandbox().advance(MINUTE);

    const work = petra.trusted.currentUser.delete({
      currentPassword: 'petra-password',
      deleteFromStripe: true,
    });

    expect(await refusalOf(work)).toMatchObject({ status: 400, code: 'delete-stripe-account-failed' });
    expect((await petra.sdk.currentUser.show()).data.data.attributes.deleted).toBe(false);
  });
});

describe('who may order', () => {
  const initiate = (client: any, overrides: object = {}) =>
    refusalOf(client.transactions.initiate({ ...cabinOrder(info()), ...overrides }));

  it.each<[string, (id: string) => Promise<unknown>, string]>([
    [
      'not allowed to',
      id => operatorSdk(info()).users.updatePermissions({ id, initiateTransactions: 'permission/deny' }),
      'permission-denied-initiate-transactions',
    ],
    [
      'not approved',
      async id => change('users', id, { pendingApproval: true }),
      'permission-denied-pending-approval',
    ],
  ])('nobody who is %s', async (_what, forbid, code) => {
    const { trusted, user } = await userSdks(info(), 'Alice');
    await forbid(user.id);

    expect(await initiate(trusted)).toMatchObject({ status: 403, code });
  });

  it('an approved user again', async () => {
    const { trusted, user } = await userSdks(info(), 'Alice');
    change('users', user.id, { pendingApproval: true });

    await operatorSdk(info()).users.approve({ id: user.id });

    expect((await trusted.transactions.initiate(cabinOrder(info()))).status).toBe(200);
  });

  it.each<[string, string, number, string]>([
    ['Tree house', 'Rico', 402, 'transaction-payment-failed'],
    ['Boat', 'Nora', 409, 'transaction-missing-stripe-account'],
  ])('not what can not be paid: %s of %s', async (title, _provider, status, code) => {
    const { trusted } = await userSdks(info(), 'Alice');
    const { id } = listingNamed(sandbox(), title);

    const refusal = await refusalOf(
      trusted.transactions.initiate(cabinOrder(info(), { listingId: new UUID(id) })),
    );

    expect(refusal).toMatchObject({ status, code });
    expect(sandbox().flex().transactions.size).toBe(0);
  });
});
