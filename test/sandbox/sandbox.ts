/** Flex and Stripe, emulated over real HTTP on loopback: start, look, reset, close. */
import type { EventEmitter } from 'node:events';
import path from 'node:path';
import Stripe from 'stripe';
import { createControlService } from './control.ts';
import { createClock, type Clock } from './core/clock.ts';
import { serve, type Service } from './core/http.ts';
import { createRequestCounter } from './core/request-counter.ts';
import { createScenarios, type Scenarios } from './core/scenarios.ts';
import { loadProcesses } from './flex/process/load.ts';
import { createFlexService } from './flex/service.ts';
import { createFlexStripe } from './flex/stripe-client.ts';
import { createFlexWorld, type FlexSettings, type FlexWorld } from './flex/world.ts';
import { scenarioNames } from './scenario-names.ts';
import { flexSeed, ROOT_URL, stripeSeed } from './seed/marketplace.ts';
import { createStripeService } from './stripe/service.ts';
import { createStripeWorld, type StripeWorld } from './stripe/world.ts';

export type SandboxOptions = {
  /** Flex; Stripe takes the next one. Without it both take free ports. */
  port?: number;
  /** Directories of processes besides `ext/transaction-processes`. */
  processes?: string[];
  settings?: Partial<FlexSettings>;
  /** Stands still at this time and moves by `advance` only; otherwise it runs with the machine. */
  frozenAt?: number;
  seed?: number;
};

/** Everything a stranger needs to point a client at the sandbox. The shape is a contract. */
export type SandboxInfo = {
  ready: boolean;
  rootUrl: string;
  flex: { baseUrl: string; assetCdnBaseUrl: string; clientId: string; clientSecret: string };
  integration: { baseUrl: string; clientId: string; clientSecret: string };
  stripe: { baseUrl: string; secretKey: string; publishableKey: string; webhookSecret: string };
  users: {
    id: string;
    role: 'customer' | 'provider';
    email: string;
    password: string;
    name: string;
    stripeAccount: 'healthy' | 'restricted' | null;
  }[];
  listings: {
    id: string;
    title: string;
    unitType: string;
    price: { amount: number; currency: string } | null;
    processAlias: string;
    providerId: string;
  }[];
  scenarios: string[];
  now: number;
};

export type Sandbox = {
  /** Flex, assets, Integration API and the control surface. */
  url: string;
  stripeUrl: string;
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
  /** Back to the seed: data, tokens, scenarios, counters and clock. */
  reset(): void;
  close(): Promise<void>;
};

const ownProcesses = path.join(import.meta.dirname, '../../ext/transaction-processes');

const defaultSettings: FlexSettings = {
  accessTokenSeconds: 10 * 60,
  refreshTokenSeconds: 30 * 24 * 60 * 60,
  loginAsScope: 'user:limited',
};

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const seed = options.seed ?? 1;
  const clock = createClock(options.frozenAt === undefined ? {} : { frozenAt: options.frozenAt });
  const tokenClock = createClock();
  const scenarios = createScenarios();
  const counter = createRequestCounter();
  const processes = loadProcesses([ownProcesses, ...(options.processes ?? [])]);
  let ready = true;
  let stripe = newStripeWorld();
  let flex: FlexWorld;

  const stripeServer = await serve(
    createStripeService(() => stripe, counter),
    options.port === undefined ? 0 : options.port + 1,
  );
  const flexStripe = createFlexStripe(
    new Stripe(stripeSeed.platform.secretKey, {
      host: '127.0.0.1',
      port: stripeServer.port,
      protocol: 'http',
      telemetry: false,
      maxNetworkRetries: 0,
    }),
  );
  flex = newFlexWorld();

  const flexService = createFlexService(() => flex, counter);
  const control = createControlService(() => sandbox);
  const service: Service = request =>
    request.path.startsWith('/sandbox/') ? control(request) : flexService(request);
  const flexServer = await serve(service, options.port ?? 0).catch(async (error: unknown) => {
    await stripeServer.close();
    throw error;
  });

  function newStripeWorld(): StripeWorld {
    return createStripeWorld(stripeSeed, { clock, scenarios, randomSeed: seed });
  }
  function newFlexWorld(): FlexWorld {
    return createFlexWorld(flexSeed, {
      clock,
      tokenClock,
      scenarios,
      stripe: flexStripe,
      processes,
      settings: { ...defaultSettings, ...options.settings },
      randomSeed: seed + 1,
    });
  }

  const sandbox: Sandbox = {
    url: flexServer.url,
    stripeUrl: stripeServer.url,
    info: () => describe({ ready, clock, flexUrl: flexServer.url, stripeUrl: stripeServer.url }),
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
      stripe = newStripeWorld();
      flex = newFlexWorld();
    },
    close: async () => {
      clock.reset();
      await Promise.all([flexServer.close(), stripeServer.close()]);
    },
  };
  return sandbox;
}

function describe(state: { ready: boolean; clock: Clock; flexUrl: string; stripeUrl: string }): SandboxInfo {
  const { secretKey, publishableKey, webhookSecret } = stripeSeed.platform;
  return {
    ready: state.ready,
    rootUrl: ROOT_URL,
    flex: { baseUrl: state.flexUrl, assetCdnBaseUrl: state.flexUrl, ...flexSeed.application },
    integration: { baseUrl: state.flexUrl, ...flexSeed.integration },
    stripe: { baseUrl: state.stripeUrl, secretKey, publishableKey, webhookSecret },
    users: flexSeed.users.map(user => ({
      id: user.id,
      role: user.role,
      email: user.email,
      password: user.password,
      name: `${user.firstName} ${user.lastName}`,
      stripeAccount: user.account,
    })),
    listings: flexSeed.listings.map(listing => ({
      id: listing.id,
      title: listing.title,
      unitType: String(listing.publicData['unitType']),
      price: listing.price,
      processAlias: String(listing.publicData['transactionProcessAlias']),
      providerId: listing.authorId,
    })),
    scenarios: scenarioNames,
    now: state.clock.now(),
  };
}
