/** Request bodies as the template's checkout page sends them. */
import flexSdk from 'sharetribe-flex-sdk';
import type { SandboxInfo } from '../sandbox.ts';

const { types } = flexSdk;

export const listingTitled = (info: SandboxInfo, beginning: string) =>
  info.listings.find(listing => listing.title.startsWith(beginning))!;

/** On page load, to show the breakdown: nothing is stored, nothing is paid. */
export const speculativeBooking = (info: SandboxInfo, overrides: BookingOverrides = {}) =>
  booking(info, {
    isSpeculative: true,
    params: { cardToken: 'CheckoutPage_speculative_card_token' },
    ...overrides,
  });

/** When the customer presses the button. */
export const realBooking = (info: SandboxInfo, overrides: BookingOverrides = {}) => booking(info, overrides);

export type BookingOverrides = {
  listing?: string;
  isSpeculative?: boolean;
  start?: Date;
  end?: Date;
  params?: Record<string, unknown>;
  orderData?: Record<string, unknown>;
  bodyParams?: Record<string, unknown>;
  queryParams?: Record<string, unknown>;
};

/** Midnight, UTC. */
export const daysAhead = (info: SandboxInfo, days: number) =>
  new Date((Math.floor(info.now / DAY) + days) * DAY);

const DAY = 86_400_000;

function booking(info: SandboxInfo, overrides: BookingOverrides) {
  const listing = listingTitled(info, overrides.listing ?? 'Lakeside');
  return {
    isSpeculative: overrides.isSpeculative ?? false,
    orderData: { deliveryMethod: 'none', ...overrides.orderData },
    bodyParams: {
      processAlias: listing.processAlias,
      transition: 'transition/request-payment',
      params: {
        listingId: new types.UUID(listing.id),
        bookingStart: overrides.start ?? daysAhead(info, 30),
        bookingEnd: overrides.end ?? daysAhead(info, 33),
        protectedData: { unitType: listing.unitType },
        ...overrides.params,
      },
      ...overrides.bodyParams,
    },
    queryParams: overrides.queryParams ?? { include: ['booking', 'provider'], expand: true },
  };
}
