/** What a user may do through us only: calls with a trusted token, which this server alone can get for the user's own. */
import { deleteAccountBody } from './account.ts';
import { apiHeaders } from './api-headers.ts';
import { tokenOf, type Auth } from './auth.ts';
import type { Command, TrustedSession } from './door.ts';
import { credentialsRefused, type CallKind } from './errors.ts';
import type { Reply, Send } from './http.ts';
import { queryString } from './query-string.ts';
import { readAnswer, refusalOf } from './replies.ts';
import { isUnauthorized, type BrowserSession } from './session.ts';
import { writeVerbose } from './transit-writer.ts';
import type { TrustedTokens } from './trusted-tokens.ts';

type Parts = { send: Send; auth: Auth; tokens: TrustedTokens };

/**
 * Resolves when there is a trusted token. One that was kept is looked up again when it is used: if a call beside this one
 * was refused with the user's own token in the meantime, it is gone, and Flex is asked.
 */
export async function openTrusted(
  session: BrowserSession,
  { send, auth, tokens }: Parts,
  signal: AbortSignal,
): Promise<TrustedSession> {
  const own = session.token()?.access_token ?? '';
  const exchange = (exchangeSignal: AbortSignal) => exchangeOnce(session, { auth, tokens }, exchangeSignal);
  const fresh = tokens.get(own) === undefined ? await exchange(signal) : undefined;

  /** A refused token did nothing, so with a new one the call may be made once more. */
  const call = async (attempt: (accessToken: string) => Promise<Reply>, callSignal: AbortSignal) => {
    const accessToken = fresh ?? tokens.get(own) ?? (await exchange(callSignal));
    const reply = await attempt(accessToken);
    if (reply.status === 401 || reply.status === 403) tokens.forget(own);
    return isUnauthorized(reply) && fresh === undefined ? attempt(await exchange(callSignal)) : reply;
  };

  const post = async (
    kind: CallKind,
    path: string,
    body: Record<string, unknown>,
    callSignal: AbortSignal,
  ) => {
    const written = writeVerbose(body);
    const attempt = (accessToken: string) => {
      const headers = { ...apiHeaders(accessToken), 'content-type': 'application/transit+json' };
      return send({ kind, method: 'POST', path, headers, body: written, signal: callSignal });
    };
    return readAnswer(await call(attempt, callSignal), kind);
  };

  const command =
    (name: 'initiate' | 'transition'): Command =>
    (body, query, isSpeculative, callSignal) => {
      const params = queryString(query);
      const path = `/v1/api/transactions/${name}${isSpeculative ? '_speculative' : ''}`;
      return post(isSpeculative ? 'query' : 'command', `${path}${params && `?${params}`}`, body, callSignal);
    };

  return {
    initiate: command('initiate'),
    transition: command('transition'),
    deleteAccount: (currentPassword, callSignal) =>
      post('command', '/v1/api/current_user/delete', deleteAccountBody(currentPassword), callSignal),
  };
}

async function exchangeOnce(
  session: BrowserSession,
  { auth, tokens }: Omit<Parts, 'send'>,
  signal: AbortSignal,
): Promise<string> {
  let exchanged = '';
  const attempt = (accessToken: string) => {
    exchanged = accessToken;
    return auth.exchange(accessToken, signal);
  };
  const reply = await session.call(attempt, { isUnauthorized, anonymously: false, signal });
  if (isUnauthorized(reply) && session.wasRenewed())
    throw credentialsRefused(401, refusalOf(reply, 'query').data);
  const trusted = tokenOf(reply);
  tokens.keep(exchanged, trusted);
  return trusted.access_token;
}
