/** What is kept of one booking as the entries of its timeline. */
import type { FlexReport, StripeReport } from '../domain/report.ts';
import type { TimelineEntry } from '../domain/timeline.ts';
import { checkOf, refusalOf } from '../store/evidence-rows.ts';
import type { CheckRow, RefusalRow, StripeEventRow, VerificationRow } from '../store/schema.ts';
import type { Cause } from '../domain/diagnosis/causes.ts';
import type { KeptBooking } from '../store/timeline.ts';

/** Rows become entries; what Flex and Stripe said just now, where they were asked, stands for what they told before. */
export function entriesOf(kept: KeptBooking | null, report: Asked | null): TimelineEntry[] {
  const made = report?.flex.found ? report.flex.transitions : (kept?.transaction?.transitions ?? []);
  const intents =
    report && report.stripe.paymentIntents.length > 0
      ? report.stripe.paymentIntents.map(intent => ({ ...intent, created: new Date(intent.created * 1000) }))
      : (kept?.paymentIntents ?? []);
  return [
    ...made.map(({ transition, by, at }) => ({
      at,
      lane: 'flex' as const,
      kind: 'transition' as const,
      transition,
      by,
    })),
    ...intents.map(({ id, amount, currency, livemode, created }) => ({
      at: created.toISOString(),
      lane: 'stripe' as const,
      kind: 'payment-intent' as const,
      paymentIntentId: id,
      amount,
      currency,
      livemode,
    })),
    ...(kept?.checks ?? []).map(checkEntry),
    ...(kept?.refusals ?? []).map(refusalEntry),
    ...(kept?.verifications ?? []).map(verificationEntry),
    ...(kept?.events ?? []).map(eventEntry),
  ];
}

type Asked = {
  flex: Pick<FlexReport, 'found' | 'transitions'>;
  stripe: Pick<StripeReport, 'paymentIntents'>;
};

const checkEntry = (row: CheckRow): TimelineEntry => ({
  at: row.at.toISOString(),
  lane: 'proxy',
  kind: 'check',
  requestId: row.request_id,
  call: row.call,
  isSpeculative: row.is_speculative,
  transition: row.transition,
  ...checkOf(row),
});

const refusalEntry = (row: RefusalRow): TimelineEntry => ({
  at: row.at.toISOString(),
  lane: 'proxy',
  kind: 'refusal',
  call: row.call,
  isSpeculative: row.is_speculative,
  transition: row.transition,
  ...refusalOf(row),
  isProven: row.is_proven,
});

const verificationEntry = (row: VerificationRow): TimelineEntry => ({
  at: row.at.toISOString(),
  lane: 'proxy',
  kind: 'verification',
  paymentIntentId: row.payment_intent_id,
  genuineness: row.genuineness,
  differing: row.differing,
  cause: row.cause as Cause,
});

const eventEntry = (row: StripeEventRow): TimelineEntry => ({
  at: row.created.toISOString(),
  lane: 'stripe',
  kind: 'event',
  eventId: row.id,
  type: row.type,
  objectId: row.object_id,
  paymentIntentId: row.payment_intent_id,
  status: textIn(row, 'status'),
  errorCode: textIn(row, 'decline_code') ?? textIn(row, 'error_code'),
});

const textIn = ({ summary }: StripeEventRow, name: string): string | null => {
  const value = summary[name];
  return typeof value === 'string' ? value : null;
};
