import type { Resource } from '../document.ts';
import { Keyword, Uuid } from '../values.ts';
import type { Booking } from './entity.ts';

export const bookingResource = (booking: Booking): Resource => ({
  id: new Uuid(booking.id),
  type: 'booking',
  attributes: {
    start: new Date(booking.start),
    end: new Date(booking.end),
    displayStart: new Date(booking.displayStart),
    displayEnd: new Date(booking.displayEnd),
    seats: booking.seats,
    state: new Keyword(booking.state),
  },
});
