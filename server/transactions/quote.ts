/** What an order would cost, for a visitor who need not be signed in. */
import { lineItemsFor, type LineItem } from '../domain/line-items.ts';
import type { FlexSession } from '../flex/door.ts';
import { moneyOf } from '../flex/transit.ts';
import { allSettled } from './all-settled.ts';
import { readOrderData, type RawOrderData } from '../domain/order-data.ts';

export type QuoteRequest = { isOwnListing: boolean; listingId: string; orderData: RawOrderData };

/** Rejects with `ProxyError`. */
export async function quote(
  session: FlexSession,
  request: QuoteRequest,
  signal: AbortSignal,
): Promise<LineItem[]> {
  const { isOwnListing, listingId } = request;
  const [listing, commissions] = await allSettled(
    isOwnListing ? session.ownListing(listingId, signal) : session.listing(listingId, signal),
    session.commissions(signal),
  );
  return lineItemsFor(listing, readOrderData(request.orderData, {}, moneyOf), commissions);
}
