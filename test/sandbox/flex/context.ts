import type { SandboxRequest, SandboxResponse } from '../core/http.ts';
import type { Token } from './auth/tokens.ts';
import type { TakeScenario } from './request-scenarios.ts';
import type { PlainObject } from './values.ts';
import type { FlexWorld } from './world.ts';

/** An endpoint that reads its request itself. */
export type ServedRoute = {
  method: string;
  path: string;
  serve: (
    world: FlexWorld,
    request: SandboxRequest,
    params: Record<string, string>,
  ) => SandboxResponse | Promise<SandboxResponse>;
};

/** A call to the Marketplace or the Integration API: token checked, body decoded. */
export type ApiCall = {
  world: FlexWorld;
  token: Token;
  scenario: TakeScenario;
  query: (name: string) => string | undefined;
  /** Relations to include. */
  include: string[];
  body: PlainObject;
};

export type ApiAnswer = {
  /** A document: `{data, included?, meta?}`. */
  full: unknown;
  /** For commands: what is answered without `expand`. */
  bare?: unknown;
};

export type ApiRoute = {
  method: 'GET' | 'POST';
  path: string;
  /**
   * `any` token of the marketplace, one of a `user`, one of a user who is `acting` and not only looked at by an operator
   * who logged in as them, or the `integration`'s.
   */
  access: 'any' | 'user' | 'acting' | 'integration';
  /** Query parameters besides include, expand, fields, limits and image variants. */
  query?: readonly string[];
  /** Keys that the body of a command may hold. */
  body?: readonly string[];
  handle: (call: ApiCall) => ApiAnswer | Promise<ApiAnswer>;
};

export function bearerToken(request: SandboxRequest): string | undefined {
  return /^bearer (.+)$/i.exec(request.headers['authorization'] ?? '')?.[1];
}
