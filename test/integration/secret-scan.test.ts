/**
 * A real server process, put through every scenario of the sandbox, with all it can log switched on, and a database. Nothing
 * that it wrote may hold a secret, and of its answers only the one to who pays may hold the client secret.
 */
import { sql } from 'kysely';
import { daysAhead, realBooking, speculativeBooking } from '../sandbox/client/orders.ts';
import { signedIn, type LocalApiAnswer, type WebClient } from '../sandbox/client/web-client.ts';
import { startSandbox, type Sandbox } from '../sandbox/sandbox.ts';
import { scenarioNames } from '../sandbox/scenarios.ts';
import { scanDatabase } from '../setup/database-scan.ts';
import { eventually, onPostgres } from '../setup/databases.ts';
import { stripeClient, types } from '../setup/flex-sdks.ts';
import { freePorts, run } from '../setup/processes.ts';
import { secretsIn } from '../setup/secret-scan.ts';
import { bothSidesOf, environmentFor } from '../setup/world.ts';

const DAYS_APART = 4;
const databases = onPostgres();

async function disposableSandbox() {
  const sandbox = await startSandbox();
  return { ...sandbox, [Symbol.asyncDispose]: () => sandbox.close() };
}

const environmentOf = (sandbox: Sandbox, port: number) => ({
  ...environmentFor(sandbox.info()),
  ...bothSidesOf(sandbox.info()),
  PORT: String(port),
  LOG_LEVEL: 'trace',
  REQUEST_BUDGET_MS: '300',
  RATE_LIMIT_PER_SESSION: '0',
  STRIPE_WEBHOOK_SECRET: sandbox.info().stripe.webhookSecret,
});

async function control(sandbox: Sandbox, path: string, body: object): Promise<void> {
  const answer = await fetch(`${sandbox.url}/sandbox/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
}

/** Every value of this run that is a secret to somebody. */
function knownSecrets(sandbox: Sandbox): { ours: string[]; tokens: string[]; clientSecrets: string[] } {
  const { flex, integration, stripe, users } = sandbox.info();
  return {
    ours: [
      flex.clientSecret,
      integration.clientSecret,
      stripe.secretKey,
      stripe.webhookSecret,
      ...users.map(({ password }) => password),
    ],
    tokens: [...sandbox.flex().tokens.values()].flatMap(({ accessToken, refreshToken }) =>
      refreshToken === null ? [accessToken] : [accessToken, refreshToken],
    ),
    clientSecrets: [...sandbox.stripe().paymentIntents.values()].map(({ clientSecret }) => clientSecret),
  };
}

async function useEverything(alice: WebClient, sandbox: Sandbox, round: number): Promise<LocalApiAnswer[]> {
  const info = sandbox.info();
  const start = daysAhead(info, 10 + round * DAYS_APART);
  const end = daysAhead(info, 12 + round * DAYS_APART);
  return [
    await alice.post('initiate-privileged', speculativeBooking(info, { start, end })),
    await alice.post('initiate-privileged', realBooking(info, { start, end }), {
      headers: { 'X-Idempotency-Key': `${CARD}:${round}`, 'X-Request-Id': CARD },
    }),
    await alice.post('transaction-line-items', {
      isOwnListing: false,
      listingId: new types.UUID(info.listings[0]!.id),
      orderData: { bookingStart: start, bookingEnd: end },
    }),
    await alice.post('transition-privileged', {
      isSpeculative: false,
      orderData: {},
      bodyParams: {
        id: new types.UUID('aaaaaaaa-0000-4000-8000-000000000001'),
        transition: 'transition/request-payment-after-inquiry',
        params: { bookingStart: start, bookingEnd: end },
      },
      queryParams: {},
    }),
    await alice.post('delete-account', { currentPassword: 'canary-password-1' }),
    // What callers choose themselves may hold anything.
    await alice.post(
      'initiate-privileged',
      realBooking(info, { bodyParams: { transition: `transition/${CARD}` } }),
    ),
  ];
}

const CARD = '4242424242424242';

/** As far as the scenario lets them: Stripe's events about it hold a card's last digits, a name and an address. */
async function pay(sandbox: Sandbox, clientSecrets: Iterable<string>): Promise<void> {
  const stripe = stripeClient(sandbox.info());
  for (const clientSecret of clientSecrets)
    await stripe.paymentIntents
      .confirm(clientSecret.split('_secret_')[0]!, {
        payment_method: 'pm_card_visa',
        receipt_email: 'alice@example.com',
        shipping: { name: 'Alice Canary', address: { line1: 'Canary Street 1' } },
      })
      .catch(() => 'not there, or paid before');
}

it('nothing that a server wrote in any scenario holds a secret, and of its answers only what the customer may have', async () => {
  await using sandbox = await disposableSandbox();
  const port = await freePorts();
  const { url } = (await databases.place()) as { url: string };
  await using server = run(['server/main.ts'], { ...environmentOf(sandbox, port), DATABASE_URL: url });
  await server.says('listening');
  const store = await databases.newStore({ place: { url } });
  await control(sandbox, 'stripe/webhooks', { url: `http://127.0.0.1:${port}/stripe/webhooks` });
  const world = { info: sandbox.info(), proxyUrl: `http://127.0.0.1:${port}` };
  const served: string[] = [];
  const refused: string[] = [];
  const tokens = new Set<string>();
  const toPayWith = new Set<string>();

  for (const [round, name] of ['healthy', ...scenarioNames].entries()) {
    sandbox.scenarios.clear();
    const alice = await signedIn(world, 'Alice');
    await control(sandbox, 'scenario', { name });
    for (const { status, headers, body, text } of await useEverything(alice, sandbox, round)) {
      const paymentIntent = body?.data?.data?.attributes?.protectedData?.stripePaymentIntents?.default;
      if (paymentIntent) toPayWith.add(paymentIntent.stripePaymentIntentClientSecret);
      const whole = `${[...headers].filter(([header]) => header !== 'set-cookie').join('\n')}\n${text}`;
      (status < 400 ? served : refused).push(whole);
    }
    for (const token of knownSecrets(sandbox).tokens) tokens.add(token);
  }
  sandbox.scenarios.clear();
  await pay(sandbox, toPayWith);
  const inbox = store.db.selectFrom('stripe_events').select('state').where('type', 'like', '%succeeded');
  await eventually(
    () => inbox.execute(),
    events => events.length > 0 && events.every(({ state }) => state === 'done'),
  );
  server.child.kill('SIGTERM');
  expect(await server.exit).toBe(0);

  const { ours, clientSecrets } = knownSecrets(sandbox);
  const all = [...ours, ...tokens, ...clientSecrets, 'canary-password-1'];
  const logs = server.stdout() + server.stderr();
  expect(secretsIn(logs, all)).toEqual([]);
  expect(secretsIn(refused.join('\n'), all)).toEqual([]);
  expect(secretsIn(served.join('\n'), [...ours, ...tokens], toPayWith)).toEqual([]);
  const { filled, finds } = await scanDatabase(store, [...all, 'Canary', 'alice@']);
  expect(finds).toEqual([]);
  expect(filled).toEqual(
    filled.union(
      new Set(
        ['checks', 'refusals', 'verifications', 'incidents', 'transactions', 'transaction_events']
          .concat(['stripe_events', 'payment_intents', 'initiate_claims', 'feeds'])
          .map(table => `proxy.${table}`),
      ),
    ),
  );
  // It was a run worth scanning: much was written, much refused, and something was there to be kept.
  expect(logs.split('\n').length).toBeGreaterThan(5 * scenarioNames.length);
  expect(served.length).toBeGreaterThan(50);
  expect(refused.length).toBeGreaterThan(50);
  expect(toPayWith.size).toBeGreaterThan(5);
}, 60_000);

it('finds what the test planted in the database, and says where', async () => {
  const store = await databases.openStore();
  store.jobs.define({ name: 'job', work: () => Promise.resolve() });
  store.start();
  await store.started;
  const { db } = store;
  await sql`insert into proxy.leases values (${`held by ${CARD}`}, 'v2--a-cookie', now(), 1)`.execute(db);
  await sql`
    insert into proxy.incidents values (gen_random_uuid(), 'c', 'p', now(), now(), 1, 0, 0,
      array['pi_1_secret_a1', 'x'], null)`.execute(db);
  await store.jobs.send('job', 'a', { note: { of: ['4000 0025 0000 3155', 'canary-value'] } }, 60_000);

  const { finds } = await scanDatabase(store, ['canary-value']);

  expect(finds.map(({ column, kind }) => `${column}: ${kind}`).toSorted()).toEqual([
    'pgboss.job.data: card number',
    'pgboss.job.data: known value',
    'pgboss.job_common.data: card number',
    'pgboss.job_common.data: known value',
    'proxy.incidents.transaction_ids: client secret',
    'proxy.leases.name: card number',
    'proxy.leases.owner: refresh token',
  ]);
});

it.each<[what: string, plant: (sandbox: Sandbox) => string]>([
  ['a Stripe key', sandbox => sandbox.info().stripe.secretKey],
  ['a Stripe key of another account', () => `sk_live_${'a1'.repeat(12)}`],
  ['the client secret of the application', sandbox => sandbox.info().flex.clientSecret],
  ['the client secret of a payment', () => 'pi_3ESE4ZatFormAc99J1QaJWgl_secret_Dm43xiq1k0yw'],
  ['a header', () => 'Authorization: Bearer abc.def'],
  ['a session', () => JSON.stringify({ access_token: 'opaque-token-1' })],
])('finds %s that the test planted', async (_what, plant) => {
  await using sandbox = await disposableSandbox();
  const planted = plant(sandbox);
  const script = `data:text/javascript,console.error(${encodeURIComponent(JSON.stringify(planted))})`;
  await using server = run(['--import', script, 'server/main.ts'], environmentOf(sandbox, await freePorts()));
  await server.says('listening');
  server.child.kill('SIGTERM');
  await server.exit;

  const finds = secretsIn(server.stdout() + server.stderr(), knownSecrets(sandbox).ours);

  expect(finds.length).toBeGreaterThan(0);
  expect(finds.every(({ found }) => planted.includes(found))).toBe(true);
});
