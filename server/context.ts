import { randomUUID } from 'node:crypto';
import type { LoadedConfig } from './config.ts';
import type { IncidentWatch } from './diagnostics/incident-watch.ts';
import type { Observer } from './domain/observer.ts';
import type { Processes } from './domain/process.ts';
import type { ReadinessCheck } from './domain/readiness.ts';
import { watchEventLoop } from './event-loop.ts';
import { startIntake, type Intake } from './evidence-intake.ts';
import { createFallbackGate, type FallbackGate } from './fallback-gate.ts';
import { createFallbackService, type FallbackService } from './fallback-service.ts';
import { createFlexDoor, type FlexDoor } from './flex/door.ts';
import { createIntegrationDoor, type IntegrationDoor } from './flex/integration.ts';
import { loadProcesses } from './flex/process-files.ts';
import { showInMetrics } from './gauges.ts';
import { createMetrics, type Metrics, type UpstreamCall } from './metrics.ts';
import { createLog, type Log, type LogOptions } from './log.ts';
import { watchPayments } from './payment-watch.ts';
import { createStripeDoor, type StripeDoor } from './stripe/door.ts';
import { createWebhookReader, type ReadWebhook } from './stripe/webhook-signature.ts';
import { checkRecord } from './store/records.ts';
import type { Store } from './store/store.ts';
import { together } from './together.ts';
import { findTracing } from './tracing.ts';
import { STRIPE_FEED } from './webhooks/pull.ts';
import type { Check, CheckSubject } from './domain/verdict.ts';

/** What lives as long as the service. */
export type Context = {
  config: LoadedConfig['config'];
  log: Log;
  flex: FlexDoor;
  metrics: Metrics;
  operatorTokens: string[];
  processes: Processes;
  /** null without credentials. */
  integration: IntegrationDoor | null;
  /** null without a key. */
  stripe: StripeDoor | null;
  /** Hears of checks, refusals and what Stripe says. */
  observer: Observer;
  incidents: IncidentWatch;
  readiness: ReadinessCheck[];
  /** null when nothing is recorded. */
  store: Store | null;
  /** What flows in from Flex and Stripe; null when nothing is recorded. */
  intake: Intake | null;
  /** Whether the fallback may open a case. */
  fallback: FallbackGate;
  /** null where cases can not be worked on. */
  fallbackService: FallbackService | null;
  /** null without a secret. */
  readWebhook: ReadWebhook | null;
  /** Keeps a check for later. Never fails, and is never waited for. */
  recordCheck(check: Check, subject: CheckSubject, requestId: string): void;
  /** How late the event loop runs, in milliseconds. */
  eventLoopDelayMs(): number;
  /** From now on the service is not ready. */
  stop(): void;
  /** Ends what goes on behind requests, and writes down what only this process knows. Before the store is closed. */
  settle(): Promise<void>;
  [Symbol.dispose](): void;
};

type Checked = { check: Check; subject: CheckSubject; requestId: string; at: Date };

/** Neither a secret nor a password comes through it. */
export function createServiceLog(
  { config, secrets }: LoadedConfig,
  destination?: LogOptions['destination'],
): Log {
  const {
    flexClientSecret,
    integrationClientSecret,
    stripeSecretKey,
    stripeWebhookSecrets,
    incidentWebhookUrl,
    databaseUrl,
  } = secrets;
  return createLog({
    level: config.logLevel,
    secrets: [
      flexClientSecret,
      integrationClientSecret ?? '',
      stripeSecretKey ?? '',
      ...stripeWebhookSecrets,
      ...secrets.operatorTokens,
      incidentWebhookUrl ?? '',
      databaseUrl ?? '',
    ],
    ...(destination && { destination }),
  });
}

/** Builds it all, and logs what was found. Nothing is asked of Flex yet. */
export function createContext(
  loaded: LoadedConfig,
  destination?: LogOptions['destination'],
  store: Store | null = null,
  log = createServiceLog(loaded, destination),
): Context {
  const { config, secrets, report } = loaded;
  const { integrationClientSecret, stripeSecretKey, incidentWebhookUrl } = secrets;
  log.info({ settings: report.used }, 'configuration');
  if (config.onlyLooksOn) log.info('no marketplace application is set: this service only looks on');
  for (const warning of report.warnings) log.warn({ warning }, 'configuration');

  const { processes, unreadable } = loadProcesses(config.processesDir);
  log.info({ directory: config.processesDir, processes: [...processes.keys()] }, 'process files');
  for (const file of unreadable) log.warn(file, 'process file can not be read');

  const metrics = createMetrics();
  const tracing = findTracing();
  const onCall = tracing
    ? (call: UpstreamCall) => {
        metrics.upstream(call);
        tracing.upstream(call);
      }
    : metrics.upstream;
  const flex = createFlexDoor(config.flex, secrets, onCall);
  const integration =
    config.integration && integrationClientSecret !== null
      ? createIntegrationDoor(config.integration, integrationClientSecret, onCall)
      : null;
  const stripe =
    stripeSecretKey === null ? null : createStripeDoor(stripeSecretKey, config.stripeBaseUrl, onCall);
  const watch = watchPayments({
    log,
    processes,
    integration,
    stripe,
    incidentWebhookUrl,
    store,
  });
  const fallback = createFallbackGate({
    settings: config.fallback,
    processes,
    hasIntegration: integration !== null,
    hasDatabase: store !== null,
    stripe,
    log,
  });
  const fallbackService = createFallbackService({
    settings: config.fallback,
    processes,
    integration,
    stripe,
    store,
    gate: fallback,
    log,
  });
  const flexFeed = `flex ${config.integration?.baseUrl} ${config.integration?.clientId}`;
  const intake =
    store &&
    startIntake({
      store,
      integration,
      stripe,
      processes,
      log,
      owner: randomUUID(),
      feedSource: flexFeed,
      onPayment: watch.seen,
      ...(fallbackService && {
        onRead: fallbackService.flexHeard,
        handlers: [fallbackService.stripeHeard],
      }),
      retentionDays: config.database.retentionDays,
    });
  const eventLoop = watchEventLoop();
  showInMetrics({
    metrics,
    eventLoop,
    flex,
    integration,
    stripe,
    watch,
    store,
    feeds: { ...(integration && { flex: flexFeed }), ...(stripe && { stripe: STRIPE_FEED }) },
  });
  const checks =
    store &&
    together<Checked>(all => {
      for (const { check, subject, requestId, at } of all)
        store.records.record(checkRecord(check, subject, requestId, at));
    });
  let stopping = false;
  return {
    config,
    log,
    flex,
    metrics,
    operatorTokens: secrets.operatorTokens,
    processes,
    integration,
    stripe,
    observer: watch.observer,
    incidents: watch.incidents,
    readiness: [
      {
        name: 'accepting',
        check: () => (stopping ? { ok: false, reason: 'the service is stopping' } : { ok: true }),
      },
      {
        name: 'process-files',
        check: () =>
          processes.size > 0
            ? { ok: true }
            : {
                ok: false,
                reason: `no process.edn can be read in ${config.processesDir}; see TRANSACTION_PROCESSES_DIR`,
              },
      },
      ...(store ? [store.readiness] : []),
    ],
    store,
    intake,
    fallback,
    fallbackService,
    readWebhook:
      secrets.stripeWebhookSecrets.length === 0
        ? null
        : createWebhookReader(secrets.stripeWebhookSecrets, stripe?.livemode ?? null),
    recordCheck(check, subject, requestId) {
      checks?.put({ check, subject, requestId, at: new Date() });
      tracing?.check(check, subject);
      if (check.verdict === 'valid') intake?.nudge();
    },
    eventLoopDelayMs: eventLoop.delayMs,
    stop: () => {
      stopping = true;
    },
    settle: async () => {
      checks?.now();
      await Promise.all([intake?.stop(), fallbackService?.stop(), watch.settle()]);
    },
    [Symbol.dispose]: () => {
      eventLoop[Symbol.dispose]();
      watch[Symbol.dispose]();
      fallback[Symbol.dispose]();
      integration?.close();
      flex.close();
    },
  };
}
