import fc from 'fast-check';
import { ProxyError } from '../../../server/domain/errors.ts';
import {
  lineItemsFor,
  lineTotal,
  type Commissions,
  type LineItem,
  type OrderData,
  type PricedListing,
} from '../../../server/domain/line-items.ts';
import { asCommissions, lineItemCases } from '../../fixtures/line-item-cases.ts';

const none: Commissions = { provider: undefined, customer: undefined };

const listing = (overrides: Partial<PricedListing> = {}): PricedListing => ({
  price: { amount: 1000, currency: 'EUR' },
  unitType: 'night',
  priceVariationsEnabled: undefined,
  priceVariants: undefined,
  shippingPriceInSubunitsOneItem: undefined,
  shippingPriceInSubunitsAdditionalItems: undefined,
  ...overrides,
});

const total = (items: LineItem[], party: 'customer' | 'provider') =>
  items
    .filter(item => item.includeFor.includes(party))
    .reduce((sum, item) => sum + lineTotal(item).amount, 0);

const amountText = ({ quantity, percentage, units, seats }: LineItem) => {
  if (percentage !== undefined) return `${percentage}%`;
  return quantity === undefined ? `${units} units ${seats} seats` : `x${quantity}`;
};

const refusal = (work: () => unknown): ProxyError => {
  try {
    work();
  } catch (error) {
    return error as ProxyError;
  }
  throw new Error('It was not refused');
};

const hoursFrom = (hours: number) => ({
  bookingStart: new Date('2026-01-10T00:00:00.000Z'),
  bookingEnd: new Date(Date.UTC(2026, 0, 10) + hours * 3_600_000),
});

describe('lineItemsFor', () => {
  it.each(lineItemCases.map(entry => [entry.name, entry] as const))('%s', (_name, entry) => {
    const items = lineItemsFor(
      listing({ price: null, ...entry.listing }),
      entry.order,
      asCommissions(entry.commissions),
    );

    expect(
      items.map(item => [item.code, item.unitPrice.amount, amountText(item), lineTotal(item).amount]),
    ).toEqual(entry.items);
    expect([total(items, 'customer'), total(items, 'provider')]).toEqual([entry.payin, entry.payout]);
    expect(new Set(items.map(item => item.unitPrice.currency)).size).toBe(1);
  });

  it.each<[string, Partial<PricedListing>, OrderData, string]>([
    ['no dates', {}, {}, 'Error: orderData is missing the following information: quantity, units, seats. '],
    [
      'no dates, with seats',
      {},
      { seats: 2 },
      'Error: orderData is missing the following information: quantity, units. ',
    ],
    ['a night of no length', {}, hoursFrom(0), 'Error: orderData is missing'],
    ['less than a whole night', {}, hoursFrom(23), 'Error: orderData is missing'],
    ['no number of items', { unitType: 'item' }, {}, 'Error: orderData is missing'],
    ['a unit type that has no price', { unitType: 'inquiry' }, {}, 'Error: orderData is missing'],
    ['an unknown unit type', { unitType: 'moon' }, {}, 'Error: orderData is missing'],
    ['no unit type', { unitType: undefined }, hoursFrom(24), 'Error: orderData is missing'],
    [
      'an offer for a listing with a price of its own',
      {},
      { ...hoursFrom(24), offer: { amount: 1, currency: 'EUR' } },
      'A listing of the unit type night has a price of its own',
    ],
    [
      'another currency than that of the price',
      {},
      { ...hoursFrom(24), currency: 'USD' },
      'The price is in EUR: currency can not be USD.',
    ],
    [
      'a total that could not be exact',
      { price: { amount: Number.MAX_SAFE_INTEGER, currency: 'EUR' } },
      hoursFrom(48),
      'The amount is too large to be exact.',
    ],
    ['no price anywhere', { price: null }, hoursFrom(24), 'The listing has no price'],
    [
      'several items and no shipping price',
      { unitType: 'item' },
      { stockReservationQuantity: 2, deliveryMethod: 'shipping' },
      'Shipping fee is not set correctly',
    ],
  ])('refuses %s with 400', (_what, overrides, order, words) => {
    const error = refusal(() => lineItemsFor(listing(overrides), order, none));

    expect(error).toBeInstanceOf(ProxyError);
    expect(error).toMatchObject({ status: 400, statusText: expect.stringContaining(words), data: {} });
  });

  it('refuses a minimum commission above the total, in the words that the client knows, and allows one equal to it', () => {
    const minimum = (amount: number): Commissions => ({
      provider: { minimum_amount: amount },
      customer: undefined,
    });
    const order = (amount: number) =>
      lineItemsFor(listing({ price: { amount: 100, currency: 'EUR' } }), hoursFrom(24), minimum(amount));

    expect(refusal(() => order(500))).toMatchObject({
      status: 400,
      statusText: 'Minimum commission amount is greater than the amount of money paid in',
      data: undefined,
    });
    expect(total(order(100), 'provider')).toBe(0);
  });

  it('lets the customer pay a minimum above the total', () => {
    const items = lineItemsFor(listing({ price: { amount: 100, currency: 'EUR' } }), hoursFrom(24), {
      provider: undefined,
      customer: { minimum_amount: 5000 },
    });

    expect(total(items, 'customer')).toBe(5100);
  });

  it.each([0, -5, null, undefined])('adds no commission of %s', percentage => {
    expect(
      lineItemsFor(listing(), hoursFrom(24), {
        provider: { percentage },
        customer: { minimum_amount: percentage },
      }),
    ).toHaveLength(1);
  });

  it('refuses a commission that is text', () => {
    const commissions = { provider: { percentage: '10' }, customer: undefined };

    expect(refusal(() => lineItemsFor(listing(), hoursFrom(24), commissions)).code).toBe(
      'commission-malformed',
    );
  });

  it('takes no seats for no seats', () => {
    expect(lineItemsFor(listing(), { ...hoursFrom(24), seats: 0 }, none)).toMatchObject([{ quantity: 1 }]);
  });

  it('counts part of an hour exactly and rounds its price once', () => {
    const [item] = lineItemsFor(listing({ unitType: 'hour' }), hoursFrom(1 / 3), none);

    expect(item).toMatchObject({ quantity: 1 / 3 });
    expect(lineTotal(item!).amount).toBe(333);
  });

  it('adds a shipping fee of zero, and none for one item without a price', () => {
    const order = { stockReservationQuantity: 1, deliveryMethod: 'shipping' };
    const free = lineItemsFor(listing({ unitType: 'item', shippingPriceInSubunitsOneItem: 0 }), order, none);
    const unknown = lineItemsFor(listing({ unitType: 'item' }), order, none);

    expect(free.map(item => lineTotal(item).amount)).toEqual([1000, 0]);
    expect(unknown).toHaveLength(1);
  });

  it.each([
    ['variants are off', { priceVariationsEnabled: false }],
    ['there is none of that name', { priceVariants: [{ name: 'other', priceInSubunits: 1 }] }],
    ['its price is negative', { priceVariants: [{ name: 'long', priceInSubunits: -1 }] }],
    ['its price is no whole number', { priceVariants: [{ name: 'long', priceInSubunits: 1.5 }] }],
    ['variants are no list', { priceVariants: 'long' }],
  ])("takes the listing's price when %s", (_why, overrides) => {
    const given = {
      unitType: 'fixed',
      priceVariationsEnabled: true,
      priceVariants: [{ name: 'long', priceInSubunits: 9900 }],
      ...overrides,
    };

    expect(lineItemsFor(listing(given), { priceVariantName: 'long' }, none)[0]!.unitPrice.amount).toBe(1000);
  });

  it('gives whole minor units, and never pays out more than comes in', () => {
    const percentages = fc.double({ min: 0, max: 100, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9_999_999 }),
        fc.integer({ min: 1, max: 365 }),
        percentages,
        percentages,
        (amount, nights, provider, customer) => {
          const items = lineItemsFor(
            listing({ price: { amount, currency: 'EUR' } }),
            hoursFrom(24 * nights),
            {
              provider: { percentage: provider },
              customer: { percentage: customer },
            },
          );
          const [payin, payout] = [total(items, 'customer'), total(items, 'provider')];
          return (
            Number.isSafeInteger(payin) && Number.isSafeInteger(payout) && payin >= payout && payout >= 0
          );
        },
      ),
    );
  });
});
