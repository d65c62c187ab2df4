import type { PlainObject } from '../values.ts';

export type User = {
  id: string;
  email: string;
  /** null: signs in by an identity provider only. */
  password: string | null;
  firstName: string;
  lastName: string;
  /** null: made of the two names. */
  displayName: string | null;
  bio: string | null;
  createdAt: number;
  banned: boolean;
  deleted: boolean;
  /** Waits for the operator's approval. */
  pendingApproval: boolean;
  permissions: Record<
    'postListings' | 'initiateTransactions' | 'read',
    'permission/allow' | 'permission/deny'
  >;
  /** Stripe's customer, and the payment method saved with it. */
  stripeCustomer: { id: string; stripeCustomerId: string; paymentMethod: SavedPaymentMethod | null } | null;
  /** The connected account, when the user has one, and what Stripe lets it do. */
  stripeAccount: {
    id: string;
    stripeAccountId: string;
    chargesEnabled: boolean;
    payoutsEnabled: boolean;
  } | null;
  /** `idpId` and the user's id there, as `auth_with_idp` knows them. */
  identities: { idpId: string; userId: string }[];
  publicData: PlainObject;
  protectedData: PlainObject;
  privateData: PlainObject;
  metadata: PlainObject;
};

export type SavedPaymentMethod = { id: string; stripePaymentMethodId: string; brand: string; last4: string };
