import { conflict } from '../../errors.ts';
import type { StockReservation } from '../../transactions/parts.ts';
import { param, required, type ActionContext, type ActionRun } from './context.ts';

/** A pending reservation takes the stock at once; a proposed one only says that there would be enough. */
export const createStockReservation =
  (state: 'pending' | 'proposed'): ActionRun =>
  context => {
    const { world, transaction, listing, params, journal } = context;
    if (transaction.stockReservationId) throw conflict('conflict', 'The transaction has a stock reservation');
    const quantity = required(
      param.wholeNumber(params, 'stockReservationQuantity'),
      'stockReservationQuantity',
    );
    const reservation: StockReservation = {
      id: world.random.uuid(),
      transactionId: transaction.id,
      listingId: listing.id,
      quantity,
      state,
    };
    if (state === 'pending') adjustStock(context, reservation, -quantity);
    else assertStock(context, quantity);
    journal.put('stockReservations', reservation);
    transaction.stockReservationId = reservation.id;
  };

export const acceptStockReservation: ActionRun = context => {
  const reservation = reservationIn(context, 'pending', 'proposed');
  if (reservation.state === 'proposed') adjustStock(context, reservation, -reservation.quantity);
  context.journal.put('stockReservations', { ...reservation, state: 'accepted' });
};

export const declineStockReservation: ActionRun = context => {
  const reservation = reservationIn(context, 'pending', 'proposed');
  if (reservation.state === 'pending') adjustStock(context, reservation, reservation.quantity);
  context.journal.put('stockReservations', { ...reservation, state: 'declined' });
};

export const cancelStockReservation: ActionRun = context => {
  const reservation = reservationIn(context, 'accepted');
  adjustStock(context, reservation, reservation.quantity);
  context.journal.put('stockReservations', { ...reservation, state: 'cancelled' });
};

function reservationIn(
  { world, transaction }: ActionContext,
  ...states: StockReservation['state'][]
): StockReservation {
  const reservation = world.stockReservations.get(transaction.stockReservationId ?? '');
  if (!reservation || !states.includes(reservation.state)) {
    throw conflict(
      'transaction-invalid-action-sequence',
      `There is no stock reservation that is ${states.join(' or ')}`,
    );
  }
  return reservation;
}

const stockOf = ({ world, listing }: ActionContext) => world.listings.get(listing.id)?.stock ?? 0;

function assertStock(context: ActionContext, quantity: number): void {
  if (stockOf(context) < quantity) {
    throw conflict('transaction-listing-insufficient-stock', 'The listing has not enough stock');
  }
}

function adjustStock(context: ActionContext, reservation: StockReservation, quantity: number): void {
  const { world, listing, journal } = context;
  assertStock(context, -quantity);
  journal.put('stockAdjustments', {
    id: world.random.uuid(),
    listingId: listing.id,
    stockReservationId: reservation.id,
    quantity,
    at: world.clock.now(),
  });
  changeStock(world, listing.id, quantity);
  // Others may have taken of the same stock meanwhile: only what was taken here goes back.
  journal.onUndo(() => changeStock(world, listing.id, -quantity));
}

function changeStock(world: ActionContext['world'], listingId: string, quantity: number): void {
  const listing = world.listings.get(listingId)!;
  world.listings.set(listingId, { ...listing, stock: (listing.stock ?? 0) + quantity });
}
