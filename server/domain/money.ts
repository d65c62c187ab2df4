import { Decimal } from 'decimal.js';
import { badRequest } from './errors.ts';

/** `amount` is a whole number of the currency's minor units. */
export type Money = { amount: number; currency: string };

/** Whole minor units, half away from zero, as Flex and the web template round. Refuses what could not be exact. */
export function wholeUnits(value: Decimal): number {
  const amount = value.toNearest(1, Decimal.ROUND_HALF_UP).toNumber();
  if (!Number.isSafeInteger(amount))
    throw badRequest('amount-too-large', 'The amount is too large to be exact.');
  return amount === 0 ? 0 : amount;
}

/** The first that is known, or else what the browser says. A browser that says another has shown another price. */
export function currencyOf(known: (string | undefined)[], sent: string | undefined): string | undefined {
  const currency = known.find(candidate => candidate !== undefined);
  if (currency !== undefined && sent !== undefined && sent !== currency)
    throw badRequest('currency-invalid', `The price is in ${currency}: currency can not be ${sent}.`);
  return currency ?? sent;
}
