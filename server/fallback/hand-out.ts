/** For a customer who is there: brings the case as far as the client secret, and fetches that at the moment it is handed out. */
import { isAtLeast } from '../domain/fallback/case.ts';
import { judgePair } from '../domain/payment-intent.ts';
import { caseById } from '../store/payment-cases.ts';
import type { PaymentCaseRow } from '../store/schema.ts';
import { handOutUntil, runCase, type RunDeps } from './run.ts';

export type HandedOut =
  | { is: 'secret'; paymentIntentId: string; clientSecret: string }
  /** Not yet: it may be asked for again. */
  | { is: 'later' }
  /** Never: the booking is paid for, or will not be, or somebody has to look at it first. */
  | { is: 'over'; row: PaymentCaseRow };

const LOOK_AGAIN_MS = 200;

export async function handOut(deps: RunDeps, caseId: string, signal: AbortSignal): Promise<HandedOut> {
  while (!signal.aborted) {
    const run = await runCase(deps, caseId, { mayRelease: true, signal });
    const { row, now } = run.is === 'left' ? run : await caseById(deps.db, caseId);
    if (
      row.closed_at !== null ||
      row.needs !== null ||
      row.ending !== null ||
      isAtLeast(row.state, 'advanced')
    )
      return { is: 'over', row };
    if (isAtLeast(row.state, 'released')) return now < handOutUntil(row) ? fetchSecret(deps, row) : LATER;
    await deps.sleep(run.is === 'left' ? Math.max(LOOK_AGAIN_MS, run.until - now) : LOOK_AGAIN_MS, signal);
  }
  return LATER;
}

const LATER: HandedOut = { is: 'later' };

async function fetchSecret(deps: RunDeps, row: PaymentCaseRow): Promise<HandedOut> {
  const paymentIntentId = row.payment_intent_id!;
  const lookup = await deps.stripe.clientSecret(paymentIntentId);
  if (lookup.outcome !== 'found') return LATER;
  const clientSecret = lookup.value;
  return judgePair({ id: paymentIntentId, clientSecret }).valid
    ? { is: 'secret', paymentIntentId, clientSecret }
    : LATER;
}
