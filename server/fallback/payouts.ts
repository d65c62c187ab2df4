/**
 * A payout that was made may come back: the bank sends it back days later, also when it was said to be paid. So it is asked about
 * each night for as long as that can be, and when Stripe tells of it.
 */
import { paidOutSince, reopenCase, type PaidOut } from '../store/case-hints.ts';
import type { RunDeps } from './run.ts';

const HOUR = 3_600_000;
/** A few days until it arrives, and up to five working days in which the bank can send it back. */
const LOOKED_AFTER_MS = 14 * 24 * HOUR;

/** What kept it from being asked, in words. */
export async function lookAtPayouts(deps: RunDeps, signal?: AbortSignal): Promise<string[]> {
  const troubles: string[] = [];
  for (const paid of await paidOutSince(deps.db, LOOKED_AFTER_MS)) {
    if (signal?.aborted) break;
    if ((await look(deps, paid)) === 'away')
      troubles.push(`the payouts of ${paid.op.target} can not be read`);
  }
  return troubles;
}

/** Rejects when Stripe can not be asked. */
export async function lookAtPayoutOf(deps: RunDeps, caseId: string): Promise<void> {
  for (const paid of await paidOutSince(deps.db, LOOKED_AFTER_MS, caseId))
    if ((await look(deps, paid)) === 'away') throw new Error('the payout can not be asked of Stripe');
}

async function look(deps: RunDeps, paid: PaidOut): Promise<'looked' | 'away'> {
  const { caseId, transactionId, op } = paid;
  const lookup = await deps.stripe.payoutsOf(op.target!, {
    from: op.firstSentAt! - HOUR,
    to: op.lastSentAt! + HOUR,
  });
  if (lookup.outcome !== 'found') return 'away';
  const payout = lookup.value.find(({ id }) => id === op.objectId);
  if (payout?.status !== 'failed' && payout?.status !== 'canceled') return 'looked';
  const code = payout.code ?? payout.status;
  const why = `payout-failed: ${code}`;
  if (await reopenCase(deps.db, paid, { code, needs: why }))
    deps.onStep?.({ case: caseId, transactionId, what: 'needs-operator', why });
  return 'looked';
}
