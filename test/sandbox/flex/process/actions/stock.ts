import { conflict } from '../../errors.ts';
import type { StockReservation } from '../../transactions/parts.ts';
import { param, required, type ActionContext, type ActionRun } from './context.ts';

export const createPendingStockReservation: ActionRun = context => {
  const { world, transaction, listing, params, onFailure } = context;
  if (transaction.stockReservationId) throw conflict('conflict', 'The transaction has a stock reservation');
  const quantity = required(
    param.wholeNumber(params, 'stockReservationQuantity'),
    'stockReservationQuantity',
  );
  changeStock(context, -quantity);
  const reservation: StockReservation = {
    id: world.random.uuid(),
    transactionId: transaction.id,
    listingId: listing.id,
    quantity,
    state: 'pending',
  };
  world.stockReservations.set(reservation.id, reservation);
  onFailure(() => world.stockReservations.delete(reservation.id));
  transaction.stockReservationId = reservation.id;
};

/** A reservation that ends gives its stock back. */
export const moveStockReservation =
  (from: StockReservation['state'], to: StockReservation['state']): ActionRun =>
  context => {
    const { world, transaction, onFailure } = context;
    const old = transaction.stockReservationId
      ? world.stockReservations.get(transaction.stockReservationId)
      : undefined;
    if (old?.state !== from)
      throw conflict('transaction-invalid-action-sequence', `There is no ${from} stock reservation`);
    world.stockReservations.set(old.id, { ...old, state: to });
    onFailure(() => world.stockReservations.set(old.id, old));
    if (to === 'declined' || to === 'cancelled') changeStock(context, old.quantity);
  };

function changeStock({ world, listing, onFailure }: ActionContext, by: number): void {
  const now = world.listings.get(listing.id)!;
  const stock = (now.stock ?? 0) + by;
  if (stock < 0) throw conflict('transaction-listing-insufficient-stock', 'The listing has not enough stock');
  world.listings.set(now.id, { ...now, stock });
  onFailure(() => {
    const current = world.listings.get(now.id)!;
    world.listings.set(now.id, { ...current, stock: (current.stock ?? 0) - by });
  });
}
