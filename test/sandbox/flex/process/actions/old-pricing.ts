/**
 * The deprecated ways to a price, by the process file alone: from a booking or a quantity, with commissions in its
 * configuration. Processes in the field still use them.
 */
import { Decimal } from 'decimal.js';
import { conflict, invalidValue } from '../../errors.ts';
import type { LineItem } from '../../transactions/entity.ts';
import { isPlainObject } from '../../values.ts';
import { asMoney, param, required, type ActionContext, type ActionRun } from './context.ts';

const DAY = 86_400_000;

type Amount = { amount: number; currency: string };

/** Sets the total that later commissions refer to, and one line item for it. */
function setTotal({ transaction }: ActionContext, item: LineItem): void {
  const { lineTotal } = item;
  Object.assign(transaction, {
    lineItems: [item],
    totalPrice: lineTotal,
    payinTotal: lineTotal,
    payoutTotal: lineTotal,
  });
}

function priceOf({ listing }: ActionContext): Amount {
  if (!listing.price) throw conflict('transaction-missing-listing-price', 'The listing has no price');
  return listing.price;
}

const quantityItem = (code: string, unitPrice: Amount, quantity: Decimal): LineItem => ({
  code,
  unitPrice,
  quantity: quantity.toString(),
  lineTotal: { amount: round(quantity.times(unitPrice.amount)), currency: unitPrice.currency },
  includeFor: ['customer', 'provider'],
  reversal: false,
});

const round = (value: Decimal) => value.toNearest(1, Decimal.ROUND_HALF_UP).toNumber();

/** `less`: days at the ends that are not paid for. */
export const totalFromBooking =
  (code: 'line-item/day' | 'line-item/night', less = 0): ActionRun =>
  context => {
    const booking = context.world.bookings.get(context.transaction.bookingId ?? '');
    if (!booking) throw conflict('transaction-invalid-action-sequence', 'The transaction has no booking');
    const days = Math.round((booking.end - booking.start) / DAY) - less;
    if (days < 1) throw conflict('transaction-invalid-action-sequence', 'The booking is too short');
    setTotal(context, quantityItem(code, priceOf(context), new Decimal(days)));
  };

export const totalFromQuantity: ActionRun = context => {
  const quantity = required(param.wholeNumber(context.params, 'quantity'), 'quantity');
  setTotal(context, quantityItem('line-item/units', priceOf(context), new Decimal(quantity)));
};

export const totalFromTwoQuantities: ActionRun = context => {
  const { params, config } = context;
  const part = (name: string) =>
    new Decimal(required(param.wholeNumber(params, name, 0), name)).times(
      decimal(config[`${name}-price-multiplier`] ?? 1),
    );
  setTotal(
    context,
    quantityItem('line-item/two-units', priceOf(context), part('quantity1').plus(part('quantity2'))),
  );
};

const NEGOTIATION = 'line-item/negotiation';

/** One line makes up the difference between the other lines and the offer, and changes with each new offer. */
export const setNegotiatedTotal: ActionRun = ({ transaction, params }) => {
  const offer = required(params['negotiatedTotal'] ?? undefined, 'negotiatedTotal');
  const { amount, currency } = asMoney(offer) ?? { amount: -1, currency: '' };
  if (amount < 0)
    throw invalidValue(['params', 'negotiatedTotal'], 'must be money, and not less than nothing');
  const others = transaction.lineItems.filter(({ code }) => code !== NEGOTIATION);
  if (others.some(({ lineTotal }) => lineTotal.currency !== currency))
    throw conflict('conflict', 'The offer is in another currency than the price');
  const priced = others
    .filter(({ includeFor }) => includeFor.length === 2)
    .reduce((sum, { lineTotal }) => sum + lineTotal.amount, 0);
  const item = quantityItem(NEGOTIATION, { amount: amount - priced, currency }, new Decimal(1));
  const lineItems = [...others, item];
  const totalFor = (party: 'customer' | 'provider') => ({
    amount: lineItems
      .filter(({ includeFor }) => includeFor.includes(party))
      .reduce((sum, { lineTotal }) => sum + lineTotal.amount, 0),
    currency,
  });
  Object.assign(transaction, {
    lineItems,
    totalPrice: { amount, currency },
    payinTotal: totalFor('customer'),
    payoutTotal: totalFor('provider'),
  });
};

/** The customer pays it on top, the provider gets that much less. */
export const addCommission =
  (party: 'customer' | 'provider', kind: 'share' | 'fixed'): ActionRun =>
  ({ transaction, config }) => {
    const total = transaction.totalPrice;
    if (!total || !transaction.payinTotal || !transaction.payoutTotal) {
      throw conflict('transaction-missing-listing-price', 'The transaction has no total price');
    }
    const amount =
      kind === 'fixed' ? minorUnits(config['commission'], total.currency) : shareOf(total, config);
    const sign = party === 'customer' ? 1 : -1;
    const lineTotal = { amount: sign * amount, currency: total.currency };
    const code = `line-item/${party}-${kind === 'fixed' ? 'fixed-' : ''}commission`;
    const item: LineItem = {
      code,
      unitPrice: lineTotal,
      lineTotal,
      quantity: '1',
      includeFor: [party],
      reversal: false,
    };
    transaction.lineItems = [...transaction.lineItems, item];
    const key = party === 'customer' ? 'payinTotal' : 'payoutTotal';
    transaction[key] = { amount: transaction[key]!.amount + sign * amount, currency: total.currency };
    if (transaction.payoutTotal.amount < 0)
      throw conflict('conflict', 'The commission is larger than the payout');
  };

function shareOf(total: Amount, config: Record<string, unknown>): number {
  const share = round(decimal(config['commission'] ?? 0).times(total.amount));
  const least = config['min'] === undefined ? -Infinity : minorUnits(config['min'], total.currency);
  const most = config['max'] === undefined ? Infinity : minorUnits(config['max'], total.currency);
  if (least > most) throw conflict('conflict', 'The least commission is more than the most');
  return Math.min(most, Math.max(least, share));
}

const decimal = (value: unknown): Decimal =>
  new Decimal(typeof value === 'number' || typeof value === 'string' ? value : 0);

/** Configuration counts in whole currency: `{:amount 2M, :currency "EUR"}` is two euros. */
function minorUnits(value: unknown, currency: string): number {
  const amount = isPlainObject(value) ? value['amount'] : value;
  if (isPlainObject(value) && value['currency'] !== currency) {
    throw conflict('conflict', 'The commission is in another currency than the price');
  }
  const exponent =
    new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  return round(decimal(amount).times(10 ** exponent));
}
