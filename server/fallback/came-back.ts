/**
 * Money that left may come back: a bank sends a payout or a refund back days later, also when it was said to be done. So each is
 * asked about every night for as long as that can be, and when Stripe tells of it.
 */
import type { MoneyOp } from '../domain/fallback/case.ts';
import type { Moved } from '../domain/fallback/evidence.ts';
import { movedSince, reopenCase, type MovedOp } from '../store/case-hints.ts';
import type { Lookup } from '../stripe/lookup.ts';
import { around, type RunDeps } from './run.ts';

const DAY = 86_400_000;
/** A payout takes a few days, and the bank has five working days to send it back. A refund can come back within 30 days. */
const LOOKED_AFTER_MS = { payout: 14 * DAY, refund: 30 * DAY };

/** What kept them from being asked, in words. */
export async function lookAtMoved(deps: RunDeps, signal?: AbortSignal): Promise<string[]> {
  const troubles: string[] = [];
  for (const moved of await movedSince(deps.db, LOOKED_AFTER_MS)) {
    if (signal?.aborted) break;
    if ((await look(deps, moved)) === 'away')
      troubles.push(`the ${moved.op.kind}s of ${moved.op.target} can not be read`);
  }
  return troubles;
}

/** Rejects when Stripe can not be asked. */
export async function lookAtMovedOf(deps: RunDeps, caseId: string): Promise<void> {
  for (const moved of await movedSince(deps.db, LOOKED_AFTER_MS, caseId))
    if ((await look(deps, moved)) === 'away') throw new Error('what left can not be asked of Stripe');
}

async function look(deps: RunDeps, moved: MovedOp): Promise<'looked' | 'away'> {
  const { caseId, transactionId, op } = moved;
  const lookup = await listOf(deps, op);
  if (lookup.outcome !== 'found') return 'away';
  const found = lookup.value.find(({ id }) => id === op.objectId);
  if (found?.status !== 'failed' && found?.status !== 'canceled') return 'looked';
  const code = found.code ?? found.status;
  const why = `${op.kind}-failed: ${code}`;
  if (await reopenCase(deps.db, moved, { code, needs: why }))
    deps.onStep?.({ case: caseId, transactionId, what: 'needs-operator', why });
  return 'looked';
}

const listOf = ({ stripe }: RunDeps, op: MoneyOp): Promise<Lookup<Moved[]>> =>
  op.kind === 'refund' ? stripe.refundsOf(op.target!) : stripe.payoutsOf(op.target!, around(op));
