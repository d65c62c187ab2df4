import type { Resource } from '../document.ts';
import { Keyword, Uuid } from '../values.ts';
import type { Review, StockAdjustment, StockReservation } from './parts.ts';

export const stockReservationResource = (reservation: StockReservation): Resource => ({
  id: new Uuid(reservation.id),
  type: 'stockReservation',
  attributes: { quantity: reservation.quantity, state: new Keyword(reservation.state) },
});

export const stockAdjustmentResource = (adjustment: StockAdjustment): Resource => ({
  id: new Uuid(adjustment.id),
  type: 'stockAdjustment',
  attributes: { at: new Date(adjustment.at), quantity: adjustment.quantity },
});

export const reviewResource = (review: Review): Resource => ({
  id: new Uuid(review.id),
  type: 'review',
  attributes: {
    type: new Keyword(review.type),
    state: new Keyword(review.state),
    rating: review.rating,
    content: review.content,
    createdAt: new Date(review.createdAt),
    deleted: false,
  },
});
