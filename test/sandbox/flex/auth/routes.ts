/** The Authentication API: form in, JSON out; and the console page that hands out login-as codes. */
import { createHash } from 'node:crypto';
import type { SandboxRequest, SandboxResponse } from '../../core/http.ts';
import { bearerToken, type ServedRoute } from '../context.ts';
import { scenariosFor, type TakeScenario } from '../request-scenarios.ts';
import type { User } from '../users/entity.ts';
import type { FlexWorld } from '../world.ts';
import { issueToken, tokenToRefresh, tokenWire, validToken, type Token } from './tokens.ts';

export const authRoutes: ServedRoute[] = [
  {
    method: 'POST',
    path: '/v1/auth/token',
    serve: (world, request) => answerWith(world, request, grantToken),
  },
  {
    method: 'POST',
    path: '/v1/auth/auth_with_idp',
    serve: (world, request) => answerWith(world, request, grantToIdp),
  },
  { method: 'POST', path: '/v1/auth/revoke', serve: revoke },
  { method: 'GET', path: '/api/authorize-as', serve: authorizeAs },
];

class AuthRefusal extends Error {
  readonly status: number;
  constructor(status: number, code: string) {
    super(code);
    this.status = status;
  }
}

const malformed = () => new AuthRefusal(400, 'invalid_request');
const unauthorized = () => new AuthRefusal(401, 'unauthorized');

/** What a form says; an absent field is the empty text. */
type Form = (name: string) => string;

function answerWith(
  world: FlexWorld,
  request: SandboxRequest,
  grant: (world: FlexWorld, form: Form, scenario: TakeScenario) => Token,
): SandboxResponse {
  try {
    const fields = new URLSearchParams(request.body);
    const form: Form = name => fields.get(name) ?? '';
    const scenario = scenariosFor(world, `${request.method} ${request.path}`);
    return json(200, tokenWire(world, grant(world, form, scenario)));
  } catch (error) {
    if (error instanceof AuthRefusal) return json(error.status, { error: error.message });
    throw error;
  }
}

const json = (status: number, body: unknown): SandboxResponse => ({
  status,
  headers: { 'content-type': 'application/json;charset=UTF-8' },
  body: JSON.stringify(body),
});

function grantToken(world: FlexWorld, form: Form, scenario: TakeScenario): Token {
  switch (form('grant_type')) {
    case 'client_credentials':
      return form('client_secret') === '' ? anonymous(world, form, scenario) : integration(world, form);
    case 'password':
      return password(world, form);
    case 'refresh_token':
      return refresh(world, form, scenario);
    case 'token_exchange':
      return exchange(world, form);
    case 'authorization_code':
      return redeemCode(world, form);
    default:
      throw malformed();
  }
}

function anonymous(world: FlexWorld, form: Form, scenario: TakeScenario): Token {
  if (form('scope') !== 'public-read') throw malformed();
  assertMarketplaceClient(world, form('client_id'));
  if (scenario('anonymous-token-fails-once')) throw new AuthRefusal(503, 'temporarily_unavailable');
  return issueToken(world, {
    clientId: form('client_id'),
    scope: 'public-read',
    userId: null,
    refreshable: false,
  });
}

function integration(world: FlexWorld, form: Form): Token {
  const { clientId, clientSecret } = world.integration;
  if (form('scope') !== 'integ') throw malformed();
  if (form('client_id') !== clientId || form('client_secret') !== clientSecret) throw unauthorized();
  return issueToken(world, { clientId, scope: 'integ', userId: null, refreshable: true });
}

function password(world: FlexWorld, form: Form): Token {
  if (form('scope') !== 'user') throw malformed();
  assertMarketplaceClient(world, form('client_id'));
  const email = form('username').toLowerCase();
  const user = [...world.users.values()].find(candidate => candidate.email.toLowerCase() === email);
  if (!user || user.password !== form('password')) throw unauthorized();
  return userToken(world, user);
}

function userToken(world: FlexWorld, user: User): Token {
  if (user.banned || user.deleted) throw unauthorized();
  return issueToken(world, {
    clientId: world.application.clientId,
    scope: 'user',
    userId: user.id,
    refreshable: true,
  });
}

function refresh(world: FlexWorld, form: Form, scenario: TakeScenario): Token {
  const old = tokenToRefresh(world, form('refresh_token'));
  if (!old || old.clientId !== form('client_id')) throw unauthorized();
  const fresh = issueToken(world, {
    clientId: old.clientId,
    scope: old.scope,
    userId: old.userId,
    refreshable: true,
  });
  if (scenario('refresh-rotates')) {
    const dead = old.refreshToken;
    for (const other of world.tokens.values()) if (other.refreshToken === dead) other.refreshToken = null;
    return fresh;
  }
  // Parallel requests of one session may all refresh with the same token, and using it does not make it last longer.
  return Object.assign(fresh, { refreshToken: old.refreshToken, refreshExpiresAt: old.refreshExpiresAt });
}

/** Needs the secret of the application that the user's token came from; gives no refresh token. */
function exchange(world: FlexWorld, form: Form): Token {
  const subject = validToken(world, form('subject_token'));
  assertMarketplaceClient(world, form('client_id'));
  if (form('client_secret') !== world.application.clientSecret) throw unauthorized();
  if (subject?.scope !== 'user' && subject?.scope !== 'user:limited') throw unauthorized();
  if (subject.scope === 'user:limited') throw new AuthRefusal(403, 'forbidden');
  return issueToken(world, {
    clientId: subject.clientId,
    scope: 'trusted:user',
    userId: subject.userId,
    refreshable: false,
  });
}

function grantToIdp(world: FlexWorld, form: Form): Token {
  for (const name of ['idp_id', 'idp_client_id', 'idp_token']) if (form(name) === '') throw malformed();
  assertMarketplaceClient(world, form('client_id'));
  if (form('client_secret') !== world.application.clientSecret) throw unauthorized();
  // The identity provider's token is the user's id there: nobody signs anything in a sandbox.
  const user = [...world.users.values()].find(candidate =>
    candidate.identities.some(
      identity => identity.idpId === form('idp_id') && identity.userId === form('idp_token'),
    ),
  );
  if (!user) throw unauthorized();
  return userToken(world, user);
}

function revoke(world: FlexWorld, request: SandboxRequest): SandboxResponse {
  const token = validToken(world, bearerToken(request) ?? '');
  if (!token) return json(401, { error: 'unauthorized' });
  const refreshToken = new URLSearchParams(request.body).get('token');
  for (const other of world.tokens.values()) {
    if (other === token || (refreshToken !== null && other.refreshToken === refreshToken))
      world.tokens.delete(other.accessToken);
  }
  return json(200, { revoked: true });
}

const LOGIN_AS_SECONDS = 30 * 60;

/** What Console does after the operator has agreed: back to the marketplace with a code. */
function authorizeAs(world: FlexWorld, request: SandboxRequest): SandboxResponse {
  const query = (name: string) => request.query.get(name) ?? '';
  const known = query('client_id') === world.application.clientId && world.users.has(query('user_id'));
  const redirectUri = query('redirect_uri');
  const isOurs = URL.canParse(redirectUri) && new URL(redirectUri).origin === new URL(world.rootUrl).origin;
  if (!known || !isOurs || query('response_type') !== 'code' || query('code_challenge_method') !== 'S256') {
    return { status: 400, headers: { 'content-type': 'text/plain' }, body: 'Unable to authorize' };
  }
  const code = world.random.base62(32);
  world.loginAsCodes.set(code, {
    userId: query('user_id'),
    challenge: query('code_challenge'),
    redirectUri,
  });
  const location = new URL(redirectUri);
  location.searchParams.set('code', code);
  location.searchParams.set('state', query('state'));
  return { status: 302, headers: { location: location.href }, body: '' };
}

function redeemCode(world: FlexWorld, form: Form): Token {
  assertMarketplaceClient(world, form('client_id'));
  const grant = world.loginAsCodes.get(form('code'));
  // A code is good for one try.
  world.loginAsCodes.delete(form('code'));
  const challenge = createHash('sha256').update(form('code_verifier')).digest('base64url');
  if (!grant || grant.challenge !== challenge || grant.redirectUri !== form('redirect_uri'))
    throw unauthorized();
  return issueToken(world, {
    clientId: world.application.clientId,
    scope: world.settings.loginAsScope,
    userId: grant.userId,
    refreshable: false,
    seconds: LOGIN_AS_SECONDS,
  });
}

function assertMarketplaceClient(world: FlexWorld, clientId: string): void {
  if (clientId !== world.application.clientId) throw unauthorized();
}
