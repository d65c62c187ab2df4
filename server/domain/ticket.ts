/**
 * One block to paste into a ticket: what Flex's support asks for of a payment, from both sides, and what only a person can
 * add. Made of ids, states, amounts and times that were chosen one by one; the net behind it takes out what looks like a secret.
 */
import { advice, type Cause } from './diagnosis/causes.ts';
import { redactor } from './redact.ts';
import type { Report } from './report.ts';
import { inOrder, inWords, type TimelineEntry } from './timeline.ts';

export type TicketFacts = {
  transactionId: string;
  /** ISO. */
  madeAt: string;
  version: string;
  environment: string;
  /** Of the marketplace application; public. Empty where none is set. */
  clientId: string;
  report: Report;
  entries: TimelineEntry[];
};

const redact = redactor([]);

export function ticket(facts: TicketFacts): string {
  const { report, transactionId } = facts;
  const { cause, confidence, evidence, alternatives } = report.diagnosis;
  const lines = [
    `## Payment of transaction ${transactionId}`,
    '',
    ...table(['', ''], aboutIt(facts)),
    '',
    '### What is wrong',
    '',
    `${bold(cause)}${confidence > 0 ? ` (${Math.round(confidence * 100)} of 100)` : ''}: ${safe(advice[cause].meaning)}`,
    '',
    ...evidence.map(line => `- ${safe(line)}`),
    ...(alternatives.length > 0
      ? ['', `Possible too: ${alternatives.map(other => other.cause).join(', ')}.`]
      : []),
    '',
    `${bold('To do')}: ${safe(report.diagnosis.next)} ${advice[cause].docs}`,
    '',
    `${bold('For')}: ${whoseCase(cause)}`,
    '',
    '### What happened (UTC)',
    '',
    ...(facts.entries.length === 0 ? ['Nothing is known of it here.'] : timeline(facts.entries)),
    '',
    '### To be attached by hand',
    '',
    ...attachments(facts).map(line => `- [ ] ${safe(line)}`),
    '',
    'Never attach secret keys, client secrets (`pi_…_secret_…`), cookies or card numbers.',
  ];
  return `${redact(lines.join('\n'))}\n`;
}

function aboutIt({ report, entries, ...facts }: TicketFacts): [string, string][] {
  const { flex, stripe } = report;
  const calls = entries.flatMap(entry => (entry.kind === 'check' || entry.kind === 'refusal' ? [entry] : []));
  const call = inOrder(calls).findLast(({ isSpeculative }) => !isSpeculative) ?? inOrder(calls).at(-1);
  const requests = [
    ...new Set(entries.flatMap(entry => (entry.kind === 'check' ? [entry.requestId] : []))),
  ].slice(-5);
  const mode =
    stripe.livemode === null ? 'not known (no Stripe key here)' : stripe.livemode ? 'live' : 'test';
  return [
    ['Transaction', facts.transactionId],
    ['Marketplace application (client id)', facts.clientId || 'none is set: the service only looks on'],
    ['Stripe mode', mode],
    ['Process', named(flex.processName, flex.processVersion)],
    ['State in Flex', stateOf(report)],
    [
      'Last transition',
      flex.lastTransition ? `${flex.lastTransition} at ${flex.lastTransitionedAt}` : 'not known',
    ],
    ['Payin', flex.payinTotal ? money(flex.payinTotal) : 'not known'],
    [
      'The call',
      call
        ? `${call.isSpeculative ? 'speculative' : 'real (not speculative)'} ${inWords(call).what}, at ${call.at}`
        : 'not made through this service, or not recorded',
    ],
    ['Request ids', requests.length > 0 ? requests.join(', ') : 'none'],
    ['PaymentIntents at Stripe', intentsOf(report)],
    ['Compared with Stripe', [report.genuineness, ...stripe.differing].join(' ')],
    ["Provider's Stripe account", flex.providerAccount ?? 'not known'],
    ['Verdict', report.verdict],
    ['Report', `${facts.madeAt} by flex-payment-proxy ${facts.version}, ${facts.environment}`],
  ];
}

const named = (name: string | null, version: number | null) =>
  name === null ? 'not known' : version === null ? name : `${name} version ${version}`;

function stateOf({ flex }: Report): string {
  if (flex.asked !== 'answered') return `not known: ${flex.asked}`;
  if (!flex.found) return 'Flex has no such transaction';
  return flex.state ?? 'not known';
}

function intentsOf({ stripe }: Report): string {
  if (stripe.asked !== 'answered') return `not known: ${stripe.asked}`;
  if (stripe.paymentIntents.length === 0) return 'none on the account of our key';
  return stripe.paymentIntents.map(intent => `${intent.id} ${intent.status}, ${money(intent)}`).join('; ');
}

const money = ({ amount, currency }: { amount: number; currency: string }) =>
  `${amount} ${currency.toUpperCase()} (minor units)`;

/** Whose help it takes. */
function whoseCase(cause: Cause): string {
  if (SHARETRIBES.includes(cause)) return 'Sharetribe support, once what is above has been done.';
  const { concern } = advice[cause];
  if (concern === 'customer') return 'the customer and the bank. Sharetribe support can not help with it.';
  if (concern === 'fine') return 'nobody: nothing is wrong with it.';
  if (concern === 'unknown') return 'whoever can add what is missing; then make this report again.';
  return 'whoever runs the marketplace. Sharetribe support only if it stays after what is above has been done.';
}

const SHARETRIBES: Cause[] = [
  'flex-returned-placeholder',
  'flex-returned-nothing',
  'secret-of-another-intent',
  'flex-unavailable',
];

function timeline(entries: TimelineEntry[]): string[] {
  const lanes = { flex: 'Flex', proxy: 'here', stripe: 'Stripe' };
  return table(
    ['Time', 'Where', 'What', 'Means'],
    inOrder(entries).map(entry => {
      const { what, meaning } = inWords(entry);
      return [entry.at, lanes[entry.lane], what, meaning];
    }),
  );
}

const PROCESS: Cause[] = ['process-without-create-action', 'unknown-process', 'flex-returned-nothing'];

function attachments({ transactionId, report }: TicketFacts): string[] {
  const { cause } = report.diagnosis;
  const [intent] = report.stripe.paymentIntents;
  return [
    "The marketplace's id and environment (test or live), from Console",
    'A screenshot of Console > Build > Integrations > Payments, with the key hidden: it shows whether Stripe is connected, and its mode',
    intent
      ? `A screenshot of ${intent.id} in the Stripe Dashboard, with its events and logs`
      : `A screenshot of a search for ${transactionId} in the Stripe Dashboard that finds nothing, in the mode above`,
    'What the customer saw, and when: a screenshot, and the failing request in the browser (Network, without cookies)',
    "The log lines of this service that hold the transaction's id or the request ids",
    ...(PROCESS.includes(cause)
      ? ['The process as Flex has it: flex-cli process pull, and the alias in the listing']
      : []),
    'Since when it happens, whether to all bookings, and what was changed last (keys, process, code)',
  ];
}

const table = (head: string[], rows: string[][]): string[] =>
  [head, head.map(() => '---'), ...rows.map(row => row.map(safe))].map(cells => `| ${cells.join(' | ')} |`);

const bold = (text: string) => `**${text}**`;

/** What others wrote stays text: no cell, link, tag or line of its own. */
const safe = (text: string) =>
  text.replace(/\s+/g, ' ').replace(/[|<[\]`*\\]/g, character => `\\${character}`);
