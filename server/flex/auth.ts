/** The grants of the Authentication API. A token never leaves `server/flex`, but in the browser's own cookie. */
import type { Token } from 'sharetribe-flex-sdk';
import { ownValue } from '../domain/own-value.ts';
import { unreadable } from './errors.ts';
import type { Reply, Send } from './http.ts';
import { readJson } from './replies.ts';

export type Auth = {
  /** For a visitor: may read what is public. */
  anonymous(signal: AbortSignal): Promise<Token>;
  /** null when Flex refuses: the refresh token is spent, revoked or too old. */
  refresh(refreshToken: string, signal: AbortSignal): Promise<Token | null>;
  /** The user's token for a trusted one; the reply is not judged, for a 401 may be mended. */
  exchange(accessToken: string, signal: AbortSignal): Promise<Reply>;
};

export function createAuth(send: Send, clientId: string, clientSecret: string): Auth {
  const grant = (form: Record<string, string>, signal: AbortSignal) => askForToken(send, form, signal);
  return {
    anonymous: async signal =>
      tokenOf(
        await grant({ client_id: clientId, grant_type: 'client_credentials', scope: 'public-read' }, signal),
      ),
    async refresh(refreshToken, signal) {
      const reply = await grant(
        { client_id: clientId, grant_type: 'refresh_token', refresh_token: refreshToken },
        signal,
      );
      return reply.status >= 400 && reply.status < 500 && reply.status !== 429 ? null : tokenOf(reply);
    },
    exchange: (accessToken, signal) =>
      grant(
        {
          client_id: clientId,
          client_secret: clientSecret,
          subject_token: accessToken,
          grant_type: 'token_exchange',
        },
        signal,
      ),
  };
}

/** The operator's token, for the Integration API. */
export const integrationGrant = (send: Send, clientId: string, clientSecret: string): Promise<Reply> =>
  askForToken(
    send,
    { client_id: clientId, client_secret: clientSecret, grant_type: 'client_credentials', scope: 'integ' },
    // Shared by calls that give up at different times; it has a deadline of its own.
    new AbortController().signal,
  );

/** A user's own token. Only commands ask for it, with a name and password that somebody types in. */
export const passwordGrant = (
  send: Send,
  clientId: string,
  { username, password }: { username: string; password: string },
  signal: AbortSignal,
): Promise<Reply> =>
  askForToken(
    send,
    { client_id: clientId, grant_type: 'password', username, password, scope: 'user' },
    signal,
  );

const askForToken = (send: Send, form: Record<string, string>, signal: AbortSignal): Promise<Reply> =>
  send({
    kind: 'query',
    method: 'POST',
    path: '/v1/auth/token',
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      'user-agent': USER_AGENT,
    },
    body: formOf(form),
    signal,
  });

export const USER_AGENT = `flex-payment-proxy (node/${process.versions.node})`;

const formOf = (fields: Record<string, string>) =>
  Object.entries(fields)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');

export function tokenOf(reply: Reply): Token {
  const token = readJson(reply, 'query');
  if (isToken(token)) return token;
  throw unreadable('query', 'a token that is none');
}

/** From a cookie it may be anything: what could not be sent in a header or a form is no token. */
export const isToken = (value: unknown): value is Token =>
  isSendable(ownValue(value, 'access_token')) &&
  ['refresh_token', 'scope'].every(
    name => ownValue(value, name) === undefined || isSendable(ownValue(value, name)),
  );

const isSendable = (value: unknown) => typeof value === 'string' && /^[\x20-\x7e]+$/.test(value);
