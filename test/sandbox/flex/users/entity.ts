import type { PlainObject } from '../values.ts';

export type User = {
  id: string;
  email: string;
  password: string;
  firstName: string;
  lastName: string;
  createdAt: number;
  banned: boolean;
  deleted: boolean;
  /** The connected account, when the user has one. */
  stripeAccount: { id: string; stripeAccountId: string } | null;
  /** `idpId` and the user's id there, as `auth_with_idp` knows them. */
  identities: { idpId: string; userId: string }[];
  publicData: PlainObject;
  protectedData: PlainObject;
  privateData: PlainObject;
  metadata: PlainObject;
};
