/** What a transaction takes of a listing: dates, seats, stock. */
import { userSdks } from '../../../setup/flex-sdks.ts';
import {
  expectRefusal,
  begin,
  CABIN,
  day,
  HOUR,
  listingNamed,
  nights,
  push,
  step,
  transition,
  useSandbox,
} from './support.ts';

const sandbox = useSandbox();
const info = () => sandbox().info();
const alice = () => userSdks(info(), 'Alice');
const bookings = () => [...sandbox().flex().bookings.values()];
const stock = (id: string) => sandbox().flex().listings.get(id)!.stock;

describe('bookings', () => {
  const booked = (process: string, create: string) =>
    push(sandbox(), process, [
      step('begin', { to: 'open', actions: [create] }),
      step('accept', { from: 'open', to: 'accepted', by: 'provider', actions: ['accept-booking'] }),
      step('decline', { from: 'open', to: 'declined', by: 'provider', actions: ['decline-booking'] }),
      step('cancel', { from: 'accepted', to: 'cancelled', by: 'provider', actions: ['cancel-booking'] }),
      step('accept-again', { from: 'accepted', to: 'accepted', by: 'provider', actions: ['accept-booking'] }),
      step('cancel-pending', { from: 'open', to: 'cancelled', by: 'provider', actions: ['cancel-booking'] }),
      step('move', { from: 'open', to: 'open', actions: ['update-booking {:type :time}'] }),
      step('more', { from: 'open', to: 'open', actions: ['create-pending-booking'] }),
    ]);
  const parties = async () => {
    const [customer, provider] = await Promise.all([alice(), userSdks(info(), 'Petra')]);
    return { customer: customer.sdk, provider: provider.sdk };
  };

  it('pending ones take their dates at once; declined and cancelled ones give them back', async () => {
    await booked('stay', 'create-pending-booking');
    const { customer, provider } = await parties();
    const one = await begin(customer, 'stay', nights());

    await expectRefusal(begin(customer, 'stay', nights()), 409, 'transaction-booking-time-not-available');
    await expectRefusal(
      begin(customer, 'stay', nights(12, 14)),
      409,
      'transaction-booking-time-not-available',
    );
    await begin(customer, 'stay', nights(13, 14));
    await transition(provider, one.id, 'decline');
    const other = await begin(customer, 'stay', nights());
    await transition(provider, other.id, 'accept');
    await expectRefusal(begin(customer, 'stay', nights()), 409, 'transaction-booking-time-not-available');
    await transition(provider, other.id, 'cancel');
    await begin(customer, 'stay', nights());

    expect(bookings().map(({ state }) => state)).toEqual(['declined', 'pending', 'cancelled', 'pending']);
  });

  it('proposed ones take nothing until they are accepted', async () => {
    await booked('proposal', 'create-proposed-booking');
    const { customer, provider } = await parties();
    const [one, other] = [
      await begin(customer, 'proposal', nights()),
      await begin(customer, 'proposal', nights(12, 15)),
    ];
    expect(one.included).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ attributes: expect.objectContaining({ state: 'proposed' }) }),
      ]),
    );

    await transition(provider, one.id, 'accept');
    await expectRefusal(
      transition(provider, other.id, 'accept'),
      409,
      'transaction-booking-time-not-available',
    );
    // What is not free can not be proposed either.
    await expectRefusal(begin(customer, 'proposal', nights()), 409, 'transaction-booking-time-not-available');
    await transition(provider, one.id, 'cancel');
    await transition(provider, other.id, 'accept');

    expect(bookings().map(({ state }) => state)).toEqual(['cancelled', 'accepted']);
  });

  it('are accepted, declined and cancelled from the state that fits, and there is one per transaction', async () => {
    await booked('stay', 'create-pending-booking');
    const { customer, provider } = await parties();
    const { id } = await begin(customer, 'stay', nights());

    await expectRefusal(
      transition(provider, id, 'cancel-pending'),
      409,
      'transaction-booking-state-not-accepted',
    );
    await expectRefusal(transition(customer, id, 'more', nights(20, 21)), 409, 'conflict');
    await transition(provider, id, 'accept');
    await expectRefusal(
      transition(provider, id, 'accept-again'),
      409,
      'transaction-booking-state-not-pending',
    );
  });

  it.each([
    ['create-pending-booking', 0],
    ['create-pending-booking {:type :day}', 0],
    ['create-pending-booking {:type :time}', 9 * HOUR],
  ])('%s begins %i ms after midnight', async (action, offset) => {
    await booked('stay', action);
    const { customer } = await parties();

    await begin(customer, 'stay', {
      bookingStart: new Date(day(10).getTime() + 9 * HOUR),
      bookingEnd: new Date(day(12).getTime() + 9 * HOUR),
      bookingDisplayStart: new Date(day(10).getTime() + 15 * HOUR),
    });

    expect(bookings()).toMatchObject([
      {
        start: day(10).getTime() + offset,
        end: day(12).getTime() + offset,
        displayStart: day(10).getTime() + 15 * HOUR,
        displayEnd: day(12).getTime() + offset,
        seats: 1,
      },
    ]);
  });

  it('share seats as far as there are any', async () => {
    await booked('seats', 'create-pending-booking {:type :time}');
    const { customer } = await parties();
    const { id: listingId } = listingNamed(sandbox(), 'Sauna');
    const at = (from: number, to: number, seats: number) => ({
      listingId,
      bookingStart: new Date(day(10).getTime() + from * HOUR),
      bookingEnd: new Date(day(10).getTime() + to * HOUR),
      seats,
    });

    await begin(customer, 'seats', at(10, 12, 5));
    await begin(customer, 'seats', at(11, 13, 3));
    await expectRefusal(
      begin(customer, 'seats', at(11, 12, 1)),
      409,
      'transaction-booking-time-not-available',
    );
    await begin(customer, 'seats', at(12, 13, 5));
    await expectRefusal(
      begin(customer, 'seats', at(9, 14, 1)),
      409,
      'transaction-booking-time-not-available',
    );
    await expectRefusal(
      begin(customer, 'seats', at(20, 21, 9)),
      409,
      'transaction-booking-time-not-available',
    );
    for (const seats of [0, -1, 1.5, '2'])
      await expectRefusal(
        begin(customer, 'seats', { ...at(20, 21, 1), seats }),
        400,
        'validation-invalid-value',
      );
  });

  it('keep to the opening hours of the listing, in its time zone', async () => {
    await booked('open', 'create-pending-booking {:type :time}');
    const { listings } = sandbox().flex();
    listings.set(CABIN, {
      ...listings.get(CABIN)!,
      availabilityPlan: {
        type: 'availability-plan/time',
        timezone: 'Europe/Helsinki',
        entries: [{ dayOfWeek: 'thu', startTime: '09:00', endTime: '16:50', seats: 1 }],
      },
    });
    const { customer } = await parties();
    // The 10th of January 2030 is a Thursday; Helsinki is two hours ahead.
    const at = (from: number, to: number) => ({
      bookingStart: new Date(day(10).getTime() + from * HOUR),
      bookingEnd: new Date(day(10).getTime() + to * HOUR),
    });

    const minutes = (count: number) => count / 60;
    for (const [from, to] of [
      [6, 8],
      [6 + minutes(59), 8],
      [14, 16],
      [14, 14 + minutes(51)],
      [14 + minutes(47.5), 14 + minutes(52)],
      [24 + 8, 24 + 9],
    ] as const) {
      await expectRefusal(
        begin(customer, 'open', at(from, to)),
        409,
        'transaction-booking-time-not-available',
      );
    }
    await begin(customer, 'open', at(7, 14 + minutes(50)));
  });

  it('are moved where there is room, and stay where they were when there is none', async () => {
    await booked('stay', 'create-pending-booking {:type :time}');
    const { customer } = await parties();
    const { id } = await begin(customer, 'stay', nights());
    await begin(customer, 'stay', nights(20, 22));

    await expectRefusal(
      transition(customer, id, 'move', nights(19, 21)),
      409,
      'transaction-booking-time-not-available',
    );
    await expectRefusal(
      transition(customer, id, 'move', { bookingStart: day(11) }),
      400,
      'validation-missing-key',
    );
    await expectRefusal(
      transition(customer, id, 'move', { bookingStart: day(12), bookingEnd: day(11) }),
      400,
      'validation-invalid-value',
    );
    expect(bookings()[0]).toMatchObject({ start: day(10).getTime(), end: day(13).getTime() });
    await transition(customer, id, 'move', nights(11, 14));

    expect(bookings()[0]).toMatchObject({
      start: day(11).getTime(),
      end: day(14).getTime(),
      displayStart: day(10).getTime(),
    });
  });

  it('made the old way look at availability when they are told to', async () => {
    await booked('blind', 'create-booking');
    await booked('seeing', 'create-booking {:observe-availability? true}');
    const { customer } = await parties();
    await begin(customer, 'blind', nights());

    await begin(customer, 'blind', nights());
    await expectRefusal(begin(customer, 'seeing', nights()), 409, 'transaction-booking-time-not-available');
  });

  it.each<[object, string]>([
    [{ bookingStart: undefined }, 'validation-missing-key'],
    [{ bookingEnd: undefined }, 'validation-missing-key'],
    [{ bookingStart: 'soon' }, 'validation-invalid-value'],
    [{ bookingEnd: day(10) }, 'validation-invalid-value'],
    [{ bookingDisplayStart: day(12), bookingDisplayEnd: day(11) }, 'validation-invalid-value'],
  ])('are refused with %j', async (overrides, code) => {
    await booked('stay', 'create-pending-booking');
    const { customer } = await parties();

    await expectRefusal(begin(customer, 'stay', { ...nights(), ...overrides }), 400, code);
  });
});

describe('stock', () => {
  const shop = (create: string) =>
    push(sandbox(), 'shop', [
      step('begin', { to: 'open', actions: [create] }),
      step('accept', { from: 'open', to: 'accepted', by: 'provider', actions: ['accept-stock-reservation'] }),
      step('decline', {
        from: 'open',
        to: 'declined',
        by: 'provider',
        actions: ['decline-stock-reservation'],
      }),
      step('cancel', {
        from: 'accepted',
        to: 'cancelled',
        by: 'provider',
        actions: ['cancel-stock-reservation'],
      }),
      step('cancel-pending', {
        from: 'open',
        to: 'cancelled',
        by: 'provider',
        actions: ['cancel-stock-reservation'],
      }),
      step('more', { from: 'open', to: 'open', actions: [create] }),
    ]);
  const order = async (quantity: unknown) => {
    const { sdk } = await alice();
    return begin(sdk, 'shop', { listingId: paddle(), stockReservationQuantity: quantity });
  };
  const paddle = () => listingNamed(sandbox(), 'Hand-made').id;
  const left = () => stock(paddle());

  it('pending reservations take it at once; declined and cancelled ones give it back', async () => {
    await shop('create-pending-stock-reservation');
    const { sdk } = await userSdks(info(), 'Petra');
    const [one, other] = [await order(5), await order(15)];
    expect(left()).toBe(0);

    await expectRefusal(order(1), 409, 'transaction-listing-insufficient-stock');
    await transition(sdk, one.id, 'decline');
    expect(left()).toBe(5);
    await transition(sdk, other.id, 'accept');
    expect(left()).toBe(5);
    await transition(sdk, other.id, 'cancel');

    expect(left()).toBe(20);
    expect([...sandbox().flex().stockAdjustments.values()].map(({ quantity }) => quantity)).toEqual([
      -5, -15, 5, 15,
    ]);
  });

  it('proposed reservations take it when they are accepted', async () => {
    await shop('create-proposed-stock-reservation');
    const { sdk } = await userSdks(info(), 'Petra');
    const [one, other] = [await order(15), await order(10)];
    expect(left()).toBe(20);

    await transition(sdk, one.id, 'accept');
    await expectRefusal(transition(sdk, other.id, 'accept'), 409, 'transaction-listing-insufficient-stock');
    await transition(sdk, other.id, 'decline');

    expect(left()).toBe(5);
    await expectRefusal(order(6), 409, 'transaction-listing-insufficient-stock');
  });

  it('is never below zero, whoever asks at once', async () => {
    await shop('create-pending-stock-reservation');

    const results = await Promise.allSettled(Array.from({ length: 5 }, () => order(7)));

    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(left()).toBe(6);
  });

  it.each([0, -2, 1.5, '3'])('is not reserved by %j', async quantity => {
    await shop('create-pending-stock-reservation');

    await expectRefusal(order(quantity), 400, 'validation-invalid-value');
  });

  it('is reserved once per transaction, with a number, and cancelled when accepted only', async () => {
    await shop('create-pending-stock-reservation');
    const [customer, provider] = await Promise.all([alice(), userSdks(info(), 'Petra')]);
    await expectRefusal(order(undefined), 400, 'validation-missing-key');
    const { id } = await order(1);

    await expectRefusal(
      transition(customer.sdk, id, 'more', { stockReservationQuantity: 1 }),
      409,
      'conflict',
    );
    await expectRefusal(
      transition(provider.sdk, id, 'cancel-pending'),
      409,
      'transaction-invalid-action-sequence',
    );
  });
});
