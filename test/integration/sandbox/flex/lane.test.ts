/**
 * The fallback lane of bookings and purchases, by the real clients of all three: each way to its end, what time does, and
 * who is refused. Flex has no hand in the money on any of them.
 */
import { operatorSdk, stripeClient, types, userSdks } from '../../../setup/flex-sdks.ts';
import {
  begin,
  CABIN,
  DAY,
  expectRefusal,
  intentIn,
  lineItems,
  listingNamed,
  MINUTE,
  nights,
  payInBrowser,
  stateOf,
  transition,
  useSandbox,
} from './support.ts';

const sandbox = useSandbox();
const info = () => sandbox().info();

type Kind = 'default-booking' | 'default-purchase';
type Who = 'customer' | 'provider' | 'operator' | 'trusted';

const orderOf = (kind: Kind) =>
  kind === 'default-booking'
    ? { listingId: CABIN, lineItems, ...nights() }
    : {
        listingId: listingNamed(sandbox(), 'Hand-made').id,
        stockReservationQuantity: 2,
        lineItems: [{ code: 'line-item/item', unitPrice: new types.Money(1999, 'USD'), quantity: 2 }],
      };

/** The parties, and an order that one of them takes on, step by step: `provider:accept-fallback`. */
async function ordered(kind: Kind, entry = 'request-payment-fallback', before?: string) {
  const [alice, petra] = await Promise.all([userSdks(info(), 'Alice'), userSdks(info(), 'Petra')]);
  const sdks: Record<Who, any> = {
    customer: alice.sdk,
    trusted: alice.trusted,
    provider: petra.sdk,
    operator: operatorSdk(info()),
  };
  const begun = before
    ? await begin(sdks.customer, kind, { listingId: orderOf(kind).listingId }, before)
    : await begin(sdks.trusted, kind, orderOf(kind), entry);
  const make = (who: Who, name: string, params: object = {}) =>
    transition(sdks[who], who === 'operator' ? begun.id.uuid : begun.id, name, params);
  const go = async (...steps: string[]) => {
    for (const step of steps) {
      const [who, name] = step.split(':') as [Who, string];
      await make(who, name, name.startsWith('review') ? { reviewRating: 5, reviewContent: 'Fine' } : {});
    }
    return stateOf(sandbox(), begun.id);
  };
  return { ...begun, make, go, state: () => stateOf(sandbox(), begun.id) };
}

const atStripe = async () => (await stripeClient(info()).paymentIntents.list()).data.length;
/** What is held of the dates of the cabin, or of the stock. */
const held = (kind: Kind) =>
  kind === 'default-booking'
    ? [...sandbox().flex().bookings.values()].map(({ state }) => state)
    : [...sandbox().flex().stockReservations.values()].map(({ state }) => state);
const stock = () => sandbox().flex().listings.get(listingNamed(sandbox(), 'Hand-made').id)!.stock;

const PAID = ['operator:confirm-payment-fallback'];
const BOOKED = [...PAID, 'provider:accept-fallback', 'operator:captured-fallback'];
const BOUGHT = [...PAID, 'operator:captured-fallback'];

it.each<[Kind, string]>([
  ['default-booking', 'bookings'],
  ['default-purchase', 'orders'],
])('begins %s at the price of its line items, without a PaymentIntent', async kind => {
  const { attributes } = await ordered(kind);

  expect(attributes).toMatchObject({
    state: 'state/fallback-pending-payment',
    payinTotal: kind === 'default-booking' ? { amount: 15000 } : { amount: 3998 },
    payoutTotal: kind === 'default-booking' ? { amount: 13500 } : { amount: 3998 },
  });
  expect(attributes.protectedData.stripePaymentIntents).toBeUndefined();
  expect([held(kind), await atStripe()]).toEqual([['pending'], 0]);
});

describe('a way to its end', () => {
  it.each<[Kind, string[], string, string]>([
    ['default-booking', ['operator:operator-expire-payment-fallback'], 'payment-expired', 'declined'],
    ['default-booking', [...PAID, 'provider:decline-fallback'], 'declined', 'declined'],
    ['default-booking', [...PAID, 'operator:operator-decline-fallback'], 'declined', 'declined'],
    [
      'default-booking',
      [...PAID, 'provider:accept-fallback', 'operator:capture-failed-fallback'],
      'declined',
      'declined',
    ],
    [
      'default-booking',
      [...PAID, 'operator:operator-accept-fallback', 'operator:captured-fallback'],
      'fallback-accepted',
      'accepted',
    ],
    ['default-booking', [...BOOKED, 'operator:cancel-fallback'], 'cancelled', 'cancelled'],
    [
      'default-booking',
      [
        ...BOOKED,
        'operator:operator-complete-fallback',
        'provider:review-1-by-provider',
        'customer:review-2-by-customer',
      ],
      'reviewed',
      'accepted',
    ],
    ['default-purchase', ['operator:operator-expire-payment-fallback'], 'payment-expired', 'declined'],
    ['default-purchase', [...PAID, 'operator:capture-failed-fallback'], 'canceled', 'declined'],
    ['default-purchase', [...BOUGHT, 'operator:cancel-fallback'], 'canceled', 'cancelled'],
    [
      'default-purchase',
      [...BOUGHT, 'customer:mark-received-from-purchased-fallback'],
      'completed',
      'accepted',
    ],
    [
      'default-purchase',
      [...BOUGHT, 'provider:mark-delivered-fallback', 'customer:mark-received-fallback'],
      'completed',
      'accepted',
    ],
    [
      'default-purchase',
      [
        ...BOUGHT,
        'operator:operator-mark-delivered-fallback',
        'customer:dispute-fallback',
        'operator:mark-received-from-disputed-fallback',
      ],
      'completed',
      'accepted',
    ],
    [
      'default-purchase',
      [
        ...BOUGHT,
        'provider:mark-delivered-fallback',
        'operator:operator-dispute-fallback',
        'operator:cancel-from-disputed-fallback',
      ],
      'canceled',
      'cancelled',
    ],
  ])('%s: %j -> %s', async (kind, steps, state, holds) => {
    const { go, state: now } = await ordered(kind);

    await go(...steps);
    // What is received is completed at once, by time.
    await sandbox().advance(0);

    expect(now()).toBe(`state/${state}`);
    expect([held(kind), await atStripe()]).toEqual([[holds], 0]);
  });

  it('of a purchase gives the stock back when it was not delivered, and goes on to reviews when it was', async () => {
    const first = await ordered('default-purchase');
    await first.go(...BOUGHT, 'operator:cancel-fallback');
    expect(stock()).toBe(20);

    const second = await ordered('default-purchase');
    await second.go(...BOUGHT, 'customer:mark-received-from-purchased-fallback');
    await sandbox().advance(0);

    expect(second.state()).toBe('state/completed');
    expect(await second.go('customer:review-1-by-customer', 'provider:review-2-by-provider')).toBe(
      'state/reviewed',
    );
    expect(stock()).toBe(18);
  });

  it('a cancelled booking shows that nothing is owed any more', async () => {
    const { go, make } = await ordered('default-booking');
    await go(...BOOKED);

    const { attributes } = await make('operator', 'cancel-fallback');

    expect([attributes.payinTotal.amount, attributes.payoutTotal.amount]).toEqual([0, 0]);
  });
});

describe('the ways in', () => {
  it.each<Kind>(['default-booking', 'default-purchase'])(
    'after an inquiry, with the order of its entry: %s',
    async kind => {
      const { make, state } = await ordered(kind, undefined, 'inquire');
      const { listingId: _known, ...order } = orderOf(kind);

      const { attributes } = await make('trusted', 'request-payment-after-inquiry-fallback', order);

      expect(attributes.payinTotal.amount).toBe(kind === 'default-booking' ? 15000 : 3998);
      expect([state(), held(kind)]).toEqual(['state/fallback-pending-payment', ['pending']]);
    },
  );

  it.each<Kind>(['default-booking', 'default-purchase'])(
    'by the operator, from an order that began the normal way; what it holds stays: %s',
    async kind => {
      const order = await ordered(kind, 'request-payment');

      const simulated = await operatorSdk(info()).transactions.transitionSpeculative(
        { id: order.id.uuid, transition: 'transition/enter-fallback', params: {} },
        { expand: true },
      );
      expect(simulated.data.data.attributes.state).toBe('state/fallback-pending-payment');
      expect(order.state()).toBe('state/pending-payment');

      const { attributes } = await order.make('operator', 'enter-fallback');

      expect(attributes).toMatchObject({
        state: 'state/fallback-pending-payment',
        payinTotal: order.attributes.payinTotal,
      });
      expect(held(kind)).toEqual(['pending']);
      // The time to pay begins again, and is the same.
      await sandbox().advance(14 * MINUTE);
      expect(order.state()).toBe('state/fallback-pending-payment');
      await sandbox().advance(MINUTE);
      expect([order.state(), held(kind)]).toEqual(['state/payment-expired', ['declined']]);
    },
  );

  it('an order that was paid the normal way does not come in', async () => {
    const order = await ordered('default-booking', 'request-payment');
    await payInBrowser(sandbox(), intentIn(order.data));
    await order.make('customer', 'confirm-payment');

    await expectRefusal(order.make('operator', 'enter-fallback'), 409, 'transaction-invalid-transition');
  });

  it("the normal confirmation leads nowhere in the lane, and the lane's nowhere in the normal way", async () => {
    const ours = await ordered('default-booking');
    await expectRefusal(ours.make('customer', 'confirm-payment'), 409, 'transaction-invalid-transition');
    await ours.go('operator:operator-expire-payment-fallback');

    const normal = await ordered('default-booking', 'request-payment');
    await expectRefusal(
      normal.make('operator', 'confirm-payment-fallback'),
      409,
      'transaction-invalid-transition',
    );
  });
});

describe('what time does', () => {
  it.each<[string, Kind, string[], number, string, string]>([
    [
      'a quarter of an hour without a payment',
      'default-booking',
      [],
      15 * MINUTE,
      'payment-expired',
      'declined',
    ],
    ['the same', 'default-purchase', [], 15 * MINUTE, 'payment-expired', 'declined'],
    ['six days without an answer', 'default-booking', PAID, 6 * DAY, 'expired', 'declined'],
    ['two weeks without a delivery', 'default-purchase', BOUGHT, 14 * DAY, 'canceled', 'cancelled'],
    [
      'sixty days of dispute',
      'default-purchase',
      [...BOUGHT, 'provider:mark-delivered-fallback', 'customer:dispute-fallback'],
      60 * DAY,
      'canceled',
      'cancelled',
    ],
  ])('%s (%s)', async (_what, kind, steps, ms, state, holds) => {
    const { go, state: now } = await ordered(kind);
    await go(...steps);
    const before = now();

    await sandbox().advance(ms - MINUTE);
    expect(now()).toBe(before);
    await sandbox().advance(MINUTE);

    expect([now(), held(kind)]).toEqual([`state/${state}`, [holds]]);
  });

  it('what was delivered two weeks ago counts as received', async () => {
    const { go, state } = await ordered('default-purchase');
    await go(...BOUGHT, 'provider:mark-delivered-fallback');

    // It is completed at the time at which it was received.
    await sandbox().advance(14 * DAY + MINUTE);

    expect(state()).toBe('state/completed');
  });

  it.each<Kind>(['default-booking', 'default-purchase'])(
    'nothing ends an order whose capture is under way: %s',
    async kind => {
      const { go, state } = await ordered(kind);
      await go(...PAID, ...(kind === 'default-booking' ? ['provider:accept-fallback'] : []));

      await sandbox().advance(400 * DAY);

      expect([state(), held(kind)]).toEqual(['state/fallback-capturing', ['pending']]);
    },
  );

  it('a booking is over two days after its end, and reviews are open for a week after it', async () => {
    const { go, state } = await ordered('default-booking');
    await go(...BOOKED);
    const end = nights().bookingEnd.getTime();

    await sandbox().advance(end + 2 * DAY - sandbox().now() - MINUTE);
    expect(state()).toBe('state/fallback-accepted');
    await sandbox().advance(MINUTE);
    expect(state()).toBe('state/delivered');
    await sandbox().advance(5 * DAY);

    expect(state()).toBe('state/reviewed');
  });
});

describe('is refused', () => {
  it.each<Kind>(['default-booking', 'default-purchase'])(
    'an entry without the trusted token of a server: %s',
    async kind => {
      const { sdk } = await userSdks(info(), 'Alice');
      await expectRefusal(begin(sdk, kind, orderOf(kind), 'request-payment-fallback'), 403, 'forbidden');
      const asked = await ordered(kind, undefined, 'inquire');

      await expectRefusal(
        asked.make('customer', 'request-payment-after-inquiry-fallback', orderOf(kind)),
        403,
        'forbidden',
      );
      expect(held(kind)).toEqual([]);
    },
  );

  it.each<[Kind, string[], string, Who[]]>([
    ['default-booking', [], 'confirm-payment-fallback', ['customer', 'trusted', 'provider']],
    ['default-booking', [], 'operator-expire-payment-fallback', ['customer', 'trusted', 'provider']],
    ['default-booking', [], 'expire-payment-fallback', ['customer', 'provider', 'operator']],
    ['default-booking', PAID, 'accept-fallback', ['customer', 'trusted', 'operator']],
    ['default-booking', PAID, 'decline-fallback', ['customer', 'trusted', 'operator']],
    ['default-booking', PAID, 'operator-accept-fallback', ['customer', 'provider']],
    [
      'default-booking',
      [...PAID, 'provider:accept-fallback'],
      'captured-fallback',
      ['customer', 'trusted', 'provider'],
    ],
    [
      'default-booking',
      [...PAID, 'provider:accept-fallback'],
      'capture-failed-fallback',
      ['customer', 'trusted', 'provider'],
    ],
    ['default-booking', BOOKED, 'cancel-fallback', ['customer', 'trusted', 'provider']],
    ['default-booking', BOOKED, 'complete-fallback', ['customer', 'provider', 'operator']],
    ['default-purchase', [], 'confirm-payment-fallback', ['customer', 'trusted', 'provider']],
    ['default-purchase', PAID, 'captured-fallback', ['customer', 'trusted', 'provider']],
    ['default-purchase', PAID, 'capture-failed-fallback', ['customer', 'trusted', 'provider']],
    ['default-purchase', BOUGHT, 'mark-delivered-fallback', ['customer', 'operator']],
    ['default-purchase', BOUGHT, 'mark-received-from-purchased-fallback', ['provider', 'operator']],
    ['default-purchase', BOUGHT, 'cancel-fallback', ['customer', 'trusted', 'provider']],
  ])('%s after %j: %s by %j', async (kind, steps, name, others) => {
    const { go, make, state } = await ordered(kind);
    await go(...steps);
    const before = state();

    for (const who of others) await expectRefusal(make(who, name), 403, 'forbidden');

    expect(state()).toBe(before);
  });

  it('the way in, to the parties', async () => {
    const { make, state } = await ordered('default-booking', 'request-payment');

    for (const who of ['customer', 'trusted', 'provider'] as const)
      await expectRefusal(make(who, 'enter-fallback'), 403, 'forbidden');

    expect(state()).toBe('state/pending-payment');
  });

  it('a capture that is reported twice, or after it failed', async () => {
    const { go, make } = await ordered('default-booking');
    await go(...BOOKED);

    for (const name of ['captured-fallback', 'capture-failed-fallback'])
      await expectRefusal(make('operator', name), 409, 'transaction-invalid-transition');
  });
});
