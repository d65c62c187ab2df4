/** What the browser says of an order, as far as it has a say in the price; what makes no sense is refused in words. */
import { badRequest } from './errors.ts';
import type { OrderData } from './line-items.ts';
import type { Money } from './money.ts';
import { ownValue } from './own-value.ts';

export type RawOrderData = Record<string, unknown>;

/** `params` of the transition go before `orderData`, as in the web template. */
export function readOrderData(
  orderData: RawOrderData,
  params: RawOrderData,
  readMoney: (value: unknown) => Money | undefined,
): OrderData {
  const value = (name: string) => ownValue(params, name) ?? ownValue(orderData, name) ?? undefined;
  const order: { [Name in keyof OrderData]: OrderData[Name] | undefined } = {
    bookingStart: readDate(value('bookingStart'), 'bookingStart'),
    bookingEnd: readDate(value('bookingEnd'), 'bookingEnd'),
    seats: readCount(value('seats'), 'seats'),
    stockReservationQuantity: readCount(value('stockReservationQuantity'), 'stockReservationQuantity'),
    deliveryMethod: readText(value('deliveryMethod'), 'deliveryMethod'),
    priceVariantName: readText(value('priceVariantName'), 'priceVariantName'),
    currency: readCurrency(value('currency')),
    offer: readOffer(value('offer'), readMoney),
  };
  // They decide no price, but a booking is shown by them.
  const shownStart = readDate(value('bookingDisplayStart'), 'bookingDisplayStart');
  const shownEnd = readDate(value('bookingDisplayEnd'), 'bookingDisplayEnd');
  assertOrder(order.bookingStart, order.bookingEnd);
  assertOrder(shownStart, shownEnd);
  return Object.fromEntries(Object.entries(order).filter(([, given]) => given !== undefined));
}

/** No marketplace books before or after that: a date out of it is a slip, of seconds for milliseconds for example. */
const EARLIEST = Date.UTC(2000, 0, 1);
const LATEST = Date.UTC(2100, 0, 1);
const LONGEST_DAYS = 3_660;

/** A Date, or the text of one. */
function readDate(value: unknown, name: string): Date | undefined {
  if (value === undefined) return undefined;
  const date = typeof value === 'string' ? new Date(value) : value;
  if (!(date instanceof Date) || Number.isNaN(date.getTime()))
    throw badRequest('bad-request', `${name} must be a date.`);
  if (date.getTime() < EARLIEST || date.getTime() > LATEST)
    throw badRequest('dates-unlikely', `${name} must be a date from 2000 to 2100.`);
  return date;
}

function assertOrder(start: Date | undefined, end: Date | undefined): void {
  if (!start || !end) return;
  // The web template's words.
  if (end < start) throw badRequest('dates-reversed', 'End date cannot be before start date');
  if (end.getTime() - start.getTime() > LONGEST_DAYS * 86_400_000)
    throw badRequest('dates-unlikely', `A booking can not be longer than ${LONGEST_DAYS} days.`);
}

/** Enough for any order, and small enough that amounts stay exact. */
const MOST = 1_000_000;

function readCount(value: unknown, name: string): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number') throw badRequest('bad-request', `${name} must be a number.`);
  // None at all is missing information or no seats: the price has words for it that the client knows.
  if (!Number.isInteger(value) || value < 0)
    throw badRequest('quantity-invalid', `${name} must be a positive whole number.`);
  if (value > MOST) throw badRequest('quantity-invalid', `${name} must not be more than ${MOST}.`);
  return value;
}

function readText(value: unknown, name: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw badRequest('bad-request', `${name} must be a text.`);
}

const currencies = new Set(Intl.supportedValuesOf('currency'));

function readCurrency(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && currencies.has(value)) return value;
  throw badRequest('currency-invalid', 'currency must be the code of a currency, such as EUR.');
}

function readOffer(value: unknown, readMoney: (value: unknown) => Money | undefined): Money | undefined {
  if (value === undefined) return undefined;
  const money = readMoney(value);
  if (money && Number.isSafeInteger(money.amount) && money.amount > 0) {
    readCurrency(money.currency);
    return money;
  }
  throw badRequest('offer-invalid', 'offer must be an amount of money, and more than zero.');
}
