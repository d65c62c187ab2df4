/** Every scenario is shown by some test; here are Stripe's own and those of webhooks, as a client and a receiver see them. */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { scenarioNames } from '../../sandbox/scenarios.ts';
import { stripeClient, stripeRefusalOf, userSdks } from '../../setup/flex-sdks.ts';
import {
  control,
  DAY,
  HOUR,
  MINUTE,
  preauthorized,
  scenario,
  transition,
  useSandbox,
} from './flex/support.ts';

const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.test.ts'))
  .map(file => readFileSync(path.join(import.meta.dirname, file), 'utf8'))
  .join('\n');

it.each(scenarioNames)('%s is shown by some test', name => {
  expect(sources).toContain(`'${name}'`);
});

const sandbox = useSandbox({ frozenAt: Date.UTC(2029, 0, 1) });
const on = (name: string, options: object = {}) => scenario(sandbox(), { name, ...options });
const stripe = () => stripeClient(sandbox().info());
const create = (amount = 500, idempotencyKey?: string) =>
  stripe().paymentIntents.create(
    { amount, currency: 'eur' },
    idempotencyKey === undefined ? {} : { idempotencyKey },
  );
const atStripe = () => sandbox().stripe().paymentIntents.size;

describe('Stripe', () => {
  it('saved-500: does it, answers 500, and gives that answer again under the key', async () => {
    await on('saved-500', { times: 1 });

    const first = await stripeRefusalOf(create(500, 'key'));
    const again = await stripeRefusalOf(create(500, 'key'));

    expect([first, again]).toMatchObject([
      { statusCode: 500, type: 'StripeAPIError' },
      { statusCode: 500, type: 'StripeAPIError' },
    ]);
    expect(atStripe()).toBe(1);
    expect((await create(500, 'other key')).amount).toBe(500);
  });

  it('slow-commit: does it `ms` after it was asked, and the key is in use until then', async () => {
    await on('slow-commit', { ms: MINUTE });
    const arrived = once(sandbox().arrivals, 'POST /v1/payment_intents');
    const slow = create(500, 'key');
    await arrived;

    expect(atStripe()).toBe(0);
    expect(await stripeRefusalOf(create(500, 'key'))).toMatchObject({
      statusCode: 409,
      code: 'idempotency_key_in_use',
    });
    await sandbox().advance(MINUTE);

    expect((await slow).amount).toBe(500);
    expect(atStripe()).toBe(1);
  });

  it('in-flight-409: the key is in use, and nothing is done', async () => {
    await on('in-flight-409', { times: 1 });

    expect(await stripeRefusalOf(create(500, 'key'))).toMatchObject({
      statusCode: 409,
      code: 'idempotency_key_in_use',
    });
    expect(atStripe()).toBe(0);
    expect((await create(500, 'key')).amount).toBe(500);
  });

  it('search-stale: search does not know what is younger than `ms`, and lists do', async () => {
    await on('search-stale', { ms: HOUR });
    await create();
    const found = async () => (await stripe().paymentIntents.search({ query: 'amount:500' })).data.length;

    await sandbox().advance(59 * MINUTE);
    expect([await found(), (await stripe().paymentIntents.list()).data.length]).toEqual([0, 1]);
    await sandbox().advance(MINUTE);

    expect(await found()).toBe(1);
  });

  it('payout-fails: the bank sends the money back two days after it was paid', async () => {
    await on('payout-fails', { code: 'no_account' });
    const { id } = await preauthorized(sandbox());
    const petra = await userSdks(sandbox().info(), 'Petra');
    await transition(petra.sdk, id, 'accept');
    const payouts = async () =>
      (await stripe().payouts.list({}, { stripeAccount: 'acct_1SbxPetraHealthy' })).data;

    await sandbox().advance(Date.UTC(2030, 0, 30) - sandbox().now());

    expect(await payouts()).toMatchObject([{ amount: 13500, status: 'failed', failure_code: 'no_account' }]);
  });

  it('meets what a route names like any other service', async () => {
    await on('status', { code: 503, route: 'POST /v1/payment_intents', times: 1 });
    await on('truncate', { route: '/v1/payment_intents', times: 1 });

    expect(await stripeRefusalOf(create())).toMatchObject({ statusCode: 503 });
    expect(await stripeRefusalOf(create())).toMatchObject({ type: expect.stringMatching(/^Stripe/) });
    expect(atStripe()).toBe(1);
  });

  it('reset-after: the client asks again by itself, under its key, and nothing is done twice', async () => {
    await on('reset-after', { route: 'POST /v1/payment_intents', times: 1 });

    expect((await create()).amount).toBe(500);
    expect(sandbox().requests()['POST /v1/payment_intents']).toEqual({ count: 2, peakInFlight: 1 });
    expect(atStripe()).toBe(1);
  });
});

describe('webhooks', () => {
  const received: { id: string; signature: string; body: string }[] = [];
  const receiver = createServer((request, response) => {
    void request.toArray().then(chunks => {
      const body = chunks.join('');
      received.push({
        id: JSON.parse(body).id,
        signature: String(request.headers['stripe-signature']),
        body,
      });
      return response.end();
    });
  });
  beforeAll(async () => {
    receiver.listen(0, '127.0.0.1');
    await once(receiver, 'listening');
  });
  beforeEach(async () => {
    received.length = 0;
    const { port } = receiver.address() as AddressInfo;
    await control(sandbox(), 'stripe/webhooks', { url: `http://127.0.0.1:${port}/` });
  });
  afterAll(async () => {
    receiver.closeAllConnections();
    receiver.close();
    await once(receiver, 'close');
  });

  const events = () => sandbox().stripe().events;
  const written = () => [...events().values()].map(({ id }) => id);
  const ids = () => received.map(({ id }) => id);

  it('arrive once, in order and signed, when nothing is wrong', async () => {
    for (const amount of [500, 600]) await create(amount);
    await sandbox().advance(0);

    expect(ids()).toEqual(written());
    expect(ids()).toHaveLength(2);
    const [{ body, signature }] = received as [(typeof received)[0]];
    const tolerance = 1e12;
    const event = stripe().webhooks.constructEvent(
      body,
      signature,
      sandbox().info().stripe.webhookSecret,
      tolerance,
    );
    expect(event).toMatchObject({ type: 'payment_intent.created', data: { object: { amount: 500 } } });
  });

  it('webhooks-duplicated: each arrives twice', async () => {
    await on('webhooks-duplicated');
    await create();
    await sandbox().advance(0);

    expect(ids()).toEqual([written()[0], written()[0]]);
  });

  it('webhooks-dropped: none arrives, though it is written', async () => {
    await on('webhooks-dropped', { times: 1 });
    await create();
    await create();
    await sandbox().advance(7 * DAY);

    expect(written()).toHaveLength(2);
    expect(ids()).toEqual([written()[1]]);
  });

  it('webhooks-delayed: each arrives `ms` late', async () => {
    await on('webhooks-delayed', { ms: HOUR });
    await create();

    await sandbox().advance(59 * MINUTE);
    expect(ids()).toEqual([]);
    await sandbox().advance(MINUTE);

    expect(ids()).toEqual(written());
  });

  it('webhooks-shuffled: they wait for each other, and come in any order', async () => {
    await on('webhooks-shuffled', { count: 8 });
    for (let amount = 500; amount < 507; amount++) await create(amount);
    await sandbox().advance(HOUR);
    expect(ids()).toEqual([]);
    await create(507);
    await sandbox().advance(0);

    expect(ids().toSorted()).toEqual(written().toSorted());
    expect(ids()).not.toEqual(written());
  });
});
