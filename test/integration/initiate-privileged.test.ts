import { realBooking, speculativeBooking } from '../sandbox/client/orders.ts';
import { signedIn } from '../sandbox/client/web-client.ts';
import { PAYMENT_INTENT_CHECK } from '../../server/log.ts';
import { startWorld, type World } from '../setup/world.ts';

const checksIn = (world: World) => world.log.lines().filter(line => line.msg === PAYMENT_INTENT_CHECK);

describe('POST /api/initiate-privileged', () => {
  it('books: transaction, booking and provider come back, with a PaymentIntent that is found valid', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');

    const answer = await alice.post('initiate-privileged', realBooking(world.info));

    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/transit+json; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-payment-intent-verdict')).toBe('valid');
    expect(answer.headers.get('x-payment-intent-source')).toBe('flex');
    expect(answer.body).toMatchObject({ status: 200, statusText: 'OK' });
    const { data: transaction, included } = answer.body.data;
    expect(transaction.attributes).toMatchObject({
      state: 'state/pending-payment',
      payinTotal: { amount: 15_750, currency: 'EUR' },
      payoutTotal: { amount: 13_500, currency: 'EUR' },
    });
    expect(included.map((resource: any) => resource.type).toSorted()).toEqual(['booking', 'user']);
    const { stripePaymentIntentId } = transaction.attributes.protectedData.stripePaymentIntents.default;
    expect(world.sandbox.stripe().paymentIntents.get(stripePaymentIntentId)).toMatchObject({
      amount: 15_750,
      applicationFeeAmount: 2_250,
      captureMethod: 'manual',
      metadata: { 'sharetribe-transaction-id': transaction.id.uuid },
    });
  });

  it('shows a price by a speculative call, stores nothing and never warns', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');

    const answer = await alice.post('initiate-privileged', speculativeBooking(world.info));

    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-payment-intent-verdict')).toBe('simulated');
    expect(answer.body.data.data.attributes.lineItems).toHaveLength(3);
    expect(world.sandbox.flex().transactions.size).toBe(0);
    expect(world.sandbox.stripe().paymentIntents.size).toBe(0);
    expect(checksIn(world)).toMatchObject([
      { level: 'info', verdict: 'simulated', isSpeculative: true, looksLikePI: false },
    ]);
  });

  it('logs one line with ids and verdict, and no secret', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');

    const answer = await alice.post('initiate-privileged', realBooking(world.info), {
      headers: { 'X-Request-Id': 'test-7' },
    });

    const { id, attributes } = answer.body.data.data;
    const { stripePaymentIntentId, stripePaymentIntentClientSecret } =
      attributes.protectedData.stripePaymentIntents.default;
    expect(checksIn(world)).toEqual([
      {
        level: 'info',
        time: expect.any(String),
        requestId: 'test-7',
        call: 'initiate',
        isSpeculative: false,
        processName: 'default-booking',
        transition: 'transition/request-payment',
        transactionId: id.uuid,
        verdict: 'valid',
        reasons: [],
        path: 'protectedData.stripePaymentIntents.default',
        looksLikePI: true,
        secretLooksRight: true,
        paymentIntentId: stripePaymentIntentId,
        msg: PAYMENT_INTENT_CHECK,
      },
    ]);
    expect(world.log.text()).not.toContain(stripePaymentIntentClientSecret.split('_secret_')[1]);
  });

  it.each([
    ['uuid-payment-intents', 'invalid', ['uuid'], 0],
    ['missing-payment-intents', 'missing', [], 0],
    ['secret-mismatch', 'invalid', ['secret-of-another-payment-intent'], 1],
  ])('warns of %s and says what to do', async (scenario, verdict, reasons, atStripe) => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');
    await world.scenario({ name: scenario });

    const answer = await alice.post('initiate-privileged', realBooking(world.info));

    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-payment-intent-verdict')).toBe(verdict);
    expect(checksIn(world)).toMatchObject([
      { level: 'warn', verdict, reasons, meaning: expect.any(String), next: expect.any(String) },
    ]);
    expect(world.sandbox.stripe().paymentIntents.size).toBe(atStripe);
  });

  it('still calls the same scenario a simulation when the call is one', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');
    await world.scenario({ name: 'uuid-payment-intents' });

    const answer = await alice.post('initiate-privileged', speculativeBooking(world.info));

    expect(answer.headers.get('x-payment-intent-verdict')).toBe('simulated');
    expect(checksIn(world).map(line => line.level)).toEqual(['info']);
  });

  it('cannot judge a process that it has no file of, and names the setting to mend', async () => {
    await using world = await startWorld({
      environment: {
        TRANSACTION_PROCESSES_DIR: 'test/fixtures',
        PRIVILEGED_TRANSITIONS: 'default-booking/request-payment',
      },
    });
    const alice = await signedIn(world, 'Alice');
    await world.scenario({ name: 'uuid-payment-intents' });

    const answer = await alice.post('initiate-privileged', realBooking(world.info));

    expect(answer.headers.get('x-payment-intent-verdict')).toBe('unknown-process');
    expect(checksIn(world)).toMatchObject([
      { level: 'info', next: expect.stringContaining('TRANSACTION_PROCESSES_DIR') },
    ]);
  });

  it('answers without attributes when none were asked for, and judges all the same', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');

    const answer = await alice.post('initiate-privileged', realBooking(world.info, { queryParams: {} }));

    expect(answer.headers.get('x-payment-intent-verdict')).toBe('valid');
    expect(answer.body.data).toEqual({ data: { id: expect.anything(), type: 'transaction' } });
  });

  it('passes on what Flex refuses, in the shape that the client copies onto its error', async () => {
    await using world = await startWorld();
    const [alice, bob] = await Promise.all([signedIn(world, 'Alice'), signedIn(world, 'Bob')]);
    await alice.post('initiate-privileged', realBooking(world.info));

    const answer = await bob.post('initiate-privileged', realBooking(world.info));

    expect(answer.status).toBe(409);
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(answer.body).toEqual({
      name: 'LocalAPIError',
      message: 'Local API request failed',
      status: 409,
      statusText: 'Conflict',
      data: {
        errors: [
          {
            id: { _sdkType: 'UUID', uuid: expect.any(String) },
            status: 409,
            code: 'transaction-booking-time-not-available',
            title: expect.any(String),
          },
        ],
      },
      code: 'flex-refused',
      requestId: answer.headers.get('x-request-id'),
    });
  });

  it.each([
    ['a provider without a Stripe account', 'Boat', 409, 'transaction-missing-stripe-account'],
    ['a provider whom Stripe restricts', 'Tree house', 402, 'transaction-payment-failed'],
  ])('passes on the refusal for %s', async (_who, listing, status, code) => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');

    const answer = await alice.post('initiate-privileged', realBooking(world.info, { listing }));

    expect(answer.status).toBe(status);
    expect(answer.body.data.errors[0].code).toBe(code);
    expect(world.sandbox.flex().bookings.size).toBe(0);
  });

  it('passes on that Stripe is not configured in Console', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');
    await world.scenario({ name: 'stripe-not-configured' });

    const answer = await alice.post('initiate-privileged', realBooking(world.info));

    expect([answer.status, answer.body.data.errors[0].code]).toEqual([409, 'stripe-missing-api-key']);
    expect(world.sandbox.flex().transactions.size).toBe(0);
    expect(world.log.lines()).toContainEqual(
      expect.objectContaining({ code: 'flex-refused', flexCodes: ['stripe-missing-api-key'] }),
    );
  });

  it.each([
    ['Lakeside', {}, 15_750, 'EUR'],
    ['Camper', {}, 10_499, 'USD'],
    ['Sauna', { seats: 2 }, 302_551, 'EUR'],
    ['Guided', { seats: 3, priceVariantName: 'long' }, 31_185, 'EUR'],
    ['Hand-made', { stockReservationQuantity: 2 }, 5_698, 'USD'],
    ['Ryokan', {}, 37_800, 'JPY'],
    ['Group', { seats: 4 }, 31_500, 'GBP'],
  ])('books every kind of listing: %s', async (listing, params, amount, currency) => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');

    const answer = await alice.post(
      'initiate-privileged',
      realBooking(world.info, { listing, params, orderData: { deliveryMethod: 'shipping' } }),
    );

    expect(answer.headers.get('x-payment-intent-verdict')).toBe('valid');
    expect(answer.body.data.data.attributes.payinTotal).toMatchObject({ amount, currency });
  });

  it('prices on the server: line items of the client are not used', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');

    const answer = await alice.post(
      'initiate-privileged',
      realBooking(world.info, { params: { lineItems: [] } }),
    );

    expect(answer.body.data.data.attributes.payinTotal.amount).toBe(15_750);
  });

  it('does not wait for the listing before it asks for commission and trusted token', async () => {
    await using world = await startWorld({ environment: { REQUEST_BUDGET_MS: '300' } });
    const alice = await signedIn(world, 'Alice');
    const tokensBefore = world.sandbox.requests()['POST /v1/auth/token']!.count;
    await world.scenario({ name: 'hang', route: 'GET /v1/api/listings/show' });

    const answer = await alice.post('initiate-privileged', realBooking(world.info));

    expect(answer.status).toBe(504);
    expect(world.sandbox.requests()).toMatchObject({
      'POST /v1/auth/token': { count: tokensBefore + 1 },
      'GET /v1/assets/pub/:clientId/a/latest/*': { count: 1 },
    });
  });
});
