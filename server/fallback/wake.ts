/**
 * A case is worked on as soon as something is heard of it, or its own time has come. Nothing rests on that: what a lost job
 * would have done, the next sweep does.
 */
import { caseInLine } from '../store/case-hints.ts';
import type { Jobs } from '../store/jobs.ts';
import { lookAtMovedOf } from './came-back.ts';
import { runCase, type Left, type RunDeps } from './run.ts';

export type Waking = {
  /** Something may have happened to it. */
  heard(caseId: string): void;
  /** Something may have happened to its payout or refund, after it was closed. */
  movedHeard(caseId: string): void;
  /** It can wait until its own time. */
  left(left: Left): void;
};

/** `isHint`: whatever its own time. */
type Woken = { caseId: string; isHint: boolean };

const CASE = 'fallback-case';
const MOVED = 'fallback-moved';
const AGAIN_MS = 1_000;
/** What waits for longer is found by the sweep as well as it need be. */
const SOON_MS = 60_000;

const lost = () => 'the sweep finds it';

/** Before the jobs start. */
export function createWaking(deps: RunDeps, jobs: Pick<Jobs, 'define' | 'send'>): Waking {
  // While one of a key waits, another would find nothing left to do.
  const hint = (caseId: string, ms = 0) => jobs.send(CASE, caseId, { caseId, isHint: true }, ms);
  jobs.define<Woken>({
    name: CASE,
    concurrency: 5,
    async work({ caseId, isHint }, signal) {
      const line = await caseInLine(deps.db, caseId);
      if (!line) return;
      // Whoever holds it now may have looked before it happened.
      if (line.isHeld && isHint) return hint(caseId, AGAIN_MS);
      if (line.isHeld || !(isHint || line.isDue)) return;
      const run = await runCase(deps, caseId, { signal });
      if (run.is === 'another' && isHint) await hint(caseId, AGAIN_MS);
    },
  });
  jobs.define<{ caseId: string }>({ name: MOVED, work: ({ caseId }) => lookAtMovedOf(deps, caseId) });
  return {
    heard: caseId => void hint(caseId).catch(lost),
    movedHeard: caseId => void jobs.send(MOVED, caseId, { caseId }).catch(lost),
    left({ caseId, until, ms }) {
      if (ms >= SOON_MS) return;
      const key = `${caseId} ${Math.ceil(until / 1_000)}`;
      void jobs.send(CASE, key, { caseId, isHint: false }, ms).catch(lost);
    },
  };
}
