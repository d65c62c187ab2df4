import { Decimal } from 'decimal.js';

/** `amount` is a whole number of the currency's minor units. */
export type Money = { amount: number; currency: string };

/** Whole minor units, half away from zero, as Flex and the web template round. Throws where a number could not be exact. */
export function wholeUnits(value: Decimal): number {
  const amount = value.toNearest(1, Decimal.ROUND_HALF_UP).toNumber();
  if (!Number.isSafeInteger(amount)) throw new RangeError('The amount is too large to be exact');
  return amount === 0 ? 0 : amount;
}
