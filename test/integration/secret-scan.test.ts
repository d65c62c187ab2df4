/**
 * A real server process, put through every scenario of the sandbox, with all it can log switched on. Nothing that it
 * wrote may hold a secret, and of its answers only the one to who pays may hold the client secret.
 */
import { daysAhead, realBooking, speculativeBooking } from '../sandbox/client/orders.ts';
import { signedIn, type LocalApiAnswer, type WebClient } from '../sandbox/client/web-client.ts';
import { startSandbox, type Sandbox } from '../sandbox/sandbox.ts';
import { scenarioNames } from '../sandbox/scenarios.ts';
import { types } from '../setup/flex-sdks.ts';
import { freePorts, run } from '../setup/processes.ts';
import { secretsIn } from '../setup/secret-scan.ts';
import { environmentFor } from '../setup/world.ts';

const DAYS_APART = 4;

async function disposableSandbox() {
  const sandbox = await startSandbox();
  return { ...sandbox, [Symbol.asyncDispose]: () => sandbox.close() };
}

const environmentOf = (sandbox: Sandbox, port: number) => {
  const { integration, stripe } = sandbox.info();
  return {
    ...environmentFor(sandbox.info()),
    PORT: String(port),
    LOG_LEVEL: 'trace',
    REQUEST_BUDGET_MS: '300',
    RATE_LIMIT_PER_SESSION: '0',
    SHARETRIBE_INTEGRATION_CLIENT_ID: integration.clientId,
    SHARETRIBE_INTEGRATION_CLIENT_SECRET: integration.clientSecret,
    STRIPE_SECRET_KEY: stripe.secretKey,
    STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
  };
};

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
    await alice.post('initiate-privileged', realBooking(info, { start, end })),
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
  ];
}

it('nothing that a server wrote in any scenario holds a secret, and of its answers only what the customer may have', async () => {
  await using sandbox = await disposableSandbox();
  const port = await freePorts();
  await using server = run(['server/main.ts'], environmentOf(sandbox, port));
  await server.says('listening');
  const world = { info: sandbox.info(), proxyUrl: `http://127.0.0.1:${port}` };
  const served: string[] = [];
  const refused: string[] = [];
  const tokens = new Set<string>();
  const toPayWith = new Set<string>();

  for (const [round, name] of ['healthy', ...scenarioNames].entries()) {
    sandbox.scenarios.clear();
    const alice = await signedIn(world, 'Alice');
    const set = await fetch(`${sandbox.url}/sandbox/scenario`, {
      method: 'POST',
      body: JSON.stringify({ name }),
    });
    expect(set.status).toBe(200);
    for (const { status, headers, body, text } of await useEverything(alice, sandbox, round)) {
      const paymentIntent = body?.data?.data?.attributes?.protectedData?.stripePaymentIntents?.default;
      if (paymentIntent) toPayWith.add(paymentIntent.stripePaymentIntentClientSecret);
      const whole = `${[...headers].filter(([header]) => header !== 'set-cookie').join('\n')}\n${text}`;
      (status < 400 ? served : refused).push(whole);
    }
    for (const token of knownSecrets(sandbox).tokens) tokens.add(token);
  }
  sandbox.scenarios.clear();
  server.child.kill('SIGTERM');
  expect(await server.exit).toBe(0);

  const { ours, clientSecrets } = knownSecrets(sandbox);
  const all = [...ours, ...tokens, ...clientSecrets, 'canary-password-1'];
  const logs = server.stdout() + server.stderr();
  expect(secretsIn(logs, all)).toEqual([]);
  expect(secretsIn(refused.join('\n'), all)).toEqual([]);
  expect(secretsIn(served.join('\n'), [...ours, ...tokens], toPayWith)).toEqual([]);
  // It was a run worth scanning: much was written, much refused, and something was there to be kept.
  expect(logs.split('\n').length).toBeGreaterThan(5 * scenarioNames.length);
  expect(served.length).toBeGreaterThan(50);
  expect(refused.length).toBeGreaterThan(50);
  expect(toPayWith.size).toBeGreaterThan(5);
}, 60_000);

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
