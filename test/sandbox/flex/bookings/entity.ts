export type BookingState = 'pending' | 'proposed' | 'accepted' | 'declined' | 'cancelled';

/** Times in milliseconds since the epoch. */
export type Booking = {
  id: string;
  transactionId: string;
  listingId: string;
  start: number;
  end: number;
  displayStart: number;
  displayEnd: number;
  seats: number;
  state: BookingState;
};
