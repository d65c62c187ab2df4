/** The values that transit carries, to and from those of the domain. */
import flexSdk from 'sharetribe-flex-sdk';
import type { LineItem } from '../domain/line-items.ts';
import { lineTotal } from '../domain/line-items.ts';
import type { Money } from '../domain/money.ts';

const { types, transit } = flexSdk;

export { readTransit } from './transit-reader.ts';

/** By the SDK's own writer, for answers of our own. */
export const writeTransit = (value: unknown, verbose: boolean): string => transit.write(value, { verbose });

const isSdkMoney = (value: unknown): value is Money => value instanceof types.Money;

/** Money as the domain has it, or undefined for anything else. */
export const moneyOf = (value: unknown): Money | undefined =>
  isSdkMoney(value) ? { amount: value.amount, currency: value.currency } : undefined;

/** An id may come as a UUID or as plain text. */
export const idOf = (value: unknown): string | undefined =>
  value instanceof types.UUID ? value.uuid : typeof value === 'string' && value !== '' ? value : undefined;

const sdkMoney = (money: Money) => new types.Money(money.amount, money.currency);

/** A line item as a trusted call sends it. */
export const sentLineItem = (item: LineItem) => ({ ...item, unitPrice: sdkMoney(item.unitPrice) });

/** A line item as the Marketplace API would answer it, for a browser that shows it without asking there. */
export const shownLineItem = (item: LineItem) => ({
  ...sentLineItem(item),
  lineTotal: sdkMoney(lineTotal(item)),
  quantity: item.quantity ? new types.BigDecimal(String(item.quantity)) : null,
  percentage: item.percentage ? new types.BigDecimal(String(item.percentage)) : null,
  reversal: false,
});
