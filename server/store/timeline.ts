/** What is known of one booking, in the order in which it happened: our calls, Flex and Stripe. */
import { paymentIntentsOf } from './payment-intents.ts';
import type {
  CheckRow,
  Db,
  PaymentIntentRow,
  RefusalRow,
  StripeEventRow,
  TransactionRow,
  VerificationRow,
} from './schema.ts';
import { findTransaction } from './transactions.ts';

export type TimelineEntry = { at: Date } & (
  | { lane: 'proxy'; kind: 'check'; check: CheckRow }
  | { lane: 'proxy'; kind: 'refusal'; refusal: RefusalRow }
  | { lane: 'proxy'; kind: 'verification'; verification: VerificationRow }
  | { lane: 'flex'; kind: 'transition'; transition: string; by: string }
  | { lane: 'stripe'; kind: 'event'; event: StripeEventRow }
);

export type Timeline = {
  /** null when Flex was not heard of it. */
  transaction: TransactionRow | null;
  paymentIntents: PaymentIntentRow[];
  entries: TimelineEntry[];
};

/** More of one lane than anybody reads. */
const MOST = 500;

export async function timelineOf(db: Db, transactionId: string): Promise<Timeline> {
  const [transaction, paymentIntents, checks, refusals, verifications, events] = await Promise.all([
    findTransaction(db, transactionId),
    paymentIntentsOf(db, transactionId),
    db
      .selectFrom('checks')
      .selectAll()
      .where('transaction_id', '=', transactionId)
      .orderBy('id')
      .limit(MOST)
      .execute(),
    db
      .selectFrom('refusals')
      .selectAll()
      .where('transaction_id', '=', transactionId)
      .orderBy('id')
      .limit(MOST)
      .execute(),
    db
      .selectFrom('verifications')
      .selectAll()
      .where('transaction_id', '=', transactionId)
      .orderBy('id')
      .limit(MOST)
      .execute(),
    db
      .selectFrom('stripe_events')
      .selectAll()
      .where('transaction_id', '=', transactionId)
      .orderBy('created')
      .limit(MOST)
      .execute(),
  ]);
  const entries: TimelineEntry[] = [
    ...checks.map(check => ({ at: check.at, lane: 'proxy' as const, kind: 'check' as const, check })),
    ...refusals.map(refusal => ({
      at: refusal.at,
      lane: 'proxy' as const,
      kind: 'refusal' as const,
      refusal,
    })),
    ...verifications.map(verification => ({
      at: verification.at,
      lane: 'proxy' as const,
      kind: 'verification' as const,
      verification,
    })),
    ...(transaction?.transitions ?? []).map(({ transition, by, at }) => ({
      at: new Date(at),
      lane: 'flex' as const,
      kind: 'transition' as const,
      transition,
      by,
    })),
    ...events.map(event => ({ at: event.created, lane: 'stripe' as const, kind: 'event' as const, event })),
  ];
  return {
    transaction: transaction ?? null,
    paymentIntents,
    entries: entries.toSorted((one, other) => one.at.getTime() - other.at.getTime()),
  };
}
