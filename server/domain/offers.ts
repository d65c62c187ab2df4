/**
 * Offers of a negotiation. The price on the table stands in the transaction's metadata, together with every price before
 * it; the history must agree with the transitions that Flex has seen, or somebody has written into it.
 */
import { badRequest, ProxyError } from './errors.ts';
import type { OrderData } from './line-items.ts';
import { currencyOf } from './money.ts';
import { ownValue } from './own-value.ts';

/** As it stands in `metadata.offers`: the web client reads it there. */
export type Offer = { offerInSubunits: number; by: string; transition: string };

/** How a transition changes the price on the table; `revoke` brings the one before it back. */
type Kind = 'make' | 'update' | 'counter' | 'revoke';

const KINDS = new Map<string, Kind>([
  ['transition/make-offer', 'make'],
  ['transition/make-offer-after-inquiry', 'make'],
  ['transition/make-offer-from-request', 'make'],
  ['transition/update-offer', 'update'],
  ['transition/update-from-update-pending', 'update'],
  ['transition/customer-make-counter-offer', 'counter'],
  ['transition/provider-make-counter-offer', 'counter'],
  ['transition/customer-withdraw-counter-offer', 'revoke'],
  ['transition/provider-reject-counter-offer', 'revoke'],
]);

/** A transition that was made, and by whom. */
export type MadeTransition = { transition: unknown; by: unknown };

export type Move = {
  transition: string;
  /** Who may make it, by the process file; null when no file says. */
  actor: string | null;
  /** What the browser says of the offer. */
  orderData: { actor?: unknown; offerInSubunits?: unknown; offer?: unknown };
  /** `metadata.offers` as it is. */
  offers: unknown;
  transitions: readonly MadeTransition[];
};

/** The offer that comes on the table by this move; undefined for a transition that has nothing to do with offers. Throws `ProxyError`. */
export function offerOf({ transition, actor, orderData, offers, transitions }: Move): Offer | undefined {
  const { offerInSubunits } = orderData;
  if (isThere(orderData.offer)) throw unexpected('offer');
  const kind = KINDS.get(transition);
  if ((kind === undefined || kind === 'revoke') && isThere(offerInSubunits))
    throw unexpected('offerInSubunits');
  if (kind === undefined) return undefined;
  const past = pastOffers(offers, transitions);
  const by = partyOf(actor, orderData.actor);
  return { offerInSubunits: kind === 'revoke' ? priceBefore(past) : price(offerInSubunits), by, transition };
}

const isThere = (value: unknown) => value !== undefined && value !== null;

const unexpected = (name: string) =>
  badRequest('offer-unexpected', `${name} can not be sent: this transition makes no offer of its own.`);

function price(value: unknown): number {
  if (isPrice(value)) return value;
  throw badRequest(
    'offer-invalid',
    "offerInSubunits must be a whole number of the currency's smallest unit, and more than zero.",
  );
}

const isPrice = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;

/** The process knows better than the browser; a contradiction would spoil the history for both parties. */
function partyOf(actor: string | null, sent: unknown): string {
  const known = actor ?? sent;
  if (known !== 'provider' && known !== 'customer')
    throw badRequest('offer-invalid', 'actor must be provider or customer.');
  if (isThere(sent) && sent !== known)
    throw badRequest('offer-invalid', `actor must be ${known}: nobody else can make this transition.`);
  return known;
}

/** Each offer belongs to one transition that makes offers, in the same order, by the same party. */
function pastOffers(offers: unknown, transitions: readonly MadeTransition[]): unknown[] {
  const relevant = transitions.filter(({ transition }) => KINDS.has(String(transition)));
  const past = isThere(offers) ? offers : [];
  const agrees =
    Array.isArray(past) &&
    past.length === relevant.length &&
    relevant.every(
      ({ transition, by }, index) =>
        ownValue(past[index], 'transition') === transition && ownValue(past[index], 'by') === by,
    );
  if (!agrees) throw historyInvalid({ offers: past, relevantTransitions: relevant });
  return past;
}

function priceBefore(past: unknown[]): number {
  const before = ownValue(past.at(-2), 'offerInSubunits');
  if (past.length < 2 || !isPrice(before)) throw historyInvalid({ offers: past });
  return before;
}

/** The client knows these words. */
const historyInvalid = (data: Record<string, unknown>) =>
  new ProxyError('offer-history-invalid', {
    status: 400,
    statusText: 'Past negotiation offers are invalid',
    data,
  });

/** An order by the offer's price, in the first currency that is known. */
export function withOffer(
  order: OrderData,
  offer: Offer | undefined,
  known: (string | undefined)[],
): OrderData {
  if (!offer) return order;
  const currency = currencyOf(known, order.currency);
  return currency === undefined
    ? order
    : { ...order, currency, offer: { amount: offer.offerInSubunits, currency } };
}

/** All of the metadata goes back, with the new offer behind the others. */
export const metadataWith = (
  metadata: Record<string, unknown> | null,
  offer: Offer | undefined,
): Record<string, unknown> | null =>
  offer ? { ...metadata, offers: [...((metadata?.['offers'] ?? []) as unknown[]), offer] } : metadata;

/** A provider's offer can not speak for the customer: what the customer alone may say is left out of it. */
export function protectedDataFor(
  offer: Offer | undefined,
  protectedData: Record<string, unknown>,
): Record<string, unknown> {
  const kind = offer && KINDS.get(offer.transition);
  if (offer?.by !== 'provider' || (kind !== 'make' && kind !== 'update')) return protectedData;
  return Object.fromEntries(Object.entries(protectedData).filter(([key]) => !isOfCustomer(key)));
}

const isOfCustomer = (key: string) => key === 'customerDefaultMessage' || key.startsWith('customer_');
