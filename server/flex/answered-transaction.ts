/** What is read of the transaction in an answer to a command; the rest stays as it came. */
import type { Money } from '../domain/money.ts';
import type { MadeTransition } from '../domain/offers.ts';
import { ownValue } from '../domain/own-value.ts';
import { scanJson, type Wanted } from './json-scan.ts';
import { transitionsIn } from './resources.ts';
import { decodeTransit, pickCompact } from './transit-reader.ts';
import { idOf, moneyOf } from './transit.ts';

/** What a check needs to know. */
export type AnsweredTransaction = {
  /** null when the answer is of something else. */
  id: string | null;
  lastTransition: unknown;
  /** The places where a PaymentIntent may stand, and nothing else of the attributes. */
  attributes: { protectedData: unknown; metadata: unknown };
  payinTotal: Money | null;
  payoutTotal: Money | null;
  /** null when the answer does not say. */
  providerId: string | null;
};

const PAYMENT_INTENT: Wanted = {
  stripePaymentIntents: true,
  stripePaymentIntentId: true,
  stripePaymentIntentClientSecret: true,
};
const CHECKED: Wanted = {
  data: {
    id: true,
    type: true,
    attributes: {
      lastTransition: true,
      payinTotal: true,
      payoutTotal: true,
      protectedData: PAYMENT_INTENT,
      metadata: PAYMENT_INTENT,
    },
    relationships: { provider: { data: { id: true } } },
  },
};

/** `bytes`: transit, verbose or compact. Throws for what is none. */
export function answeredTransaction(bytes: Buffer): AnsweredTransaction {
  const transaction = ownValue(pick(bytes, CHECKED), 'data');
  const attributes = ownValue(transaction, 'attributes');
  const provider = ownValue(ownValue(transaction, 'relationships'), 'provider');
  const isTransaction = ownValue(transaction, 'type') === 'transaction';
  return {
    id: (isTransaction && idOf(ownValue(transaction, 'id'))) || null,
    lastTransition: ownValue(attributes, 'lastTransition'),
    attributes: {
      protectedData: ownValue(attributes, 'protectedData'),
      metadata: ownValue(attributes, 'metadata'),
    },
    payinTotal: moneyOf(ownValue(attributes, 'payinTotal')) ?? null,
    payoutTotal: moneyOf(ownValue(attributes, 'payoutTotal')) ?? null,
    providerId: idOf(ownValue(ownValue(provider, 'data'), 'id')) ?? null,
  };
}

/** The transitions that the transaction in an answer has made. */
export function answeredTransitions({ bytes }: { bytes: Buffer }): MadeTransition[] {
  const data = ownValue(pick(bytes, { data: { attributes: { transitions: true } } }), 'data');
  return transitionsIn(ownValue(ownValue(data, 'attributes'), 'transitions'));
}

/** The transaction without its attributes, as a command answers that does not ask for them. */
export const answeredReference = (bytes: Buffer): unknown => pick(bytes, { data: { id: true, type: true } });

const CURLY = '{'.charCodeAt(0);

export const isVerbose = (bytes: Buffer): boolean => bytes[0] === CURLY;

const pick = (bytes: Buffer, wanted: Wanted): unknown =>
  isVerbose(bytes)
    ? decodeTransit(scanJson(bytes, asWritten(wanted)))
    : pickCompact(JSON.parse(bytes.toString()), wanted);

const written = new WeakMap<Wanted, Wanted>();

/** Verbose transit writes its keys with a sign in front. */
function asWritten(wanted: Wanted): Wanted {
  const known =
    written.get(wanted) ??
    Object.fromEntries(
      Object.entries(wanted).map(([key, part]) => [`~:${key}`, part === true ? true : asWritten(part)]),
    );
  written.set(wanted, known);
  return known;
}
