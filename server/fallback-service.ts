/** The fallback put together: its doors, its customers' side, and what goes on behind them. */
import { setTimeout as pause } from 'node:timers/promises';
import type { FallbackGate } from './fallback-gate.ts';
import type { FallbackSettings } from './domain/fallback-settings.ts';
import type { Processes } from './domain/process.ts';
import { createFallback, type Fallback } from './fallback/fallback.ts';
import { createFlexPort, lanesOf } from './fallback/flex-port.ts';
import { createFallbackOperators, type FallbackOperators } from './fallback/operators.ts';
import type { RunDeps } from './fallback/run.ts';
import { sweep } from './fallback/sweep.ts';
import { createWaking } from './fallback/wake.ts';
import type { IntegrationDoor } from './flex/integration.ts';
import type { Log } from './log.ts';
import { casesOf, caseThatMoved } from './store/case-hints.ts';
import { FALLBACK_SWITCH } from './store/payment-cases.ts';
import type { Db, FallbackAuditRow, StripeEventRow } from './store/schema.ts';
import type { Store } from './store/store.ts';
import { readSwitch } from './store/switches.ts';
import type { StripeDoor } from './stripe/door.ts';

export type FallbackService = {
  fallback: Fallback;
  operators: FallbackOperators;
  /** Work on cases, one after the other. */
  sweep(signal?: AbortSignal): Promise<number>;
  /** Stripe tells of something. Works on nothing itself: the event's own transaction waits for it. */
  stripeHeard(event: StripeHint, transaction: Db): Promise<'done' | 'ignored'>;
  /** Flex tells of something. */
  flexHeard(transactionIds: string[]): void;
  /** Ends the sweeps; what is under way comes to an end. */
  stop(): Promise<void>;
};

type StripeHint = Pick<StripeEventRow, 'type' | 'account' | 'transaction_id' | 'object_id'>;

type Deps = {
  settings: FallbackSettings;
  processes: Processes;
  integration: IntegrationDoor | null;
  stripe: StripeDoor | null;
  store: Store | null;
  gate: Pick<FallbackGate, 'readiness' | 'switchedOff'>;
  log: Log;
};

/** A payout is told of on the provider's account, a refund on our own. */
const CAME_BACK = ['payout.failed', 'payout.canceled', 'refund.failed', 'refund.updated'];
/** Jobs and webhooks only make it sooner. */
const SWEEP_MS = 15_000;
/** Another instance may have been told to switch it off. No case is opened then; this is for what comes before that. */
const SWITCH_MS = 3_000;
/** What a night's comparison looks back at; open cases are always among it. */
const AUDIT_DAYS = 3;
/** A booking after the other, and Flex asks for patience. */
const AUDIT_SECONDS = 3_600;

/** null where cases can not be worked on at all. Those that are open are, whether it is on or not. */
export function createFallbackService(deps: Deps): FallbackService | null {
  const { integration, stripe, store, processes, log, gate } = deps;
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
    onLeave: left => waking.left(left),
  };
  const waking = createWaking(run, store.jobs);
  const stopping = new AbortController();
  /** Until it is stopped. What fails again and again is told once, until it has succeeded. */
  const repeat = async (work: () => Promise<unknown>, ms: number, trouble: string) => {
    let isTold = false;
    while (!stopping.signal.aborted) {
      try {
        await work();
        isTold = false;
      } catch (error) {
        if (!isTold) log.warn({ err: error }, trouble);
        isTold = true;
      }
      await pause(ms, undefined, { signal: stopping.signal, ref: false }).catch(() => 'stopped');
    }
  };
  let isSwitchKnown = false;
  const lookAtSwitch = async () => {
    const row = await readSwitch(store.db, FALLBACK_SWITCH);
    gate.switchedOff(row && !row.is_on ? row.by : null);
    isSwitchKnown = true;
  };
  const operators = createFallbackOperators({
    ...run,
    ledger: stripe.ledger,
    onSwitch: gate.switchedOff,
    onAudit: row => tellAudit(log, row),
  });
  store.jobs.define({
    name: 'fallback-audit',
    every: '23 4 * * *',
    longestSeconds: AUDIT_SECONDS,
    async work(_data, signal) {
      await operators.audit(AUDIT_DAYS, signal);
    },
  });
  let working: Promise<unknown> | undefined;
  const begin = async () => {
    await store.started;
    working = Promise.all([
      repeat(() => sweep(run, stopping.signal), SWEEP_MS, 'cases of the fallback can not be worked on'),
      repeat(lookAtSwitch, SWITCH_MS, 'the switch of the fallback can not be read'),
    ]);
  };
  void begin();
  return {
    fallback: createFallback({
      ...run,
      settings: deps.settings,
      lanes,
      integration,
      livemode: stripe.livemode,
      isUp: () => store.status().isUp,
      isOn: () => isSwitchKnown && gate.readiness().on && store.status().isUp,
      onLeft: (transactionId, why, fault) =>
        log.warn(
          { transactionId, why, ...(fault !== undefined && { err: fault }) },
          'an order without a payment was left as it is',
        ),
    }),
    operators,
    sweep: signal => sweep(run, signal),
    async stripeHeard({ type, account, transaction_id: transactionId, object_id: id }, transaction) {
      const moved =
        CAME_BACK.includes(type) && id !== null ? await caseThatMoved(transaction, id) : undefined;
      if (moved !== undefined) waking.movedHeard(moved);
      if (account !== null || transactionId === null) return moved === undefined ? 'ignored' : 'done';
      const cases = await casesOf(transaction, [transactionId]);
      for (const one of cases) waking.heard(one);
      return cases.length > 0 ? 'done' : 'ignored';
    },
    flexHeard(transactionIds) {
      const hear = async () => {
        for (const id of await casesOf(store.db, transactionIds)) waking.heard(id);
      };
      void hear().catch(() => 'the sweep finds it');
    },
    async stop() {
      stopping.abort();
      await working;
    },
  };
}

function tellAudit(log: Log, { breaks, compared, problem }: FallbackAuditRow): void {
  const line = { breaks, compared, problem };
  const message = `${FALLBACK_STEP}: ${breaks.length} breaks of ${compared}`;
  if (breaks.length > 0) log.error(line, message);
  else if (problem !== null) log.warn(line, message);
  else log.info(line, message);
}

/** Operators grep for this. */
const FALLBACK_STEP = '[SERVER_PROXY] fallback';
