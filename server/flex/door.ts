/**
 * The only way to Flex: a session is one browser request's view of it.
 *
 * The calls of a checkout go out by themselves, in verbose transit, whose bytes can be passed on as they came; everything
 * else goes by the SDK (`ask`). Each call has a deadline and becomes an error of ours when it fails.
 */
import type { Request, Response } from 'express';
import type { Config, Secrets } from '../config.ts';
import type { Commissions, PricedListing } from '../domain/line-items.ts';
import { digestOf, isReadOnly } from './account.ts';
import { apiHeaders } from './api-headers.ts';
import { createAuth, USER_AGENT, type Auth } from './auth.ts';
import { createCommissions, type ReadCommissions } from './commissions.ts';
import { cookieStore } from './cookie-store.ts';
import type { UpstreamCall } from '../metrics.ts';
import { createHttp, type Send } from './http.ts';
import {
  ownTransactionsIn,
  ownTransactionsQuery,
  type OwnTransaction,
  type OwnTransactionQuery,
} from './lookup.ts';
import { queryString } from './query-string.ts';
import { createRenewals } from './renewals.ts';
import { readAnswer, readBody, readJson, type FlexAnswer } from './replies.ts';
import {
  readCommissions,
  readListing,
  readOrder,
  readTransaction,
  readUserId,
  type OwnOrder,
  type ReadTransaction,
} from './resources.ts';
import { createAsk, type Ask } from './sdk-calls.ts';
import { isUnauthorized, openSession, type BrowserSession } from './session.ts';
import { openTrusted } from './trusted.ts';
import { createTrustedTokens, type TrustedTokens } from './trusted-tokens.ts';

export type { FlexAnswer } from './replies.ts';

export type FlexDoor = {
  /** What one browser request may do, with the session in its cookie. */
  openSession(req: Request, res: Response): FlexSession;
  /** Of its two origins, those that are left alone because they fail. */
  resting(): { flex: boolean; 'flex-assets': boolean };
  close(): void;
};

/** All calls reject with `ProxyError`, and give up when `signal` fires. */
export type FlexSession = {
  /** An operator who looks at the site as this user, and may only look. */
  isReadOnly(): boolean;
  /** Flex has taken the session during this request: it is no stranger's. */
  isProven(): boolean;
  /** Tells one session from another, and says nothing of its tokens. */
  digest(): string;
  listing(id: string, signal: AbortSignal): Promise<PricedListing>;
  ownListing(id: string, signal: AbortSignal): Promise<PricedListing>;
  /** A transaction of the caller's, with the listing it is about. */
  transaction(id: string, signal: AbortSignal): Promise<ReadTransaction>;
  /** Where it stands, and whose it is. */
  order(id: string, signal: AbortSignal): Promise<OwnOrder>;
  /** Who is signed in. */
  userId(signal: AbortSignal): Promise<string>;
  /** The same as Flex answers it, with what `query` asks to be included. */
  showTransaction(id: string, query: CommandQuery, signal: AbortSignal): Promise<FlexAnswer>;
  /** Transactions of the caller's, the newest first. */
  ownTransactions(query: OwnTransactionQuery, signal: AbortSignal): Promise<OwnTransaction[]>;
  commissions(signal: AbortSignal): Promise<Commissions>;
  /** The same user, trusted to make privileged transitions. The token never leaves this folder. */
  trusted(signal: AbortSignal): Promise<TrustedSession>;
};

export type TrustedSession = {
  initiate: Command;
  transition: Command;
  /** For ever, and at Stripe as well. */
  deleteAccount(currentPassword: string, signal: AbortSignal): Promise<FlexAnswer>;
};

export type Command = (
  body: CommandBody,
  query: CommandQuery,
  isSpeculative: boolean,
  signal: AbortSignal,
) => Promise<FlexAnswer>;

export type CommandBody = Record<string, unknown>;
export type CommandQuery = Record<string, unknown>;

export function createFlexDoor(
  config: Config['flex'],
  secrets: Pick<Secrets, 'flexClientSecret'>,
  onCall: (call: UpstreamCall) => void = () => undefined,
): FlexDoor {
  const api = createHttp(config.baseUrl, config.maxSockets, call => onCall({ upstream: 'flex', ...call }));
  const cdn = createHttp(config.assetCdnBaseUrl, config.maxSockets, call =>
    // The path holds the client id.
    onCall({ upstream: 'flex-assets', ...call, endpoint: 'assets' }),
  );
  const renewals = createRenewals();
  const shared: Shared = {
    send: api.send,
    auth: createAuth(api.send, config.clientId, secrets.flexClientSecret),
    tokens: createTrustedTokens(),
    commissions: createCommissions(() => fetchCommissions(cdn.send, config.clientId)),
  };

  return {
    openSession(req, res) {
      const session = openSession(cookieStore(req, res, config), shared.auth, renewals);
      return flexSession(session, { ...shared, ask: createAsk(session, config, api.send) });
    },
    resting: () => ({ flex: api.isResting(), 'flex-assets': cdn.isResting() }),
    close() {
      api.close();
      cdn.close();
    },
  };
}

/** By all sessions. */
type Shared = { send: Send; auth: Auth; tokens: TrustedTokens; commissions: ReadCommissions };

function flexSession(
  session: BrowserSession,
  { send, auth, tokens, commissions, ask }: Shared & { ask: Ask },
): FlexSession {
  const request = (path: string, params: Record<string, unknown>, signal: AbortSignal) =>
    session.call(
      async accessToken => {
        const reply = await send({
          kind: 'query',
          method: 'GET',
          path: `${path}?${queryString(params)}`,
          headers: apiHeaders(accessToken),
          signal,
        });
        if (reply.status === 401 || reply.status === 403) tokens.forget(accessToken);
        return reply;
      },
      { isUnauthorized, anonymously: true, signal },
    );
  let isTrusted = false;
  const get = (path: string, params: Record<string, unknown>, signal: AbortSignal) =>
    request(path, params, signal).then(reply => readBody(reply, 'query'));

  return {
    isReadOnly: () => isReadOnly(session.token()),
    isProven: () => isTrusted || session.wasRenewed(),
    digest: () => digestOf(session.token()),
    listing: (id, signal) => get('/v1/api/listings/show', { id }, signal).then(readListing),
    ownListing: (id, signal) =>
      ask('query', signal, sdk => sdk.ownListings.show({ id })).then(({ data }) => readListing(data)),
    transaction: (id, signal) =>
      get('/v1/api/transactions/show', { id, include: ['listing'] }, signal).then(readTransaction),
    order: (id, signal) =>
      get('/v1/api/transactions/show', { id, include: ['customer'] }, signal).then(readOrder),
    userId: signal => get('/v1/api/current_user/show', {}, signal).then(readUserId),
    // A read is expanded in any case.
    showTransaction: (id, { expand: _expand, ...query }, signal) =>
      request('/v1/api/transactions/show', { ...query, id }, signal).then(reply =>
        readAnswer(reply, 'query'),
      ),
    ownTransactions: (query, signal) =>
      get('/v1/api/transactions/query', ownTransactionsQuery(query), signal).then(ownTransactionsIn),
    commissions,
    async trusted(signal) {
      const opened = await openTrusted(session, { send, auth, tokens }, signal);
      isTrusted = true;
      return opened;
    },
  };
}

async function fetchCommissions(send: Send, clientId: string): Promise<Commissions> {
  const reply = await send({
    kind: 'query',
    method: 'GET',
    path: `/v1/assets/pub/${clientId}/a/latest/transactions/?assets=commission.json`,
    headers: { accept: 'application/json', 'user-agent': USER_AGENT },
    signal: never,
  });
  return readCommissions(readJson(reply, 'query'));
}

const never = new AbortController().signal;
