/** Which relations each resource has. What a viewer may see is decided here and in the wire formats. */
import type { Booking } from './bookings/entity.ts';
import { bookingResource } from './bookings/wire.ts';
import { leaf, type Node, type Resource } from './document.ts';
import type { Listing } from './listings/entity.ts';
import { listingResource, type ListingView } from './listings/wire.ts';
import {
  paymentMethodResource,
  stripeAccountResource,
  stripeCustomerResource,
} from './stripe-objects/wire.ts';
import type { Party, Transaction } from './transactions/entity.ts';
import {
  reviewResource,
  stockAdjustmentResource,
  stockReservationResource,
} from './transactions/parts-wire.ts';
import type { Review, StockAdjustment, StockReservation } from './transactions/parts.ts';
import { transactionResource } from './transactions/wire.ts';
import type { User } from './users/entity.ts';
import {
  currentUserResource,
  operatorUserResource,
  permissionSetResource,
  userResource,
} from './users/wire.ts';
import { Uuid } from './values.ts';
import type { FlexWorld } from './world.ts';

const found = <T>(entity: T | undefined, node: (entity: T) => Node): Node | null =>
  entity ? node(entity) : null;

const marketplaceNode = (world: FlexWorld) => leaf(marketplaceResource(world));

export const marketplaceResource = (world: FlexWorld): Resource => ({
  id: new Uuid(world.marketplaceId),
  type: 'marketplace',
  attributes: { name: 'Sandbox', description: null },
});

type ToOne = Record<string, () => Node | null>;
type ToMany = Record<string, () => Node[]>;

const nodeOf = (resource: Resource, toOne: ToOne, toMany: ToMany = {}): Node => ({
  resource,
  toOne: Object.keys(toOne),
  related: name => {
    if (Object.hasOwn(toOne, name)) return toOne[name]!();
    return Object.hasOwn(toMany, name) ? toMany[name]!() : undefined;
  },
});

const userById = (world: FlexWorld, id: string, viewer?: Party) =>
  found(world.users.get(id), user => userNode(world, user, viewer));

const listingById = (world: FlexWorld, id: string, viewer: Party) =>
  found(world.listings.get(id), listing =>
    listingNode(world, listing, viewer === 'operator' ? 'operator' : 'public'),
  );

const transactionById = (world: FlexWorld, id: string, viewer: Party) =>
  found(world.transactions.get(id), transaction => leaf(transactionResource(transaction, viewer))!);

export const userNode = (world: FlexWorld, user: User, viewer: Party = 'customer'): Node =>
  nodeOf(viewer === 'operator' ? operatorUserResource(user) : userResource(user), {
    profileImage: () => null,
    marketplace: () => marketplaceNode(world),
    ...(viewer === 'operator' && {
      stripeAccount: () => leaf(stripeAccountResource(user)),
      effectivePermissionSet: () => leaf(permissionSetResource(user)),
    }),
  });

export const currentUserNode = (user: User): Node =>
  nodeOf(currentUserResource(user), {
    profileImage: () => null,
    stripeAccount: () => leaf(stripeAccountResource(user)),
    stripeCustomer: () => stripeCustomerNode(user),
    effectivePermissionSet: () => leaf(permissionSetResource(user)),
  });

export const stripeCustomerNode = (user: User): Node | null => {
  const resource = stripeCustomerResource(user);
  return resource && nodeOf(resource, { defaultPaymentMethod: () => leaf(paymentMethodResource(user)) });
};

export const listingNode = (world: FlexWorld, listing: Listing, view: ListingView): Node =>
  nodeOf(
    listingResource(listing, view),
    {
      author: () => userById(world, listing.authorId, view === 'operator' ? 'operator' : undefined),
      marketplace: () => marketplaceNode(world),
      currentStock: () =>
        listing.stock === null
          ? null
          : leaf({ id: new Uuid(listing.id), type: 'stock', attributes: { quantity: listing.stock } }),
    },
    { images: () => [] },
  );

export const bookingNode = (world: FlexWorld, booking: Booking): Node =>
  nodeOf(bookingResource(booking), {
    listing: () => listingById(world, booking.listingId, 'operator'),
    transaction: () => transactionById(world, booking.transactionId, 'operator'),
  });

export const stockReservationNode = (world: FlexWorld, reservation: StockReservation): Node =>
  nodeOf(stockReservationResource(reservation), {
    listing: () => listingById(world, reservation.listingId, 'operator'),
    transaction: () => transactionById(world, reservation.transactionId, 'operator'),
  });

export const stockAdjustmentNode = (world: FlexWorld, adjustment: StockAdjustment): Node =>
  nodeOf(stockAdjustmentResource(adjustment), {
    listing: () => listingById(world, adjustment.listingId, 'operator'),
    stockReservation: () =>
      found(world.stockReservations.get(adjustment.stockReservationId), entry =>
        leaf(stockReservationResource(entry))!,
      ),
  });

export const reviewNode = (world: FlexWorld, review: Review, viewer: Party): Node =>
  nodeOf(reviewResource(review), {
    author: () => userById(world, review.authorId, viewer),
    subject: () => userById(world, review.subjectId, viewer),
    listing: () => listingById(world, review.listingId, viewer),
    transaction: () => transactionById(world, review.transactionId, viewer),
  });

export const transactionNode = (world: FlexWorld, transaction: Transaction, viewer: Party): Node =>
  nodeOf(
    transactionResource(transaction, viewer, world.settings.operatorSeesPaymentIntents),
    {
      marketplace: () => marketplaceNode(world),
      listing: () => listingById(world, transaction.listingId, viewer),
      customer: () => userById(world, transaction.customerId, viewer),
      provider: () => userById(world, transaction.providerId, viewer),
      booking: () =>
        found(world.bookings.get(transaction.bookingId ?? ''), booking => leaf(bookingResource(booking))!),
      stockReservation: () =>
        found(world.stockReservations.get(transaction.stockReservationId ?? ''), entry =>
          leaf(stockReservationResource(entry))!,
        ),
    },
    {
      reviews: () =>
        [...world.reviews.values()]
          .filter(
            review =>
              review.transactionId === transaction.id && (review.state === 'public' || viewer === 'operator'),
          )
          .map(review => reviewNode(world, review, viewer)),
      messages: () => [],
      protectedFileAttachments: () => [],
    },
  );
