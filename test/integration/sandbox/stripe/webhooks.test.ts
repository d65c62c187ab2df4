/** Webhooks: signed, tried again, and, on demand, twice, late, in another order or not at all. */
import Stripe from 'stripe';
import { asFetch } from '../../../sandbox/core/http.ts';
import { createSandbox } from '../../../sandbox/sandbox.ts';
import type { PostToWebhook } from '../../../sandbox/stripe/webhooks/entity.ts';
import { atOnce, DAY, failureOf, HEALTHY, held, paid, startStripe } from '../../../setup/stripe-sandbox.ts';

type Delivery = { url: string; headers: Record<string, string>; body: string; at: number };

const deliveries: Delivery[] = [];
/** How the receiver answers, one after the other; then 200. */
let answers: (number | null)[] = [];
const postToWebhook: PostToWebhook = async (url, headers, body) => {
  deliveries.push({ url, headers, body, at: sandbox.now() });
  return answers.length > 0 ? answers.shift()! : 200;
};

const { sandbox, stripe, client, control, reset } = startStripe({ postToWebhook });
beforeEach(() => {
  reset();
  deliveries.length = 0;
  answers = [];
});
afterAll(() => sandbox.close());

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const URL = 'http://shop.example/webhooks';
const listen = () => control('stripe/webhooks', { url: URL });
const scenario = (name: string, options: object = {}) => control('scenario', { name, ...options });
const bodies = (): Stripe.Event[] => deliveries.map(({ body }) => JSON.parse(body));
const types = () => bodies().map(({ type }) => type);
const minutes = () => deliveries.map(({ at }) => (at - deliveries[0]!.at) / MINUTE);
/** As the receiver reads it, at the moment when it came. */
const construct = ({ body, headers, at }: Delivery, secret: string) =>
  Stripe.webhooks.constructEvent(body, headers['stripe-signature']!, secret, 300, undefined, at);
const now = () => sandbox.advance(0);

describe('a delivery', () => {
  it('is a POST of the event as the interface shows it, pretty-printed, and signed', async () => {
    const { secret } = await listen();
    const { id } = await stripe.customers.create({ email: 'ada@shop.example' });
    await now();

    const [delivery] = deliveries;
    expect(delivery).toEqual({
      url: URL,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
        'stripe-signature': expect.stringMatching(/^t=\d{10},v1=[0-9a-f]{64},v0=[0-9a-f]{64}$/),
      },
      body: expect.stringMatching(/^\{\n {2}"id": "evt_/),
      at: sandbox.now(),
    });
    const event = construct(delivery!, secret);
    expect(event).toMatchObject({ type: 'customer.created', data: { object: { id } } });
    const shown = await stripe.events.retrieve(event.id);
    expect(event).toEqual({ ...shown, pending_webhooks: 1 });
    expect(shown.pending_webhooks).toBe(0);
  });

  it('says the version, the mode, the moment, and which request it was', async () => {
    await listen();
    const { lastResponse } = await stripe.customers.create({}, { idempotencyKey: 'one' });
    await now();

    expect(bodies()).toMatchObject([
      {
        object: 'event',
        api_version: Stripe.API_VERSION,
        livemode: false,
        created: sandbox.now() / 1000,
        request: { id: lastResponse.requestId, idempotency_key: 'one' },
      },
    ]);
  });

  it('of what Stripe did by itself names no request', async () => {
    await stripe.paymentIntents.create({ ...held, ...paid });
    await listen();
    await sandbox.advance(7 * DAY);

    expect(bodies().map(({ type, request }) => [type, request])).toEqual([
      ['charge.expired', { id: null, idempotency_key: null }],
      ['payment_intent.canceled', { id: null, idempotency_key: null }],
    ]);
  });

  it('shows what was true with the event, not what is true when it comes', async () => {
    await listen();
    await scenario('webhooks-delayed', { ms: HOUR, times: 1 });
    const { id } = await stripe.paymentIntents.create(held);
    await stripe.paymentIntents.cancel(id);
    await sandbox.advance(HOUR);

    expect(bodies().map(({ type, data }) => [type, (data.object as Stripe.PaymentIntent).status])).toEqual([
      ['payment_intent.canceled', 'canceled'],
      ['payment_intent.created', 'requires_payment_method'],
    ]);
  });

  it('is written with the change: a refused call leaves no event', async () => {
    await listen();
    await failureOf(stripe.paymentIntents.create({ ...held, amount: 1 }));
    await failureOf(stripe.paymentIntents.create({ ...held, confirm: true }));
    await now();

    expect([types(), sandbox.stripe().events]).toEqual([[], []]);
  });

  it('of a change that was answered with 500 comes all the same', async () => {
    await listen();
    await scenario('saved-500', { times: 1 });
    await failureOf(stripe.paymentIntents.create(held));
    await now();

    expect(types()).toEqual(['payment_intent.created']);
  });
});

describe('the signature', () => {
  it.each<[string, (delivery: Delivery) => Delivery]>([
    ['another body', delivery => ({ ...delivery, body: delivery.body.replace('evt_', 'evt_x') })],
    ['the same written anew', delivery => ({ ...delivery, body: JSON.stringify(JSON.parse(delivery.body)) })],
    ['a receiver six minutes later', delivery => ({ ...delivery, at: delivery.at + 6 * MINUTE })],
    [
      'only the scheme of test mode',
      delivery => ({
        ...delivery,
        headers: {
          'stripe-signature': delivery.headers['stripe-signature']!.replace(/,v1=[0-9a-f]+/, ''),
        },
      }),
    ],
  ])('does not hold for %s', async (_what, changed) => {
    const { secret } = await listen();
    await stripe.customers.create();
    await now();

    expect(construct(deliveries[0]!, secret).type).toBe('customer.created');
    expect(() => construct(changed(deliveries[0]!), secret)).toThrow(
      Stripe.errors.StripeSignatureVerificationError,
    );
    expect(() => construct(deliveries[0]!, 'whsec_another')).toThrow(
      Stripe.errors.StripeSignatureVerificationError,
    );
  });

  it('holds for the old and the new secret for a day after a rotation, then for the new one only', async () => {
    const { secret: old } = await listen();
    const { secret: young } = await control('stripe/webhooks/rotate', {});
    await stripe.customers.create();
    await now();
    const [during] = deliveries;

    expect(during!.headers['stripe-signature']!.match(/v1=/g)).toHaveLength(2);
    expect([construct(during!, old).type, construct(during!, young).type]).toEqual([
      'customer.created',
      'customer.created',
    ]);
    await sandbox.advance(DAY);
    await stripe.customers.create();
    await now();
    const after = deliveries[1]!;

    expect(after.headers['stripe-signature']!.match(/v1=/g)).toHaveLength(1);
    expect(construct(after, young).type).toBe('customer.created');
    expect(() => construct(after, old)).toThrow(Stripe.errors.StripeSignatureVerificationError);
  });
});

describe('a receiver', () => {
  it.each([[[500, 404, 302, 200]], [[null, null, null, 200]], [[400, 429, null, 204]]])(
    'that answers %j is asked again, with the same event signed anew',
    async given => {
      const { secret } = await listen();
      answers = [...given];
      await stripe.customers.create();
      await sandbox.advance(DAY);

      expect(minutes()).toEqual([0, 5, 65, 245]);
      expect(new Set(bodies().map(({ id }) => id)).size).toBe(1);
      expect(new Set(deliveries.map(({ headers }) => headers['stripe-signature'])).size).toBe(4);
      for (const delivery of deliveries) expect(construct(delivery, secret).type).toBe('customer.created');
      expect((await stripe.events.list()).data[0]!.pending_webhooks).toBe(0);
    },
  );

  it('that never takes it is given up after three tries more', async () => {
    await listen();
    answers = [500, 500, 500, 500, 500];
    await stripe.customers.create();
    await sandbox.advance(10 * DAY);

    expect(deliveries).toHaveLength(4);
    expect((await stripe.events.list({ delivery_success: false })).data).toMatchObject([
      { pending_webhooks: 1 },
    ]);
    expect((await stripe.events.list({ delivery_success: true })).data).toEqual([]);
  });
});

describe('on demand', () => {
  const three = async () => {
    for (let count = 0; count < 3; count++) await stripe.customers.create();
  };

  it('each event comes twice', async () => {
    await listen();
    await scenario('webhooks-duplicated', { times: 1 });
    await three();
    await now();

    expect(deliveries).toHaveLength(4);
    expect(new Set(bodies().map(({ id }) => id)).size).toBe(3);
  });

  it('events do not come, and can be asked for', async () => {
    await listen();
    await scenario('webhooks-dropped', { times: 2 });
    await three();
    await sandbox.advance(DAY);

    expect(deliveries).toHaveLength(1);
    expect((await stripe.events.list()).data).toHaveLength(3);
    expect((await stripe.events.list({ delivery_success: false })).data).toHaveLength(2);
  });

  it('events come late', async () => {
    await listen();
    await scenario('webhooks-delayed', { ms: MINUTE });
    await three();
    await sandbox.advance(MINUTE - 1);
    expect(deliveries).toEqual([]);
    await sandbox.advance(1);

    expect(deliveries).toHaveLength(3);
  });

  it('events wait for each other and come in another order, none lost', async () => {
    await listen();
    await scenario('webhooks-shuffled', { count: 8 });
    for (let count = 0; count < 7; count++) await stripe.customers.create();
    await now();
    expect(deliveries).toEqual([]);
    await stripe.customers.create();
    await now();

    const written = sandbox.stripe().events.map(({ id }) => id);
    const came = bodies().map(({ id }) => id);
    expect(came.toSorted()).toEqual(written.toSorted());
    expect(came).not.toEqual(written);
  });

  it('events that wait for others leave when the waiting is called off', async () => {
    await listen();
    await scenario('webhooks-shuffled', { count: 8 });
    await three();
    await scenario('healthy');
    await stripe.customers.create();
    await now();

    expect(deliveries).toHaveLength(4);
  });

  it('all of it at once: late, twice, and in another order', async () => {
    await listen();
    await scenario('webhooks-duplicated');
    await scenario('webhooks-delayed', { ms: MINUTE });
    await scenario('webhooks-shuffled', { count: 6 });
    await three();
    await sandbox.advance(MINUTE - 1);
    expect(deliveries).toEqual([]);
    await sandbox.advance(1);

    expect(deliveries).toHaveLength(6);
    expect(new Set(bodies().map(({ id }) => id)).size).toBe(3);
  });
});

describe('an endpoint', () => {
  it('is made, changed and taken away through the interface; its secret is shown once', async () => {
    const made = await stripe.webhookEndpoints.create({
      url: URL,
      enabled_events: ['customer.deleted', 'charge.succeeded'],
    });
    const { secret, ...shown } = made;
    expect(secret).toMatch(/^whsec_[0-9A-Za-z]{32}$/);
    expect(await stripe.webhookEndpoints.retrieve(made.id)).toEqual(shown);
    const { id } = await stripe.customers.create();
    await stripe.customers.del(id);
    await now();
    expect(types()).toEqual(['customer.deleted']);
    expect(construct(deliveries[0]!, secret!).type).toBe('customer.deleted');

    expect(
      await stripe.webhookEndpoints.update(made.id, {
        enabled_events: ['*'],
        url: `${URL}/2`,
        description: 'x',
        metadata: { a: 'b' },
      }),
    ).toEqual({
      ...shown,
      enabled_events: ['*'],
      url: `${URL}/2`,
      description: 'x',
      metadata: { a: 'b' },
    });
    await stripe.customers.create();
    await now();
    await stripe.webhookEndpoints.update(made.id, { disabled: true });
    await stripe.customers.create();
    await now();
    expect(deliveries.map(({ url }) => url)).toEqual([URL, `${URL}/2`]);

    await stripe.webhookEndpoints.del(made.id);
    expect((await stripe.webhookEndpoints.list()).data).toEqual([]);
  });

  it('hears of the platform, or of the accounts connected to it', async () => {
    await listen();
    await stripe.webhookEndpoints.create({ url: `${URL}/connect`, enabled_events: ['*'], connect: true });
    await stripe.customers.create();
    await stripe.customers.create({}, { stripeAccount: HEALTHY });
    await now();

    expect(deliveries.map(({ url, body }) => [url, JSON.parse(body).account])).toEqual([
      [URL, undefined],
      [`${URL}/connect`, HEALTHY],
    ]);
  });

  it('of test mode hears nothing of live mode', async () => {
    await listen();
    await client(sandbox.stripe().platform.flexLiveKey).customers.create();
    await now();

    expect(deliveries).toEqual([]);
  });

  it('each gets its own delivery', async () => {
    await listen();
    await control('stripe/webhooks', { url: `${URL}/2` });
    answers = [500];
    await stripe.customers.create();
    await now();

    expect(bodies()).toMatchObject([{ pending_webhooks: 2 }, { pending_webhooks: 2 }]);
    expect((await stripe.events.list()).data[0]!.pending_webhooks).toBe(1);
    await sandbox.advance(5 * MINUTE);
    expect(deliveries.map(({ url }) => url)).toEqual([URL, `${URL}/2`, URL]);
  });

  it.each(['nowhere', 'ftp://shop.example', '/hook'])('can not be at %s', async url => {
    expect(await failureOf(stripe.webhookEndpoints.create({ url, enabled_events: ['*'] }))).toMatchObject({
      statusCode: 400,
      code: 'url_invalid',
      param: 'url',
    });
  });

  it('can be one of sixteen at most', async () => {
    for (let count = 0; count < 16; count++)
      await stripe.webhookEndpoints.create({ url: `${URL}/${count}`, enabled_events: ['*'] });

    expect(
      await failureOf(stripe.webhookEndpoints.create({ url: URL, enabled_events: ['*'] })),
    ).toMatchObject({ statusCode: 400 });
  });
});

it('goes over HTTP where nothing else is said, and a receiver that is not there is tried again', async () => {
  const lonely = createSandbox({ frozenAt: Date.UTC(2026, 5, 1) });
  const received: string[] = [];
  const { createServer } = await import('node:http');
  const server = createServer((request, response) => {
    received.push(`${request.method} ${request.url} ${request.headers['content-type']}`);
    response.writeHead(received.length === 1 ? 500 : 200).end();
  });
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await lonely.flexService({
    method: 'POST',
    path: '/sandbox/stripe/webhooks',
    query: new URLSearchParams(),
    headers: {},
    body: JSON.stringify({ url: `http://127.0.0.1:${port}/hook` }),
  });
  const payments = new Stripe(lonely.info().stripe.secretKey, {
    host: 'stripe.sandbox',
    protocol: 'http',
    telemetry: false,
    httpClient: Stripe.createFetchHttpClient(asFetch(lonely.stripeService)),
  });
  await payments.paymentIntents.create({ ...atOnce });
  await lonely.advance(5 * MINUTE);
  await new Promise(resolve => void server.close(resolve));

  expect(received).toEqual([
    'POST /hook application/json; charset=utf-8',
    'POST /hook application/json; charset=utf-8',
  ]);
  await lonely.close();
});
