import type { Resource } from '../document.ts';
import { Keyword, Uuid } from '../values.ts';
import type { User } from './entity.ts';

const userState = (user: User) =>
  user.banned ? 'banned' : user.pendingApproval ? 'pending-approval' : 'active';

const initials = (user: User) => `${user.firstName[0] ?? ''}${user.lastName[0] ?? ''}`;

const publicProfile = (user: User) => ({
  displayName: user.displayName ?? `${user.firstName} ${user.lastName[0] ?? ''}`,
  abbreviatedName: initials(user),
  bio: user.bio,
  publicData: user.publicData,
  metadata: user.metadata,
});

/** What others see: no e-mail, no private data. */
export const userResource = (user: User): Resource => ({
  id: new Uuid(user.id),
  type: 'user',
  attributes: {
    banned: user.banned,
    deleted: user.deleted,
    createdAt: new Date(user.createdAt),
    profile: publicProfile(user),
  },
});

export const currentUserResource = (user: User): Resource => ({
  id: new Uuid(user.id),
  type: 'currentUser',
  attributes: {
    ...userResource(user).attributes,
    email: user.email,
    emailVerified: true,
    pendingEmail: null,
    stripeConnected: user.stripeAccount !== null,
    stripePayoutsEnabled: user.stripeAccount?.payoutsEnabled ?? false,
    stripeChargesEnabled: user.stripeAccount?.chargesEnabled ?? false,
    identityProviders: user.identities.map(identity => ({ idpId: identity.idpId, userId: identity.userId })),
    state: new Keyword(userState(user)),
    permissions: permissionsWire(user),
    profile: {
      ...publicProfile(user),
      firstName: user.firstName,
      lastName: user.lastName,
      protectedData: user.protectedData,
      privateData: user.privateData,
    },
  },
});

/** What the operator sees through the Integration API. */
export const operatorUserResource = (user: User): Resource => ({
  ...currentUserResource(user),
  type: 'user',
});

export const permissionSetResource = (user: User): Resource => ({
  id: new Uuid(user.id),
  type: 'permissionSet',
  attributes: permissionsWire(user),
});

const permissionsWire = (user: User) =>
  Object.fromEntries(Object.entries(user.permissions).map(([name, value]) => [name, new Keyword(value)]));
