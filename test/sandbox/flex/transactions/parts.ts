/** What hangs on a transaction besides its booking. */
export type StockReservation = {
  id: string;
  transactionId: string;
  listingId: string;
  quantity: number;
  state: 'pending' | 'proposed' | 'accepted' | 'declined' | 'cancelled';
};

/** A change of a listing's stock; negative takes away. */
export type StockAdjustment = {
  id: string;
  listingId: string;
  stockReservationId: string;
  quantity: number;
  at: number;
};

export type Review = {
  id: string;
  transactionId: string;
  listingId: string;
  authorId: string;
  subjectId: string;
  type: 'ofProvider' | 'ofCustomer';
  rating: number;
  content: string;
  state: 'pending' | 'public';
  createdAt: number;
};
