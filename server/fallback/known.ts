/** What Flex and Stripe say of a case now, for whoever is not working on it. */
import { ProxyError } from '../domain/errors.ts';
import type { Known } from '../domain/fallback/actions.ts';
import type { Case, MoneyOp } from '../domain/fallback/case.ts';
import type { FlexEvidence, Intent } from '../domain/fallback/evidence.ts';
import { windowOf, type RunDeps } from './run.ts';

type Asking = Pick<RunDeps, 'flex' | 'stripe'>;
type Subject = { case: Case; ops: MoneyOp[] };

/** The one that can not be asked, or all of it. */
export async function sidesOf(
  { flex, stripe }: Asking,
  held: Subject,
): Promise<'Flex' | 'Stripe' | { booking: FlexEvidence | null; own: Intent | null; listed: Intent[] }> {
  const { transactionId, paymentIntentId } = held.case;
  const [booking, own, listed] = await Promise.all([
    flex.read(transactionId),
    paymentIntentId === null ? null : stripe.intent(paymentIntentId),
    stripe.intentsOf(transactionId, windowOf(held)),
  ]);
  if (booking === 'away') return 'Flex';
  if (own?.outcome === 'unknown' || listed.outcome !== 'found' || !listed.value.isComplete) return 'Stripe';
  return { booking, own: own?.outcome === 'found' ? own.value : null, listed: listed.value.intents };
}

/** Rejects when it can not be learnt: nothing is done about money by half. */
export async function knownOf(asking: Asking, held: Subject): Promise<Known> {
  const sides = await sidesOf(asking, held);
  if (typeof sides === 'string') throw away(sides);
  const { id, paymentIntentId } = held.case;
  return {
    phase: sides.booking?.phase ?? 'unknown',
    intent: sides.own,
    strays: sides.listed.filter(intent => intent.caseId === id && intent.id !== paymentIntentId),
  };
}

const away = (who: string) =>
  new ProxyError('evidence-away', {
    status: 503,
    statusText: `${who} can not be asked at the moment, and without that nothing is done.`,
    data: {},
    retryAfterSeconds: 30,
  });
