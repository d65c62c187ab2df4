import { jest } from '@jest/globals';
import { appNow, appTime } from '../../../server/store/clock.ts';
import { eventually, moveClock } from '../../setup/databases.ts';
import { paymentIn, stepsIn, transactionIn, uuid } from '../../setup/fallback-steps.ts';
import { ABLE, startFallbackWorld, type FallbackWorld } from '../../setup/fallback-world.ts';
import { findCase } from '../../../server/store/payment-cases.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

let world: FallbackWorld;
const { paid, accepted, byPetra, stateOf, intentOf, caseOf } = stepsIn(() => world);
beforeAll(async () => {
  world = await startFallbackWorld();
});
beforeEach(() => world.reset());
afterAll(() => world[Symbol.asyncDispose]());

describe('a booking on our own PaymentIntent', () => {
  it('is repaired, paid, accepted, captured, completed and paid out', async () => {
    await world.scenario({ name: 'uuid-payment-intents' });

    const answer = await world.book();

    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-payment-intent-source')).toBe('fallback');
    expect(answer.headers.get('x-payment-intent-verdict')).toBe('valid');
    const id: string = transactionIn(answer).id.uuid;
    const { stripePaymentIntentId, stripePaymentIntentClientSecret } = paymentIn(answer);
    expect(stripePaymentIntentClientSecret).toMatch(new RegExp(`^${stripePaymentIntentId}_secret_`));
    expect(intentOf(stripePaymentIntentId)).toMatchObject({
      amount: 15_750,
      currency: 'eur',
      applicationFeeAmount: 2_250,
      captureMethod: 'manual',
      status: 'requires_payment_method',
      metadata: { 'sharetribe-transaction-id': id, 'created-by': 'flex-payment-proxy' },
    });
    expect(world.sandbox.flex().transactions.get(id)).toMatchObject({
      state: 'state/fallback-pending-payment',
      metadata: { paymentFallback: { stripePaymentIntentId, status: 'open' } },
    });

    await world.pay(stripePaymentIntentId);
    const confirmed = await world.alice.post('confirm-payment', { transactionId: uuid(id) });
    expect(confirmed.status).toBe(200);
    expect(confirmed.body.data.data.attributes.state).toBe('state/fallback-preauthorized');

    await byPetra(id, 'transition/accept-fallback');
    await world.later(2 * MINUTE);
    await world.sweep();
    expect(stateOf(id)).toBe('state/fallback-accepted');
    expect(intentOf(stripePaymentIntentId)).toMatchObject({ status: 'succeeded' });

    await world.later(60 * DAY);
    await world.sweep();
    expect([...world.sandbox.stripe().payouts.values()]).toMatchObject([
      { amount: 13_500, currency: 'eur', account: 'acct_1SbxPetraHealthy' },
    ]);
    expect(await caseOf(id)).toMatchObject({ state: 'closed', outcome: 'paid-out' });
  });

  it("pays the provider once, though no answer came and the database's clock is not Stripe's", async () => {
    await world.scenario({ name: 'uuid-payment-intents' });
    const { id } = await accepted();
    const moveDatabase = async (ms: number) =>
      moveClock(world.store, (await appTime(world.store.db)).getTime() - Date.now() + ms);
    const later = async (ms: number) => {
      await world.control('clock/advance', { ms });
      await moveDatabase(ms);
    };
    await moveDatabase(10 * MINUTE);
    await world.scenario({ name: 'drop-after-commit', route: 'POST /v1/payouts' });
    await later(60 * DAY);
    await world.sweep();
    expect(await caseOf(id)).toMatchObject({ state: 'captured', trouble: 'payout is not answered' });

    // Stripe may have forgotten the key by now.
    await later(2 * DAY);
    await world.scenario({ name: 'healthy' });
    await world.sweep();
    await later(2 * MINUTE);
    await world.sweep();

    expect(world.sandbox.stripe().payouts.size).toBe(1);
    expect(await caseOf(id)).toMatchObject({ state: 'closed', outcome: 'paid-out' });
  });

  it('gives the hold back when the provider declines', async () => {
    await world.scenario({ name: 'uuid-payment-intents' });
    const { id, paymentIntentId } = await paid();

    await byPetra(id, 'transition/decline-fallback');
    await world.later(2 * MINUTE);
    await world.sweep();

    expect(stateOf(id)).toBe('state/declined');
    expect(intentOf(paymentIntentId).status).toBe('canceled');
    // Flex could still make one of its own.
    expect(await caseOf(id)).toMatchObject({ closed_at: null });
    await world.later(20 * MINUTE);
    await world.sweep();
    expect(await caseOf(id)).toMatchObject({ state: 'closed', outcome: 'cancelled' });
  });

  it('gives the money back, with what provider and platform had of it, when it is cancelled', async () => {
    await world.scenario({ name: 'uuid-payment-intents' });
    const { id, paymentIntentId } = await paid();
    await byPetra(id, 'transition/accept-fallback');
    await world.later(2 * MINUTE);
    await world.sweep();

    await world.context.integration!.transition(id, 'transition/cancel-fallback', AbortSignal.timeout(5_000));
    await world.later(61 * MINUTE);
    await world.sweep();

    expect([...world.sandbox.stripe().refunds.values()]).toMatchObject([
      { paymentIntent: paymentIntentId, amount: 15_750 },
    ]);
    const { data: transfers } = await world.stripe.transfers.list();
    expect(transfers).toMatchObject([{ amount: 15_750, amount_reversed: 15_750 }]);
    expect(await caseOf(id)).toMatchObject({ state: 'closed', outcome: 'refunded' });
    const late = await world.alice.post('confirm-payment', { transactionId: uuid(id) });
    expect(late.body).toMatchObject({
      code: 'payment-over',
      statusText: 'This order can not be paid any more. What was charged is given back.',
    });
  });

  it('cancels what nobody has paid before Flex gives the booking up, and hands its secret out no more', async () => {
    await world.scenario({ name: 'uuid-payment-intents' });
    const answer = await world.book();
    const id: string = transactionIn(answer).id.uuid;
    const { stripePaymentIntentId } = paymentIn(answer);

    await world.later(14 * MINUTE + 1_000);
    await world.sweep();

    expect(intentOf(stripePaymentIntentId).status).toBe('canceled');
    expect(stateOf(id)).toBe('state/payment-expired');
    await expect(world.pay(stripePaymentIntentId)).rejects.toThrow('canceled');
    const late = await world.alice.post('confirm-payment', { transactionId: uuid(id) });
    expect(late.body).toMatchObject({
      status: 409,
      code: 'payment-over',
      statusText: 'This order can not be paid any more. Nothing was charged.',
    });
  });

  it('goes on by itself when the customer has paid and closed the page', async () => {
    await world.scenario({ name: 'uuid-payment-intents' });
    const answer = await world.book();
    const id: string = transactionIn(answer).id.uuid;
    const { stripePaymentIntentId } = paymentIn(answer);
    await world.pay(stripePaymentIntentId);

    await world.later(20_000);
    await world.sweep();

    expect(stateOf(id)).toBe('state/fallback-preauthorized');
    expect(await caseOf(id)).toMatchObject({ state: 'advanced' });
  });

  it('lets a card be saved, also by who has saved none before', async () => {
    await world.scenario({ name: 'uuid-payment-intents' });

    const answer = await world.book({ params: { setupPaymentMethodForSaving: true } });

    expect(intentOf(paymentIn(answer).stripePaymentIntentId)).toMatchObject({
      setupFutureUsage: 'off_session',
      customer: null,
    });
  });

  it('begins in the lane where Flex has no Stripe key', async () => {
    await world.scenario({ name: 'stripe-not-configured' });

    const answer = await world.book();

    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-payment-intent-source')).toBe('fallback');
    const id: string = transactionIn(answer).id.uuid;
    expect(await caseOf(id)).toMatchObject({ way: 'clean', state: 'released' });
    expect(world.sandbox.flex().transactions.size).toBe(1);
    // The customer sees nothing of it, so somebody has to be told.
    expect(
      world.log.lines().find(({ msg }) => msg === 'refused by Flex, and begun in the lane'),
    ).toMatchObject({
      transition: 'transition/request-payment',
      flexCodes: ['stripe-missing-api-key'],
    });
    await eventually(
      async () => world.log.lines().filter(({ msg }) => msg === '[SERVER_PROXY] payment incident opened'),
      opened => opened.some(line => line['cause'] === 'flex-stripe-not-configured'),
    );
  });
});

describe('what is not for it', () => {
  it("hands out Flex's own PaymentIntent where Stripe has it, also to a stock client, and opens no case", async () => {
    await world.scenario({ name: 'uuid-over-real' });

    const answer = await world.book({}, {});

    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-payment-intent-source')).toBe('recovered');
    const { stripePaymentIntentId } = paymentIn(answer);
    const id: string = transactionIn(answer).id.uuid;
    expect(intentOf(stripePaymentIntentId).metadata).toMatchObject({
      'sharetribe-platform': 'sharetribe',
    });
    expect(await findCase(world.store.db, id)).toBeUndefined();
    await world.scenario({ name: 'healthy' });
    await world.pay(stripePaymentIntentId);
    const confirmed = await world.alice.post('confirm-payment', { transactionId: uuid(id) });
    expect(confirmed.headers.get('x-payment-intent-source')).toBe('flex');
    expect(stateOf(id)).toBe('state/preauthorized');
  });

  it('refuses in words a client that could not finish, and makes nothing', async () => {
    await world.scenario({ name: 'uuid-payment-intents' });

    const answer = await world.book({}, {});

    expect(answer.body).toMatchObject({
      name: 'LocalAPIError',
      status: 409,
      code: 'payment-not-prepared',
      data: { transactionId: expect.any(String) },
    });
    const id: string = answer.body.data.transactionId;
    expect(world.sandbox.stripe().paymentIntents.size).toBe(0);
    expect(await findCase(world.store.db, id)).toBeUndefined();
    // The dates are free again.
    await eventually(
      async () => stateOf(id),
      state => state === 'state/payment-expired',
    );
    await world.scenario({ name: 'healthy' });
    expect((await world.book()).status).toBe(200);
  });

  it('leaves what is out of scope as it is, also to a client that could not finish', async () => {
    await using other = await startFallbackWorld({ PI_FALLBACK_MAX_AMOUNT: '100' });
    await other.scenario({ name: 'uuid-payment-intents' });

    const answer = await other.book({}, {});

    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-payment-intent-verdict')).toBe('invalid');
  });

  it('leaves a refusal of Flex to a client that could not finish', async () => {
    await world.scenario({ name: 'stripe-not-configured' });

    const answer = await world.book({}, {});

    expect(answer.body).toMatchObject({ status: 409, code: 'flex-refused' });
    expect(world.sandbox.flex().transactions.size).toBe(0);
  });

  it('never answers with an order of the lane that nobody can pay, and a repeat can be paid', async () => {
    await world.scenario({ name: 'stripe-not-configured' });
    await world.scenario({ name: 'status', code: 500, route: 'GET /v1/integration_api/users/show' });
    const again = { ...ABLE, 'X-Idempotency-Key': '0123456789abcdef0123456789abcdef' };

    const answer = await world.book({}, again);
    await world.scenario({ name: 'healthy' });
    const elsewhere = await world.book({}, { 'X-Idempotency-Key': again['X-Idempotency-Key'] });
    const repeat = await world.book({}, again);

    expect(answer.body).toMatchObject({ status: 503, code: 'payment-not-prepared' });
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(elsewhere.body).toMatchObject({ status: 409, code: 'payment-not-prepared' });
    expect(elsewhere.text).not.toContain('_secret_');
    expect(repeat.headers.get('x-payment-intent-source')).toBe('fallback');
    expect(transactionIn(repeat).id.uuid).toBe(answer.body.data.transactionId);
    expect(paymentIn(repeat).stripePaymentIntentId).toMatch(/^pi_/);
  });

  it.each([
    ['a decline', { name: 'payment-failed' }, 402],
    ['a provider without an account', { name: 'provider-without-account' }, 409],
  ])('leaves %s alone', async (_what, scenario, status) => {
    await world.scenario(scenario);

    const answer = await world.book();

    expect(answer.body).toMatchObject({ status, code: 'flex-refused' });
    expect(world.sandbox.flex().transactions.size).toBe(0);
  });

  it('never begins on a speculative call, nor when it is off', async () => {
    await using off = await startFallbackWorld({ PI_FALLBACK: 'off' });
    await world.scenario({ name: 'uuid-payment-intents' });
    await off.scenario({ name: 'uuid-payment-intents' });

    const shown = await world.book({ isSpeculative: true });
    const booked = await off.book();

    expect(shown.headers.get('x-payment-intent-verdict')).toBe('simulated');
    expect(booked.headers.get('x-payment-intent-verdict')).toBe('invalid');
    expect(booked.headers.get('x-payment-intent-source')).toBe('flex');
    expect(world.sandbox.stripe().paymentIntents.size).toBe(0);
    expect(off.sandbox.stripe().paymentIntents.size).toBe(0);
  });
});

describe('while the database is away', () => {
  const away = { isUp: false, since: new Date(), problem: 'away' };

  it('an order without a fallback is confirmed as always', async () => {
    await using off = await startFallbackWorld({ PI_FALLBACK: 'off' });
    jest.spyOn(off.store, 'status').mockReturnValue(away);
    const answer = await off.book();
    const id: string = transactionIn(answer).id.uuid;
    await off.pay(paymentIn(answer).stripePaymentIntentId);

    const confirmed = await off.alice.post('confirm-payment', { transactionId: uuid(id) });

    expect(confirmed.status).toBe(200);
    expect(off.sandbox.flex().transactions.get(id)!.state).toBe('state/preauthorized');
  });

  it('nothing is begun, and nobody is told that there is no payment under way', async () => {
    await world.scenario({ name: 'uuid-payment-intents' });
    jest.spyOn(world.store, 'status').mockReturnValue(away);

    const answer = await world.book();
    const id: string = transactionIn(answer).id.uuid;
    const asked = await world.alice.post('confirm-payment', { transactionId: uuid(id) });

    expect(answer.headers.get('x-payment-intent-source')).toBe('flex');
    expect(world.sandbox.stripe().paymentIntents.size).toBe(0);
    expect(asked.body).toMatchObject({ status: 503, code: 'not-recorded' });
    expect(asked.headers.get('retry-after')).toBe('5');
  });
});

describe("a customer's own payment", () => {
  const status = async (client: FallbackWorld['alice'], id: string, headers = ABLE) => {
    const response = await fetch(`${world.proxyUrl}/api/payment-intents/${id}`, {
      headers: {
        ...headers,
        Cookie: [...client.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      },
    });
    return (await response.json()) as Record<string, unknown>;
  };

  it('can be asked for again, by its customer only', async () => {
    await world.scenario({ name: 'uuid-payment-intents' });
    const answer = await world.book();
    const id: string = transactionIn(answer).id.uuid;
    const payment = paymentIn(answer);

    expect(await status(world.alice, id)).toEqual({
      transactionId: id,
      source: 'fallback',
      status: 'payable',
      verdict: null,
      ...payment,
    });
    expect(await status(world.alice, id, {} as typeof ABLE)).not.toHaveProperty(
      'stripePaymentIntentClientSecret',
    );
    expect(await status(world.petra, id)).toMatchObject({ status: 404, code: 'not-found' });
    const notYet = await world.alice.post('confirm-payment', { transactionId: uuid(id) });
    expect(notYet.body).toMatchObject({ status: 409, code: 'payment-not-authorised' });
    const foreign = await world.petra.post('confirm-payment', { transactionId: uuid(id) });
    expect(foreign.status).toBe(404);
    const leaving = await world.alice.post('delete-account', { currentPassword: 'whatever' });
    expect(leaving.body).toMatchObject({ status: 409, code: 'payments-unfinished' });
  });

  it('is the same for a repeat of the order and for both tabs', async () => {
    await world.scenario({ name: 'uuid-payment-intents' });
    const key = { ...ABLE, 'X-Idempotency-Key': 'a-wish-of-alice-1' };

    const answers = await Promise.all([world.book({}, key), world.book({}, key)]);
    const again = await world.book({}, key);

    const ids = [...answers, again].map(answer => paymentIn(answer).stripePaymentIntentId);
    expect(new Set(ids).size).toBe(1);
    expect(world.sandbox.stripe().paymentIntents.size).toBe(1);
  });

  it('says of a repeat that comes when it is paid what became of it, and never that nothing was charged', async () => {
    await world.scenario({ name: 'uuid-payment-intents' });
    const key = { ...ABLE, 'X-Idempotency-Key': 'a-wish-of-alice-2' };
    const answer = await world.book({}, key);
    const id: string = transactionIn(answer).id.uuid;
    await world.pay(paymentIn(answer).stripePaymentIntentId);
    await world.alice.post('confirm-payment', { transactionId: uuid(id) });

    const paidFor = await world.book({}, key);
    const byStockClient = await world.book({}, { 'X-Idempotency-Key': 'a-wish-of-alice-2' });
    await world.store.db.updateTable('payment_cases').set({ needs: 'state-unknown' }).execute();
    const lookedAt = await world.book({}, key);
    const endedAs = async (outcome: string) => {
      const closed = {
        needs: null,
        state: 'closed' as const,
        closed_at: appNow,
        seen_status: 'succeeded',
        outcome,
      };
      await world.store.db.updateTable('payment_cases').set(closed).execute();
      return (await world.book({}, key)).body.statusText;
    };

    expect(await endedAs('refunded')).toBe(
      'This order can not be paid any more. What was charged is given back. Please order again.',
    );
    expect(await endedAs('resolved')).toBe('This order can not be paid any more. Please order again.');
    expect(await endedAs('nothing-to-pay-out')).toBe('This order is paid for already.');
    expect(paidFor.body).toMatchObject({
      status: 409,
      code: 'payment-over',
      statusText: 'This order is paid for already.',
    });
    expect(byStockClient.body).toEqual({ ...paidFor.body, requestId: expect.any(String) });
    expect(lookedAt.body).toMatchObject({
      status: 409,
      code: 'payment-not-authorised',
      statusText: 'The payment is being looked at by the marketplace. Nothing has to be paid again.',
    });
  });

  it.each([
    ['drop-after-commit', 'POST /v1/payment_intents'],
    ['saved-500', 'POST /v1/payment_intents'],
    ['drop-after-commit', 'POST /v1/integration_api/transactions/transition'],
    ['status', 'POST /v1/integration_api/transactions/transition', 404],
    ['status', 'POST /v1/integration_api/transactions/transition_speculative', 404],
    ['drop-after-commit', 'POST /v1/integration_api/transactions/update_metadata'],
  ])(
    'survives %s at %s with one PaymentIntent',
    async (name, route, code = 0) => {
      await world.scenario({ name: 'uuid-payment-intents' });
      await world.scenario({ name, route, times: 1, ...(code > 0 && { code }) });

      const answer = await world.book();

      expect([200, 202]).toContain(answer.status);
      const id: string = transactionIn(answer).id.uuid;
      await world.later(61_000);
      await world.sweep();
      const shown = await status(world.alice, id);
      expect(shown.status).toBe('payable');
      expect([...world.sandbox.stripe().paymentIntents.values()].map(intent => intent.status)).toEqual([
        'requires_payment_method',
      ]);
    },
    60_000,
  );
});
