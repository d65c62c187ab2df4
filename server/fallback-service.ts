/** The fallback put together: its doors, its customers' side, and what goes on behind them. */
import { setTimeout as pause } from 'node:timers/promises';
import type { FallbackSettings } from './domain/fallback-settings.ts';
import type { Processes } from './domain/process.ts';
import { createFallback, type Fallback } from './fallback/fallback.ts';
import { createFlexPort, lanesOf } from './fallback/flex-port.ts';
import type { RunDeps } from './fallback/run.ts';
import { sweep } from './fallback/sweep.ts';
import type { IntegrationDoor } from './flex/integration.ts';
import type { Log } from './log.ts';
import type { Store } from './store/store.ts';
import type { StripeDoor } from './stripe/door.ts';

export type FallbackService = {
  fallback: Fallback;
  /** Work on cases, one after the other. */
  sweep(signal?: AbortSignal): Promise<number>;
  /** Ends the sweeps; what is under way comes to an end. */
  stop(): Promise<void>;
};

type Deps = {
  settings: FallbackSettings;
  processes: Processes;
  integration: IntegrationDoor | null;
  stripe: StripeDoor | null;
  store: Store | null;
  isOn: () => boolean;
  log: Log;
};

/** Jobs and webhooks only make it sooner. */
const SWEEP_MS = 15_000;

/** null where cases can not be worked on at all. Those that are open are, whether it is on or not. */
export function createFallbackService(deps: Deps): FallbackService | null {
  const { integration, stripe, store, processes, log } = deps;
  if (!integration || !stripe || !store) return null;
  const lanes = lanesOf(processes);
  const run: RunDeps = {
    db: store.db,
    flex: createFlexPort(integration, lanes),
    stripe: stripe.money,
    clock: () => performance.now(),
    sleep: (ms, signal) => pause(ms, undefined, { ...(signal && { signal }) }).catch(() => undefined),
    onStep: ({ what, ...step }) => {
      const line = { step: what, ...step };
      if (what === 'needs-operator') log.error(line, FALLBACK_STEP);
      else if (what === 'trouble' || what === 'refused') log.warn(line, FALLBACK_STEP);
      else log.info(line, FALLBACK_STEP);
    },
  };
  const stopping = new AbortController();
  const sweeps = async () => {
    while (!stopping.signal.aborted) {
      await sweep(run, stopping.signal).catch((error: unknown) =>
        log.warn({ err: error }, 'cases of the fallback can not be worked on'),
      );
      await pause(SWEEP_MS, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
    }
  };
  let sweeping: Promise<void> | undefined;
  const begin = async () => {
    await store.started;
    if (!stopping.signal.aborted) sweeping = sweeps();
  };
  void begin();
  return {
    fallback: createFallback({
      ...run,
      settings: deps.settings,
      lanes,
      integration,
      livemode: stripe.livemode,
      isOn: () => deps.isOn() && store.status().isUp,
      onLeft: (transactionId, why) =>
        log.warn({ transactionId, why }, 'an order without a payment was left as it is'),
    }),
    sweep: signal => sweep(run, signal),
    async stop() {
      stopping.abort();
      await sweeping;
    },
  };
}

/** Operators grep for this. */
export const FALLBACK_STEP = '[SERVER_PROXY] fallback';
