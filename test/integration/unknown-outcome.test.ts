/** A call whose answer is lost is looked up and never sent again: whatever happens, there is one transaction at most. */
import flexSdk from 'sharetribe-flex-sdk';
import { daysAhead, listingTitled, realBooking, speculativeBooking } from '../sandbox/client/orders.ts';
import { signedIn, type WebClient } from '../sandbox/client/web-client.ts';
import { startWorld, type World } from '../setup/world.ts';

const { types } = flexSdk;

const INITIATE = 'POST /v1/api/transactions/initiate';
const QUERY = 'GET /v1/api/transactions/query';
const SHOW = 'GET /v1/api/transactions/show';
const KEY = 'checkout-7f3a-1d2c';

const sent = (world: World, route: string) => world.sandbox.requests()[route]?.count ?? 0;
const transactions = (world: World) => [...world.sandbox.flex().transactions.values()];
const lookupsIn = (world: World) => world.log.lines().filter(line => line.msg.startsWith('lost answer'));
const keyed = (key = KEY) => ({ headers: { 'X-Idempotency-Key': key } });

describe('an initiate that was carried out, whose answer is lost', () => {
  it.each([
    ['breaks off before it', 'drop-after-commit'],
    ['breaks off', 'reset-after'],
    ['is cut', 'truncate'],
    ['can not be read', 'malformed-transit'],
    ['is of something else', 'wrong-entity'],
  ])('because it %s: the customer gets it all the same, with a PaymentIntent', async (_how, name) => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');
    await world.scenario({ name, route: INITIATE, times: 1 });

    const answer = await alice.post('initiate-privileged', realBooking(world.info));

    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/transit+json; charset=utf-8');
    expect(answer.headers.get('x-payment-intent-verdict')).toBe('valid');
    expect(answer.body).toMatchObject({ status: 200, statusText: 'OK' });
    const { data, included } = answer.body.data;
    expect(transactions(world).map(({ id }) => id)).toEqual([data.id.uuid]);
    expect(included.map((resource: any) => resource.type).toSorted()).toEqual(['booking', 'user']);
    expect(data.attributes.payinTotal.amount).toBe(15_750);
    expect([sent(world, INITIATE), world.sandbox.stripe().paymentIntents.size]).toEqual([1, 1]);
    expect(lookupsIn(world)).toMatchObject([
      { level: 'info', found: true, looks: 1, attemptId: data.attributes.protectedData.attemptId },
    ]);
  });

  it('is the same answer as if it had arrived', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');
    const order = (day: number) =>
      realBooking(world.info, { start: daysAhead(world.info, day), end: daysAhead(world.info, day + 3) });

    const arrived = await alice.post('initiate-privileged', order(30));
    await world.scenario({ name: 'drop-after-commit', route: INITIATE, times: 1 });
    const lookedUp = await alice.post('initiate-privileged', order(40));

    const shapeOf = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(shapeOf);
      if (typeof value !== 'object' || value === null) return typeof value;
      if (value instanceof Date) return 'Date';
      const shape = Object.entries(value).map(([key, item]) => [key, shapeOf(item)]);
      return { is: value.constructor.name, ...Object.fromEntries(shape) };
    };
    expect(shapeOf(lookedUp.body)).toEqual(shapeOf(arrived.body));
    expect(lookedUp.body.data.data.attributes.lineItems).toEqual(arrived.body.data.data.attributes.lineItems);
  });

  it('comes without attributes and inclusions when none were asked for', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');
    await world.scenario({ name: 'drop-after-commit', route: INITIATE, times: 1 });

    const answer = await alice.post('initiate-privileged', realBooking(world.info, { queryParams: {} }));

    expect(answer.headers.get('x-payment-intent-verdict')).toBe('valid');
    expect(answer.body.data).toEqual({ data: { id: expect.any(types.UUID), type: 'transaction' } });
  });

  it('because Flex is too slow: it is found while Flex is still at it', async () => {
    await using world = await startWorld({ environment: { REQUEST_BUDGET_MS: '2400' } });
    const alice = await signedIn(world, 'Alice');
    // The command is given up after 1800 ms.
    await world.scenario({ name: 'slow', ms: 2_000, route: INITIATE, times: 1 });

    const answer = await alice.post('initiate-privileged', realBooking(world.info));

    expect(answer.status).toBe(200);
    expect(transactions(world)).toHaveLength(1);
    expect(lookupsIn(world)).toMatchObject([{ code: 'flex-timeout', found: true, looks: 2 }]);
  });

  it('is found behind reads that are late or fail', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');
    await world.scenario({ name: 'drop-after-commit', route: INITIATE, times: 1 });
    await world.scenario({ name: 'status', code: 503, route: QUERY, times: 1 });
    await world.scenario({ name: 'malformed-transit', route: SHOW, times: 1 });

    const answer = await alice.post('initiate-privileged', realBooking(world.info));

    expect([answer.status, sent(world, INITIATE)]).toEqual([200, 1]);
    expect(lookupsIn(world)).toMatchObject([{ found: true, looks: 3 }]);
  });

  it('is found for a provider who makes an offer, too', async () => {
    await using world = await startWorld();
    const petra = await signedIn(world, 'Petra');
    await world.scenario({ name: 'drop-after-commit', route: INITIATE, times: 1 });

    const answer = await petra.post('initiate-privileged', {
      isSpeculative: false,
      orderData: { actor: 'provider', offerInSubunits: 90_000, currency: 'EUR' },
      bodyParams: {
        processAlias: 'default-negotiation/release-1',
        transition: 'transition/make-offer',
        params: { listingId: new types.UUID(listingTitled(world.info, 'Wanted').id), protectedData: {} },
      },
      queryParams: { expand: true },
    });

    expect(answer.status).toBe(200);
    expect(answer.body.data.data.attributes.payinTotal.amount).toBe(94_500);
    expect(transactions(world)).toHaveLength(1);
  });
});

describe('an initiate of which nothing can be found', () => {
  it.each<[string, { name: string; code?: number }, number]>([
    ['Flex answers 500', { name: 'status', code: 500 }, 502],
    ['Flex answers 503 with nothing', { name: 'empty-error', code: 503 }, 502],
    ['something in between answers with a page', { name: 'html-error' }, 502],
    ['the connection breaks', { name: 'reset-before' }, 502],
    ['nobody answers', { name: 'hang' }, 504],
  ])('because %s is unknown, and says what to do', async (_why, scenario, status) => {
    await using world = await startWorld({ environment: { REQUEST_BUDGET_MS: '1200' } });
    const alice = await signedIn(world, 'Alice');
    await world.scenario({ ...scenario, route: INITIATE });

    const answer = await alice.post('initiate-privileged', realBooking(world.info));

    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({
      name: 'LocalAPIError',
      status,
      code: 'outcome-unknown',
      data: { attemptId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
    expect(answer.body.statusText).toContain('it is not known whether it did what was asked');
    expect(answer.body.statusText).toContain(`X-Idempotency-Key: ${answer.body.data.attemptId}`);
    expect(sent(world, INITIATE)).toBe(1);
    expect(sent(world, QUERY)).toBeGreaterThan(0);
    expect(lookupsIn(world)).toMatchObject([{ level: 'warn', found: false }]);
  });

  it("passes on Flex's own words about it", async () => {
    await using world = await startWorld({ environment: { REQUEST_BUDGET_MS: '1200' } });
    const alice = await signedIn(world, 'Alice');
    await world.scenario({ name: 'status', code: 500, route: INITIATE });

    const answer = await alice.post('initiate-privileged', realBooking(world.info));

    expect(answer.body.data.errors).toMatchObject([{ status: 500 }]);
  });

  it('is unknown as well when it can not be looked for', async () => {
    await using world = await startWorld({ environment: { REQUEST_BUDGET_MS: '1200' } });
    const alice = await signedIn(world, 'Alice');
    await world.scenario({ name: 'drop-after-commit', route: INITIATE });
    await world.scenario({ name: 'hang', route: QUERY });

    const answer = await alice.post('initiate-privileged', realBooking(world.info));

    expect([answer.status, answer.body.code]).toEqual([502, 'outcome-unknown']);
    expect([transactions(world).length, sent(world, INITIATE)]).toEqual([1, 1]);
  });

  it('may be repeated with the id it was given, and then finds what was made', async () => {
    await using world = await startWorld({ environment: { REQUEST_BUDGET_MS: '1200' } });
    const alice = await signedIn(world, 'Alice');
    await world.scenario({ name: 'drop-after-commit', route: INITIATE });
    await world.scenario({ name: 'status', code: 503, route: QUERY });
    const order = realBooking(world.info);
    const unknown = await alice.post('initiate-privileged', order);
    await world.scenario({ name: 'healthy' });

    const repeated = await alice.post('initiate-privileged', order, keyed(unknown.body.data.attemptId));

    expect(repeated.status).toBe(200);
    expect(transactions(world).map(({ id }) => id)).toEqual([repeated.body.data.data.id.uuid]);
    expect(sent(world, INITIATE)).toBe(1);
  });

  it('makes it, when it is repeated and nothing was made', async () => {
    await using world = await startWorld({ environment: { REQUEST_BUDGET_MS: '1200' } });
    const alice = await signedIn(world, 'Alice');
    await world.scenario({ name: 'reset-before', route: INITIATE, times: 1 });
    const order = realBooking(world.info);
    const unknown = await alice.post('initiate-privileged', order, keyed());

    const repeated = await alice.post('initiate-privileged', order, keyed());

    expect([unknown.body.data.attemptId, repeated.status]).toEqual([KEY, 200]);
    expect(repeated.body.data.data.attributes.protectedData.attemptId).toBe(KEY);
    expect(transactions(world)).toHaveLength(1);
  });
});

describe('an idempotency key', () => {
  it('comes twice: the second time it finds the order, and prices nothing anew', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');
    const order = realBooking(world.info);

    const [first, second] = [
      await alice.post('initiate-privileged', order, keyed()),
      await alice.post('initiate-privileged', order, keyed()),
    ];

    expect(second.status).toBe(200);
    expect(second.headers.get('x-payment-intent-verdict')).toBe('valid');
    expect(second.body.data.data).toEqual(first.body.data.data);
    expect([transactions(world).length, sent(world, INITIATE)]).toEqual([1, 1]);
  });

  it('finds its order also when nobody can order there any more', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');
    const order = realBooking(world.info);
    const first = await alice.post('initiate-privileged', order, keyed());
    const { listings } = world.sandbox.flex();
    const { id } = listingTitled(world.info, 'Lakeside');
    listings.set(id, { ...listings.get(id)!, state: 'closed' });

    const again = await alice.post('initiate-privileged', order, keyed());
    const another = await alice.post('initiate-privileged', order);

    expect(again.body.data.data.id).toEqual(first.body.data.data.id);
    expect(another.status).toBe(404);
  });

  it('comes again when the order has moved on: no alarm', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');
    const order = realBooking(world.info);
    await alice.post('initiate-privileged', order, keyed());
    await world.sandbox.advance(16 * 60_000);

    const again = await alice.post('initiate-privileged', order, keyed());

    expect(again.body.data.data.attributes.state).toBe('state/payment-expired');
    expect(again.headers.get('x-payment-intent-verdict')).toBe('not-expected');
    expect(transactions(world)).toHaveLength(1);
  });

  it('of another order is refused', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');
    await alice.post('initiate-privileged', realBooking(world.info), keyed());

    const answer = await alice.post(
      'initiate-privileged',
      realBooking(world.info, { start: daysAhead(world.info, 50), end: daysAhead(world.info, 51) }),
      keyed(),
    );

    expect([answer.status, answer.body.code]).toEqual([409, 'idempotency-key-reused']);
    expect(transactions(world)).toHaveLength(1);
  });

  it('of its own makes an order of its own, of the same listing too', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');
    const order = (day: number) =>
      realBooking(world.info, { start: daysAhead(world.info, day), end: daysAhead(world.info, day + 1) });
    const ids = [];

    for (const [day, key] of [
      [30, `${KEY}-1`],
      [40, `${KEY}-2`],
      [30, `${KEY}-1`],
    ] as const) {
      const answer = await alice.post('initiate-privileged', order(day), keyed(key));
      ids.push(answer.body.data.data.id.uuid);
    }

    expect(ids[2]).toBe(ids[0]);
    expect(transactions(world).map(({ id }) => id)).toEqual(ids.slice(0, 2));
  });

  it('belongs to one user: another may use the same', async () => {
    await using world = await startWorld();
    const [alice, bob] = await Promise.all([signedIn(world, 'Alice'), signedIn(world, 'Bob')]);
    await alice.post('initiate-privileged', realBooking(world.info), keyed());

    const answer = await bob.post(
      'initiate-privileged',
      realBooking(world.info, { listing: 'Camper' }),
      keyed(),
    );

    expect(answer.status).toBe(200);
    expect(transactions(world)).toHaveLength(2);
  });

  it('that can not be looked up makes no order', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');
    await world.scenario({ name: 'status', code: 503, route: QUERY, times: 1 });

    const answer = await alice.post('initiate-privileged', realBooking(world.info), keyed());

    expect(answer.status).toBe(503);
    expect([transactions(world).length, sent(world, INITIATE)]).toEqual([0, 0]);
  });

  it.each(['short', 'x'.repeat(101), 'with spaces in between', 'quote"quote"quote', ''])(
    'of another form is refused: %j',
    async key => {
      await using world = await startWorld();
      const alice = await signedIn(world, 'Alice');

      const answer = await alice.post('initiate-privileged', realBooking(world.info), keyed(key));

      expect([answer.status, answer.body.code]).toEqual([400, 'idempotency-key-invalid']);
    },
  );

  it('plays no part in a speculative call, which leaves no mark and looks for nothing', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');

    const answer = await alice.post('initiate-privileged', speculativeBooking(world.info), keyed());
    await world.scenario({ name: 'status', code: 500 });
    const failed = await alice.post('initiate-privileged', speculativeBooking(world.info), keyed());

    expect(answer.body.data.data.attributes.protectedData).not.toHaveProperty('attemptId');
    expect([failed.status, failed.body.code]).toEqual([500, 'flex-unavailable']);
    expect(sent(world, QUERY)).toBe(0);
  });
});

it('a simulation answered with something else is refused: nothing can have happened', async () => {
  await using world = await startWorld();
  const alice = await signedIn(world, 'Alice');
  await world.scenario({ name: 'wrong-entity', route: 'POST /v1/api/transactions/initiate_speculative' });

  const answer = await alice.post('initiate-privileged', speculativeBooking(world.info));

  expect([answer.status, answer.body.code]).toEqual([502, 'flex-answer-unreadable']);
  expect(world.log.lines()).toContainEqual(
    expect.objectContaining({ msg: 'request failed', outcome: 'refused' }),
  );
});

describe('a transition whose answer is lost', () => {
  async function inquire(world: World, client: WebClient) {
    const listing = listingTitled(world.info, 'Lakeside');
    const { data } = await client.sdk.transactions.initiate({
      processAlias: listing.processAlias,
      transition: 'transition/inquire',
      params: { listingId: new types.UUID(listing.id) },
    });
    return (data as any).data.id;
  }
  const payment = (world: World, id: unknown) => ({
    isSpeculative: false,
    orderData: {},
    bodyParams: {
      id,
      transition: 'transition/request-payment-after-inquiry',
      params: { bookingStart: daysAhead(world.info, 30), bookingEnd: daysAhead(world.info, 32) },
    },
    queryParams: { include: ['booking', 'provider'], expand: true },
  });
  const TRANSITION = 'POST /v1/api/transactions/transition';

  it.each(['drop-after-commit', 'truncate', 'malformed-transit', 'wrong-entity'])(
    '(%s) is read from the transaction',
    async name => {
      await using world = await startWorld();
      const alice = await signedIn(world, 'Alice');
      const id = await inquire(world, alice);
      await world.scenario({ name, route: TRANSITION, times: 1 });

      const answer = await alice.post('transition-privileged', payment(world, id));

      expect(answer.status).toBe(200);
      expect(answer.headers.get('x-payment-intent-verdict')).toBe('valid');
      expect(answer.body.data.data.attributes.lastTransition).toBe(
        'transition/request-payment-after-inquiry',
      );
      expect(answer.body.data.included).toHaveLength(2);
      expect(sent(world, TRANSITION)).toBe(1);
    },
  );

  it('and that can not be seen to have happened is unknown', async () => {
    await using world = await startWorld({ environment: { REQUEST_BUDGET_MS: '1200' } });
    const alice = await signedIn(world, 'Alice');
    const id = await inquire(world, alice);
    await world.scenario({ name: 'reset-before', route: TRANSITION });

    const answer = await alice.post('transition-privileged', payment(world, id));

    expect(answer.status).toBe(502);
    expect(answer.body).toMatchObject({ code: 'outcome-unknown', data: { transactionId: id.uuid } });
    expect(answer.body.statusText).toContain('read the transaction');
    expect(sent(world, TRANSITION)).toBe(1);
  });
});
