/** Stripe's events, from the address where they come in to what they come to. */
import Stripe from 'stripe';
import { describeEvent } from '../../../server/stripe/describe-event.ts';
import { listStripeEvents } from '../../../server/store/stripe-events.ts';
import { openStore, type Store } from '../../../server/store/store.ts';
import { createInbox } from '../../../server/webhooks/inbox.ts';
import { realBooking } from '../../sandbox/client/orders.ts';
import { signedIn } from '../../sandbox/client/web-client.ts';
import type { SandboxInfo } from '../../sandbox/sandbox.ts';
import {
  empty,
  eventually,
  moveClock,
  onBothDatabases,
  onPostgres,
  silent,
  type Databases,
} from '../../setup/databases.ts';
import { startWorld, type World } from '../../setup/world.ts';

const SECRET = 'whsec_ofTheEndpoint00000000000001';
const OLD_SECRET = 'whsec_beforeRotation0000000000001';

const environmentWith = (info: { stripe: SandboxInfo['stripe'] }) => ({
  STRIPE_WEBHOOK_SECRET: `${SECRET},${OLD_SECRET},${info.stripe.webhookSecret}`,
  // Thousands at once, on a machine that has other things to do.
  STRIPE_SECRET_KEY: info.stripe.secretKey,
  STRIPE_BASE_URL: info.stripe.baseUrl,
});

/** A world with webhooks into it, and a store. */
async function startPaying(databases: Databases, environment: Record<string, string> = {}) {
  const store = await databases.openStore();
  const world = await startWorld({
    store,
    environment: info => ({ ...environmentWith(info), ...environment }),
  });
  await store.started;
  return { world, store };
}

const event = (overrides: object = {}) => ({
  id: `evt_${Math.random().toString(36).slice(2).padEnd(24, '0')}`,
  object: 'event',
  type: 'payment_intent.succeeded',
  api_version: Stripe.API_VERSION,
  created: Math.floor(Date.now() / 1000),
  livemode: false,
  data: { object: { id: 'pi_3QhWaB7WZ01zgkWS0jxsAJo3', object: 'payment_intent' } },
  ...overrides,
});

const signed = (payload: string, secret = SECRET, timestamp = Math.floor(Date.now() / 1000)) =>
  Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });

const post = (world: World, body: string, signature: string | undefined, path = '/api/stripe/webhook') =>
  fetch(`${world.proxyUrl}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json; charset=utf-8',
      ...(signature !== undefined && { 'stripe-signature': signature }),
    },
    body,
  });

const send = (world: World, sent: object, secret?: string) => {
  const body = JSON.stringify(sent, null, 2);
  return post(world, body, signed(body, secret));
};

const all = async ({ db }: Store) => (await listStripeEvents(db, {}, { limit: 100 })).events;

onBothDatabases(databases => {
  let world: World;
  let store: Store;
  beforeAll(async () => {
    ({ world, store } = await startPaying(databases));
  }, 30_000);
  afterAll(() => world[Symbol.asyncDispose]());
  beforeEach(async () => {
    world.sandbox.reset();
    await empty(store);
  });

  it('takes what Stripe sends of a booking, and knows its state and its transaction', async () => {
    await world.control('stripe/webhooks', { url: `${world.proxyUrl}/api/stripe/webhook` });
    const alice = await signedIn(world, 'Alice');

    const booked = await alice.post('initiate-privileged', realBooking(world.info));

    const transactionId: string = booked.body.data.data.id.uuid;
    const [first] = await eventually(
      () => all(store),
      events => events.some(({ state }) => state === 'done'),
    );
    expect(first).toMatchObject({
      type: 'payment_intent.created',
      transaction_id: transactionId,
      via: 'webhook',
      deliveries: 1,
      livemode: false,
      account: null,
    });
    expect(await store.db.selectFrom('payment_intents').selectAll().execute()).toMatchObject([
      {
        id: first!.payment_intent_id,
        transaction_id: transactionId,
        status: 'requires_payment_method',
        amount: 15_750,
        currency: 'eur',
        source: 'asked',
      },
    ]);
  });

  it('keeps an event once however often it comes, at either address, with either secret', async () => {
    const same = event();
    const body = JSON.stringify(same);

    const answers = [
      await send(world, same),
      await send(world, same, OLD_SECRET),
      await post(world, body, signed(body), '/stripe/webhooks'),
    ];

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await answers[0]!.json()).toEqual({ received: true });
    expect(await all(store)).toMatchObject([{ id: same.id, deliveries: 3 }]);
  });

  it('keeps no secret, no name, no card and no sentence of what it is sent', async () => {
    await send(
      world,
      event({
        data: {
          object: {
            id: 'pi_3QhWaB7WZ01zgkWS0jxsAJo3',
            object: 'payment_intent',
            status: 'requires_action',
            amount: 100,
            client_secret: 'pi_3QhWaB7WZ01zgkWS0jxsAJo3_secret_canary',
            description: 'canary',
            receipt_email: 'canary@example.com',
            shipping: { name: 'canary' },
            metadata: { note: 'canary', 'sharetribe-transaction-id': '7f1b5c3e-0000-4000-8000-000000000001' },
            last_payment_error: { code: 'card_declined', decline_code: 'generic_decline', message: 'canary' },
            payment_method: { card: { last4: '4242' }, billing_details: { name: 'canary' } },
          },
          previous_attributes: { status: 'canary' },
        },
      }),
    );

    const [kept] = await all(store);
    expect(kept!.summary).toEqual({
      status: 'requires_action',
      amount: 100,
      error_code: 'card_declined',
      decline_code: 'generic_decline',
      changed: ['status'],
    });
    expect(JSON.stringify(kept)).not.toMatch(/canary|4242/);
  });

  it('replays what has come to an end, once more to the same end', async () => {
    const same = event();
    await send(world, same);
    const settled = () =>
      eventually(
        () => all(store),
        ([kept]) => kept?.processed_at !== null && kept?.processed_at !== undefined,
      );
    expect(await settled()).toMatchObject([
      { state: 'ignored', problem: 'our key sees no such PaymentIntent' },
    ]);
    const [before] = await all(store);

    expect(await world.context.intake!.inbox.replay({ ids: [same.id, 'evt_nobodys'] })).toEqual({
      events: 1,
      objects: 1,
    });

    const [after] = await eventually(
      () => all(store),
      ([kept]) => kept!.processed_at !== null && kept!.processed_at > before!.processed_at!,
    );
    expect(after).toMatchObject({ state: 'ignored', attempts: 1 });
  });

  it('waits while Stripe can not be asked, and goes on when it can', async () => {
    const alice = await signedIn(world, 'Alice');
    const booked = await alice.post('initiate-privileged', realBooking(world.info));
    const transactionId: string = booked.body.data.data.id.uuid;
    const [intent] = [...world.sandbox.stripe().paymentIntents.values()];
    await world.scenario({ name: 'reset-before', route: 'GET /v1/payment_intents/:id' });
    await send(
      world,
      event({ data: { object: { id: intent!.id, object: 'payment_intent', status: 'canceled' } } }),
    );
    await eventually(
      () => all(store),
      ([kept]) => kept!.state === 'waiting' && kept!.problem === 'Stripe could not be asked',
    );

    world.sandbox.scenarios.clear();
    await moveClock(store, 3_600_000);
    await store.jobs.send('stripe-events-sweep', 'now', {});

    const [kept] = await eventually(
      () => all(store),
      ([found]) => found!.state === 'done',
      20_000,
    );
    expect(kept).toMatchObject({ transaction_id: transactionId, attempts: 2, problem: null });
    // What Stripe says now, and not what the event said.
    expect(await store.db.selectFrom('payment_intents').select('status').execute()).toEqual([
      { status: 'requires_payment_method' },
    ]);
  }, 30_000);

  it('comes to the same end without a single webhook', async () => {
    const alice = await signedIn(world, 'Alice');
    const booked = await alice.post('initiate-privileged', realBooking(world.info));

    await store.jobs.send('stripe-pull', 'now', {});

    const [kept] = await eventually(
      () => all(store),
      events => events.some(({ state }) => state === 'done'),
    );
    expect(kept).toMatchObject({
      via: 'pull',
      deliveries: 0,
      transaction_id: booked.body.data.data.id.uuid,
    });
    expect(await store.db.selectFrom('feeds').selectAll().execute()).toMatchObject([
      { source: 'stripe', events: 1, problem: null },
    ]);
  });

  it('hands each event to the other parts once, in order, in the transaction that ends it', async () => {
    await using own = await openStore({ place: await databases.place(), log: silent });
    const handled: string[] = [];
    let fails = true;
    const inbox = createInbox({
      store: own,
      stripe: null,
      now: Date.now,
      handlers: [
        async ({ id }, transaction) => {
          handled.push(id);
          await transaction
            .insertInto('leases')
            .values({ name: id, owner: 'effect', until: new Date(), fence: 1 })
            .execute();
          if (id === 'evt_2' && fails) {
            fails = false;
            throw new Error('on purpose');
          }
          return 'done';
        },
      ],
    });
    own.start();
    await own.started;
    const customer = (id: string, created: number) =>
      describeEvent(
        event({
          id,
          created,
          type: 'customer.updated',
          data: { object: { id: 'cus_1', object: 'customer' } },
        }) as never,
      );
    for (const [id, created] of [
      ['evt_3', 300],
      ['evt_1', 100],
      ['evt_2', 200],
    ] as const)
      await inbox.take(customer(id, created), 'webhook');

    const events = await eventually(
      () => all(own),
      found => found.every(({ state }) => state === 'done'),
      20_000,
    );
    expect(events).toHaveLength(3);
    // All of what failed is undone, and done again in the same order.
    expect(handled.slice(-3)).toEqual(['evt_1', 'evt_2', 'evt_3']);
    const effects = await own.db.selectFrom('leases').select('name').where('owner', '=', 'effect').execute();
    expect(effects.map(({ name }) => name).toSorted()).toEqual(['evt_1', 'evt_2', 'evt_3']);
  }, 30_000);
});

describe('without a key', () => {
  const told = (id: string, created: number, type: string, object: object) =>
    describeEvent(
      event({
        id,
        created,
        type,
        data: {
          object: {
            id: 'pi_3QhWaB7WZ01zgkWS0jxsAJo3',
            object: 'payment_intent',
            amount: 100,
            currency: 'eur',
            created: 50,
            metadata: { 'sharetribe-transaction-id': 'a-transaction' },
            ...object,
          },
        },
      }) as never,
    );
  const charge = {
    id: 'ch_1',
    object: 'charge',
    payment_intent: 'pi_3QhWaB7WZ01zgkWS0jxsAJo3',
    metadata: {},
  };

  onBothDatabases(databases => {
    it('goes by the events alone: the newest counts, nothing follows an end, and what can not be placed waits', async () => {
      await using store = await openStore({ place: await databases.place(), log: silent });
      const inbox = createInbox({ store, stripe: null, handlers: [], now: Date.now });
      store.start();
      await store.started;
      const states = async () =>
        Object.fromEntries((await all(store)).map(({ id, state }) => [id, state] as const));

      await inbox.take(told('evt_charge', 100, 'charge.succeeded', charge), 'webhook');
      await eventually(states, found => found['evt_charge'] === 'waiting');
      await inbox.take(told('evt_done', 300, 'payment_intent.succeeded', { status: 'succeeded' }), 'webhook');
      await eventually(states, found => found['evt_done'] === 'done');
      await inbox.take(
        told('evt_older', 200, 'payment_intent.processing', { status: 'processing' }),
        'webhook',
      );
      await inbox.take(
        told('evt_odd', 400, 'payment_intent.processing', { status: 'processing' }),
        'webhook',
      );
      await moveClock(store, 3_600_000);
      await store.jobs.send('stripe-events-sweep', 'now', {});

      const ends = await eventually(states, found => Object.values(found).every(state => state === 'done'));
      expect(Object.keys(ends)).toHaveLength(4);
      expect(
        await store.db.selectFrom('payment_intents').select(['status', 'transaction_id', 'source']).execute(),
      ).toEqual([{ status: 'succeeded', transaction_id: 'a-transaction', source: 'event' }]);
      expect(
        (await listStripeEvents(store.db, { transactionId: 'a-transaction' }, { limit: 9 })).events,
      ).toHaveLength(4);
    }, 20_000);

    it('gives up after three days, and keeps it', async () => {
      await using store = await openStore({ place: await databases.place(), log: silent });
      let now = Date.now();
      const inbox = createInbox({ store, stripe: null, handlers: [], now: () => now });
      store.start();
      await store.started;
      await inbox.take(told('evt_charge', 100, 'charge.succeeded', charge), 'webhook');
      const states = async () => (await all(store)).map(({ state }) => state);
      await eventually(states, ([state]) => state === 'waiting');

      now += 3 * 86_400_000 + 60_000;
      await moveClock(store, 3 * 86_400_000 + 60_000);
      await store.jobs.send('stripe-events-sweep', 'now', {});

      expect(await eventually(states, ([state]) => state === 'gave-up')).toEqual(['gave-up']);
    }, 20_000);
  });
});

describe('what is not from Stripe', () => {
  const databases = onPostgres();
  let world: World;
  let store: Store;
  beforeAll(async () => {
    ({ world, store } = await startPaying(databases));
  }, 30_000);
  afterAll(() => world[Symbol.asyncDispose]());

  const body = JSON.stringify(event());
  const now = Math.floor(Date.now() / 1000);
  it.each<[what: string, body: string, signature: string | undefined]>([
    ['no signature', body, undefined],
    ['an empty one', body, ''],
    ['one of another secret', body, signed(body, 'whsec_somebodyElses')],
    ['one of another body', body, signed(`${body} `)],
    ['one from six minutes ago', body, signed(body, SECRET, now - 360)],
    ['only a v0', body, signed(body).replace('v1=', 'v0=')],
    ['an empty v1', body, `t=${now},v1=`],
    ['nothing to sign', '', signed('')],
    ['no JSON', 'not json', signed('not json')],
    ['no event', '{"object":"customer"}', signed('{"object":"customer"}')],
    ['null', 'null', signed('null')],
    [
      'an event without a body of its own',
      '{"object":"v2.core.event","type":"v1.charge.failed"}',
      signed('{"object":"v2.core.event","type":"v1.charge.failed"}'),
    ],
  ])('is refused with 400 and kept nowhere: %s', async (_what, sent, signature) => {
    const response = await post(world, sent, signature);

    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      400,
      'webhook-refused',
    ]);
    expect(await all(store)).toEqual([]);
  });

  it('is refused: an event of live mode for a key of test mode', async () => {
    const response = await send(world, event({ livemode: true }));

    expect(response.status).toBe(400);
    expect(((await response.json()) as { statusText: string }).statusText).toContain('live mode');
    expect(await all(store)).toEqual([]);
  });

  it('has one way in: 405 for another method, 413 for more than any event', async () => {
    expect((await fetch(`${world.proxyUrl}/api/stripe/webhook`)).status).toBe(405);
    expect((await post(world, 'x'.repeat(257 * 1024), 't=1,v1=1')).status).toBe(413);
  });

  it('of 5,000 forgeries none comes in', async () => {
    const genuine = JSON.stringify(event());
    const header = signed(genuine);
    const flip = (text: string, at: number) =>
      `${text.slice(0, at)}${text[at] === '0' ? '1' : '0'}${text.slice(at + 1)}`;
    const forge = (index: number): [string, string] =>
      index % 2 === 0
        ? [genuine, flip(header, header.indexOf('v1=') + 3 + ((index / 2) % 64))]
        : [flip(genuine, (index * 7) % genuine.length), header];
    const statuses = new Map<number, number>();
    const forgeries = Array.from({ length: 5_000 }, (_, index) => forge(index));
    const next = async () => {
      for (let one = forgeries.pop(); one; one = forgeries.pop()) {
        const { status } = await post(world, ...one);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: 16 }, next));

    expect([...statuses]).toEqual([[400, 5_000]]);
    expect(await all(store)).toEqual([]);
  }, 60_000);

  it('is told apart from what can not be kept: 503, and Stripe sends it again', async () => {
    await databases.server().stop();
    const same = event();

    const refused = await send(world, same);

    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '30']);
    await databases.server().start();
    const taken = await eventually(
      () => send(world, same),
      ({ status }) => status === 200,
    );
    expect(taken.status).toBe(200);
    expect(await all(store)).toMatchObject([{ id: same.id }]);
  }, 30_000);
});

it('is not there at all without a secret', async () => {
  await using world = await startWorld();

  expect((await send(world, event())).status).toBe(404);
});
