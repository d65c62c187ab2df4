/** What the browser says of an order, as far as it has a say in the price. */
import { badRequest } from '../domain/errors.ts';
import type { OrderData } from '../domain/line-items.ts';
import type { Money } from '../domain/money.ts';
import { ownValue } from '../domain/own-value.ts';

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
    seats: readNumber(value('seats'), 'seats'),
    stockReservationQuantity: readNumber(value('stockReservationQuantity'), 'stockReservationQuantity'),
    deliveryMethod: readText(value('deliveryMethod'), 'deliveryMethod'),
    priceVariantName: readText(value('priceVariantName'), 'priceVariantName'),
    currency: readText(value('currency'), 'currency'),
    offer: readMoney(value('offer')),
  };
  return Object.fromEntries(Object.entries(order).filter(([, given]) => given !== undefined));
}

/** A Date, or the text of one. */
function readDate(value: unknown, name: string): Date | undefined {
  if (value === undefined) return undefined;
  const date = typeof value === 'string' ? new Date(value) : value;
  if (date instanceof Date && !Number.isNaN(date.getTime())) return date;
  throw badRequest('bad-request', `${name} must be a date.`);
}

function readNumber(value: unknown, name: string): number | undefined {
  if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value;
  throw badRequest('bad-request', `${name} must be a number.`);
}

function readText(value: unknown, name: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw badRequest('bad-request', `${name} must be a text.`);
}
