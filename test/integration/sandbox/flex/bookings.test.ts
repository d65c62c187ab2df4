/** A booking along `process.edn`, through the real SDKs. */
import {
  cabinOrder,
  operatorSdk,
  refusalOf,
  stripeClient,
  types,
  userSdks,
} from '../../../setup/flex-sdks.ts';
import { DAY, MINUTE, payInBrowser, preauthorized, requested, stateOf, useSandbox } from './support.ts';

const sandbox = useSandbox();

const info = () => sandbox().info();
describe('a booking', () => {
  it('is requested: totals, booking and a PaymentIntent as Sharetribe makes it', async () => {
    const { transaction, intent, user } = await requested(sandbox());

    expect(transaction.attributes).toMatchObject({
      processName: 'default-booking',
      processVersion: 1,
      state: 'state/pending-payment',
      lastTransition: 'transition/request-payment',
      payinTotal: new types.Money(15000, 'EUR'),
      payoutTotal: new types.Money(13500, 'EUR'),
      transitions: [
        { transition: 'transition/request-payment', createdAt: expect.any(Date), by: 'customer' },
      ],
    });
    expect(transaction.attributes.lineItems[0]).toEqual({
      code: 'line-item/night',
      unitPrice: new types.Money(5000, 'EUR'),
      lineTotal: new types.Money(15000, 'EUR'),
      quantity: new types.BigDecimal('3'),
      includeFor: ['customer', 'provider'],
      reversal: false,
    });
    const atStripe = await stripeClient(info()).paymentIntents.retrieve(intent.stripePaymentIntentId);
    expect(atStripe).toMatchObject({
      amount: 15000,
      currency: 'eur',
      status: 'requires_payment_method',
      capture_method: 'manual',
      application_fee_amount: 1500,
      on_behalf_of: 'acct_1SbxPetraHealthy',
      transfer_data: { destination: 'acct_1SbxPetraHealthy' },
      client_secret: intent.stripePaymentIntentClientSecret,
      metadata: { 'sharetribe-transaction-id': transaction.id.uuid, 'sharetribe-customer-id': user.id },
    });
  });

  it('is paid, accepted, captured, completed and paid out', async () => {
    const { id, intent } = await preauthorized(sandbox());
    const petra = await userSdks(info(), 'Petra');

    await petra.sdk.transactions.transition({ id, transition: 'transition/accept', params: {} });
    expect(stateOf(sandbox(), id)).toBe('state/accepted');
    expect(await stripeClient(info()).paymentIntents.retrieve(intent.stripePaymentIntentId)).toMatchObject({
      status: 'succeeded',
      amount_received: 15000,
    });

    await sandbox().advance(Date.UTC(2030, 0, 15) - sandbox().now());
    expect(stateOf(sandbox(), id)).toBe('state/delivered');
    const { available } = await stripeClient(info()).balance.retrieve(
      {},
      { stripeAccount: 'acct_1SbxPetraHealthy' },
    );
    expect(available[0]).toMatchObject({ amount: 0, currency: 'eur' });
    expect([...sandbox().stripe().payouts.values()]).toMatchObject([
      { account: 'acct_1SbxPetraHealthy', amount: 13500 },
    ]);
  });

  it('shows its PaymentIntent to the customer until confirmed, and never to the provider', async () => {
    const { sdk, id, intent } = await requested(sandbox());
    const petra = await userSdks(info(), 'Petra');
    const shownTo = async (viewer: any) =>
      (await viewer.transactions.show({ id })).data.data.attributes.protectedData;

    expect(await shownTo(sdk)).toMatchObject({ stripePaymentIntents: { default: intent } });
    expect(await shownTo(petra.sdk)).toEqual({ unitType: 'night' });
    await payInBrowser(sandbox(), intent);
    await sdk.transactions.transition({ id, transition: 'transition/confirm-payment', params: {} });
    expect(await shownTo(sdk)).toEqual({ unitType: 'night' });
  });

  it('expires when it is not paid within fifteen minutes: PaymentIntent cancelled, dates free', async () => {
    const { id, intent, trusted } = await requested(sandbox());

    await sandbox().advance(14 * MINUTE);
    expect(stateOf(sandbox(), id)).toBe('state/pending-payment');
    await sandbox().advance(MINUTE);

    expect(stateOf(sandbox(), id)).toBe('state/payment-expired');
    expect(sandbox().flex().transactions.get(id.uuid)?.transitions.at(-1)).toMatchObject({ by: 'system' });
    expect(sandbox().stripe().paymentIntents.get(intent.stripePaymentIntentId)?.status).toBe('canceled');
    await trusted.transactions.initiate(cabinOrder(info()));
  });

  it('expires when the provider does not answer within six days', async () => {
    const { id } = await preauthorized(sandbox());

    await sandbox().advance(6 * DAY);

    expect(stateOf(sandbox(), id)).toBe('state/expired');
  });

  it('is declined: money and dates are given back', async () => {
    const { id, intent } = await preauthorized(sandbox());
    const petra = await userSdks(info(), 'Petra');

    const { data } = await petra.sdk.transactions.transition(
      { id, transition: 'transition/decline', params: {} },
      { expand: true },
    );

    expect(data.data.attributes).toMatchObject({
      state: 'state/declined',
      payinTotal: new types.Money(0, 'EUR'),
    });
    expect(data.data.attributes.lineItems).toHaveLength(4);
    expect(sandbox().stripe().paymentIntents.get(intent.stripePaymentIntentId)?.status).toBe('canceled');
  });

  it('is cancelled by the operator: refunded with transfer and fee', async () => {
    const { id, intent } = await preauthorized(sandbox());
    const petra = await userSdks(info(), 'Petra');
    await petra.sdk.transactions.transition({ id, transition: 'transition/accept', params: {} });

    await operatorSdk(info()).transactions.transition({
      id: id.uuid,
      transition: 'transition/cancel',
      params: {},
    });

    expect(stateOf(sandbox(), id)).toBe('state/cancelled');
    expect([...sandbox().stripe().refunds.values()]).toMatchObject([
      { amount: 15000, paymentIntent: intent.stripePaymentIntentId },
    ]);
    expect([...sandbox().stripe().transfers.values()]).toMatchObject([
      { amount: 15000, amountReversed: 15000 },
    ]);
  });

  it('is reviewed by both, and nobody sees one before the other', async () => {
    const { id, sdk } = await preauthorized(sandbox());
    const petra = await userSdks(info(), 'Petra');
    await petra.sdk.transactions.transition({ id, transition: 'transition/accept', params: {} });
    await sandbox().advance(Date.UTC(2030, 0, 15) - sandbox().now());
    const review = { reviewRating: 5, reviewContent: 'Fine' };
    const reviews = async () =>
      (await sdk.transactions.show({ id, include: ['reviews'] })).data.data.relationships.reviews.data;

    await sdk.transactions.transition({ id, transition: 'transition/review-1-by-customer', params: review });
    expect(await reviews()).toHaveLength(0);
    await petra.sdk.transactions.transition({
      id,
      transition: 'transition/review-2-by-provider',
      params: review,
    });

    expect(await reviews()).toHaveLength(2);
  });
});

describe('a speculative call', () => {
  it('says what would be, with two UUIDs for the PaymentIntent, and leaves no trace', async () => {
    const { trusted } = await userSdks(info(), 'Alice');
    const ledger = JSON.stringify(sandbox().flex().bookings.size);

    const { data } = await trusted.transactions.initiateSpeculative(cabinOrder(info()), {
      include: ['booking'],
      expand: true,
    });

    const { stripePaymentIntentId, stripePaymentIntentClientSecret } =
      data.data.attributes.protectedData.stripePaymentIntents.default;
    expect(stripePaymentIntentId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    expect(stripePaymentIntentClientSecret).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    expect(stripePaymentIntentId).not.toBe(stripePaymentIntentClientSecret);
    expect(data.included[0]).toMatchObject({ type: 'booking', attributes: { state: 'pending' } });
    expect(JSON.stringify(sandbox().flex().bookings.size)).toBe(ledger);
    expect(sandbox().requests()['POST /v1/payment_intents']).toBeUndefined();
    expect(await refusalOf(trusted.transactions.show({ id: data.data.id }))).toMatchObject({
      status: 404,
      code: 'not-found',
    });
  });

  it('refuses what the real call would refuse', async () => {
    const { trusted } = await userSdks(info(), 'Alice');
    await trusted.transactions.initiate(cabinOrder(info()));

    const refusal = await refusalOf(trusted.transactions.initiateSpeculative(cabinOrder(info())));

    expect(refusal).toMatchObject({ status: 409, code: 'transaction-booking-time-not-available' });
  });

  it('of two at once does not see the other', async () => {
    const [alice, bob] = await Promise.all([userSdks(info(), 'Alice'), userSdks(info(), 'Bob')]);

    const answers = await Promise.all(
      [alice, bob].map(({ trusted }) => trusted.transactions.initiateSpeculative(cabinOrder(info()))),
    );

    expect(answers.map(answer => answer.status)).toEqual([200, 200]);
  });
});

describe('the process', () => {
  it.each<[string, string, Record<string, unknown>, number, string]>([
    ['an unknown alias', 'trusted', { processAlias: 'other/release-1' }, 409, 'transaction-unknown-alias'],
    [
      'an unknown transition',
      'trusted',
      { transition: 'transition/fly' },
      409,
      'transaction-invalid-transition',
    ],
    [
      'a transition that begins nothing',
      'trusted',
      { transition: 'transition/accept' },
      409,
      'transaction-invalid-transition',
    ],
    ['a privileged transition with an ordinary token', 'sdk', {}, 403, 'forbidden'],
  ])('refuses %s', async (_what, client, overrides, status, code) => {
    const alice = await userSdks(info(), 'Alice');
    const call = (alice as any)[client].transactions.initiate({ ...cabinOrder(info()), ...overrides });

    expect(await refusalOf(call)).toMatchObject({ status, code });
    expect(sandbox().flex().transactions.size).toBe(0);
  });

  it.each<[string, Record<string, unknown>, number, string]>([
    ['no listing', { listingId: undefined }, 400, 'validation-missing-key'],
    [
      'a listing that is not there',
      { listingId: new types.UUID('deadbeef-0000-4000-8000-000000000000') },
      409,
      'transaction-listing-not-found',
    ],
    ['no start', { bookingStart: undefined }, 400, 'validation-missing-key'],
    [
      'an end before the start',
      { bookingEnd: new Date(Date.UTC(2029, 0, 1)) },
      400,
      'validation-invalid-value',
    ],
    ['more seats than there are', { seats: 2 }, 409, 'transaction-booking-time-not-available'],
    ['no line items', { lineItems: undefined }, 400, 'validation-missing-key'],
    ['no lines', { lineItems: [] }, 409, 'transaction-charge-zero-payin'],
    [
      'a line item without an amount',
      { lineItems: [{ code: 'line-item/night', unitPrice: new types.Money(1, 'EUR') }] },
      400,
      'validation-invalid-value',
    ],
    [
      'a negative total',
      { lineItems: [{ code: 'line-item/night', unitPrice: new types.Money(100, 'EUR'), quantity: -1 }] },
      409,
      'conflict',
    ],
    [
      'two currencies',
      {
        lineItems: ['EUR', 'USD'].map(currency => ({
          code: 'line-item/night',
          unitPrice: new types.Money(100, currency),
          quantity: 1,
        })),
      },
      400,
      'validation-invalid-value',
    ],
    [
      'protected data that is too large',
      { protectedData: { text: 'x'.repeat(51 * 1024) } },
      400,
      'validation-invalid-value',
    ],
    [
      'less than Stripe takes',
      { lineItems: [{ code: 'line-item/night', unitPrice: new types.Money(10, 'EUR'), quantity: 1 }] },
      402,
      'transaction-payment-failed',
    ],
  ])('refuses %s and leaves no trace', async (_what, params, status, code) => {
    const { trusted } = await userSdks(info(), 'Alice');

    expect(await refusalOf(trusted.transactions.initiate(cabinOrder(info(), params)))).toMatchObject({
      status,
      code,
    });
    expect([
      sandbox().flex().transactions.size,
      sandbox().flex().bookings.size,
      sandbox().stripe().paymentIntents.size,
    ]).toEqual([0, 0, 0]);
  });

  it("refuses the listing's own author, other parties, wrong actors and wrong states", async () => {
    const { id, sdk } = await requested(sandbox());
    const [petra, bob] = await Promise.all([userSdks(info(), 'Petra'), userSdks(info(), 'Bob')]);
    const transition = (client: any, name: string) =>
      refusalOf(client.transactions.transition({ id, transition: `transition/${name}`, params: {} }));

    expect(await refusalOf(petra.trusted.transactions.initiate(cabinOrder(info())))).toMatchObject({
      code: 'transaction-same-author-and-customer',
    });
    expect(await transition(bob.sdk, 'confirm-payment')).toMatchObject({ status: 403 });
    expect(await transition(petra.sdk, 'confirm-payment')).toMatchObject({ status: 403 });
    expect(await transition(sdk, 'expire-payment')).toMatchObject({ status: 403 });
    expect(await transition(petra.sdk, 'accept')).toMatchObject({
      status: 409,
      code: 'transaction-invalid-transition',
    });
    expect(await transition(sdk, 'confirm-payment')).toMatchObject({
      status: 409,
      code: 'stripe-invalid-payment-intent-status',
    });
    expect(await refusalOf(bob.sdk.transactions.show({ id }))).toMatchObject({ status: 403 });
    const operator = operatorSdk(info());
    expect(
      await refusalOf(
        operator.transactions.transition({ id: id.uuid, transition: 'transition/accept', params: {} }),
      ),
    ).toMatchObject({ status: 403 });
  });

  it('takes back what an action did when a later one fails', async () => {
    const { id, intent } = await preauthorized(sandbox());
    const petra = await userSdks(info(), 'Petra');
    // The hold is gone at Stripe, so capture, the last action of accept, must fail.
    await stripeClient(info()).paymentIntents.cancel(intent.stripePaymentIntentId);

    const refusal = await refusalOf(
      petra.sdk.transactions.transition({ id, transition: 'transition/accept', params: {} }),
    );

    expect(refusal).toMatchObject({
      status: 402,
      data: { errors: [{ meta: { stripeCode: 'payment_intent_unexpected_state' } }] },
    });
    expect(stateOf(sandbox(), id)).toBe('state/preauthorized');
    expect([...sandbox().flex().bookings.values()].map(booking => booking.state)).toEqual(['pending']);
  });

  it('gives the same nights to one of two who ask at once', async () => {
    const [alice, bob] = await Promise.all([userSdks(info(), 'Alice'), userSdks(info(), 'Bob')]);

    const results = await Promise.allSettled(
      [alice, bob].map(({ trusted }) => trusted.transactions.initiate(cabinOrder(info()))),
    );

    expect(results.map(result => result.status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(sandbox().stripe().paymentIntents.size).toBe(1);
  });

  it('locks a transaction while it moves', async () => {
    const { id, intent, sdk } = await requested(sandbox());
    await payInBrowser(sandbox(), intent);
    const confirm = () =>
      sdk.transactions.transition({ id, transition: 'transition/confirm-payment', params: {} });

    const results = await Promise.allSettled([confirm(), confirm()]);

    expect(results.map(result => result.status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });
});

describe('metadata', () => {
  it('merges by top-level keys, null removes, both parties see it', async () => {
    const { id, sdk } = await requested(sandbox());
    const operator = operatorSdk(info());
    const update = (metadata: object) => operator.transactions.updateMetadata({ id: id.uuid, metadata });

    await update({ a: { x: 1, y: 2 }, b: 1 });
    await update({ a: { x: 3 }, b: null, c: true });

    expect((await sdk.transactions.show({ id })).data.data.attributes.metadata).toEqual({
      a: { x: 3 },
      c: true,
    });
    expect(
      (await operator.transactions.show({ id: id.uuid })).data.data.attributes.protectedData,
    ).not.toHaveProperty('stripePaymentIntents');
  });
});
