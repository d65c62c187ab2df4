/**
 * Flex and Stripe, emulated: start, look, reset, close. `startSandbox` puts them behind loopback ports, where the real
 * clients talk to them; `createSandbox` is the same without sockets, for simulations with a clock that stands still.
 */
import type { EventEmitter } from 'node:events';
import path from 'node:path';
import Stripe from 'stripe';
import { createControlService } from './control.ts';
import { createClock } from './core/clock.ts';
import { asFetch, serve, type Service } from './core/http.ts';
import { createRequestCounter } from './core/request-counter.ts';
import { createScenarios, type Scenarios } from './core/scenarios.ts';
import { loadProcesses } from './flex/process/registry.ts';
import { createFlexService } from './flex/service.ts';
import { createFlexStripe, type FlexKey } from './flex/stripe-client.ts';
import { createFlexWorld, type FlexSettings, type FlexWorld } from './flex/world.ts';
import { describeSandbox, type SandboxInfo } from './info.ts';
import { flexSeed, stripeSeed } from './seed/marketplace.ts';
import { createStripeService } from './stripe/service.ts';
import type { PostToWebhook } from './stripe/webhooks/entity.ts';
import { createStripeWorld, type StripeWorld } from './stripe/world.ts';

export type { SandboxInfo } from './info.ts';

export type SandboxOptions = {
  /** Directories of processes besides `ext/transaction-processes`. */
  processes?: string[];
  settings?: Partial<FlexSettings>;
  /** Stands still at this time and moves by `advance` only; otherwise it runs with the machine. */
  frozenAt?: number;
  seed?: number;
  /** How webhooks are sent; over HTTP when left out. */
  postToWebhook?: PostToWebhook;
};

export type Sandbox = {
  /** Flex, assets, Integration API and the control surface. */
  url: string;
  stripeUrl: string;
  /** The same two as functions. */
  flexService: Service;
  stripeService: Service;
  info(): SandboxInfo;
  setReady(ready: boolean): void;
  now(): number;
  advance(ms: number): Promise<number>;
  /** Tokens have a clock of their own. */
  advanceTokens(ms: number): Promise<number>;
  scenarios: Scenarios;
  requests(): Record<string, { count: number; peakInFlight: number }>;
  /** Emits a route's name when a request for it has arrived. */
  arrivals: EventEmitter;
  flex(): FlexWorld;
  stripe(): StripeWorld;
  /** Back to the seed: data, tokens, scenarios, settings, counters and clock. */
  reset(): void;
  close(): Promise<void>;
};

const ownProcesses = path.join(import.meta.dirname, '../../ext/transaction-processes');

const defaultSettings: FlexSettings = {
  accessTokenSeconds: 10 * 60,
  refreshTokenSeconds: 30 * 24 * 60 * 60,
  loginAsScope: 'user:limited',
  operatorSeesPaymentIntents: false,
  devRateLimits: false,
  integrationConcurrency: 10,
  eventRetentionDays: 7,
};

/** In process. Its addresses lead nowhere: give clients the services. */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  const seed = options.seed ?? 1;
  const frozen = options.frozenAt === undefined ? {} : { frozenAt: options.frozenAt };
  const clock = createClock(frozen);
  const tokenClock = createClock(frozen);
  const scenarios = createScenarios();
  const counter = createRequestCounter();
  const processes = loadProcesses([ownProcesses, ...(options.processes ?? [])]);
  const postToWebhook = options.postToWebhook ?? postOverHttp;
  let ready = true;
  let stripe: StripeWorld;
  let flex: FlexWorld;

  const stripeService = createStripeService(() => stripe, counter);
  const flexService = createFlexService(() => flex, counter);
  const control = createControlService(() => sandbox);

  const sandbox: Sandbox = {
    url: 'http://flex.sandbox',
    stripeUrl: 'http://stripe.sandbox',
    flexService: request => (request.path.startsWith('/sandbox/') ? control(request) : flexService(request)),
    stripeService,
    info: () =>
      describeSandbox({ ready, now: clock.now(), flexUrl: sandbox.url, stripeUrl: sandbox.stripeUrl }),
    setReady: value => {
      ready = value;
    },
    now: clock.now,
    advance: clock.advance,
    advanceTokens: tokenClock.advance,
    scenarios,
    requests: counter.counts,
    arrivals: counter.arrivals,
    flex: () => flex,
    stripe: () => stripe,
    reset: () => {
      clock.reset();
      tokenClock.reset();
      scenarios.clear();
      counter.reset();
      build();
    },
    close: () => {
      clock.reset();
      tokenClock.reset();
      return Promise.resolve();
    },
  };
  const stripeForFlex = createFlexStripe(key => stripeClient(keyOf(key), sandbox));
  build();
  return sandbox;

  function build() {
    stripe = createStripeWorld(stripeSeed, { clock, scenarios, postToWebhook, randomSeed: seed });
    flex = createFlexWorld(flexSeed, {
      clock,
      tokenClock,
      scenarios,
      stripe: stripeForFlex,
      processes: processes.fork(),
      settings: { ...defaultSettings, ...options.settings },
      randomSeed: seed + 1,
    });
  }
}

/** On loopback: Flex on `port`, Stripe on the next one; both take free ports without it. */
export async function startSandbox(options: SandboxOptions & { port?: number } = {}): Promise<Sandbox> {
  const sandbox = createSandbox(options);
  const stripeServer = await serve(sandbox.stripeService, options.port === undefined ? 0 : options.port + 1);
  const flexServer = await serve(sandbox.flexService, options.port ?? 0).catch(async (error: unknown) => {
    await stripeServer.close();
    throw error;
  });
  const { close } = sandbox;
  return Object.assign(sandbox, {
    url: flexServer.url,
    stripeUrl: stripeServer.url,
    close: async () => {
      await close();
      await Promise.all([flexServer.close(), stripeServer.close()]);
    },
  });
}

const keyOf = (key: FlexKey): string => {
  const { platform } = stripeSeed;
  const keys: Record<FlexKey, string> = {
    own: platform.flexKey,
    revoked: platform.flexRevokedKey,
    live: platform.flexLiveKey,
    'other-account': platform.otherKey,
  };
  return keys[key];
};

/** Over HTTP where there are sockets, else straight into the service. */
function stripeClient(key: string, sandbox: Sandbox): Stripe {
  const { hostname, port } = new URL(sandbox.stripeUrl);
  const isServed = port !== '';
  return new Stripe(key, {
    host: hostname,
    ...(isServed ? { port } : { httpClient: Stripe.createFetchHttpClient(asFetch(sandbox.stripeService)) }),
    protocol: 'http',
    telemetry: false,
    maxNetworkRetries: 0,
  });
}

const WEBHOOK_DEADLINE_MS = 10_000;

const postOverHttp: PostToWebhook = (url, headers, body) =>
  fetch(url, {
    method: 'POST',
    headers,
    body,
    redirect: 'manual',
    signal: AbortSignal.timeout(WEBHOOK_DEADLINE_MS),
  }).then(
    response => response.status,
    () => null,
  );
