/** What hangs on a transaction besides its booking. */
export type StockReservation = {
  id: string;
  transactionId: string;
  listingId: string;
  quantity: number;
  state: 'pending' | 'accepted' | 'declined' | 'cancelled';
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
