import { hasRoom } from '../../bookings/availability.ts';
import type { Booking, BookingState } from '../../bookings/entity.ts';
import { conflict, invalidValue, missingKey } from '../../errors.ts';
import { isSwitchedOn, param, required, type ActionContext, type ActionRun } from './context.ts';

const DAY = 86_400_000;

/** `{:type :day}`, the default, counts in whole days of UTC; `{:type :time}` keeps the times. */
const normalised = ({ config }: ActionContext, time: number) =>
  config['type'] === 'time' ? time : Math.floor(time / DAY) * DAY;

/** A pending booking takes its dates at once; a proposed one only says that they would be free. */
export const createBooking =
  (
    state: 'pending' | 'proposed',
    observesAvailability: (context: ActionContext) => boolean = () => true,
  ): ActionRun =>
  context => {
    const { world, transaction, listing, params, journal } = context;
    if (transaction.bookingId) throw conflict('conflict', 'The transaction has a booking');
    const start = normalised(context, required(param.time(params, 'bookingStart'), 'bookingStart'));
    const end = normalised(context, required(param.time(params, 'bookingEnd'), 'bookingEnd'));
    const booking: Booking = {
      id: world.random.uuid(),
      transactionId: transaction.id,
      listingId: listing.id,
      start,
      end,
      displayStart: param.time(params, 'bookingDisplayStart') ?? start,
      displayEnd: param.time(params, 'bookingDisplayEnd') ?? end,
      seats: param.wholeNumber(params, 'seats') ?? 1,
      state,
    };
    assertOrder(booking);
    if (observesAvailability(context)) assertRoom(context, booking);
    journal.put('bookings', booking);
    transaction.bookingId = booking.id;
  };

/** The old way observes availability only when it is told to. */
export const observesWhenTold = (context: ActionContext) => isSwitchedOn(context, 'observe-availability?');

function assertOrder({ start, end, displayStart, displayEnd }: Booking): void {
  if (end <= start) throw invalidValue(['params', 'bookingEnd'], 'must be after bookingStart');
  if (displayEnd < displayStart)
    throw invalidValue(['params', 'bookingDisplayEnd'], 'must not be before bookingDisplayStart');
}

function assertRoom({ world, listing }: ActionContext, booking: Booking): void {
  const others = [...world.bookings.values()].filter(other => other.id !== booking.id);
  if (!hasRoom(listing, others, booking)) {
    throw conflict('transaction-booking-time-not-available', 'The booking time is not available');
  }
}

export const acceptBooking: ActionRun = context => {
  const booking = bookingIn(context, 'pending', 'proposed');
  if (booking.state === 'proposed') assertRoom(context, booking);
  context.journal.put('bookings', { ...booking, state: 'accepted' });
};

export const declineBooking: ActionRun = context => {
  context.journal.put('bookings', { ...bookingIn(context, 'pending', 'proposed'), state: 'declined' });
};

export const cancelBooking: ActionRun = context => {
  context.journal.put('bookings', { ...bookingIn(context, 'accepted'), state: 'cancelled' });
};

/** Changes what is given; display times stay unless they are given themselves. */
export const updateBooking: ActionRun = context => {
  const { params, journal } = context;
  const old = bookingIn(context, 'pending', 'proposed', 'accepted');
  const [start, end] = bothOrNone(params, 'bookingStart', 'bookingEnd');
  const [displayStart, displayEnd] = bothOrNone(params, 'bookingDisplayStart', 'bookingDisplayEnd');
  const booking: Booking = {
    ...old,
    start: start === undefined ? old.start : normalised(context, start),
    end: end === undefined ? old.end : normalised(context, end),
    displayStart: displayStart ?? old.displayStart,
    displayEnd: displayEnd ?? old.displayEnd,
    seats: param.wholeNumber(params, 'seats') ?? old.seats,
  };
  assertOrder(booking);
  assertRoom(context, booking);
  journal.put('bookings', booking);
};

function bothOrNone(params: ActionContext['params'], one: string, other: string) {
  const times = [param.time(params, one), param.time(params, other)] as const;
  const missing = times.indexOf(undefined);
  if (missing !== -1 && times.some(time => time !== undefined))
    throw missingKey(['params', missing === 0 ? one : other]);
  return times;
}

function bookingIn({ world, transaction }: ActionContext, ...states: BookingState[]): Booking {
  const booking = world.bookings.get(transaction.bookingId ?? '');
  if (!booking) throw conflict('transaction-invalid-action-sequence', 'The transaction has no booking');
  if (!states.includes(booking.state)) {
    throw conflict(`transaction-booking-state-not-${states[0]}`, `The booking is ${booking.state}`);
  }
  return booking;
}
