/** What happened to one booking, in the order in which it happened: with Flex, here, and at Stripe. As operators are told of it. */
import type { Cause } from './diagnosis/causes.ts';
import type { CheckEvidence, RefusalEvidence } from './diagnosis/evidence.ts';
import { explainCode } from './codes/explain.ts';
import type { Genuineness } from './genuineness.ts';
import { adviceFor, type CheckSubject } from './verdict.ts';

type Call = Pick<CheckSubject, 'call' | 'isSpeculative' | 'transition'>;

/** Times are ISO texts. */
export type TimelineEntry = { at: string } & (
  | ({ lane: 'proxy'; kind: 'check'; requestId: string } & Call & CheckEvidence)
  | ({
      lane: 'proxy';
      kind: 'refusal';
      /** False where Flex had taken no session: anybody may have asked. */
      isProven: boolean;
    } & Call &
      RefusalEvidence)
  | {
      lane: 'proxy';
      kind: 'verification';
      /** null when none was found. */
      paymentIntentId: string | null;
      genuineness: Genuineness;
      differing: string[];
      cause: Cause;
    }
  | { lane: 'flex'; kind: 'transition'; transition: string; by: string }
  | {
      lane: 'stripe';
      kind: 'payment-intent';
      paymentIntentId: string;
      amount: number;
      currency: string;
      livemode: boolean;
    }
  | {
      lane: 'stripe';
      kind: 'event';
      eventId: string;
      type: string;
      objectId: string | null;
      paymentIntentId: string | null;
      /** Of the object, as the event has it. */
      status: string | null;
      errorCode: string | null;
    }
);

/** Oldest first; of the same moment, ours after theirs: we look when they have answered. */
export const inOrder = <Entry extends TimelineEntry>(entries: Entry[]): Entry[] =>
  entries.toSorted(
    (one, other) => Date.parse(one.at) - Date.parse(other.at) || LANES[one.lane] - LANES[other.lane],
  );

const LANES = { stripe: 0, flex: 1, proxy: 2 };

const bare = (transition: string) => transition.replace(/^transition\//, '');

/** Both sides of the line: what it was, and what it means, which may be nothing. */
export function inWords(entry: TimelineEntry): { what: string; meaning: string } {
  switch (entry.kind) {
    case 'transition':
      return { what: `${bare(entry.transition)} by the ${entry.by}`, meaning: '' };
    case 'payment-intent':
      return {
        what: `${entry.paymentIntentId} made: ${entry.amount} ${entry.currency.toUpperCase()} (minor units), ${entry.livemode ? 'live' : 'test'} mode`,
        meaning: '',
      };
    case 'event':
      return {
        what: [entry.type, entry.objectId, entry.status, entry.errorCode].filter(Boolean).join(' '),
        meaning: '',
      };
    case 'check':
      return {
        what: `${callIn(entry)}: ${[entry.verdict, ...entry.reasons].join(' ')}`,
        meaning: adviceFor(entry).meaning,
      };
    case 'verification':
      return {
        what: `compared ${entry.paymentIntentId} with Stripe: ${[entry.genuineness, ...entry.differing].join(' ')}`,
        meaning: entry.cause === 'healthy' ? '' : entry.cause,
      };
    case 'refusal':
      return refusalInWords(entry);
    default:
      return entry satisfies never;
  }
}

function refusalInWords(entry: Extract<TimelineEntry, { kind: 'refusal' }>) {
  const codes = [entry.stripeCode, ...entry.flexCodes, entry.code].filter(code => code !== null);
  return {
    what: `${callIn(entry)}${entry.isProven ? '' : ' by somebody without a session'}: refused with ${entry.status} ${codes.join(' ')}`,
    meaning:
      entry.stripeMessage === null
        ? (codes.flatMap(code => explainCode(code)).at(0)?.cause ?? entry.statusText)
        : `Stripe says: ${entry.stripeMessage}`,
  };
}

const callIn = ({ call, isSpeculative, transition }: Call) =>
  `${isSpeculative ? 'speculative ' : ''}${call} ${bare(transition)}`;
