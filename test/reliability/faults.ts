/**
 * Every fault of the sandbox at every call to Flex that our endpoints make; prints what came of each, a line of JSON a
 * case. A process of its own, so that a rejection that nobody handles is seen.
 */
import flexSdk from 'sharetribe-flex-sdk';
import process from 'node:process';
import { createApp } from '../../server/app.ts';
import { loadConfig } from '../../server/config.ts';
import { createContext } from '../../server/context.ts';
import { listen } from '../../server/listen.ts';
import { listingTitled, realBooking, speculativeBooking } from '../sandbox/client/orders.ts';
import { createWebClient, signedIn, tokenCookie, type WebClient } from '../sandbox/client/web-client.ts';
import type { Scenario } from '../sandbox/core/scenarios.ts';
import { startSandbox, type Sandbox, type SandboxInfo } from '../sandbox/sandbox.ts';
import { scenarioKinds } from '../sandbox/scenarios.ts';
import { collectLog } from '../setup/log-lines.ts';
import { environmentFor } from '../setup/world.ts';
import { secretScan } from './secrets.ts';

/** Long enough for a busy machine, short enough to wait for it to be over some fifty times. */
const BUDGET_MS = 1_500;
/** Most of the time a case waits. */
const LANES = 12;

const { types } = flexSdk;

type Job = {
  who: 'Alice' | 'Petra' | 'a visitor';
  endpoint: string;
  /** Builds the request, after what must be there before it. */
  body(info: SandboxInfo, client: WebClient): unknown;
};

const night = {
  bookingStart: new Date('2031-01-10T00:00:00Z'),
  bookingEnd: new Date('2031-01-13T00:00:00Z'),
};
const cabinOf = (info: SandboxInfo) => new types.UUID(listingTitled(info, 'Lakeside').id);

const jobs: Record<string, Job> = {
  'a booking': { who: 'Alice', endpoint: 'initiate-privileged', body: info => realBooking(info) },
  'a speculative booking': {
    who: 'Alice',
    endpoint: 'initiate-privileged',
    body: info => speculativeBooking(info),
  },
  'a payment after an inquiry': {
    who: 'Alice',
    endpoint: 'transition-privileged',
    async body(info, client) {
      const { processAlias } = listingTitled(info, 'Lakeside');
      const { data } = await client.sdk.transactions.initiate({
        processAlias,
        transition: 'transition/inquire',
        params: { listingId: cabinOf(info) },
      });
      return {
        isSpeculative: false,
        orderData: {},
        bodyParams: {
          id: (data as { data: { id: unknown } }).data.id,
          transition: 'transition/request-payment-after-inquiry',
          params: { ...night, protectedData: { unitType: 'night' } },
        },
        queryParams: { expand: true },
      };
    },
  },
  "a visitor's quote": {
    who: 'a visitor',
    endpoint: 'transaction-line-items',
    body: info => ({ isOwnListing: false, listingId: cabinOf(info), orderData: night }),
  },
  "a provider's quote": {
    who: 'Petra',
    endpoint: 'transaction-line-items',
    body: info => ({ isOwnListing: true, listingId: cabinOf(info), orderData: night }),
  },
  'deleting an account': {
    who: 'Alice',
    endpoint: 'delete-account',
    body: () => ({ currentPassword: 'alice-password' }),
  },
};

export type FaultResult = {
  job: string;
  /** null for the case without any fault. */
  route: string | null;
  scenario: string | null;
  status: number;
  code: string | null;
  /** Name and data are what the web client reads of an error. */
  isLocalApiError: boolean;
  /** Of the time that a request has. */
  overBudgetMs: number;
  /** The browser's session is as good as before. */
  sessionIntact: boolean;
  accountDeleted: boolean;
  calls: Record<string, number>;
  paymentIntents: number;
  secretsInLog: string[];
  unhandled: string[];
};

const unhandled: string[] = [];
process.on('unhandledRejection', reason => unhandled.push(String(reason)));

/** A sandbox that is used again and again; the proxy before it is a new one each time, breakers and caches too. */
async function createLane() {
  const sandbox = await startSandbox();

  async function run(name: string, route: string | null, scenario: string | null): Promise<FaultResult> {
    const job = jobs[name]!;
    sandbox.reset();
    const info = sandbox.info();
    const log = collectLog();
    const environment = { ...environmentFor(info), REQUEST_BUDGET_MS: String(BUDGET_MS) };
    const context = createContext(loadConfig(environment), log.destination);
    const proxy = await listen(createApp(context), 0, '127.0.0.1');
    const client =
      job.who === 'a visitor'
        ? createWebClient(proxy.url, info)
        : await signedIn({ info, proxyUrl: proxy.url }, job.who);
    const body = await job.body(info, client);
    const hadSession = client.cookies.has(tokenCookie(info.flex.clientId));
    const before = countsOf(sandbox);
    if (scenario !== null && route !== null) sandbox.scenarios.add(faultOn(scenario, route));

    const started = performance.now();
    const answer = await client.post(job.endpoint, body);
    const ms = performance.now() - started;

    const calls = Object.entries(countsOf(sandbox))
      .map(([called, count]) => [called, count - (before[called] ?? 0)] as const)
      .filter(([, count]) => count > 0);
    sandbox.scenarios.clear();
    await proxy.close(0);
    context[Symbol.dispose]();
    return {
      job: name,
      route,
      scenario,
      status: answer.status,
      code: answer.body.code ?? null,
      isLocalApiError: answer.body.name === 'LocalAPIError' && answer.body.status === answer.status,
      overBudgetMs: Math.round(ms - BUDGET_MS),
      sessionIntact: !hadSession || (await isSignedIn(client)),
      accountDeleted: [...sandbox.flex().users.values()].some(user => user.deleted),
      calls: Object.fromEntries(calls),
      paymentIntents: sandbox.stripe().paymentIntents.size,
      secretsInLog: secretScan(info)(log.text()),
      unhandled: unhandled.splice(0),
    };
  }
  return { run, close: () => sandbox.close() };
}

const faultOn = (name: string, route: string): Scenario => ({
  ...scenarioKinds[name]!.defaults,
  ...(name === 'slow' && { ms: 50 }),
  name,
  route,
});

const isCommand = (route: string) => /transactions\/(initiate|transition)|current_user\/delete/.test(route);

/** What meets any call. All other scenarios are about what a command does. */
const onTheWay = [
  'slow',
  'hang',
  'status',
  'rate-limited',
  'empty-error',
  'html-error',
  'reset-before',
  'reset-after',
  'drop-after-commit',
  'truncate',
  'malformed-transit',
  'wrong-entity',
  'expired-token',
  'anonymous-token-fails-once',
];

const countsOf = (sandbox: Sandbox) =>
  Object.fromEntries(Object.entries(sandbox.requests()).map(([route, { count }]) => [route, count]));

const isSignedIn = (client: WebClient) =>
  client.sdk.currentUser.show().then(
    () => true,
    () => false,
  );

const lanes = await Promise.all(Array.from({ length: LANES }, createLane));
const print = (result: FaultResult) => process.stdout.write(`${JSON.stringify(result)}\n`);
const cases: [job: string, route: string, scenario: string][] = [];
for (const job of Object.keys(jobs)) {
  const healthy = await lanes[0]!.run(job, null, null);
  print(healthy);
  // Flex calls Stripe by itself: that is none of ours.
  for (const route of Object.keys(healthy.calls).filter(called => !called.includes('/v1/payment_intents'))) {
    const scenarios = isCommand(route) ? Object.keys(scenarioKinds) : onTheWay;
    for (const scenario of scenarios) cases.push([job, route, scenario]);
  }
}
await Promise.all(
  lanes.map(async lane => {
    for (let next = cases.pop(); next; next = cases.pop()) print(await lane.run(...next));
    await lane.close();
  }),
);
