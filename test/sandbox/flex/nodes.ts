/** Which relations each resource has. What a viewer may see is decided here and in the wire formats. */
import { bookingResource } from './bookings/wire.ts';
import { leaf, type Node, type Resource } from './document.ts';
import type { Listing } from './listings/entity.ts';
import { listingResource } from './listings/wire.ts';
import type { Party, Transaction } from './transactions/entity.ts';
import { reviewResource, stockReservationResource } from './transactions/parts-wire.ts';
import type { Review } from './transactions/parts.ts';
import { transactionResource } from './transactions/wire.ts';
import type { User } from './users/entity.ts';
import {
  currentUserResource,
  operatorUserResource,
  stripeAccountResource,
  userResource,
} from './users/wire.ts';
import { Uuid } from './values.ts';
import type { FlexWorld } from './world.ts';

const found = <T>(entity: T | undefined, node: (entity: T) => Node): Node | null =>
  entity ? node(entity) : null;

const marketplaceNode = (world: FlexWorld) =>
  leaf({
    id: new Uuid(world.marketplaceId),
    type: 'marketplace',
    attributes: { name: 'Sandbox', description: null },
  });

type Relations = Record<string, () => Node | null | Node[]>;

const nodeOf = (resource: Resource, relations: Relations): Node => ({
  resource,
  related: name => (Object.hasOwn(relations, name) ? relations[name]!() : undefined),
});

export const userNode = (world: FlexWorld, user: User, viewer: Party = 'customer'): Node =>
  nodeOf(viewer === 'operator' ? operatorUserResource(user) : userResource(user), {
    profileImage: () => null,
    marketplace: () => marketplaceNode(world),
    ...(viewer === 'operator' && { stripeAccount: () => leaf(stripeAccountResource(user)) }),
  });

export const currentUserNode = (user: User): Node =>
  nodeOf(currentUserResource(user), {
    profileImage: () => null,
    stripeAccount: () => leaf(stripeAccountResource(user)),
    stripeCustomer: () => null,
    effectivePermissionSet: () =>
      leaf({
        id: new Uuid(user.id),
        type: 'permissionSet',
        attributes: {
          postListings: 'permission/allow',
          initiateTransactions: 'permission/allow',
          read: 'permission/allow',
        },
      }),
  });

export const listingNode = (world: FlexWorld, listing: Listing, own = false): Node =>
  nodeOf(listingResource(listing, own), {
    author: () => found(world.users.get(listing.authorId), author => userNode(world, author)),
    marketplace: () => marketplaceNode(world),
    images: () => [],
    currentStock: () =>
      listing.stock === null
        ? null
        : leaf({ id: new Uuid(listing.id), type: 'stock', attributes: { quantity: listing.stock } }),
  });

const reviewNode = (world: FlexWorld, review: Review): Node =>
  nodeOf(reviewResource(review), {
    author: () => found(world.users.get(review.authorId), author => userNode(world, author)),
    subject: () => found(world.users.get(review.subjectId), subject => userNode(world, subject)),
    listing: () => found(world.listings.get(review.listingId), listing => listingNode(world, listing)),
  });

export const transactionNode = (world: FlexWorld, transaction: Transaction, viewer: Party): Node => {
  const user = (id: string) => found(world.users.get(id), entity => userNode(world, entity, viewer));
  return nodeOf(transactionResource(transaction, viewer), {
    marketplace: () => marketplaceNode(world),
    listing: () => found(world.listings.get(transaction.listingId), listing => listingNode(world, listing)),
    customer: () => user(transaction.customerId),
    provider: () => user(transaction.providerId),
    booking: () =>
      found(world.bookings.get(transaction.bookingId ?? ''), booking => leaf(bookingResource(booking))!),
    stockReservation: () =>
      found(world.stockReservations.get(transaction.stockReservationId ?? ''), reservation =>
        leaf(stockReservationResource(reservation))!,
      ),
    reviews: () =>
      [...world.reviews.values()]
        .filter(
          review =>
            review.transactionId === transaction.id && (review.state === 'public' || viewer === 'operator'),
        )
        .map(review => reviewNode(world, review)),
    messages: () => [],
    protectedFileAttachments: () => [],
  });
};
