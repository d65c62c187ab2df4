/** What all API endpoints have in common: token, query names, body, and the form of answers and errors. */
import type { SandboxRequest, SandboxResponse } from '../core/http.ts';
import { validToken, type Token } from './auth/tokens.ts';
import { bearerToken, type ApiRoute, type ServedRoute } from './context.ts';
import { disallowedKey, FlexRefusal, forbidden } from './errors.ts';
import { scenariosFor, type TakeScenario } from './request-scenarios.ts';
import { contentType, decode, encode, type WireForm } from './transit.ts';
import { isPlainObject, Uuid, type PlainObject } from './values.ts';
import type { FlexWorld } from './world.ts';

export const apiRoute = (route: ApiRoute): ServedRoute => ({
  method: route.method,
  path: route.path,
  serve: async (world, request) => {
    const form = answerForm(request);
    try {
      const scenario = scenariosFor(world, `${route.method} ${route.path}`);
      const token = authorize(world, request, route, scenario);
      checkQueryNames(request, route);
      const answer = await route.handle({
        world,
        token,
        scenario,
        query: name => request.query.get(name) ?? undefined,
        include: listOf(request.query.get('include')),
        body: route.method === 'POST' ? readBody(request, route.body ?? []) : {},
      });
      const isBare = route.method === 'POST' && request.query.get('expand') !== 'true';
      return respond(200, isBare ? (answer.bare ?? answer.full) : answer.full, form);
    } catch (error) {
      if (error instanceof FlexRefusal) return respond(error.status, errorBody(world, error), form);
      throw error;
    }
  },
});

const listOf = (text: string | null) => (text ?? '').split(',').filter(item => item !== '');

export const respond = (status: number, body: unknown, form: WireForm): SandboxResponse => ({
  status,
  headers: { 'content-type': contentType[form] },
  body: encode(body, form),
});

export const errorBody = (world: FlexWorld, refusal: FlexRefusal) => ({
  errors: [
    {
      id: new Uuid(world.random.uuid()),
      status: refusal.status,
      code: refusal.code,
      title: refusal.message,
      ...refusal.details,
    },
  ],
});

/** Transit unless JSON is asked for; verbose when the header says so. */
export function answerForm(request: SandboxRequest): WireForm {
  if ((request.headers['accept'] ?? '').startsWith('application/json')) return 'json';
  return request.headers['x-transit-verbose'] === 'true' ? 'transit-verbose' : 'transit';
}

/** 401 says that a token is missing, unknown or expired; a good token that may not is 403. */
function authorize(
  world: FlexWorld,
  request: SandboxRequest,
  { access }: ApiRoute,
  scenario: TakeScenario,
): Token {
  const bearer = bearerToken(request);
  if (bearer === undefined) throw new FlexRefusal(401, 'auth-missing-access-token', 'Missing access token');
  const known = validToken(world, bearer);
  if (known && scenario('expired-token')) known.expiresAt = 0;
  const token = validToken(world, bearer);
  if (!token) throw new FlexRefusal(401, 'auth-invalid-access-token', 'Invalid access token');
  if ((token.scope === 'integ') !== (access === 'integration'))
    throw forbidden('This token is for the other API');
  if ((access === 'user' || access === 'acting') && token.userId === null)
    throw forbidden('Needs a signed-in user');
  if (access === 'acting' && token.scope === 'user:limited') throw forbidden('This session may only look');
  return token;
}

const alwaysAllowed = /^(include|expand|fields\.\w+|limit\.[\w.]+|imageVariant\.[\w-]+)$/;

function checkQueryNames(request: SandboxRequest, route: ApiRoute): void {
  for (const name of request.query.keys()) {
    if (!alwaysAllowed.test(name) && !route.query?.includes(name)) throw disallowedKey([name], 'query');
  }
}

function readBody(request: SandboxRequest, allowed: readonly string[]): PlainObject {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim();
  if (type !== 'application/transit+json' && type !== 'application/json') {
    throw new FlexRefusal(400, 'unsupported-content-type', 'Unsupported content type');
  }
  let body: unknown;
  try {
    body = decode(request.body, type === 'application/json' ? 'json' : 'transit');
  } catch {
    throw new FlexRefusal(400, 'bad-request', 'The body can not be read');
  }
  if (!isPlainObject(body)) throw new FlexRefusal(400, 'bad-request', 'The body must be a map');
  const unknown = Object.keys(body).find(name => !allowed.includes(name));
  if (unknown !== undefined) throw disallowedKey([unknown], 'body');
  return body;
}
