/**
 * What an order costs: the listing's price times a quantity, extras of its unit type, and the marketplace's commissions.
 * The same rules as the web template's server, so that the breakdown in the browser and the price that is charged agree.
 */
import { Decimal } from 'decimal.js';
import { badRequest, ProxyError } from './errors.ts';
import { currencyOf, wholeUnits, type Money } from './money.ts';
import { wholeDaysBetween } from './whole-days.ts';

/** Exactly one of quantity, percentage, or units with seats. */
export type LineItem = {
  code: string;
  unitPrice: Money;
  quantity?: number;
  percentage?: number;
  units?: number;
  seats?: number;
  includeFor: ('customer' | 'provider')[];
};

/** What of a listing decides its price. */
export type PricedListing = {
  price: Money | null;
  unitType: unknown;
  priceVariationsEnabled: unknown;
  priceVariants: unknown;
  /** Minor units. */
  shippingPriceInSubunitsOneItem: unknown;
  shippingPriceInSubunitsAdditionalItems: unknown;
  /** Of its availability plan, where it has one. */
  timeZone?: string | undefined;
};

/** What of an order decides its price, as the browser sent it. */
export type OrderData = {
  bookingStart?: Date;
  bookingEnd?: Date;
  seats?: number;
  stockReservationQuantity?: number;
  deliveryMethod?: string;
  priceVariantName?: string;
  offer?: Money;
  currency?: string;
};

/** Console's commission settings. `minimum_amount` in minor units. */
export type Commission = { percentage?: unknown; minimum_amount?: unknown };
export type Commissions = { provider: Commission | undefined; customer: Commission | undefined };

const HOUR = 3_600_000;

export function lineItemsFor(listing: PricedListing, order: OrderData, commissions: Commissions): LineItem[] {
  const currency = currencyOf([order.offer?.currency, listing.price?.currency], order.currency);
  const { extras, ...amount } = amountOf(listing, order, currency);
  const base: LineItem = {
    code: `line-item/${String(listing.unitType)}`,
    unitPrice: unitPriceOf(listing, order, currency),
    ...amount,
    includeFor: ['customer', 'provider'],
  };
  // Refuses a total that could not be exact, also where no commission is taken of it.
  lineTotal(base);
  return [
    base,
    ...extras,
    ...providerCommission(commissions.provider, base),
    ...customerCommission(commissions.customer, base),
  ];
}

/** Minor units of the line item's total. */
export function lineTotal(item: LineItem): Money {
  const unitPrice = new Decimal(item.unitPrice.amount);
  const total =
    item.percentage !== undefined
      ? unitPrice.times(item.percentage).dividedBy(100)
      : unitPrice.times(item.quantity ?? new Decimal(item.units ?? 0).times(item.seats ?? 0));
  return { amount: wholeUnits(total), currency: item.unitPrice.currency };
}

type Amount = Pick<LineItem, 'quantity' | 'units' | 'seats'> & { extras: LineItem[] };

function amountOf(listing: PricedListing, order: OrderData, currency: string | undefined): Amount {
  switch (listing.unitType) {
    case 'day':
    case 'night':
      return bySeats(wholeDays(listing, order), order.seats);
    case 'hour':
      return bySeats(hours(order), order.seats);
    case 'fixed':
      return bySeats(1, order.seats);
    case 'item':
      return items(listing, order, currency);
    case 'file':
    case 'offer':
    case 'request':
      return { quantity: 1, extras: [] };
    default:
      throw quantityMissing();
  }
}

/** With seats the price is per seat; without, seats play no part. Nothing at all is missing information, as in the template. */
function bySeats(units: number | undefined, seats: number | undefined): Amount {
  if (!units) throw quantityMissing(seats);
  return seats ? { units, seats, extras: [] } : { quantity: units, extras: [] };
}

function quantityMissing(seats?: number): ProxyError {
  const missing = ['quantity', 'units', ...(seats ? [] : ['seats'])];
  return badRequest(
    'quantity-missing',
    `Error: orderData is missing the following information: ${missing.join(', ')}. ` +
      'Quantity or either units & seats is required.',
  );
}

type Dates = { start: Date; end: Date };

const datesOf = ({ bookingStart: start, bookingEnd: end }: OrderData): Dates | undefined =>
  start && end && { start, end };

function wholeDays({ timeZone }: PricedListing, order: OrderData): number | undefined {
  const dates = datesOf(order);
  return dates && wholeDaysBetween(dates.start, dates.end, timeZone);
}

function hours(order: OrderData): number | undefined {
  const dates = datesOf(order);
  return dates && (dates.end.getTime() - dates.start.getTime()) / HOUR;
}

function items(listing: PricedListing, order: OrderData, currency: string | undefined): Amount {
  const quantity = order.stockReservationQuantity;
  if (!quantity) throw quantityMissing();
  if (order.deliveryMethod !== 'shipping') return { quantity, extras: [] };
  const fee = shippingFee(listing, quantity);
  if (fee === undefined || currency === undefined) return { quantity, extras: [] };
  const shipping: LineItem = {
    code: 'line-item/shipping-fee',
    unitPrice: { amount: fee, currency },
    quantity: 1,
    includeFor: ['customer', 'provider'],
  };
  return { quantity, extras: [shipping] };
}

const isPrice = (value: unknown): value is number => typeof value === 'number' && value >= 0;

function shippingFee(listing: PricedListing, quantity: number): number | undefined {
  const first = listing.shippingPriceInSubunitsOneItem;
  const further = listing.shippingPriceInSubunitsAdditionalItems;
  if (quantity === 1) return isPrice(first) ? first : undefined;
  if (isPrice(first) && isPrice(further))
    return wholeUnits(new Decimal(further).times(quantity - 1).plus(first));
  throw badRequest('shipping-price-missing', 'Shipping fee is not set correctly for multiple items');
}

const bookable = ['day', 'night', 'hour', 'fixed'];
const negotiated = ['offer', 'request'];

function unitPriceOf(listing: PricedListing, order: OrderData, currency: string | undefined): Money {
  const unitType = String(listing.unitType);
  const variant = bookable.includes(unitType) ? variantPrice(listing, order.priceVariantName) : undefined;
  if (variant !== undefined && currency !== undefined) return { amount: variant, currency };
  if (order.offer && !negotiated.includes(unitType)) {
    throw badRequest(
      'offer-unexpected',
      `A listing of the unit type ${unitType} has a price of its own: no offer can be made.`,
    );
  }
  const price = order.offer ?? listing.price;
  if (!price) throw badRequest('price-missing', 'The listing has no price, and the order brings none.');
  return price;
}

function variantPrice(listing: PricedListing, name: string | undefined): number | undefined {
  if (listing.priceVariationsEnabled !== true || !Array.isArray(listing.priceVariants)) return undefined;
  const variant = (listing.priceVariants as unknown[]).find(
    (candidate): candidate is { name: unknown; priceInSubunits: unknown } =>
      typeof candidate === 'object' && candidate !== null && (candidate as { name?: unknown }).name === name,
  );
  const price = variant?.priceInSubunits;
  return Number.isInteger(price) && (price as number) >= 0 ? (price as number) : undefined;
}

/** Taken from the provider's payout; can not be more than the order itself. */
function providerCommission(commission: Commission | undefined, base: LineItem): LineItem[] {
  const terms = readCommission(commission);
  if (!terms) return [];
  const total = lineTotal(base);
  if (terms.minimum > total.amount) {
    // The client matches on this sentence, and the template sends no `data` with it.
    throw new ProxyError('commission-too-high', {
      status: 400,
      statusText: 'Minimum commission amount is greater than the amount of money paid in',
    });
  }
  return [commissionItem('line-item/provider-commission', terms, total, -1, 'provider')];
}

/** Paid by the customer on top. */
function customerCommission(commission: Commission | undefined, base: LineItem): LineItem[] {
  const terms = readCommission(commission);
  if (!terms) return [];
  return [commissionItem('line-item/customer-commission', terms, lineTotal(base), 1, 'customer')];
}

type Terms = { percentage: number; minimum: number };

/** The minimum applies where it is more than the percentage comes to. The base is the order without its extras. */
function commissionItem(
  code: string,
  terms: Terms,
  total: Money,
  sign: 1 | -1,
  party: 'customer' | 'provider',
): LineItem {
  const byPercentage = wholeUnits(new Decimal(total.amount).times(terms.percentage).dividedBy(100));
  return terms.minimum > byPercentage
    ? {
        code,
        unitPrice: { amount: terms.minimum, currency: total.currency },
        quantity: sign,
        includeFor: [party],
      }
    : { code, unitPrice: total, percentage: sign * terms.percentage, includeFor: [party] };
}

function readCommission(commission: Commission | undefined): Terms | undefined {
  const percentage = readNumber(commission?.percentage);
  const minimum = readNumber(commission?.minimum_amount);
  return percentage > 0 || minimum > 0
    ? { percentage: Math.max(0, percentage), minimum: Math.max(0, minimum) }
    : undefined;
}

function readNumber(value: unknown): number {
  if (value === undefined || value === null) return 0;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw badRequest('commission-malformed', 'The commission in Console is not a number.');
}

/** What the customer pays; null where nothing is for sale. */
export function payinOf(priced: readonly LineItem[]): Money | null {
  const totals = priced.filter(({ includeFor }) => includeFor.includes('customer')).map(lineTotal);
  const [first] = totals;
  return first ? { ...first, amount: totals.reduce((sum, { amount }) => sum + amount, 0) } : null;
}
