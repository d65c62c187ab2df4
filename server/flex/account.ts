/** The caller's own account. */
import { hash } from 'node:crypto';
import type { Token } from 'sharetribe-flex-sdk';

/** The scope of a login-as session in a live marketplace: it may look, and Flex will not exchange it for a trusted one. */
export const isReadOnly = (token: Token | undefined): boolean =>
  token?.scope?.split(' ').includes('user:limited') ?? false;

export const deleteAccountBody = (currentPassword: string) => ({ currentPassword, deleteFromStripe: true });

/** The refresh token outlives the access tokens that come of it. */
export const digestOf = (token: Token | undefined): string =>
  hash('sha256', token?.refresh_token ?? token?.access_token ?? '', 'base64url');
