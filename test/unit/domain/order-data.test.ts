import fc from 'fast-check';
import { ProxyError } from '../../../server/domain/errors.ts';
import type { Money } from '../../../server/domain/money.ts';
import { readOrderData } from '../../../server/domain/order-data.ts';

const money = (value: unknown) =>
  typeof value === 'object' && value !== null && 'amount' in value ? (value as Money) : undefined;
const read = (orderData: Record<string, unknown>, params: Record<string, unknown> = {}) =>
  readOrderData(orderData, params, money);
const day = (number: number) => new Date(Date.UTC(2030, 0, number));

function refusalOf(work: () => unknown): ProxyError {
  try {
    work();
  } catch (error) {
    if (error instanceof ProxyError) return error;
    throw error;
  }
  throw new Error('It was not refused');
}

describe('readOrderData', () => {
  it('takes params before order data, and leaves out what is null', () => {
    expect(
      read(
        { seats: 1, deliveryMethod: 'shipping', currency: 'EUR', priceVariantName: null },
        { seats: 2, bookingStart: day(1), bookingEnd: '2030-01-03T00:00:00.000Z', protectedData: {} },
      ),
    ).toEqual({
      seats: 2,
      deliveryMethod: 'shipping',
      currency: 'EUR',
      bookingStart: day(1),
      bookingEnd: day(3),
    });
  });

  it.each<[string, Record<string, unknown>, string, string]>([
    ['a date that is none', { bookingStart: 'soon' }, 'bad-request', 'bookingStart must be a date.'],
    ['an invalid date', { bookingEnd: new Date(NaN) }, 'bad-request', 'bookingEnd must be a date.'],
    ['a number for a date', { bookingEnd: 1 }, 'bad-request', 'bookingEnd must be a date.'],
    [
      'seconds for milliseconds',
      { bookingStart: new Date(1_900_000_000) },
      'dates-unlikely',
      'bookingStart must be a date from 2000 to 2100.',
    ],
    [
      'the year 275760',
      { bookingEnd: new Date(8.64e15) },
      'dates-unlikely',
      'bookingEnd must be a date from 2000 to 2100.',
    ],
    [
      'dates that run backwards',
      { bookingStart: day(2), bookingEnd: day(1) },
      'dates-reversed',
      'End date cannot be before start date',
    ],
    [
      'dates to be shown that run backwards',
      { bookingDisplayStart: day(2), bookingDisplayEnd: day(1) },
      'dates-reversed',
      'End date cannot be before start date',
    ],
    [
      'a booking of eleven years',
      { bookingStart: day(1), bookingEnd: day(4000) },
      'dates-unlikely',
      'A booking can not be longer than 3660 days.',
    ],
    ['seats as text', { seats: '2' }, 'bad-request', 'seats must be a number.'],
    ['half a seat', { seats: 0.5 }, 'quantity-invalid', 'seats must be a positive whole number.'],
    ['negative seats', { seats: -1 }, 'quantity-invalid', 'seats must be a positive whole number.'],
    ['no number of seats', { seats: NaN }, 'quantity-invalid', 'seats must be a positive whole number.'],
    ['endless seats', { seats: Infinity }, 'quantity-invalid', 'seats must be a positive whole number.'],
    [
      'a negative quantity',
      { stockReservationQuantity: -2 },
      'quantity-invalid',
      'stockReservationQuantity must be a positive whole number.',
    ],
    [
      'more than there can be',
      { stockReservationQuantity: 1_000_001 },
      'quantity-invalid',
      'stockReservationQuantity must not be more than 1000000.',
    ],
    ['a number for a text', { deliveryMethod: 1 }, 'bad-request', 'deliveryMethod must be a text.'],
    [
      'a currency that is none',
      { currency: 'EURO' },
      'currency-invalid',
      'currency must be the code of a currency, such as EUR.',
    ],
    [
      'a currency in small letters',
      { currency: 'eur' },
      'currency-invalid',
      'currency must be the code of a currency, such as EUR.',
    ],
    ['an offer that is no money', { offer: 100 }, 'offer-invalid', 'offer must be an amount of money'],
    [
      'an offer of nothing',
      { offer: { amount: 0, currency: 'EUR' } },
      'offer-invalid',
      'offer must be an amount of money',
    ],
    [
      'an offer in no currency',
      { offer: { amount: 1, currency: 'ABC' } },
      'currency-invalid',
      'currency must be the code of a currency, such as EUR.',
    ],
  ])('refuses %s with 400 and words', (_what, orderData, code, words) => {
    expect(refusalOf(() => read(orderData))).toMatchObject({
      status: 400,
      code,
      statusText: expect.stringContaining(words),
      data: {},
    });
  });

  it('answers whatever it is given with an order that makes sense or with 400', () => {
    const anything = fc.oneof(fc.anything(), fc.date({ noInvalidDate: false }), fc.double(), fc.string());
    const orderData = fc.record(
      {
        bookingStart: anything,
        bookingEnd: anything,
        seats: anything,
        stockReservationQuantity: anything,
        currency: anything,
        offer: anything,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(orderData, given => {
        try {
          const { bookingStart, bookingEnd, seats = 1, stockReservationQuantity = 1 } = read(given);
          return (
            (!bookingStart || !bookingEnd || bookingStart <= bookingEnd) &&
            Number.isInteger(seats) &&
            seats >= 0 &&
            Number.isInteger(stockReservationQuantity) &&
            stockReservationQuantity >= 0
          );
        } catch (error) {
          return error instanceof ProxyError && error.status === 400;
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
