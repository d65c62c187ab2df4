/** A report for people: whole for one booking, a line each for many. */
import { advice } from '../../server/domain/diagnosis/causes.ts';
import type { Report } from '../../server/domain/report.ts';
import { paint, table, verdictText } from '../lib/tables.ts';

const money = (amount: number, currency: string) => `${amount} ${currency.toUpperCase()} (minor units)`;

export function whole({ subject, verdict, genuineness, diagnosis, flex, stripe }: Report): string {
  const { cause, confidence, evidence, next, docs, alternatives } = diagnosis;
  const sure = confidence === 0 ? '' : `, ${Math.round(confidence * 100)} of 100`;
  const rows: [string, string][] = [
    ['Verdict', verdictText(verdict)],
    ['Cause', `${paint('bold', cause)}${sure}\n${advice[cause].meaning}`],
    ['Because', evidence.join('\n')],
    ['Do', next],
    ['Read', docs],
    ...(alternatives.length > 0
      ? [['Or else', alternatives.map(other => other.cause).join(', ')] as [string, string]]
      : []),
    ['Flex', flexText(flex)],
    ['Stripe', stripeText(stripe)],
    ['PaymentIntent', [genuineness, ...stripe.differing].join(' ')],
  ];
  return `${paint('bold', subject)}\n${table(['', ''], rows, [15])}`;
}

function flexText(flex: Report['flex']): string {
  if (flex.asked !== 'answered') return flex.asked;
  if (!flex.found) return 'has no such transaction';
  const { payinTotal } = flex;
  return [
    `${flex.processName} version ${flex.processVersion}, ${flex.state}`,
    `${flex.lastTransition} at ${flex.lastTransitionedAt}`,
    ...(payinTotal ? [`payin ${money(payinTotal.amount, payinTotal.currency)}`] : []),
    ...(flex.check ? [`shows the customer: ${[flex.check.verdict, ...flex.check.reasons].join(' ')}`] : []),
  ].join('\n');
}

function stripeText({ asked, livemode, paymentIntents, hints }: Report['stripe']): string {
  if (asked !== 'answered') return asked;
  const mode = livemode ? 'live' : 'test';
  const all = paymentIntents.map(
    ({ id, status, amount, currency }) => `${id} ${status}, ${money(amount, currency)}`,
  );
  return [
    ...(all.length > 0 ? all : [`none in ${mode} mode`]),
    ...hints.map(id => `search knows of ${id}`),
  ].join('\n');
}

export const many = (reports: Report[]): string =>
  table(
    ['Transaction', 'State', 'Verdict', 'Cause'],
    reports.map(({ subject, flex, verdict, diagnosis }) => [
      subject,
      (flex.state ?? '').replace(/^state\//, ''),
      verdictText(verdict),
      diagnosis.cause,
    ]),
    [38, 22, 14],
  );

export function summary(reports: Report[]): string {
  const causes = Object.entries(Object.groupBy(reports, ({ diagnosis }) => diagnosis.cause));
  const counts = causes
    .map(([cause, own]) => ({ cause, count: own.length }))
    .toSorted((one, other) => other.count - one.count);
  return `${reports.length} transactions: ${counts.map(({ cause, count }) => `${count} ${cause}`).join(', ') || 'none'}`;
}
