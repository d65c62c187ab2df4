/** Small questions to Flex, one answer each: are these credentials good, and what does an alias point to? */
import { ProxyError } from '../domain/errors.ts';
import { ownValue } from '../domain/own-value.ts';
import { createAuth, isToken, passwordGrant } from './auth.ts';
import { createHttp, type Reply } from './http.ts';
import { readBody, readJson } from './replies.ts';

export type Answer = 'yes' | 'no' | 'unknown';

export type FlexProbe = {
  /** Flex gives visitors of this application a token. */
  knowsClientId(signal: AbortSignal): Promise<Answer>;
  /** Which marketplace the application is of; null when Flex does not say. */
  marketplace(signal: AbortSignal): Promise<string | null>;
  /** A user's token; null when Flex does not take name or password. */
  login(user: { username: string; password: string }, signal: AbortSignal): Promise<string | null>;
  /** It exchanges the user's token for a trusted one, with our client secret. */
  takesSecret(userToken: string, signal: AbortSignal): Promise<Answer>;
  /** Actions by transition, of those that begin a transaction; null when Flex does not know the alias. */
  firstTransitions(
    userToken: string,
    processAlias: string,
    signal: AbortSignal,
  ): Promise<Map<string, string[]> | null>;
  /** Flex's clock, in milliseconds since the epoch. */
  time(signal: AbortSignal): Promise<number | null>;
  close(): void;
};

export function createFlexProbe(
  { clientId, baseUrl }: { clientId: string; baseUrl: string },
  clientSecret: string,
): FlexProbe {
  const http = createHttp(baseUrl, 1);
  const auth = createAuth(http.send, clientId, clientSecret);
  return {
    knowsClientId: signal =>
      auth.anonymous(signal).then(
        () => 'yes' as const,
        (error: unknown) => {
          if (!(error instanceof ProxyError)) throw error;
          return error.status >= 400 && error.status < 500 && error.status !== 429 ? 'no' : 'unknown';
        },
      ),
    async marketplace(signal) {
      try {
        const { access_token: token } = await auth.anonymous(signal);
        const reply = await http.send({
          kind: 'query',
          method: 'GET',
          path: '/v1/api/marketplace/show',
          headers: { accept: 'application/transit+json', authorization: `Bearer ${token}` },
          signal,
        });
        const id = ownValue(ownValue(ownValue(readBody(reply, 'query'), 'data'), 'id'), 'uuid');
        return typeof id === 'string' ? id : null;
      } catch (error) {
        if (error instanceof ProxyError) return null;
        throw error;
      }
    },
    async login(user, signal) {
      const reply = await passwordGrant(http.send, clientId, user, signal);
      if (reply.status === 401 || reply.status === 403) return null;
      const token = readJson(reply, 'query');
      return isToken(token) ? token.access_token : null;
    },
    takesSecret: (userToken, signal) => auth.exchange(userToken, signal).then(taken, unlessOurs),
    async firstTransitions(userToken, processAlias, signal) {
      const reply = await http.send({
        kind: 'query',
        method: 'GET',
        path: `/v1/api/process_transitions/query?processAlias=${encodeURIComponent(processAlias)}`,
        headers: { accept: 'application/transit+json', authorization: `Bearer ${userToken}` },
        signal,
      });
      if (reply.status === 409 || reply.status === 404) return null;
      return transitionsIn(readBody(reply, 'query'));
    },
    time: signal =>
      http
        .send({ kind: 'query', method: 'GET', path: '/v1/api/listings/show', headers: {}, signal })
        .then(({ headers }) => Date.parse(String(headers['date'])) || null)
        .catch((error: unknown) => {
          if (error instanceof ProxyError) return null;
          throw error;
        }),
    close: http.close,
  };
}

const taken = ({ status }: Reply): Answer =>
  status >= 200 && status < 300 ? 'yes' : status === 401 ? 'no' : 'unknown';

const unlessOurs = (error: unknown): Answer => {
  if (error instanceof ProxyError) return 'unknown';
  throw error;
};

function transitionsIn(document: unknown): Map<string, string[]> {
  const found = ownValue(document, 'data');
  return new Map(
    (Array.isArray(found) ? (found as unknown[]) : []).map(transition => {
      const attributes = ownValue(transition, 'attributes');
      const actions = ownValue(attributes, 'actions');
      return [
        String(ownValue(attributes, 'name')),
        Array.isArray(actions) ? actions.map(String) : [],
      ] as const;
    }),
  );
}
