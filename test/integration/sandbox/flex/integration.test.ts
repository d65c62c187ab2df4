/** The Integration API, as an operator's server uses it: transactions, metadata, users. */
import { cabinOrder, operatorSdk, refusalOf, userSdks } from '../../../setup/flex-sdks.ts';
import {
  nights,
  preauthorized,
  push,
  requested,
  sizes,
  stateOf,
  step,
  transition,
  useSandbox,
} from './support.ts';

const sandbox = useSandbox();
const info = () => sandbox().info();
const NOBODY = 'deadbeef-0000-4000-8000-000000000000';
/** The Integration SDK has types of its own, which are the other's by name. */
const uuid = (id: string) => expect.objectContaining({ uuid: id });

describe('transactions', () => {
  it('show any, with both parties and what they may know of each other', async () => {
    const { id, user } = await requested(sandbox());

    const { data } = await operatorSdk(info()).transactions.show({
      id: id.uuid,
      include: ['listing', 'customer', 'provider.stripeAccount', 'booking'],
    });

    const included = (type: string) => data.included.filter((entity: any) => entity.type === type);
    expect(data.data.relationships.customer.data).toEqual({ id: uuid(user.id), type: 'user' });
    expect(included('user').map((entity: any) => entity.attributes.email)).toEqual(
      expect.arrayContaining(['alice@sandbox.example', 'petra@sandbox.example']),
    );
    expect(included('stripeAccount')[0].attributes.stripeAccountId).toBe('acct_1SbxPetraHealthy');
    expect(included('listing')[0].attributes).toHaveProperty('privateData');
    expect(await refusalOf(operatorSdk(info()).transactions.show({ id: NOBODY }))).toMatchObject({
      status: 404,
      code: 'not-found',
    });
  });

  it('query all, by either party as well', async () => {
    const [alice, bob] = await Promise.all([userSdks(info(), 'Alice'), userSdks(info(), 'Bob')]);
    await alice.trusted.transactions.initiate(cabinOrder(info()));
    await bob.trusted.transactions.initiate(cabinOrder(info(), nights(1, 4)));
    const petra = info().users.find(({ name }) => name.startsWith('Petra'))!;
    const count = async (query: object) =>
      (await operatorSdk(info()).transactions.query(query)).data.meta.totalItems;

    expect(await count({})).toBe(2);
    expect(await count({ customerId: bob.user.id })).toBe(1);
    expect(await count({ providerId: petra.id })).toBe(2);
    expect(await count({ providerId: petra.id, customerId: petra.id })).toBe(0);
    expect(await refusalOf(operatorSdk(info()).transactions.query({ only: 'order' }))).toMatchObject({
      status: 400,
      code: 'validation-disallowed-key',
    });
  });

  it('make the transitions of operators, privileged ones too, and no others', async () => {
    await push(sandbox(), 'watched', [
      step('ask', { to: 'asked' }),
      step('tag', {
        from: 'asked',
        to: 'asked',
        by: 'operator',
        actions: ['privileged-update-metadata', 'update-protected-data'],
      }),
      step('answer', { from: 'asked', to: 'answered', by: 'provider' }),
    ]);
    const { sdk } = await userSdks(info(), 'Alice');
    const operator = operatorSdk(info());
    const begin = {
      processAlias: 'watched/release-1',
      transition: 'transition/ask',
      params: { listingId: info().listings[0]!.id },
    };
    const { id } = (await sdk.transactions.initiate(begin)).data.data;
    const params = { metadata: { seen: true }, protectedData: { note: 'n' } };

    const speculative = await operator.transactions.transitionSpeculative(
      { id: id.uuid, transition: 'transition/tag', params },
      { expand: true },
    );
    expect(speculative.data.data.attributes).toMatchObject(params);
    expect(sandbox().flex().transactions.get(id.uuid)!.transitions).toHaveLength(1);
    const tagged = await transition(operator, id.uuid, 'tag', params);
    expect(tagged.attributes).toMatchObject({
      ...params,
      transitions: [
        { by: 'customer' },
        { transition: 'transition/tag', by: 'operator', createdAt: expect.any(Date) },
      ],
    });
    expect(await refusalOf(transition(operator, id.uuid, 'answer'))).toMatchObject({
      status: 403,
      code: 'forbidden',
    });
    expect(await refusalOf(transition(sdk, id, 'tag'))).toMatchObject({ status: 403 });
    expect(await refusalOf(transition(operator, NOBODY, 'tag'))).toMatchObject({
      status: 409,
      code: 'transaction-not-found',
    });
  });

  it('have no endpoint that begins one', async () => {
    const operator = operatorSdk(info());
    await operator.marketplace.show();

    expect(operator.transactions).not.toHaveProperty('initiate');
    for (const path of ['initiate', 'initiate_speculative'])
      expect(
        (await fetch(`${sandbox().url}/v1/integration_api/transactions/${path}`, { method: 'POST' })).status,
      ).toBe(404);
  });
});

describe('update_metadata', () => {
  it('merges at the top, replaces below, and null removes', async () => {
    const { id, sdk } = await requested(sandbox());
    const operator = operatorSdk(info());
    const update = (metadata: unknown, query: object = {}) =>
      operator.transactions.updateMetadata({ id: id.uuid, metadata }, query);

    await update({ a: { x: 1, y: 2 }, b: 1 });
    const bare = await update({ a: { x: 3 }, b: null, c: true });
    const full = await update({ d: 0 }, { expand: true });

    expect(bare.data).toEqual({ data: { id: uuid(id.uuid), type: 'transaction' } });
    expect(full.data.data.attributes.metadata).toEqual({ a: { x: 3 }, c: true, d: 0 });
    expect((await sdk.transactions.show({ id })).data.data.attributes.metadata).toEqual({
      a: { x: 3 },
      c: true,
      d: 0,
    });
  });

  it('writes metadata and nothing else', async () => {
    const { id } = await requested(sandbox());

    const { data } = await operatorSdk(info()).transactions.updateMetadata(
      { id: id.uuid, metadata: { protectedData: { stripePaymentIntents: 1 } } },
      { expand: true },
    );

    expect(data.data.attributes).toMatchObject({
      protectedData: { unitType: 'night' },
      metadata: { protectedData: { stripePaymentIntents: 1 } },
      transitions: [{ transition: 'transition/request-payment' }],
    });
  });

  it.each<[unknown, number, string]>([
    [undefined, 400, 'validation-missing-key'],
    [null, 400, 'validation-missing-key'],
    ['text', 400, 'validation-invalid-value'],
    [[1], 400, 'validation-invalid-value'],
    [{ text: 'x'.repeat(50_000) }, 400, 'validation-invalid-value'],
  ])('refuses %#', async (metadata, status, code) => {
    const { id } = await requested(sandbox());

    const work = operatorSdk(info()).transactions.updateMetadata({ id: id.uuid, metadata });

    expect(await refusalOf(work)).toMatchObject({ status, code });
  });

  it('counts 50 KB over all of it', async () => {
    const { id } = await requested(sandbox());
    const operator = operatorSdk(info());
    const update = (metadata: object) => operator.transactions.updateMetadata({ id: id.uuid, metadata });

    await update({ one: 'x'.repeat(30_000) });
    expect(await refusalOf(update({ other: 'x'.repeat(30_000) }))).toMatchObject({ status: 400 });
    expect((await update({ one: null, other: 'x'.repeat(30_000) })).status).toBe(200);
  });

  it('of a transaction that is not there is a conflict', async () => {
    const work = operatorSdk(info()).transactions.updateMetadata({ id: NOBODY, metadata: {} });

    expect(await refusalOf(work)).toMatchObject({ status: 409, code: 'transaction-not-found' });
  });
});

describe('users', () => {
  it('are found by id or e-mail, with their Stripe account', async () => {
    const operator = operatorSdk(info());
    const petra = info().users.find(({ name }) => name.startsWith('Petra'))!;
    const shown = async (query: object) =>
      (await operator.users.show({ ...query, include: ['stripeAccount'] })).data;

    expect(await shown({ id: petra.id })).toEqual(await shown({ email: petra.email }));
    expect(await shown({ id: petra.id })).toMatchObject({
      data: {
        id: uuid(petra.id),
        type: 'user',
        attributes: {
          email: petra.email,
          stripeConnected: true,
          profile: { protectedData: { phoneNumber: expect.any(String) }, privateData: {} },
        },
        relationships: { stripeAccount: { data: { type: 'stripeAccount' } } },
      },
      included: [{ type: 'stripeAccount', attributes: { stripeAccountId: 'acct_1SbxPetraHealthy' } }],
    });
    expect((await shown({ email: 'nora@sandbox.example' })).data.relationships).toEqual({
      stripeAccount: { data: null },
    });
  });

  it.each<[object, number, string]>([
    [{}, 400, 'validation-missing-key'],
    [{ id: NOBODY, email: 'a@b.c' }, 400, 'validation-invalid-params'],
    [{ id: NOBODY }, 404, 'not-found'],
    [{ email: 'a@b.c' }, 404, 'not-found'],
  ])('are not found by %j', async (query, status, code) => {
    expect(await refusalOf(operatorSdk(info()).users.show(query))).toMatchObject({ status, code });
  });

  it('are queried by page and time', async () => {
    const operator = operatorSdk(info());
    const { data } = await operator.users.query({ perPage: 2, page: 2 });

    expect([data.data.length, data.meta]).toMatchObject([
      2,
      { totalItems: 5, totalPages: 3, page: 2, perPage: 2 },
    ]);
    expect((await operator.users.query({ createdAtStart: new Date(sandbox().now()) })).data.data).toEqual([]);
  });

  it('are changed: profile, permissions, approval', async () => {
    const operator = operatorSdk(info());
    const [alice] = info().users;

    const { data } = await operator.users.updateProfile(
      {
        id: alice!.id,
        lastName: 'Changed',
        metadata: { vip: true },
        protectedData: { phoneNumber: null, a: 1 },
      },
      { expand: true },
    );
    const permissions = await operator.users.updatePermissions(
      { id: alice!.id, postListings: 'permission/deny' },
      { expand: true },
    );

    expect(data.data.attributes.profile).toMatchObject({
      firstName: 'Alice',
      lastName: 'Changed',
      metadata: { vip: true },
      protectedData: { a: 1 },
    });
    expect(permissions.data.data).toMatchObject({
      type: 'permissionSet',
      attributes: {
        postListings: 'permission/deny',
        initiateTransactions: 'permission/allow',
        read: 'permission/allow',
      },
    });
    for (const [work, status, code] of [
      [operator.users.updatePermissions({ id: alice!.id, read: 'no' }), 400, 'validation-invalid-value'],
      [operator.users.updateProfile({ id: NOBODY }), 409, 'user-not-found'],
      [operator.users.approve({}), 400, 'validation-missing-key'],
    ] as const)
      expect(await refusalOf(work)).toMatchObject({ status, code });
  });
});

it('a refused call of the operator leaves no trace', async () => {
  const { id } = await preauthorized(sandbox());
  const before = [sizes(sandbox()), stateOf(sandbox(), id)];
  const operator = operatorSdk(info());

  for (const name of ['accept', 'cancel', 'fly']) await refusalOf(transition(operator, id.uuid, name));

  expect([sizes(sandbox()), stateOf(sandbox(), id)]).toEqual(before);
});
