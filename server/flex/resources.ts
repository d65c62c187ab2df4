/** What we read of Flex's answers, by their own properties; anything that is not as documented is an unreadable answer. */
import { badRequest } from '../domain/errors.ts';
import type { Commission, Commissions, PricedListing } from '../domain/line-items.ts';
import type { Money } from '../domain/money.ts';
import type { MadeTransition } from '../domain/offers.ts';
import { ownValue } from '../domain/own-value.ts';
import { unreadable } from './errors.ts';
import { idOf, moneyOf } from './transit.ts';

export type ReadTransaction = {
  processName: string;
  /** All that were made, the first of them first. */
  transitions: MadeTransition[];
  listing: PricedListing;
  payinTotal: Money | null;
  /** null when the transaction has none. */
  metadata: Record<string, unknown> | null;
};

export type OwnOrder = {
  processName: string;
  state: string;
  lastTransition: string;
  customerId: string | null;
};

export function readOrder(document: unknown): OwnOrder {
  const transaction = ownValue(document, 'data');
  const attributes = ownValue(transaction, 'attributes');
  const [processName, state, lastTransition] = ['processName', 'state', 'lastTransition'].map(name =>
    textIn(attributes, name),
  );
  if (processName === undefined || state === undefined || lastTransition === undefined)
    throw unreadable('query', 'something else than a transaction');
  const customer = ownValue(ownValue(transaction, 'relationships'), 'customer');
  return {
    processName,
    state,
    lastTransition,
    customerId: idOf(ownValue(ownValue(customer, 'data'), 'id')) ?? null,
  };
}

export function readUserId(document: unknown): string {
  const id = idOf(ownValue(ownValue(document, 'data'), 'id'));
  if (id === undefined) throw unreadable('query', 'something else than the user');
  return id;
}

export const readListing = (document: unknown): PricedListing => pricedListing(ownValue(document, 'data'));

function pricedListing(listing: unknown): PricedListing {
  const attributes = ownValue(listing, 'attributes');
  const isListing = ['listing', 'ownListing'].includes(String(ownValue(listing, 'type')));
  if (attributes === undefined || !isListing) throw unreadable('query', 'something else than a listing');
  const publicData = ownValue(attributes, 'publicData');
  return {
    price: moneyOf(ownValue(attributes, 'price')) ?? null,
    unitType: ownValue(publicData, 'unitType'),
    priceVariationsEnabled: ownValue(publicData, 'priceVariationsEnabled'),
    priceVariants: ownValue(publicData, 'priceVariants'),
    shippingPriceInSubunitsOneItem: ownValue(publicData, 'shippingPriceInSubunitsOneItem'),
    shippingPriceInSubunitsAdditionalItems: ownValue(publicData, 'shippingPriceInSubunitsAdditionalItems'),
    timeZone: textIn(ownValue(attributes, 'availabilityPlan'), 'timezone'),
  };
}

const textIn = (value: unknown, key: string): string | undefined => {
  const text = ownValue(value, key);
  return typeof text === 'string' ? text : undefined;
};

export function readTransaction(document: unknown): ReadTransaction {
  const transaction = ownValue(document, 'data');
  const attributes = ownValue(transaction, 'attributes');
  const reference = ownValue(ownValue(ownValue(transaction, 'relationships'), 'listing'), 'data');
  const listingId = idOf(ownValue(reference, 'id'));
  const included = ownValue(document, 'included');
  const listing = Array.isArray(included)
    ? (included as unknown[]).find(
        item => ownValue(item, 'type') === 'listing' && idOf(ownValue(item, 'id')) === listingId,
      )
    : undefined;
  if (attributes === undefined || listing === undefined)
    throw unreadable('query', 'a transaction without its listing');
  const processName = textIn(attributes, 'processName');
  if (processName === undefined) throw unreadable('query', 'a transaction without its process');
  const metadata = ownValue(attributes, 'metadata');
  return {
    processName,
    transitions: transitionsIn(ownValue(attributes, 'transitions')),
    listing: pricedListing(listing),
    payinTotal: moneyOf(ownValue(attributes, 'payinTotal')) ?? null,
    metadata:
      typeof metadata === 'object' && metadata !== null ? (metadata as Record<string, unknown>) : null,
  };
}

export const transitionsIn = (transitions: unknown): MadeTransition[] =>
  (Array.isArray(transitions) ? (transitions as unknown[]) : []).map(made => ({
    transition: ownValue(made, 'transition'),
    by: ownValue(made, 'by'),
  }));

export function readCommissions(document: unknown): Commissions {
  const assets = ownValue(document, 'data');
  if (!Array.isArray(assets)) throw unreadable('query', 'something else than assets');
  const asset = (assets as unknown[])[0];
  if (asset === undefined) {
    // In the template's words, which its client knows.
    throw badRequest('commission-missing', 'Insufficient pricing configuration set.');
  }
  const content = ownValue(ownValue(asset, 'attributes'), 'data');
  return {
    provider: commission(content, 'providerCommission'),
    customer: commission(content, 'customerCommission'),
  };
}

function commission(content: unknown, name: string): Commission | undefined {
  const terms = ownValue(content, name);
  return terms === undefined || terms === null
    ? undefined
    : { percentage: ownValue(terms, 'percentage'), minimum_amount: ownValue(terms, 'minimum_amount') };
}
