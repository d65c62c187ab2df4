/** What Flex and Stripe say of a case now, for whoever is not working on it. */
import { ProxyError } from '../domain/errors.ts';
import type { Known } from '../domain/fallback/actions.ts';
import type { Case, MoneyOp } from '../domain/fallback/case.ts';
import { windowOf, type RunDeps } from './run.ts';

/** Rejects when it can not be learnt: nothing is done about money by half. */
export async function knownOf(
  { flex, stripe }: Pick<RunDeps, 'flex' | 'stripe'>,
  held: { case: Case; ops: MoneyOp[] },
): Promise<Known> {
  const { transactionId, paymentIntentId, id } = held.case;
  const [booking, own, listed] = await Promise.all([
    flex.read(transactionId),
    paymentIntentId === null ? null : stripe.intent(paymentIntentId),
    stripe.intentsOf(transactionId, windowOf(held)),
  ]);
  if (booking === 'away') throw away('Flex');
  if (own?.outcome === 'unknown' || listed.outcome !== 'found' || !listed.value.isComplete)
    throw away('Stripe');
  return {
    phase: booking?.phase ?? 'unknown',
    intent: own?.outcome === 'found' ? own.value : null,
    strays: listed.value.intents.filter(intent => intent.caseId === id && intent.id !== paymentIntentId),
  };
}

const away = (who: string) =>
  new ProxyError('evidence-away', {
    status: 503,
    statusText: `${who} can not be asked at the moment, and without that nothing is done.`,
    data: {},
    retryAfterSeconds: 30,
  });
