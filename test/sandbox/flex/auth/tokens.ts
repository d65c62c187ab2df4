/** Tokens of both families, and what each may do. */
import { createHash } from 'node:crypto';
import type { FlexWorld } from '../world.ts';

export type Scope = 'public-read' | 'user' | 'user:limited' | 'trusted:user' | 'integ';

export type Token = {
  accessToken: string;
  refreshToken: string | null;
  clientId: string;
  scope: Scope;
  /** null for tokens that stand for no user. */
  userId: string | null;
  expiresAt: number;
  refreshExpiresAt: number;
};

type Grant = {
  clientId: string;
  scope: Scope;
  userId: string | null;
  refreshable: boolean;
  seconds?: number;
};

export function issueToken(world: FlexWorld, grant: Grant): Token {
  const now = world.tokenClock.now();
  const token: Token = {
    accessToken: newAccessToken(world),
    refreshToken: grant.refreshable ? `v2--${world.random.uuid()}--${world.random.base62(12)}` : null,
    clientId: grant.clientId,
    scope: grant.scope,
    userId: grant.userId,
    expiresAt: now + (grant.seconds ?? world.settings.accessTokenSeconds) * 1000,
    refreshExpiresAt: now + world.settings.refreshTokenSeconds * 1000,
  };
  world.tokens.set(token.accessToken, token);
  return token;
}

/** What the console page of login-as has agreed to, by its code. */
export type LoginAsGrant = { userId: string; challenge: string; redirectUri: string };

/** Shaped like the signed tokens seen in the field, so that whatever looks for those finds ours. */
function newAccessToken(world: FlexWorld): string {
  const payload = tokenPart({ jti: world.random.uuid() });
  const signature = createHash('sha256')
    .update(`${payload}${world.random.base62(16)}`)
    .digest('base64url');
  return `${tokenPart({ alg: 'RS256', typ: 'JWT' })}.${payload}.${signature}`;
}

const tokenPart = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

export function validToken(world: FlexWorld, accessToken: string): Token | undefined {
  const token = world.tokens.get(accessToken);
  return token && token.expiresAt > world.tokenClock.now() && !isBanned(world, token) ? token : undefined;
}

/** A ban ends all sessions. */
const isBanned = (world: FlexWorld, { userId }: Token) => world.users.get(userId ?? '')?.banned === true;

export function tokenToRefresh(world: FlexWorld, refreshToken: string): Token | undefined {
  const now = world.tokenClock.now();
  return [...world.tokens.values()].find(
    token => token.refreshToken === refreshToken && token.refreshExpiresAt > now && !isBanned(world, token),
  );
}

export const tokenWire = (world: FlexWorld, token: Token) => ({
  access_token: token.accessToken,
  token_type: 'bearer',
  expires_in: Math.ceil((token.expiresAt - world.tokenClock.now()) / 1000),
  scope: token.scope,
  ...(token.refreshToken && { refresh_token: token.refreshToken }),
});
