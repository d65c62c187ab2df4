import { styleText } from 'node:util';
import Table from 'cli-table3';
import { adviceFor, type Check } from '../../server/domain/verdict.ts';
import type { SeenCall, Walk } from './walk.ts';

/** The check that the proxy logged for a call. */
export type LoggedCheck = Check & { level: string; requestId: string; msg: string };

const border = {
  chars: { mid: '─', 'left-mid': '├', 'mid-mid': '┼', 'right-mid': '┤' },
  style: { head: [], border: [] },
};

const paint = (style: 'green' | 'red' | 'bold' | 'dim', text: string) =>
  styleText(style, text, { stream: process.stdout, validateStream: true });

export function bookingTable({ steps }: Walk): string {
  const table = new Table({
    ...border,
    head: ['', 'Who', 'Does', 'Sees'],
    colWidths: [4, 34, 36, 34],
    wordWrap: true,
  });
  steps.forEach((step, index) => table.push([String(index + 1), step.who, step.does, step.sees]));
  return table.toString();
}

export function verdictTable(walk: Walk, checkOf: (call: SeenCall) => LoggedCheck): string {
  const calls = [walk.lookAlike, walk.booking, walk.incident];
  const checks = calls.map(checkOf);
  const table = new Table({
    ...border,
    head: ['', ...calls.map(call => call.title)],
    colWidths: [15, 38, 31, 38],
    wordWrap: true,
  });
  table.push(
    ['PaymentIntent', ...calls.map(call => call.paymentIntentId)],
    [
      'At Stripe',
      walk.lookAlike.atStripe === 0 ? 'none, and none expected' : 'there',
      walk.booking.proof.genuineness,
      'none',
    ],
    ['Verdict', ...calls.map((call, index) => verdictText(call.verdict, checks[index]!))],
    ['Log level', ...checks.map(check => check.level)],
    ['Means', ...checks.map(check => adviceFor(check).meaning)],
    ['Do', ...checks.map(check => adviceFor(check).next)],
  );
  return table.toString();
}

const verdictText = (verdict: string, check: LoggedCheck) =>
  paint(check.level === 'warn' ? 'red' : 'green', [verdict, ...check.reasons].join(': '));

export const heading = (text: string) => `\n${paint('bold', text)}\n`;
export const dim = (text: string) => paint('dim', text);
