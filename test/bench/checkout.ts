/** What the web client of a marketplace sends, for loads: canned upstreams answer anybody. */
import flexSdk from 'sharetribe-flex-sdk';

const { types, transit } = flexSdk;

export const TRANSIT = { 'content-type': 'application/transit+json' };

/** Each customer has a session of his own. */
export function sessionCookie(clientId: string, customer = 0): string {
  const token = {
    access_token: `at-${customer}`,
    refresh_token: `rt-${customer}`,
    token_type: 'bearer',
    scope: 'user',
    expires_in: 600,
  };
  return `st-${clientId}-token=${encodeURIComponent(JSON.stringify(token))}`;
}

const listingId = new types.UUID('aaaaaaaa-0000-4000-8000-000000000001');
const nights = {
  bookingStart: new Date('2031-01-10T00:00:00.000Z'),
  bookingEnd: new Date('2031-01-13T00:00:00.000Z'),
};

/** For `/api/transaction-line-items`. */
export const quote: string = transit.write({ isOwnListing: false, listingId, orderData: nights });

/** For `/api/initiate-privileged`. */
export const booking: string = transit.write({
  isSpeculative: false,
  orderData: {},
  bodyParams: {
    processAlias: 'default-booking/release-1',
    transition: 'transition/request-payment',
    params: { listingId, ...nights, protectedData: { unitType: 'night' } },
  },
  queryParams: { include: ['booking', 'provider'], expand: true },
});
