/**
 * The session in a browser's cookie: which token a call goes out with, and what happens when Flex no longer takes it.
 *
 * As with the SDK, a visitor gets an anonymous token, and an expired one is refreshed. Unlike with the SDK, a session that
 * can not be refreshed is read on anonymously without the cookie being overwritten: another request may just have
 * refreshed it, and its newer cookie would be lost.
 */
import type { Token, TokenStore } from 'sharetribe-flex-sdk';
import type { Auth } from './auth.ts';
import type { Reply } from './http.ts';
import type { Renewals } from './renewals.ts';

export type BrowserSession = {
  /** As the browser sent it, or renewed since; undefined for a visitor. */
  token(): Token | undefined;
  /** Flex was asked for a new token by this request, and gave one: the session is good beyond doubt. */
  wasRenewed(): boolean;
  /** Makes the call with the token there is; after a refusal of the token once more with a better one. */
  call<Answer>(
    attempt: (accessToken: string) => Promise<Answer>,
    options: CallOptions<Answer>,
  ): Promise<Answer>;
};

type CallOptions<Answer> = {
  isUnauthorized: (answer: Answer) => boolean;
  /** Whether a visitor's token would do, when the user's is refused for good. */
  anonymously: boolean;
  signal: AbortSignal;
};

export function openSession(store: TokenStore, auth: Auth, renewals: Renewals): BrowserSession {
  let token = store.getToken() ?? undefined;
  let visitor: Promise<Token> | undefined;
  let renewedByFlex = false;

  const save = (renewed: Token) => {
    token = renewed;
    store.setToken(renewed);
    return renewed;
  };

  /** Shared by the calls of this request; a failure is not kept. Only a visitor's own cookie is written or replaced. */
  const asVisitor = (signal: AbortSignal): Promise<Token> => {
    visitor ??= auth.anonymous(signal).then(
      found => (token === undefined || token.scope === 'public-read' ? save(found) : found),
      (error: unknown) => {
        visitor = undefined;
        throw error;
      },
    );
    return visitor;
  };

  /** A token that is worth another try, if there is one. */
  const better = async (refused: Token, signal: AbortSignal): Promise<Token | null> => {
    // Another call of this request was faster.
    if (token && token !== refused) return token;
    const { refresh_token: refreshToken } = refused;
    if (refreshToken === undefined) return null;
    const renewed = await renewals.renew(refreshToken, async () => {
      const fresh = await auth.refresh(refreshToken, signal);
      renewedByFlex ||= fresh !== null;
      return fresh;
    });
    if (renewed && token === refused) save(renewed);
    return renewed;
  };

  return {
    token: () => token,
    wasRenewed: () => renewedByFlex,
    async call(attempt, { isUnauthorized, anonymously, signal }) {
      const first = token ?? (await asVisitor(signal));
      let answer = await attempt(first.access_token);
      if (!isUnauthorized(answer)) return answer;
      const second = await better(first, signal);
      if (second) answer = await attempt(second.access_token);
      if (!isUnauthorized(answer)) return answer;
      if (first.refresh_token !== undefined) renewals.forget(first.refresh_token);
      if (!anonymously) return answer;
      return attempt((await asVisitor(signal)).access_token);
    },
  };
}

export const isUnauthorized = (reply: Reply) => reply.status === 401;
