import { hasRoom } from '../../bookings/availability.ts';
import type { Booking, BookingState } from '../../bookings/entity.ts';
import { conflict, invalidValue } from '../../errors.ts';
import { param, required, type ActionContext, type ActionRun } from './context.ts';

const DAY = 86_400_000;

/** `{:type :day}`, the default, counts in whole days of UTC; `{:type :time}` keeps the times. */
export const createPendingBooking: ActionRun = context => {
  const { world, transaction, listing, params, config, onFailure } = context;
  if (transaction.bookingId) throw conflict('conflict', 'The transaction has a booking');
  const floor = (time: number) => (config['type'] === 'time' ? time : Math.floor(time / DAY) * DAY);
  const start = floor(required(param.time(params, 'bookingStart'), 'bookingStart'));
  const end = floor(required(param.time(params, 'bookingEnd'), 'bookingEnd'));
  if (end <= start) throw invalidValue(['params', 'bookingEnd'], 'must be after bookingStart');
  const seats = param.wholeNumber(params, 'seats') ?? 1;
  if (!hasRoom(listing, world.bookings.values(), { start, end, seats })) {
    throw conflict('transaction-booking-time-not-available', 'The booking time is not available');
  }
  const booking: Booking = {
    id: world.random.uuid(),
    transactionId: transaction.id,
    listingId: listing.id,
    start,
    end,
    displayStart: param.time(params, 'bookingDisplayStart') ?? start,
    displayEnd: param.time(params, 'bookingDisplayEnd') ?? end,
    seats,
    state: 'pending',
  };
  world.bookings.set(booking.id, booking);
  onFailure(() => world.bookings.delete(booking.id));
  transaction.bookingId = booking.id;
};

export const moveBooking =
  (from: BookingState, to: BookingState): ActionRun =>
  context => {
    const booking = bookingOf(context);
    if (booking.state !== from)
      throw conflict(`transaction-booking-state-not-${from}`, `The booking is not ${from}`);
    replaceBooking(context, { ...booking, state: to });
  };

function bookingOf({ world, transaction }: ActionContext): Booking {
  const booking = transaction.bookingId ? world.bookings.get(transaction.bookingId) : undefined;
  if (!booking) throw conflict('transaction-invalid-action-sequence', 'The transaction has no booking');
  return booking;
}

function replaceBooking({ world, onFailure }: ActionContext, booking: Booking): void {
  const old = world.bookings.get(booking.id)!;
  world.bookings.set(booking.id, booking);
  onFailure(() => world.bookings.set(old.id, old));
}
