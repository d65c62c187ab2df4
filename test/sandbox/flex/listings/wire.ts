import type { Resource } from '../document.ts';
import { Keyword, LatLng, Money, Uuid } from '../values.ts';
import type { AvailabilityPlan, Listing } from './entity.ts';

const planWire = (plan: AvailabilityPlan) => ({
  type: new Keyword(plan.type),
  timezone: plan.timezone,
  entries: plan.entries.map(entry => ({ ...entry, dayOfWeek: new Keyword(entry.dayOfWeek) })),
});

/** What others see, its author, or the operator. */
export type ListingView = 'public' | 'own' | 'operator';

export const listingResource = (listing: Listing, view: ListingView): Resource => ({
  id: new Uuid(listing.id),
  type: view === 'own' ? 'ownListing' : 'listing',
  attributes: {
    title: listing.title,
    description: listing.description,
    geolocation: listing.geolocation && new LatLng(listing.geolocation.lat, listing.geolocation.lng),
    createdAt: new Date(listing.createdAt),
    state: new Keyword(listing.state),
    deleted: listing.deleted,
    price: listing.price && new Money(listing.price.amount, listing.price.currency),
    availabilityPlan: listing.availabilityPlan && planWire(listing.availabilityPlan),
    publicData: listing.publicData,
    metadata: listing.metadata,
    ...(view !== 'public' && { privateData: listing.privateData }),
  },
});
