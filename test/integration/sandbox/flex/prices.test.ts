/** What line items come to, and the old ways to a price. */
import {
  cabinOrder,
  operatorSdk,
  refusalOf,
  stripeClient,
  userSdks,
  types,
} from '../../../setup/flex-sdks.ts';
import { expectRefusal, begin, eur, nights, push, step, transition, useSandbox } from './support.ts';

const sandbox = useSandbox();
const info = () => sandbox().info();
const alice = () => userSdks(info(), 'Alice');
const { BigDecimal, Money } = types;

describe('line items', () => {
  const priced = () =>
    push(sandbox(), 'price', [
      step('begin', { to: 'open', trusted: true, actions: ['privileged-set-line-items'] }),
    ]);
  const item = (overrides: object = {}) => ({
    code: 'line-item/night',
    unitPrice: eur(5000),
    quantity: 1,
    ...overrides,
  });
  const price = async (items: unknown) => {
    const { trusted } = await alice();
    return begin(trusted, 'price', { lineItems: items });
  };

  it.each<[object, number]>([
    [{ quantity: new BigDecimal('1.5') }, 7500],
    [{ unitPrice: eur(5), quantity: new BigDecimal('0.5') }, 3],
    [{ unitPrice: eur(-5), quantity: new BigDecimal('0.5') }, -3],
    [{ unitPrice: eur(333), quantity: new BigDecimal('0.3333333333333333') }, 111],
    [{ quantity: undefined, percentage: 12.5 }, 625],
    [{ quantity: undefined, percentage: new BigDecimal('-10') }, -500],
    [{ quantity: undefined, units: 2, seats: 3 }, 30000],
    [{ quantity: 2, percentage: null, units: null, seats: null, lineTotal: eur(10000) }, 10000],
    [{ quantity: 0 }, 0],
  ])('%j come to %i', async (overrides, total) => {
    await priced();

    const { attributes } = await price([item({ quantity: 2 }), item({ ...overrides, code: 'line-item/x' })]);

    expect(attributes.lineItems[1].lineTotal).toEqual(eur(total));
    expect([attributes.payinTotal, attributes.payoutTotal]).toEqual([eur(10000 + total), eur(10000 + total)]);
  });

  it('count for whom they are included', async () => {
    await priced();

    const { attributes } = await price([
      item(),
      item({ code: 'line-item/customer-commission', unitPrice: eur(300), includeFor: ['customer'] }),
      item({ code: 'line-item/provider-commission', unitPrice: eur(-500), includeFor: ['provider'] }),
      item({ code: 'line-item/nobody', unitPrice: eur(999), includeFor: [] }),
    ]);

    expect([attributes.payinTotal, attributes.payoutTotal]).toEqual([eur(5300), eur(4500)]);
  });

  it.each<[string, unknown, number]>([
    ['nothing', undefined, 400],
    ['no list', { code: 'line-item/night' }, 400],
    ['fifty-one', Array.from({ length: 51 }, () => item()), 400],
    ['another code', [item({ code: 'night' })], 400],
    ['half a code', [item({ code: 'line-item/' })], 400],
    ['a long code', [item({ code: `line-item/${'x'.repeat(55)}` })], 400],
    ['no price', [item({ unitPrice: undefined })], 400],
    ['a price as a number', [item({ unitPrice: 5000 })], 400],
    ['a price in no currency', [item({ unitPrice: new Money(5000, 'euro') })], 400],
    ['a quantity that is no number', [item({ quantity: new BigDecimal('two') })], 400],
    ['a total that is no money', [item({ lineTotal: 5000 })], 400],
    ['a broken price', [item({ unitPrice: eur(0.5) })], 400],
    ['no amount', [item({ quantity: undefined })], 400],
    ['two amounts', [item({ percentage: 10 })], 400],
    ['seats without units', [item({ quantity: undefined, seats: 2 })], 400],
    ['units without seats', [item({ quantity: undefined, units: 2 })], 400],
    ['half a seat', [item({ quantity: undefined, units: 2, seats: 0.5 })], 400],
    ['a quantity as text', [item({ quantity: '2' })], 400],
    ['a wrong total', [item({ lineTotal: eur(5001) })], 400],
    ['a total in another currency', [item({ lineTotal: new Money(5000, 'USD') })], 400],
    ['somebody else', [item({ includeFor: ['operator'] })], 400],
    ['two currencies', [item(), item({ unitPrice: new Money(1, 'USD') })], 400],
    [
      'less than nothing for the provider',
      [item(), item({ unitPrice: eur(-6000), includeFor: ['provider'] })],
      409,
    ],
  ])('%s is refused', async (_what, items, status) => {
    await priced();

    expect((await refusalOf(price(items))).status).toBe(status);
    expect(sandbox().flex().transactions.size).toBe(0);
  });

  it('of which the provider gets more than the customer pays can not be paid', async () => {
    const { trusted } = await alice();
    const items = [item(), item({ code: 'line-item/bonus', unitPrice: eur(1), includeFor: ['provider'] })];

    await expectRefusal(
      trusted.transactions.initiate(cabinOrder(info(), { lineItems: items })),
      409,
      'conflict',
    );
  });

  it.each([
    ['fifty items', Array.from({ length: 50 }, () => item({ unitPrice: eur(1) }))],
    ['a code of 64 characters', [item({ code: `line-item/${'x'.repeat(54)}` })]],
  ])('%s are fine', async (_what, items) => {
    await priced();

    expect((await price(items)).attributes.lineItems).toHaveLength(items.length);
  });
});

describe('the old ways to a price', () => {
  const booking = 'create-booking';
  /** The cabin costs 50 euros. */
  it.each<[string, string[], object, [string, number][], number, number]>([
    [
      'nights',
      [booking, 'calculate-tx-nightly-total-price'],
      nights(),
      [['line-item/night', 15000]],
      15000,
      15000,
    ],
    [
      'nights, by another name',
      [booking, 'calculate-tx-nightly-total'],
      nights(),
      [['line-item/night', 15000]],
      15000,
      15000,
    ],
    ['days', [booking, 'calculate-tx-daily-total-price'], nights(), [['line-item/day', 15000]], 15000, 15000],
    ['units', ['calculate-tx-unit-total-price'], { quantity: 4 }, [['line-item/units', 20000]], 20000, 20000],
    [
      'two kinds of units',
      [
        'calculate-tx-two-units-total-price {:quantity1-price-multiplier 1M :quantity2-price-multiplier 0.5M}',
      ],
      { quantity1: 2, quantity2: 1 },
      [['line-item/two-units', 12500]],
      12500,
      12500,
    ],
    [
      'commissions of both',
      [
        booking,
        'calculate-tx-nightly-total-price',
        'calculate-tx-provider-commission {:commission 0.1M}',
        'calculate-tx-customer-commission {:commission 0.05M}',
      ],
      nights(),
      [
        ['line-item/night', 15000],
        ['line-item/provider-commission', -1500],
        ['line-item/customer-commission', 750],
      ],
      15750,
      13500,
    ],
    [
      'a commission of at least so much',
      [
        'calculate-tx-unit-total-price',
        'calculate-tx-provider-commission {:commission 0.01M :min {:amount 8M :currency "EUR"}}',
      ],
      { quantity: 1 },
      [
        ['line-item/units', 5000],
        ['line-item/provider-commission', -800],
      ],
      5000,
      4200,
    ],
    [
      'a commission of at most so much',
      [
        'calculate-tx-unit-total-price',
        'calculate-tx-customer-commission {:commission 0.5M :max {:amount 3M :currency "EUR"}}',
      ],
      { quantity: 1 },
      [
        ['line-item/units', 5000],
        ['line-item/customer-commission', 300],
      ],
      5300,
      5000,
    ],
    [
      'fixed commissions',
      [
        'calculate-tx-unit-total-price',
        'calculate-tx-customer-fixed-commission {:commission {:amount 2.50M :currency "EUR"}}',
        'calculate-tx-provider-fixed-commission {:commission {:amount 1M :currency "EUR"}}',
      ],
      { quantity: 1 },
      [
        ['line-item/units', 5000],
        ['line-item/customer-fixed-commission', 250],
        ['line-item/provider-fixed-commission', -100],
      ],
      5250,
      4900,
    ],
    [
      'an offer',
      ['set-negotiated-total-price', 'calculate-tx-provider-commission {:commission 0.1M}'],
      { negotiatedTotal: eur(7000) },
      [
        ['line-item/negotiation', 7000],
        ['line-item/provider-commission', -700],
      ],
      7000,
      6300,
    ],
    [
      'items of any name',
      ['set-line-items-and-total'],
      { lineItems: [{ code: 'cleaning', unitPrice: eur(900), quantity: 2 }] },
      [['cleaning', 1800]],
      1800,
      1800,
    ],
  ])('%s', async (_what, actions, params, items, payin, payout) => {
    await push(sandbox(), 'old', [step('begin', { to: 'open', actions })]);
    const { sdk } = await alice();

    const { attributes } = await begin(sdk, 'old', params);

    expect(attributes.lineItems.map(({ code, lineTotal }: any) => [code, lineTotal.amount])).toEqual(items);
    expect([attributes.payinTotal, attributes.payoutTotal]).toEqual([eur(payin), eur(payout)]);
  });

  it.each<[string, string[], object, number, string]>([
    [
      'a price that the listing has not',
      ['calculate-tx-unit-total-price'],
      { listingId: 'decade00-0000-4000-8000-000000000012', quantity: 1 },
      409,
      'transaction-missing-listing-price',
    ],
    [
      'nights without a booking',
      ['calculate-tx-nightly-total-price'],
      {},
      409,
      'transaction-invalid-action-sequence',
    ],
    [
      'a commission of nothing',
      ['calculate-tx-provider-commission {:commission 0.1M}'],
      {},
      409,
      'transaction-missing-listing-price',
    ],
    [
      'an offer of less than nothing',
      ['set-negotiated-total-price'],
      { negotiatedTotal: eur(-1) },
      400,
      'validation-invalid-value',
    ],
    [
      'an offer of half a cent',
      ['set-negotiated-total-price'],
      { negotiatedTotal: eur(0.5) },
      400,
      'validation-invalid-value',
    ],
    ['no offer', ['set-negotiated-total-price'], {}, 400, 'validation-missing-key'],
    ['no quantity', ['calculate-tx-unit-total-price'], {}, 400, 'validation-missing-key'],
  ])('%s is refused', async (_what, actions, params, status, code) => {
    await push(sandbox(), 'old', [step('begin', { to: 'open', actions })]);
    const { sdk } = await userSdks(info(), 'Bob');

    await expectRefusal(begin(sdk, 'old', params), status, code);
  });

  it('a card token is charged at once, and given back', async () => {
    await push(sandbox(), 'old', [
      step('begin', { to: 'open', actions: ['calculate-tx-unit-total-price', 'stripe-create-charge'] }),
      step('take', { from: 'open', to: 'taken', by: 'provider', actions: ['stripe-capture-charge'] }),
      step('give-back', {
        from: 'taken',
        to: 'returned',
        by: 'operator',
        actions: ['calculate-full-refund', 'stripe-refund-charge'],
      }),
    ]);
    const [customer, provider] = await Promise.all([alice(), userSdks(info(), 'Petra')]);
    const { id } = await begin(customer.sdk, 'old', { quantity: 1, cardToken: 'tok_visa' });

    await transition(provider.sdk, id, 'take');
    await transition(operatorSdk(info()), id.uuid, 'give-back');

    expect((await stripeClient(info()).refunds.list()).data).toMatchObject([{ amount: 5000 }]);
  });
});
