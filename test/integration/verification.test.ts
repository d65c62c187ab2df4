import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { INCIDENT, VERIFICATION } from '../../server/log.ts';
import { realBooking, speculativeBooking } from '../sandbox/client/orders.ts';
import { createWebClient, signedIn, tokenCookie } from '../sandbox/client/web-client.ts';
import { startWorld, type World } from '../setup/world.ts';

const withStripe = (environment: Record<string, string> = {}) => startWorld({ bothSides: true, environment });

const linesOf = (world: World, message: string) =>
  world.log.lines().filter(line => line.msg.startsWith(message));

/** Behind the request: soon, but not yet when the answer is there. */
async function seen(world: World, message: string, count = 1) {
  for (let tries = 0; linesOf(world, message).length < count && tries < 200; tries += 1)
    await new Promise(resolve => setTimeout(resolve, 20));
  return linesOf(world, message);
}

const book = async (world: World, title = 'Lakeside', body = realBooking) =>
  (await signedIn(world, 'Alice')).post('initiate-privileged', body(world.info, { listing: title }));

describe('behind the request', () => {
  it('a booking is compared with Stripe, the provider account included, and found genuine', async () => {
    await using world = await withStripe();

    const answer = await book(world);

    const { id, attributes } = answer.body.data.data;
    const { stripePaymentIntentId, stripePaymentIntentClientSecret } =
      attributes.protectedData.stripePaymentIntents.default;
    expect(await seen(world, VERIFICATION)).toMatchObject([
      {
        level: 'info',
        transactionId: id.uuid,
        paymentIntentId: stripePaymentIntentId,
        genuineness: 'genuine',
        differing: [],
        status: 'requires_payment_method',
        cause: 'healthy',
        attempt: 1,
        nextInMs: null,
      },
    ]);
    expect(world.sandbox.requests()['GET /v1/integration_api/users/show']?.count).toBe(1);
    expect(world.log.text()).not.toContain(stripePaymentIntentClientSecret.split('_secret_')[1]);
  });

  it.each([
    ['foreign-payment-intents', 'foreign', 'other-account'],
    ['other-mode', 'foreign', 'other-mode'],
  ])('%s is found %s and told once as %s', async (scenario, genuineness, cause) => {
    await using world = await withStripe();
    await world.scenario({ name: scenario });

    await book(world);
    await book(world, 'Camper');
    await seen(world, VERIFICATION, 2);

    expect(linesOf(world, VERIFICATION)).toMatchObject([
      { level: 'warn', genuineness, cause },
      { level: 'warn', genuineness, cause },
    ]);
    expect(linesOf(world, INCIDENT)).toMatchObject([
      { level: 'error', msg: `${INCIDENT} opened`, cause, failures: 1, next: expect.any(String) },
    ]);
    expect(world.context.incidents.open()).toMatchObject([{ cause, failures: 2, good: 0 }]);
  });

  it('an incident of UUIDs closes when payments are good again', async () => {
    await using world = await withStripe();
    await world.scenario({ name: 'uuid-payment-intents', times: 2 });
    for (const title of ['Lakeside', 'Camper', 'Group', 'Ryokan', 'Guided']) await book(world, title);

    const lines = await seen(world, `${INCIDENT} closed`);

    expect(linesOf(world, `${INCIDENT} opened`)).toHaveLength(1);
    expect(lines).toMatchObject([
      { level: 'info', cause: 'flex-returned-placeholder', failures: 2, good: 3 },
    ]);
    expect(world.context.incidents.open()).toEqual([]);
  });

  it('nothing is asked for a simulation, and nothing told', async () => {
    await using world = await withStripe();
    await world.scenario({ name: 'uuid-payment-intents' });

    for (let times = 0; times < 3; times += 1) await book(world, 'Lakeside', speculativeBooking);
    await new Promise(resolve => setTimeout(resolve, 200));

    expect([...linesOf(world, VERIFICATION), ...linesOf(world, INCIDENT)]).toEqual([]);
    expect(Object.keys(world.sandbox.requests()).filter(route => route.includes('payment_intents'))).toEqual(
      [],
    );
  });

  it('the answer does not wait for a Stripe that never answers', async () => {
    await using world = await withStripe();
    const alice = await signedIn(world, 'Alice');
    await world.scenario({ name: 'hang', route: 'GET /v1/payment_intents' });

    const started = performance.now();
    const answer = await alice.post('initiate-privileged', realBooking(world.info));

    expect(answer.headers.get('x-payment-intent-verdict')).toBe('valid');
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(linesOf(world, VERIFICATION)).toEqual([]);
  });

  it('what could not be asked is unverified, asked again later, and no incident', async () => {
    await using world = await withStripe();
    await world.scenario({ name: 'status', route: 'GET /v1/payment_intents', code: 500 });

    await book(world);

    expect(await seen(world, VERIFICATION)).toMatchObject([
      { level: 'info', genuineness: 'unverified', cause: 'stripe-unavailable', attempt: 1, nextInMs: 30_000 },
    ]);
    expect(linesOf(world, INCIDENT)).toEqual([]);
  });

  it('a refusal that every customer meets is an incident, one of the customer is not', async () => {
    await using world = await withStripe();
    await world.scenario({ name: 'payment-failed', times: 1 });
    await book(world);
    expect(linesOf(world, INCIDENT)).toEqual([]);

    await world.scenario({ name: 'stripe-not-configured' });
    await book(world);

    expect(linesOf(world, INCIDENT)).toMatchObject([{ cause: 'flex-stripe-not-configured' }]);
  });

  it.each([
    ['without a session', undefined],
    ['with a made-up one', { access_token: 'made-up', refresh_token: 'made-up', scope: 'user' }],
  ])('a stranger %s opens none, whatever he asks for', async (_who, token) => {
    await using world = await withStripe();
    const stranger = createWebClient(world.proxyUrl, world.info);
    if (token)
      stranger.cookies.set(
        tokenCookie(world.info.flex.clientId),
        encodeURIComponent(JSON.stringify({ token_type: 'bearer', expires_in: 600, ...token })),
      );
    const alice = await signedIn(world, 'Alice');
    const { id } = (await alice.post('initiate-privileged', realBooking(world.info))).body.data.data;

    const statuses = [];
    for (const bodyParams of [
      { transition: 'transition/accept' },
      { processAlias: 'made-up/release-1' },
      { processAlias: 'default-booking/made-up' },
    ])
      statuses.push(
        (await stranger.post('initiate-privileged', realBooking(world.info, { bodyParams }))).status,
      );
    const move = { id, transition: 'transition/accept', params: {} };
    statuses.push(
      (
        await stranger.post('transition-privileged', {
          isSpeculative: false,
          orderData: {},
          bodyParams: move,
        })
      ).status,
    );

    expect(statuses.every(status => status >= 400)).toBe(true);
    expect(linesOf(world, INCIDENT)).toEqual([]);
    expect(world.context.incidents.open()).toEqual([]);
  });

  it('a customer who asks for a transition or an alias that there is not opens none either', async () => {
    await using world = await withStripe();
    const alice = await signedIn(world, 'Alice');
    const { id } = (await alice.post('initiate-privileged', realBooking(world.info))).body.data.data;
    const move = { id, transition: 'transition/accept', params: {} };

    const moved = await alice.post('transition-privileged', {
      isSpeculative: false,
      orderData: {},
      bodyParams: move,
    });
    const begun = await alice.post(
      'initiate-privileged',
      realBooking(world.info, { bodyParams: { processAlias: 'default-booking/made-up' } }),
    );

    expect([moved.status, begun.status]).toEqual([403, 409]);
    expect(linesOf(world, INCIDENT)).toEqual([]);
  });

  it('a chat is told when it opens, in the common form, and its address stays out of the log', async () => {
    const told: unknown[] = [];
    await using chat = await startChat(message => told.push(message));
    await using world = await withStripe({ INCIDENT_WEBHOOK_URL: `${chat.url}/T0KEN` });
    await world.scenario({ name: 'uuid-payment-intents' });

    await book(world);
    for (let tries = 0; told.length === 0 && tries < 100; tries += 1)
      await new Promise(resolve => setTimeout(resolve, 20));

    expect(told).toEqual([
      {
        text: expect.stringMatching(
          /^Payments of default-booking began to fail: flex-returned-placeholder\. /,
        ),
      },
    ]);
    expect(world.log.text()).not.toContain('T0KEN');
  });
});

async function startChat(heard: (message: unknown) => void): Promise<AsyncDisposable & { url: string }> {
  const server: Server = createServer((request, response) => {
    let body = '';
    request
      .on('data', chunk => (body += chunk))
      .on('end', () => {
        heard(JSON.parse(body));
        response.end('ok');
      });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () => new Promise(resolve => server.close(() => resolve())),
  };
}
