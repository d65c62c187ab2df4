/** Whether a listing has room: what its plan offers, less what is booked. */
import type { AvailabilityPlan, Listing } from '../listings/entity.ts';
import type { Booking } from './entity.ts';

type Span = { start: number; end: number };

export function hasRoom(
  listing: Listing,
  bookings: Iterable<Booking>,
  wanted: Span & { seats: number },
): boolean {
  const offered = listing.availabilityPlan ? leastSeats(listing.availabilityPlan, wanted) : 0;
  return mostSeatsTaken(bookings, listing.id, wanted) + wanted.seats <= offered;
}

/** Seats in use at the busiest moment of the span. It can only rise where a booking starts. */
function mostSeatsTaken(bookings: Iterable<Booking>, listingId: string, span: Span): number {
  const overlapping = [...bookings].filter(
    booking =>
      booking.listingId === listingId &&
      (booking.state === 'pending' || booking.state === 'accepted') &&
      booking.start < span.end &&
      booking.end > span.start,
  );
  const moments = [span.start, ...overlapping.map(booking => Math.max(booking.start, span.start))];
  const takenAt = (moment: number) =>
    overlapping
      .filter(booking => booking.start <= moment && booking.end > moment)
      .reduce((sum, booking) => sum + booking.seats, 0);
  return Math.max(...moments.map(takenAt));
}

/** Plans are made in steps of five minutes. */
const STEP = 5 * 60_000;

/** The fewest seats that the plan's opening hours offer over the span, looked at step by step. */
function leastSeats(plan: AvailabilityPlan, span: Span): number {
  if (isAlwaysOpen(plan)) return Math.min(...plan.entries.map(entry => entry.seats));
  const seatsAt = seatsOf(plan);
  let least = seatsAt(span.start);
  for (let moment = nextStep(span.start); moment < span.end && least > 0; moment += STEP)
    least = Math.min(least, seatsAt(moment));
  return least;
}

const nextStep = (moment: number) => (Math.floor(moment / STEP) + 1) * STEP;

const isAlwaysOpen = (plan: AvailabilityPlan) =>
  new Set(plan.entries.map(entry => entry.dayOfWeek)).size === 7 &&
  plan.entries.every(
    entry => entry.startTime === '00:00' && (entry.endTime === '00:00' || entry.endTime === '24:00'),
  );

function seatsOf(plan: AvailabilityPlan): (moment: number) => number {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: plan.timezone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return moment => {
    const parts = format.formatToParts(moment);
    const part = (type: string) => parts.find(candidate => candidate.type === type)?.value ?? '';
    const day = part('weekday').toLowerCase();
    const time = `${part('hour')}:${part('minute')}`;
    return plan.entries
      .filter(
        entry =>
          entry.dayOfWeek === day &&
          entry.startTime <= time &&
          (entry.endTime === '00:00' ? '24:00' : entry.endTime) > time,
      )
      .reduce((sum, entry) => sum + entry.seats, 0);
  };
}
