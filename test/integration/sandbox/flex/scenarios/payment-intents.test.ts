/** What Flex can say of a PaymentIntent besides the truth, and why it may have none: as the customer's client sees it. */
import {
  cabinOrder,
  operatorSdk,
  refusalOf,
  stripeClient,
  stripeRefusalOf,
  userSdks,
} from '../../../../setup/flex-sdks.ts';
import {
  intentIn,
  MINUTE,
  preauthorized,
  requested,
  scenario,
  sizes,
  stateOf,
  transition,
  useSandbox,
  UUID,
} from '../support.ts';

const sandbox = useSandbox();
const info = () => sandbox().info();
const on = (name: string, options: object = {}) => scenario(sandbox(), { name, ...options });

/** The transaction that the customer is answered with. */
async function order(): Promise<any> {
  const { sdk, trusted } = await userSdks(info(), 'Alice');
  const { data } = await trusted.transactions.initiate(cabinOrder(info()), { expand: true });
  return { sdk, id: data.data.id, protectedData: data.data.attributes.protectedData, transaction: data.data };
}

const atStripe = () => [...sandbox().stripe().paymentIntents.values()];
const retrieve = (id: string) => stripeClient(info()).paymentIntents.retrieve(id);
const confirm = (sdk: any, id: any) => transition(sdk, id, 'confirm-payment');

describe('what is said of a PaymentIntent', () => {
  it('uuid-payment-intents: two UUIDs on a real call, and nothing at Stripe', async () => {
    await on('uuid-payment-intents');

    const { sdk, id, transaction } = await order();

    const { stripePaymentIntentId, stripePaymentIntentClientSecret } = intentIn(transaction);
    expect(stripePaymentIntentId).toMatch(UUID);
    expect(stripePaymentIntentClientSecret).toMatch(UUID);
    expect(stripePaymentIntentClientSecret).not.toBe(stripePaymentIntentId);
    expect(sandbox().requests()).not.toHaveProperty('POST /v1/payment_intents');
    expect(stateOf(sandbox(), id)).toBe('state/pending-payment');
    expect(await refusalOf(confirm(sdk, id))).toMatchObject({
      status: 409,
      code: 'stripe-invalid-payment-intent-status',
    });
    await sandbox().advance(15 * MINUTE);
    expect(stateOf(sandbox(), id)).toBe('state/payment-expired');
  });

  it('uuid-over-real: two UUIDs hide a PaymentIntent that exists', async () => {
    await on('uuid-over-real');

    const { id, transaction } = await order();

    const { stripePaymentIntentId, stripePaymentIntentClientSecret } = intentIn(transaction);
    expect(stripePaymentIntentId).toMatch(UUID);
    expect(stripePaymentIntentClientSecret).toMatch(UUID);
    const { data } = await stripeClient(info()).paymentIntents.list();
    expect(data).toMatchObject([{ amount: 15000, metadata: { 'sharetribe-transaction-id': id.uuid } }]);
  });

  it('missing-payment-intents: no key at all, and nothing at Stripe', async () => {
    await on('missing-payment-intents');

    expect((await order()).protectedData).toEqual({ unitType: 'night' });
    expect(sandbox().requests()).not.toHaveProperty('POST /v1/payment_intents');
  });

  it('missing-default: the key without its `default`, over a PaymentIntent that exists', async () => {
    await on('missing-default');

    expect((await order()).protectedData).toEqual({ unitType: 'night', stripePaymentIntents: {} });
    expect(atStripe()).toMatchObject([{ amount: 15000, status: 'requires_payment_method' }]);
  });

  it('secret-mismatch: a well-formed secret of another PaymentIntent', async () => {
    await on('secret-mismatch');

    const { stripePaymentIntentId: id, stripePaymentIntentClientSecret: secret } = intentIn(
      (await order()).transaction,
    );

    const real = await retrieve(id);
    expect(secret).toMatch(/^pi_3\w{23}_secret_\w{25}$/);
    expect(secret).not.toContain(id);
    expect(secret).not.toBe(real.client_secret);
  });

  it('foreign-payment-intents: it exists on another account, and ours knows nothing of it', async () => {
    await on('foreign-payment-intents');

    const { stripePaymentIntentId: id, stripePaymentIntentClientSecret: secret } = intentIn(
      (await order()).transaction,
    );

    expect(secret.startsWith(`${id}_secret_`)).toBe(true);
    expect(await stripeRefusalOf(retrieve(id))).toMatchObject({ statusCode: 404, code: 'resource_missing' });
    expect(atStripe()).toMatchObject([{ id, account: 'acct_1SbxAnotherPlatf', livemode: false }]);
  });

  it('other-mode: it exists in live mode, where our test key can not see it', async () => {
    await on('other-mode');

    const { stripePaymentIntentId: id } = intentIn((await order()).transaction);

    expect(await stripeRefusalOf(retrieve(id))).toMatchObject({
      statusCode: 404,
      code: 'resource_missing',
      message: expect.stringContaining('live mode'),
    });
    expect(atStripe()).toMatchObject([{ id, account: 'acct_1SbxPlatFormAc99', livemode: true }]);
  });

  it('late-payment-intent: the answer has none, and `ms` later there is one', async () => {
    await on('late-payment-intent', { ms: 20_000 });
    const { sdk, id, protectedData } = await order();
    const shown = async () => (await sdk.transactions.show({ id })).data.data;

    await sandbox().advance(19_000);
    expect((await shown()).attributes.protectedData).toEqual({ unitType: 'night' });
    expect(atStripe()).toEqual([]);
    await sandbox().advance(1_000);

    expect(protectedData).toEqual({ unitType: 'night' });
    expect(await retrieve(intentIn(await shown()).stripePaymentIntentId)).toMatchObject({ amount: 15000 });
  });

  it('late-payment-intent: none is made for a transaction that has expired meanwhile', async () => {
    await on('late-payment-intent', { ms: 20 * MINUTE });
    const { sdk, id } = await order();

    await sandbox().advance(30 * MINUTE);

    expect(stateOf(sandbox(), id)).toBe('state/payment-expired');
    expect((await sdk.transactions.show({ id })).data.data.attributes.protectedData).toEqual({
      unitType: 'night',
    });
    expect(atStripe()).toEqual([]);
  });

  it.each(['uuid-payment-intents', 'missing-payment-intents', 'missing-default', 'secret-mismatch'])(
    'a simulation is none of it: %s',
    async name => {
      await on(name, { times: 1 });
      const { trusted } = await userSdks(info(), 'Alice');

      const { data } = await trusted.transactions.initiateSpeculative(cabinOrder(info()), { expand: true });

      expect(intentIn(data.data)).toEqual({
        stripePaymentIntentId: expect.stringMatching(UUID),
        stripePaymentIntentClientSecret: expect.stringMatching(UUID),
      });
      expect(sandbox().scenarios.active()).toMatchObject([{ name, times: 1 }]);
    },
  );

  it.each(['foreign-payment-intents', 'other-mode'])(
    'what was made with another key is paid and finished with it: %s',
    async name => {
      await on(name);
      const { sdk, id, transaction } = await order();
      const intent = sandbox().stripe().paymentIntents.get(intentIn(transaction).stripePaymentIntentId)!;

      expect(await refusalOf(confirm(sdk, id))).toMatchObject({
        code: 'stripe-invalid-payment-intent-status',
      });
      await sandbox().advance(15 * MINUTE);

      expect(stateOf(sandbox(), id)).toBe('state/payment-expired');
      expect(sandbox().stripe().paymentIntents.get(intent.id)).toMatchObject({ status: 'canceled' });
    },
  );
});

describe('why Flex has none', () => {
  const nothing = { transactions: 0, bookings: 0, events: 0, paymentIntents: 0 };

  it.each<[string, object, number, string, object | undefined]>([
    ['stripe-not-configured', {}, 409, 'stripe-missing-api-key', undefined],
    [
      'stripe-key-revoked',
      {},
      402,
      'transaction-payment-failed',
      { stripeCode: 'api_key_expired', stripeMessage: expect.stringMatching(/^Expired API Key provided/) },
    ],
    [
      'provider-restricted',
      {},
      402,
      'transaction-payment-failed',
      { stripeMessage: expect.stringMatching(/^Your account cannot currently make charges\./) },
    ],
    ['provider-without-account', {}, 409, 'transaction-missing-stripe-account', undefined],
    [
      'payment-failed',
      {},
      402,
      'transaction-payment-failed',
      { stripeCode: 'card_declined', stripeMessage: 'Your card was declined.' },
    ],
    [
      'payment-failed',
      { code: 'insufficient_funds' },
      402,
      'transaction-payment-failed',
      { stripeCode: 'insufficient_funds', stripeMessage: 'Your card was declined.' },
    ],
    ['locked', {}, 409, 'transaction-locked', undefined],
  ])('%s %j: %i %s, and no trace is left', async (name, options, status, code, meta) => {
    await on(name, options);
    const { trusted } = await userSdks(info(), 'Alice');

    const refusal = await refusalOf(trusted.transactions.initiate(cabinOrder(info())));

    expect(refusal).toMatchObject({ status, code });
    expect(refusal.data.errors[0].meta).toEqual(meta);
    expect(sizes(sandbox())).toEqual(nothing);
    await scenario(sandbox(), { name: 'healthy' });
    await trusted.transactions.initiate(cabinOrder(info()));
  });

  it.each(['stripe-not-configured', 'stripe-key-revoked'])(
    '%s: what was made before can not be captured either, and the transition leaves no trace',
    async name => {
      const { id } = await preauthorized(sandbox());
      const petra = await userSdks(info(), 'Petra');
      await on(name);

      await expect(transition(petra.sdk, id, 'accept')).rejects.toMatchObject({
        status: name === 'stripe-not-configured' ? 409 : 402,
      });

      expect(stateOf(sandbox(), id)).toBe('state/preauthorized');
      expect([...sandbox().flex().bookings.values()]).toMatchObject([{ state: 'pending' }]);
    },
  );

  it('locked: transitions and metadata wait as well, and delayed transitions do not', async () => {
    const { sdk, id } = await requested(sandbox());
    const operator = operatorSdk(info());
    await on('locked');

    for (const call of [confirm(sdk, id), operator.transactions.updateMetadata({ id, metadata: { a: 1 } })]) {
      expect(await refusalOf(call)).toMatchObject({ status: 409, code: 'transaction-locked' });
    }
    await sandbox().advance(15 * MINUTE);

    expect(stateOf(sandbox(), id)).toBe('state/payment-expired');
  });
});
