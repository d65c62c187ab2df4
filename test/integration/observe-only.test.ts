/** With Integration and Stripe keys, and not one request of a client: what is known of bookings that went past this service. */
import { sql } from 'kysely';
import { INCIDENT } from '../../server/log.ts';
import { listFeeds } from '../../server/store/feeds.ts';
import { eventually, onPostgres } from '../setup/databases.ts';
import { cabinOrder, stripeClient, userSdks } from '../setup/flex-sdks.ts';
import { bothSidesOf, startWorld, type World } from '../setup/world.ts';

const TOKEN = 'an-operator-token-1234567';
const databases = onPostgres();

async function startObserving(options: { webhooks: boolean }) {
  const store = await databases.openStore();
  const world = await startWorld({
    store,
    environment: info => ({
      ...bothSidesOf(info),
      STRIPE_WEBHOOK_SECRET: info.stripe.webhookSecret,
      OPERATOR_TOKENS: TOKEN,
      // It needs no marketplace application for this.
      REACT_APP_SHARETRIBE_SDK_CLIENT_ID: '',
      SHARETRIBE_SDK_CLIENT_SECRET: '',
    }),
  });
  await store.started;
  // From now on it rests, and one look finds all of a booking.
  await eventually(
    () => listFeeds(store.db),
    feeds => feeds.some(({ source, caught_up_at: at }) => source !== 'stripe' && at !== null),
  );
  if (options.webhooks) await world.control('stripe/webhooks', { url: `${world.proxyUrl}/stripe/webhooks` });
  return {
    ...world,
    store,
    /** What waits for its time, the feed included. */
    async soon() {
      await sql`update pgboss.job set start_after = now() where name = 'verify-seen'`.execute(store.db);
      world.context.intake!.nudge();
    },
    ask: async (path: string): Promise<any> => {
      const answer = await fetch(`${world.proxyUrl}/ops/${path}`, {
        headers: { authorization: `Bearer ${TOKEN}` },
      });
      return answer.json();
    },
  };
}

/** Straight to Flex, by the web template's own server. */
async function bookElsewhere(world: World): Promise<{ id: any; intent: any; customer: any }> {
  const customer = await userSdks(world.info, 'Alice');
  const order = cabinOrder(world.info, {
    bookingStart: new Date(Date.UTC(2030, 0, 10)),
    bookingEnd: new Date(Date.UTC(2030, 0, 13)),
  });
  const { data } = await customer.trusted.transactions.initiate(order, { expand: true });
  const { id, attributes } = data.data;
  return { id, intent: attributes.protectedData.stripePaymentIntents.default, customer };
}

const LAST_EVENT = 'payment_intent.amount_capturable_updated';

const kindsOf = (entries: any[]): string[] =>
  entries.map(entry => entry.transition ?? entry.type ?? entry.genuineness ?? entry.kind);

it.each([
  ['webhooks', true],
  ['no webhooks', false],
])(
  'with %s: timeline, verification and diagnosis of a booking',
  async (_what, webhooks) => {
    await using world = await startObserving({ webhooks });
    const { id, intent, customer } = await bookElsewhere(world);
    await stripeClient(world.info).paymentIntents.confirm(intent.stripePaymentIntentId, {
      payment_method: 'pm_card_visa',
    });
    await customer.sdk.transactions.transition({ id, transition: 'transition/confirm-payment', params: {} });
    if (!webhooks) await world.store.jobs.send('stripe-pull', 'now', {});

    const { entries } = await eventually(
      async () => {
        await world.soon();
        return world.ask(`transactions/${id.uuid}?ask=nobody`);
      },
      ({ entries: seen }) => {
        const kinds = kindsOf(seen);
        return ['genuine', 'transition/confirm-payment', LAST_EVENT].every(kind => kinds.includes(kind));
      },
      30_000,
    );
    const { report } = await world.ask(`transactions/${id.uuid}`);

    expect(kindsOf(entries)).toEqual(
      expect.arrayContaining(['transition/request-payment', 'payment_intent.created', 'charge.succeeded']),
    );
    expect(entries.some((entry: any) => entry.kind === 'check')).toBe(false);
    expect(report).toMatchObject({
      verdict: 'fine',
      genuineness: 'genuine',
      diagnosis: { cause: 'healthy' },
    });
  },
  40_000,
);

it('one that does not say the same at Stripe is an incident, seen from outside', async () => {
  await using world = await startObserving({ webhooks: true });
  const { id, intent } = await bookElsewhere(world);
  world.sandbox.stripe().paymentIntents.get(intent.stripePaymentIntentId)!.amount += 1_000;

  const [line] = await eventually(
    async () => {
      await world.soon();
      return world.log.lines().filter(({ msg }) => msg.startsWith(INCIDENT));
    },
    lines => lines.length === 1,
    30_000,
  );
  const { items } = await eventually(
    () => world.ask(`verifications?transaction=${id.uuid}`),
    found => found.items.length > 0,
  );

  expect(line).toMatchObject({ level: 'error', processName: 'default-booking', transactionIds: [id.uuid] });
  expect(items).toMatchObject([{ genuineness: 'mismatch', differing: ['amount'] }]);
}, 60_000);

it('says so to a web client that is sent here', async () => {
  await using world = await startWorld({
    environment: info => ({
      ...bothSidesOf(info),
      REACT_APP_SHARETRIBE_SDK_CLIENT_ID: '',
      SHARETRIBE_SDK_CLIENT_SECRET: '',
    }),
  });

  const answers = await Promise.all(
    [
      ['POST', 'initiate-privileged'],
      ['GET', 'payment-intents/11111111-1111-4111-8111-111111111111'],
    ].map(([method, path]) =>
      fetch(`${world.proxyUrl}/api/${path}`, {
        method: method!,
        ...(method === 'POST' && { body: '[]', headers: { 'content-type': 'application/transit+json' } }),
      }),
    ),
  );

  expect(answers.map(({ status }) => status)).toEqual([503, 503]);
  expect(await answers[0]!.json()).toMatchObject({
    code: 'only-looks-on',
    statusText: expect.stringContaining('only looks on'),
  });
});
