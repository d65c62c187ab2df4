/** Prices: what the caller's line items come to, and the full refund that takes them back. */
import { Decimal } from 'decimal.js';
import { conflict, invalidValue, missingKey } from '../../errors.ts';
import type { LineItem } from '../../transactions/entity.ts';
import { isPlainObject } from '../../values.ts';
import { asDecimalText, asMoney, type ActionContext, type ActionRun } from './context.ts';

const MOST_LINE_ITEMS = 50;

export const setLineItems: ActionRun = context => setFromParams(context, /^line-item\/.+/);

/** The old way: any name will do, and commissions are added to the total by actions of their own. */
export const setLineItemsAndTotal: ActionRun = context => {
  setFromParams(context, /./);
  context.transaction.totalPrice = context.transaction.payinTotal;
};

function setFromParams({ transaction, params }: ActionContext, code: RegExp): void {
  const given = params['lineItems'];
  if (given === undefined || given === null) throw missingKey(['params', 'lineItems']);
  if (!Array.isArray(given) || given.length > MOST_LINE_ITEMS) {
    throw invalidValue(['params', 'lineItems'], `must be a list of at most ${MOST_LINE_ITEMS}`);
  }
  const items = given.map((item, index) => readLineItem(item, code, ['params', 'lineItems', String(index)]));
  const currencies = new Set(items.map(item => item.unitPrice.currency));
  if (currencies.size > 1) throw invalidValue(['params', 'lineItems'], 'must all have one currency');
  const currency = items[0]?.unitPrice.currency ?? '';
  const total = (party: 'customer' | 'provider') => ({
    amount: items
      .filter(item => item.includeFor.includes(party))
      .reduce((sum, item) => sum + item.lineTotal.amount, 0),
    currency,
  });
  const [payinTotal, payoutTotal] = [total('customer'), total('provider')];
  if (payinTotal.amount < 0 || payoutTotal.amount < 0)
    throw conflict('conflict', 'Totals must not be negative');
  Object.assign(transaction, { lineItems: items, payinTotal, payoutTotal });
}

function readLineItem(value: unknown, codes: RegExp, path: string[]): LineItem {
  if (!isPlainObject(value)) throw invalidValue(path, 'must be a line item');
  const code = value['code'];
  if (typeof code !== 'string' || !codes.test(code) || code.length > 64) {
    throw invalidValue([...path, 'code'], 'must begin with line-item/ and have at most 64 characters');
  }
  const unitPrice = asMoney(value['unitPrice']);
  if (!unitPrice) throw invalidValue([...path, 'unitPrice'], 'must be money in minor units');
  const amount = readAmount(value, path);
  const lineTotal = {
    amount: roundHalfAwayFromZero(amount.factor.times(unitPrice.amount)),
    currency: unitPrice.currency,
  };
  const claimed = value['lineTotal'] ?? null;
  if (claimed !== null && !isSameMoney(asMoney(claimed), lineTotal)) {
    throw invalidValue([...path, 'lineTotal'], `should be ${lineTotal.amount} ${lineTotal.currency}`);
  }
  return {
    code,
    unitPrice: { amount: unitPrice.amount, currency: unitPrice.currency },
    lineTotal,
    ...amount.shown,
    includeFor: readIncludeFor(value['includeFor'], path),
    reversal: false,
  };
}

type Amount = { amount: number; currency: string };

const isSameMoney = (one: Amount | undefined, other: Amount) =>
  one?.amount === other.amount && one.currency === other.currency;

type Shown = Pick<LineItem, 'quantity' | 'percentage' | 'units' | 'seats'>;

/** Exactly one of quantity, percentage, or seats with units. */
function readAmount(value: Record<string, unknown>, path: string[]): { factor: Decimal; shown: Shown } {
  const quantity = asDecimalText(value['quantity']);
  const percentage = asDecimalText(value['percentage']);
  const units = asDecimalText(value['units']);
  const seats = value['seats'] ?? undefined;
  const bySeats = units !== undefined && seats !== undefined;
  const isHalf = !bySeats && (units !== undefined || seats !== undefined);
  if (isHalf || [quantity !== undefined, percentage !== undefined, bySeats].filter(Boolean).length !== 1) {
    throw invalidValue(path, 'needs exactly one of quantity, percentage, or seats and units');
  }
  if (percentage !== undefined)
    return { factor: new Decimal(percentage).dividedBy(100), shown: { percentage } };
  if (quantity !== undefined) return { factor: new Decimal(quantity), shown: { quantity } };
  if (!Number.isInteger(seats) || (seats as number) < 1)
    throw invalidValue([...path, 'seats'], 'must be a positive integer');
  const product = new Decimal(units!).times(seats as number);
  return { factor: product, shown: { quantity: product.toString(), units: units!, seats: seats as number } };
}

const roundHalfAwayFromZero = (value: Decimal) => value.toNearest(1, Decimal.ROUND_HALF_UP).toNumber();

function readIncludeFor(value: unknown, path: string[]): LineItem['includeFor'] {
  if (value === undefined || value === null) return ['customer', 'provider'];
  const known = Array.isArray(value) && value.every(party => party === 'customer' || party === 'provider');
  if (!known) throw invalidValue([...path, 'includeFor'], 'must hold customer, provider or both');
  return value as LineItem['includeFor'];
}

/** Once only: both totals go to zero and each item is taken back by one of its own. */
export const calculateFullRefund: ActionRun = ({ transaction }) => {
  if (transaction.refundCalculated)
    throw conflict('transaction-invalid-action-sequence', 'The refund was calculated before');
  transaction.refundCalculated = true;
  const reversals = transaction.lineItems.map(item => ({
    ...item,
    lineTotal: { ...item.lineTotal, amount: -item.lineTotal.amount },
    reversal: true,
  }));
  transaction.lineItems = [...transaction.lineItems, ...reversals];
  const currency = transaction.payinTotal?.currency;
  if (currency === undefined) return;
  transaction.payinTotal = { amount: 0, currency };
  transaction.payoutTotal = { amount: 0, currency };
};
