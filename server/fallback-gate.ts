/** Whether the fallback may open a case now, and what it lacks. Asked each time: it may have been switched off meanwhile. */
import { fallbackReadiness, type FallbackReadiness } from './domain/fallback-readiness.ts';
import type { FallbackSettings } from './domain/fallback-settings.ts';
import { lanesIn } from './domain/lane-findings.ts';
import type { Processes } from './domain/process.ts';
import type { Log } from './log.ts';
import type { StripeDoor } from './stripe/door.ts';

export type FallbackGate = Disposable & {
  readiness(): FallbackReadiness;
  /** While the service runs, by whom; null when it is switched on again. */
  switchedOff(by: string | null): void;
  /** Looks at the Stripe key's permissions; settles when that is done, well or not. */
  look(): Promise<void>;
};

type Deps = {
  settings: FallbackSettings;
  processes: Processes;
  hasIntegration: boolean;
  hasDatabase: boolean;
  stripe: Pick<StripeDoor, 'livemode' | 'lackingPermissions'> | null;
  log: Log;
  /** Until what was missing at Stripe is looked for again. */
  pauseMs?: number;
};

const PAUSE_MS = 60_000;

export function createFallbackGate({
  settings,
  processes,
  stripe,
  log,
  pauseMs = PAUSE_MS,
  ...has
}: Deps): FallbackGate {
  const lanes = lanesIn(processes);
  let lacking: string[] | 'not-looked' = 'not-looked';
  let switchedOffBy: string | null = null;
  let told = '';
  let again: NodeJS.Timeout | undefined;
  let ended = false;

  const readiness = () =>
    fallbackReadiness({
      settings,
      lanes,
      ...has,
      stripe: stripe && { livemode: stripe.livemode, lacking },
      switchedOffBy,
    });
  /** Said once for each change. */
  const tell = () => {
    const now = readiness();
    if (JSON.stringify(now) === told) return;
    told = JSON.stringify(now);
    const { approvedBy, supportCase } = settings;
    if (now.on) log.warn({ fallback: { ...now, approvedBy, supportCase } }, 'the fallback is on');
    else if (settings.wanted) log.warn({ fallback: now }, 'the fallback stays off');
    else log.info({ fallback: now }, 'the fallback is off');
  };
  const look = async () => {
    clearTimeout(again);
    // Nobody waits for this: a fault of ours is told, and it is looked again.
    const found = await stripe?.lackingPermissions().catch((fault: unknown) => {
      log.error({ err: fault }, "the Stripe key's permissions could not be looked at");
    });
    if (ended) return;
    if (found?.outcome === 'found') lacking = found.value;
    tell();
    if (stripe && lacking.length > 0) again = setTimeout(() => void look(), pauseMs).unref();
  };

  if (settings.wanted) void look();
  else tell();
  return {
    readiness,
    switchedOff(by) {
      switchedOffBy = by;
      tell();
    },
    look,
    [Symbol.dispose]: () => {
      ended = true;
      clearTimeout(again);
    },
  };
}
