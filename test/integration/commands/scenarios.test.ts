/**
 * Everything that the sandbox can make go wrong, met by a booking through the service: one command names its cause. With a
 * transaction it is `verify-pi`; where the call was refused, and there is none, `tail`.
 */
import { scenarioNames } from '../../sandbox/scenarios.ts';
import { daysAhead, realBooking } from '../../sandbox/client/orders.ts';
import { signedIn } from '../../sandbox/client/web-client.ts';
import { openStore } from '../../../server/store/store.ts';
import type { Cause } from '../../../server/domain/diagnosis/causes.ts';
import { eventually, silent } from '../../setup/databases.ts';
import { run } from '../../setup/processes.ts';
import { stripeClient, types } from '../../setup/flex-sdks.ts';
import { bothSidesOf, startWorld, type World } from '../../setup/world.ts';

const TOKEN = 'first-operator-token-1234';
const INITIATE = 'POST /v1/api/transactions/initiate';

type Met = {
  cause: Cause;
  by: 'verify-pi' | 'tail';
  options?: Record<string, unknown>;
  /** It shows long after: the booking is carried on to the provider's payout, and two months go by. */
  isLate?: true;
};
const verifyPi = (cause: Cause, options?: Met['options']): Met => ({
  cause,
  by: 'verify-pi',
  ...(options && { options }),
});
const tail = (cause: Cause, options?: Met['options']): Met => ({
  cause,
  by: 'tail',
  ...(options && { options }),
});

const met: Record<string, Met> = {
  healthy: verifyPi('healthy'),

  'uuid-payment-intents': verifyPi('flex-returned-placeholder'),
  'uuid-over-real': verifyPi('flex-returned-placeholder'),
  'missing-payment-intents': verifyPi('flex-returned-nothing'),
  'missing-default': verifyPi('flex-returned-nothing'),
  'late-payment-intent': verifyPi('flex-returned-nothing'),
  'secret-mismatch': verifyPi('secret-of-another-intent'),
  'foreign-payment-intents': verifyPi('other-account'),
  'other-mode': verifyPi('other-mode'),

  'stripe-not-configured': tail('flex-stripe-not-configured'),
  'stripe-key-revoked': tail('flex-stripe-key-invalid'),
  'provider-restricted': tail('provider-restricted'),
  'provider-without-account': tail('provider-without-account'),
  'payment-failed': tail('payment-declined'),
  locked: tail('flex-unavailable', { route: INITIATE }),

  'stale-read': verifyPi('healthy', { ms: 100 }),
  'event-lag': verifyPi('healthy'),

  'expired-token': verifyPi('healthy', { times: 1 }),
  'refresh-rotates': verifyPi('healthy'),
  'anonymous-token-fails-once': verifyPi('healthy'),

  slow: verifyPi('healthy', { ms: 50 }),
  hang: tail('flex-unavailable', { route: INITIATE }),
  status: tail('flex-unavailable', { route: INITIATE }),
  'rate-limited': tail('flex-unavailable', { route: INITIATE }),
  'empty-error': tail('flex-unavailable', { route: INITIATE }),
  'html-error': tail('flex-unavailable', { route: INITIATE }),
  'reset-before': tail('flex-unavailable', { route: INITIATE }),
  // Done, and the answer lost: the order is found, and the customer can pay.
  'reset-after': verifyPi('healthy', { route: INITIATE, times: 1 }),
  'drop-after-commit': verifyPi('healthy', { route: INITIATE, times: 1 }),
  truncate: verifyPi('healthy', { route: INITIATE, times: 1 }),
  'malformed-transit': verifyPi('healthy', { route: INITIATE, times: 1 }),
  'wrong-entity': verifyPi('healthy', { route: INITIATE, times: 1 }),

  'saved-500': tail('stripe-unavailable'),
  'slow-commit': verifyPi('healthy', { ms: 100 }),
  'in-flight-409': tail('stripe-unavailable'),
  'payout-fails': { ...verifyPi('provider-restricted'), isLate: true },
  'search-stale': verifyPi('healthy'),

  'webhooks-duplicated': verifyPi('healthy'),
  'webhooks-shuffled': verifyPi('healthy'),
  'webhooks-delayed': verifyPi('healthy'),
  'webhooks-dropped': verifyPi('healthy'),
};

it('are all here', () => {
  expect(Object.keys(met).toSorted()).toEqual(scenarioNames.toSorted());
});

it('each is named by one command', async () => {
  await using store = await openStore({ place: { directory: null }, log: silent });
  await using world = await startWorld({
    store,
    bothSides: true,
    environment: { OPERATOR_TOKENS: TOKEN, REQUEST_BUDGET_MS: '2000' },
  });
  await store.started;
  const books = async (day: number) => {
    const alice = await signedIn(world, 'Alice');
    const [start, end] = [daysAhead(world.info, day), daysAhead(world.info, day + 2)];
    return alice.post('initiate-privileged', realBooking(world.info, { start, end }));
  };

  const happened: { name: string; transactionId: string | null; from: number; to: number }[] = [];
  const [soon, late] = [false, true].map(isLate =>
    Object.entries(met).filter(([, kind]) => (kind.isLate ?? false) === isLate),
  ) as [[string, Met][], [string, Met][]];
  for (const [index, [name, { options }]] of soon.entries()) {
    await world.scenario({ name, ...options });
    const known = new Set(world.sandbox.flex().transactions.keys());
    const from = Date.now();
    await books(20 + index * 2);
    const to = Date.now();
    await world.scenario({ name: 'healthy' });
    const [transactionId = null] = [...world.sandbox.flex().transactions.keys()].filter(id => !known.has(id));
    happened.push({ name, transactionId, from, to });
  }
  await eventually(
    () => store.records.stats().waiting,
    waiting => waiting === 0,
  );

  const settings = { ...bothSidesOf(world.info), PROXY_URL: world.proxyUrl, OPERATOR_TOKENS: TOKEN };
  const ids = happened.flatMap(({ name, transactionId }) =>
    met[name]!.by === 'verify-pi' ? [transactionId ?? name] : [],
  );
  const reports = await said<{ subject: string; diagnosis: { cause: Cause } }>(
    'verify-pi',
    [...ids, '--json'],
    settings,
  );
  const seen = await said<{ kind: string; at: string; cause: Cause }>(
    'tail',
    ['--since', '1h', '--once', '--json'],
    settings,
  );
  const named = happened.map(({ name, transactionId, from, to }) => {
    const causes =
      met[name]!.by === 'verify-pi'
        ? reports.filter(({ subject }) => subject === transactionId).map(({ diagnosis }) => diagnosis.cause)
        : seen
            .filter(({ kind, at }) => kind === 'refusals' && Date.parse(at) >= from && Date.parse(at) <= to)
            .map(({ cause }) => cause);
    return [name, ...new Set(causes)];
  });

  expect(named).toEqual(soon.map(([name, { cause }]) => [name, cause]));

  for (const [name, { cause, options }] of late) {
    await world.scenario({ name, ...options });
    const { body } = await books(20 + soon.length * 2);
    const id: string = body.data.data.id.uuid;
    await paidOut(world, id);
    const [report] = await said<{ diagnosis: { cause: Cause } }>('verify-pi', [id, '--json'], settings);
    expect([name, report?.diagnosis.cause]).toEqual([name, cause]);
  }
}, 120_000);

/** The customer pays, the provider accepts, and two months later all that was to happen has happened. */
async function paidOut(world: World, id: string): Promise<void> {
  const [alice, petra] = [await signedIn(world, 'Alice'), await signedIn(world, 'Petra')];
  const transition = (of: any, name: string) =>
    of.transactions.transition({ id: new types.UUID(id), transition: `transition/${name}`, params: {} });
  const [intent] = [...world.sandbox.stripe().paymentIntents.values()].slice(-1);
  await stripeClient(world.info).paymentIntents.confirm(intent!.id, { payment_method: 'pm_card_visa' });
  await transition(alice.sdk, 'confirm-payment');
  await transition(petra.sdk, 'accept');
  await world.sandbox.advance(200 * 86_400_000);
}

/** JSON as a whole, or a line each. */
async function said<T>(name: string, args: string[], settings: Record<string, string>): Promise<T[]> {
  await using running = run([`scripts/${name}.ts`, ...args], settings);
  await running.exit;
  const text = running.stdout();
  return text.startsWith('[')
    ? JSON.parse(text)
    : text
        .trim()
        .split('\n')
        .map(line => JSON.parse(line));
}
