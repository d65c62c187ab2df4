/** What we read of Flex's answers, by their own properties; anything that is not as documented is an unreadable answer. */
import type { ApiResponse } from 'sharetribe-flex-sdk';
import { badRequest, ProxyError } from '../domain/errors.ts';
import type { Commission, Commissions, PricedListing } from '../domain/line-items.ts';
import type { Money } from '../domain/money.ts';
import { ownValue } from '../domain/own-value.ts';
import { idOf, moneyOf } from './transit.ts';

export type ReadTransaction = {
  listing: PricedListing;
  payinTotal: Money | null;
  /** null when the transaction has none. */
  metadata: Record<string, unknown> | null;
};

export const readListing = ({ data }: ApiResponse): PricedListing => pricedListing(ownValue(data, 'data'));

function pricedListing(listing: unknown): PricedListing {
  const attributes = ownValue(listing, 'attributes');
  if (attributes === undefined) throw unreadable('a listing without attributes');
  const publicData = ownValue(attributes, 'publicData');
  return {
    price: moneyOf(ownValue(attributes, 'price')) ?? null,
    unitType: ownValue(publicData, 'unitType'),
    priceVariationsEnabled: ownValue(publicData, 'priceVariationsEnabled'),
    priceVariants: ownValue(publicData, 'priceVariants'),
    shippingPriceInSubunitsOneItem: ownValue(publicData, 'shippingPriceInSubunitsOneItem'),
    shippingPriceInSubunitsAdditionalItems: ownValue(publicData, 'shippingPriceInSubunitsAdditionalItems'),
  };
}

export function readTransaction({ data }: ApiResponse): ReadTransaction {
  const transaction = ownValue(data, 'data');
  const attributes = ownValue(transaction, 'attributes');
  const reference = ownValue(ownValue(ownValue(transaction, 'relationships'), 'listing'), 'data');
  const listingId = idOf(ownValue(reference, 'id'));
  const included = ownValue(data, 'included');
  const listing = Array.isArray(included)
    ? (included as unknown[]).find(
        item => ownValue(item, 'type') === 'listing' && idOf(ownValue(item, 'id')) === listingId,
      )
    : undefined;
  if (attributes === undefined || listing === undefined)
    throw unreadable('a transaction without its listing');
  const metadata = ownValue(attributes, 'metadata');
  return {
    listing: pricedListing(listing),
    payinTotal: moneyOf(ownValue(attributes, 'payinTotal')) ?? null,
    metadata:
      typeof metadata === 'object' && metadata !== null ? (metadata as Record<string, unknown>) : null,
  };
}

export function readCommissions({ data }: ApiResponse): Commissions {
  const assets = ownValue(data, 'data');
  const asset = Array.isArray(assets) ? (assets as unknown[])[0] : undefined;
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

const unreadable = (what: string) =>
  new ProxyError('flex-answer-unreadable', {
    status: 502,
    statusText: `The Marketplace API answered with ${what}.`,
    data: {},
  });
