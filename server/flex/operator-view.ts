/** What we read of the Integration API's answers. Its SDK has classes of its own for ids and money, so both are read by their fields. */
import type { Money } from '../domain/money.ts';
import { ownValue } from '../domain/own-value.ts';
import { locate, type Located } from '../domain/verdict.ts';
import { unreadable } from './errors.ts';

export type OperatorTransaction = {
  id: string;
  createdAt: Date;
  processName: string;
  processVersion: number;
  state: string;
  lastTransition: string;
  lastTransitionedAt: Date;
  transitions: { transition: string; by: string; at: Date }[];
  payinTotal: Money | null;
  payoutTotal: Money | null;
  /** The totals before anything was given back: a refund takes them to zero. */
  charged: { payin: Money | null; payout: Money | null };
  /** What the line items of the customer add up to; null without any. */
  lineItemsTotal: number | null;
  customerId: string | null;
  providerId: string | null;
  listingId: string | null;
  /** Most often not shown to the operator. The client secret is the caller's to keep to itself. */
  paymentIntent: Located | null;
  /** As they came: the places where a PaymentIntent may stand are among them. */
  attributes: unknown;
};

export type FlexEvent = {
  id: string;
  sequenceId: number;
  createdAt: Date;
  eventType: string;
  source: string;
  resourceId: string;
  resourceType: string;
  /** As Flex shows it to the operator: null when it was deleted. */
  resource: unknown;
  previousValues: unknown;
};

export function operatorTransaction(document: unknown): OperatorTransaction {
  return transactionOf(ownValue(document, 'data'));
}

export function transactionsIn(document: unknown) {
  const found = ownValue(document, 'data');
  if (!Array.isArray(found)) throw unreadable('query', 'something else than transactions');
  const totalPages = ownValue(ownValue(document, 'meta'), 'totalPages');
  return {
    transactions: (found as unknown[]).map(transactionOf),
    totalPages: typeof totalPages === 'number' ? totalPages : 1,
  };
}

/** Of a transaction in an answer, or in an event. */
export function transactionOf(transaction: unknown): OperatorTransaction {
  const attributes = ownValue(transaction, 'attributes');
  const related = ownValue(transaction, 'relationships');
  const relatedId = (name: string) => uuid(ownValue(ownValue(ownValue(related, name), 'data'), 'id'));
  const id = uuid(ownValue(transaction, 'id'));
  const createdAt = date(ownValue(attributes, 'createdAt'));
  if (id === null || createdAt === null) throw unreadable('query', 'something else than a transaction');
  const transitions = ownValue(attributes, 'transitions');
  const version = ownValue(attributes, 'processVersion');
  const payinTotal = money(ownValue(attributes, 'payinTotal'));
  const payoutTotal = money(ownValue(attributes, 'payoutTotal'));
  const lineItems = ownValue(attributes, 'lineItems');
  return {
    id,
    createdAt,
    processName: text(attributes, 'processName'),
    processVersion: typeof version === 'number' ? version : 0,
    state: text(attributes, 'state'),
    lastTransition: text(attributes, 'lastTransition'),
    lastTransitionedAt: date(ownValue(attributes, 'lastTransitionedAt')) ?? createdAt,
    transitions: (Array.isArray(transitions) ? (transitions as unknown[]) : []).map(made => ({
      transition: text(made, 'transition'),
      by: text(made, 'by'),
      at: date(ownValue(made, 'createdAt')) ?? createdAt,
    })),
    payinTotal,
    payoutTotal,
    charged: {
      payin: beforeRefund(payinTotal, lineItems, 'customer'),
      payout: beforeRefund(payoutTotal, lineItems, 'provider'),
    },
    lineItemsTotal: totalFor(lineItems, 'customer'),
    customerId: relatedId('customer'),
    providerId: relatedId('provider'),
    listingId: relatedId('listing'),
    paymentIntent: locate(attributes) ?? null,
    attributes,
  };
}

export const providerAccountIn = (document: unknown) =>
  includedText(document, 'stripeAccount', 'stripeAccountId');

export const stripeCustomerIn = (document: unknown) =>
  includedText(document, 'stripeCustomer', 'stripeCustomerId');

function includedText(document: unknown, type: string, name: string): string | null {
  const included = ownValue(document, 'included');
  const found = Array.isArray(included)
    ? (included as unknown[]).find(item => ownValue(item, 'type') === type)
    : undefined;
  const value = ownValue(ownValue(found, 'attributes'), name);
  return typeof value === 'string' ? value : null;
}

export function eventsIn(document: unknown): FlexEvent[] {
  const found = ownValue(document, 'data');
  if (!Array.isArray(found)) throw unreadable('query', 'something else than events');
  return (found as unknown[]).map(event => {
    const attributes = ownValue(event, 'attributes');
    const [id, resourceId] = [uuid(ownValue(event, 'id')), uuid(ownValue(attributes, 'resourceId'))];
    const sequenceId = ownValue(attributes, 'sequenceId');
    const createdAt = date(ownValue(attributes, 'createdAt'));
    if (id === null || resourceId === null || typeof sequenceId !== 'number' || createdAt === null)
      throw unreadable('query', 'something else than an event');
    return {
      id,
      sequenceId,
      createdAt,
      eventType: text(attributes, 'eventType'),
      source: text(attributes, 'source'),
      resourceId,
      resourceType: text(attributes, 'resourceType'),
      resource: ownValue(attributes, 'resource') ?? null,
      previousValues: ownValue(attributes, 'previousValues') ?? null,
    };
  });
}

/** Line items that were given back stand beside what they take back. */
function beforeRefund(total: Money | null, lineItems: unknown, party: string): Money | null {
  if (total === null || !Array.isArray(lineItems)) return total;
  const givenBack = (lineItems as unknown[])
    .filter(item => ownValue(item, 'reversal') === true && isFor(ownValue(item, 'includeFor'), party))
    .map(item => money(ownValue(item, 'lineTotal'))?.amount ?? 0);
  return { ...total, amount: givenBack.reduce((rest, amount) => rest - amount, total.amount) };
}

function totalFor(lineItems: unknown, party: string): number | null {
  if (!Array.isArray(lineItems) || lineItems.length === 0) return null;
  return (lineItems as unknown[])
    .filter(item => isFor(ownValue(item, 'includeFor'), party))
    .reduce<number>((sum, item) => sum + (money(ownValue(item, 'lineTotal'))?.amount ?? Number.NaN), 0);
}

/** A list, or the set that transit has of it. */
const isFor = (includeFor: unknown, party: string): boolean =>
  typeof includeFor === 'object' &&
  includeFor !== null &&
  Symbol.iterator in includeFor &&
  [...(includeFor as Iterable<unknown>)].map(String).includes(party);

const text = (value: unknown, key: string): string => {
  const found = ownValue(value, key);
  return typeof found === 'string' ? found : '';
};

const uuid = (value: unknown): string | null => {
  const found = ownValue(value, 'uuid');
  return typeof found === 'string' ? found : null;
};

const date = (value: unknown): Date | null =>
  value instanceof Date && !Number.isNaN(value.getTime()) ? value : null;

const money = (value: unknown): Money | null => {
  const [amount, currency] = [ownValue(value, 'amount'), ownValue(value, 'currency')];
  return typeof amount === 'number' && typeof currency === 'string' ? { amount, currency } : null;
};
