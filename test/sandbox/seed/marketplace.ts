/** A small marketplace as one would look in the field. Ids are fixed, so that examples and tests can name them. */
import type { FlexSeed } from '../flex/world.ts';
import type { AvailabilityPlan, Listing } from '../flex/listings/entity.ts';
import type { User } from '../flex/users/entity.ts';
import type { Account } from '../stripe/accounts/entity.ts';
import type { StripeSeed } from '../stripe/world.ts';

const CREATED = Date.UTC(2026, 0, 5, 9);

export type SeedUser = User & {
  password: string;
  role: 'customer' | 'provider';
  account: 'healthy' | 'restricted' | null;
};

const userId = (number: number) => `c0ffee00-0000-4000-8000-${String(number).padStart(12, '0')}`;
const listingId = (number: number) => `decade00-0000-4000-8000-${String(number).padStart(12, '0')}`;

type Person = Pick<SeedUser, 'firstName' | 'lastName' | 'role'> & {
  account?: SeedUser['account'];
  stripeAccountId?: string;
};

const person = (number: number, given: Person): SeedUser => ({
  id: userId(number),
  email: `${given.firstName.toLowerCase()}@sandbox.example`,
  password: `${given.firstName.toLowerCase()}-password`,
  firstName: given.firstName,
  lastName: given.lastName,
  displayName: null,
  bio: null,
  role: given.role,
  account: given.account ?? null,
  createdAt: CREATED,
  banned: false,
  deleted: false,
  pendingApproval: false,
  permissions: {
    postListings: 'permission/allow',
    initiateTransactions: 'permission/allow',
    read: 'permission/allow',
  },
  stripeCustomer: null,
  stripeAccount:
    given.stripeAccountId === undefined
      ? null
      : {
          id: `ace00000-0000-4000-8000-${String(number).padStart(12, '0')}`,
          stripeAccountId: given.stripeAccountId,
          chargesEnabled: given.account === 'healthy',
          payoutsEnabled: given.account === 'healthy',
        },
  identities: [{ idpId: 'google', userId: `google-${given.firstName.toLowerCase()}` }],
  publicData: {},
  protectedData: { phoneNumber: '+358 40 000 000' },
  privateData: {},
  metadata: {},
});

const PLATFORM_ACCOUNT = 'acct_1SbxPlatFormAc99';
const OTHER_ACCOUNT = 'acct_1SbxAnotherPlatf';
const HEALTHY_ACCOUNT = 'acct_1SbxPetraHealthy';
const RESTRICTED_ACCOUNT = 'acct_1SbxRicoRestrict';

const users: SeedUser[] = [
  person(1, { firstName: 'Alice', lastName: 'Customer', role: 'customer' }),
  person(2, { firstName: 'Bob', lastName: 'Customer', role: 'customer' }),
  person(11, {
    firstName: 'Petra',
    lastName: 'Provider',
    role: 'provider',
    account: 'healthy',
    stripeAccountId: HEALTHY_ACCOUNT,
  }),
  person(12, {
    firstName: 'Rico',
    lastName: 'Provider',
    role: 'provider',
    account: 'restricted',
    stripeAccountId: RESTRICTED_ACCOUNT,
  }),
  person(13, { firstName: 'Nora', lastName: 'Provider', role: 'provider' }),
];
const [alice, petra, rico, nora] = [users[0]!.id, users[2]!.id, users[3]!.id, users[4]!.id];

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const alwaysOpen = (seats: number, timezone = 'Etc/UTC'): AvailabilityPlan => ({
  type: 'availability-plan/time',
  timezone,
  entries: weekdays.map(dayOfWeek => ({ dayOfWeek, startTime: '00:00', endTime: '00:00', seats })),
});

type Offer = {
  title: string;
  unitType: string;
  price: [amount: number, currency: string] | null;
  authorId?: string;
  seats?: number;
  timezone?: string;
  process?: string;
  stock?: number;
  publicData?: Record<string, unknown>;
};

const BOOKING = 'default-booking';

const listing = (number: number, { process = BOOKING, ...offer }: Offer): Listing => ({
  id: listingId(number),
  authorId: offer.authorId ?? petra,
  title: offer.title,
  description: `${offer.title}, offered by the sandbox.`,
  createdAt: CREATED,
  state: 'published',
  deleted: false,
  price: offer.price && { amount: offer.price[0], currency: offer.price[1] },
  geolocation: { lat: 60.1699, lng: 24.9384 },
  availabilityPlan: process === BOOKING ? alwaysOpen(offer.seats ?? 1, offer.timezone) : null,
  stock: offer.stock ?? null,
  publicData: {
    listingType: offer.unitType,
    transactionProcessAlias: `${process}/release-1`,
    unitType: offer.unitType,
    ...offer.publicData,
  },
  privateData: {},
  metadata: {},
});

const listings: Listing[] = [
  listing(1, {
    title: 'Lakeside cabin',
    unitType: 'night',
    price: [5000, 'EUR'],
    timezone: 'Europe/Helsinki',
  }),
  listing(2, { title: 'Camper van', unitType: 'day', price: [3333, 'USD'] }),
  listing(3, { title: 'Sauna with a view', unitType: 'hour', price: [2001, 'EUR'], seats: 8 }),
  listing(4, {
    title: 'Guided forest walk',
    unitType: 'fixed',
    price: [4900, 'EUR'],
    seats: 12,
    publicData: {
      priceVariationsEnabled: true,
      priceVariants: [
        { name: 'short', priceInSubunits: 4900, bookingLengthInMinutes: 60 },
        { name: 'long', priceInSubunits: 9900, bookingLengthInMinutes: 180 },
      ],
    },
  }),
  listing(5, {
    title: 'Hand-made canoe paddle',
    unitType: 'item',
    price: [1999, 'USD'],
    process: 'default-purchase',
    stock: 20,
    publicData: {
      shippingEnabled: true,
      pickupEnabled: true,
      shippingPriceInSubunitsOneItem: 1000,
      shippingPriceInSubunitsAdditionalItems: 500,
    },
  }),
  listing(6, { title: 'Ryokan room', unitType: 'night', price: [12000, 'JPY'], timezone: 'Asia/Tokyo' }),
  listing(7, { title: 'Group hostel', unitType: 'night', price: [2500, 'GBP'], seats: 6 }),
  listing(8, {
    title: 'Tree house of a restricted provider',
    unitType: 'night',
    price: [8000, 'EUR'],
    authorId: rico,
  }),
  listing(9, {
    title: 'Boat of a provider without a Stripe account',
    unitType: 'night',
    price: [7000, 'EUR'],
    authorId: nora,
  }),
  listing(10, {
    title: 'Map of forest paths',
    unitType: 'file',
    price: [990, 'EUR'],
    process: 'default-download',
  }),
  listing(11, {
    title: 'Carpentry',
    unitType: 'offer',
    price: [60000, 'EUR'],
    process: 'default-negotiation',
  }),
  // Written by the customer; providers answer with offers.
  listing(12, {
    title: 'Wanted: a new roof',
    unitType: 'request',
    price: null,
    authorId: alice,
    process: 'default-negotiation',
  }),
  listing(13, {
    title: 'Ask a ranger',
    unitType: 'inquiry',
    price: null,
    process: 'default-inquiry',
  }),
];

export const ROOT_URL = 'http://localhost:3000';

export const flexSeed: Omit<FlexSeed, 'users'> & { users: SeedUser[] } = {
  rootUrl: ROOT_URL,
  marketplaceId: '5a9dbc0a-0000-4000-8000-000000000000',
  application: {
    clientId: '11111111-1111-4111-8111-111111111111',
    clientSecret: 'sandbox-marketplace-secret',
  },
  integration: {
    clientId: '22222222-2222-4222-8222-222222222222',
    clientSecret: 'sandbox-integration-secret',
  },
  users,
  listings,
  assets: {
    'transactions/commission.json': {
      providerCommission: { percentage: 10 },
      customerCommission: { percentage: 5 },
    },
  },
};

const account = (id: string, given: Partial<Account> & { email: string }): Account => ({
  id,
  created: CREATED / 1000,
  country: 'FI',
  defaultCurrency: 'eur',
  chargesEnabled: true,
  payoutsEnabled: true,
  capabilities: { card_payments: 'active', transfers: 'active' },
  requirements: { currentlyDue: [], disabledReason: null },
  ...given,
});

export const stripeSeed: StripeSeed = {
  platform: {
    accountId: PLATFORM_ACCOUNT,
    secretKey: 'sk_test_51SbxPlatFormAc99sandbox',
    publishableKey: 'pk_test_51SbxPlatFormAc99sandbox',
    webhookSecret: 'whsec_sandbox0000000000000000000000',
    otherAccountId: OTHER_ACCOUNT,
    otherKey: 'sk_test_51SbxAnotherPlatfsandbox',
    flexKey: 'sk_test_51SbxPlatFormAc99flexown',
    flexRevokedKey: 'sk_test_51SbxPlatFormAc99revoked',
    // Put together, so that no tool takes the repository for one that holds a live key.
    flexLiveKey: ['sk', 'live', '51SbxPlatFormAc99flexown'].join('_'),
  },
  accounts: [
    account(PLATFORM_ACCOUNT, { email: 'operator@sandbox.example' }),
    account(OTHER_ACCOUNT, { email: 'another@sandbox.example' }),
    account(HEALTHY_ACCOUNT, { email: 'petra@sandbox.example' }),
    account(RESTRICTED_ACCOUNT, {
      email: 'rico@sandbox.example',
      chargesEnabled: false,
      payoutsEnabled: false,
      capabilities: { card_payments: 'inactive', transfers: 'inactive' },
      requirements: {
        currentlyDue: ['individual.verification.document'],
        disabledReason: 'requirements.past_due',
      },
    }),
  ],
};
