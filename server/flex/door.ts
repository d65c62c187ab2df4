/**
 * The only way to Flex: a session is one browser request's view of it.
 *
 * The calls of a checkout go out by themselves, in verbose transit, whose bytes can be passed on as they came; everything
 * else goes by the SDK (`ask`). Each call has a deadline and becomes an error of ours when it fails.
 */
import type { Request, Response } from 'express';
import type { Config, Secrets } from '../config.ts';
import type { Commissions, PricedListing } from '../domain/line-items.ts';
import { deleteAccountBody, digestOf, isReadOnly } from './account.ts';
import { createAuth, tokenOf, USER_AGENT, type Auth } from './auth.ts';
import { createCommissions, type ReadCommissions } from './commissions.ts';
import { cookieStore } from './cookie-store.ts';
import type { UpstreamCall } from '../metrics.ts';
import { credentialsRefused, type CallKind } from './errors.ts';
import { createHttp, type Reply, type Send } from './http.ts';
import {
  ownTransactionsIn,
  ownTransactionsQuery,
  type OwnTransaction,
  type OwnTransactionQuery,
} from './lookup.ts';
import { queryString } from './query-string.ts';
import { createRenewals } from './renewals.ts';
import { readAnswer, readBody, readJson, refusalOf, type FlexAnswer } from './replies.ts';
import { readCommissions, readListing, readTransaction, type ReadTransaction } from './resources.ts';
import { createAsk, type Ask } from './sdk-calls.ts';
import { openSession, type BrowserSession } from './session.ts';
import { writeVerbose } from './transit-writer.ts';

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
  /** The same as Flex answers it, with what `query` asks to be included. */
  showTransaction(id: string, query: CommandQuery, signal: AbortSignal): Promise<FlexAnswer>;
  /** Transactions of the caller's, the newest first. */
  ownTransactions(query: OwnTransactionQuery, signal: AbortSignal): Promise<OwnTransaction[]>;
  commissions(signal: AbortSignal): Promise<Commissions>;
  /** The same user, trusted to make privileged transitions. The token stays in memory, for this request only. */
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
  const auth = createAuth(api.send, config.clientId, secrets.flexClientSecret);
  const renewals = createRenewals();
  const commissions = createCommissions(() => fetchCommissions(cdn.send, config.clientId));

  return {
    openSession(req, res) {
      const session = openSession(cookieStore(req, res, config), auth, renewals);
      return flexSession(session, api.send, auth, commissions, createAsk(session, config, api.send));
    },
    resting: () => ({ flex: api.isResting(), 'flex-assets': cdn.isResting() }),
    close() {
      api.close();
      cdn.close();
    },
  };
}

function flexSession(
  session: BrowserSession,
  send: Send,
  auth: Auth,
  commissions: ReadCommissions,
  ask: Ask,
): FlexSession {
  const request = (path: string, params: Record<string, unknown>, signal: AbortSignal) =>
    session.call(
      accessToken =>
        send({
          kind: 'query',
          method: 'GET',
          path: `${path}?${queryString(params)}`,
          headers: apiHeaders(accessToken),
          signal,
        }),
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
    // A read is expanded in any case.
    showTransaction: (id, { expand: _expand, ...query }, signal) =>
      request('/v1/api/transactions/show', { ...query, id }, signal).then(reply =>
        readAnswer(reply, 'query'),
      ),
    ownTransactions: (query, signal) =>
      get('/v1/api/transactions/query', ownTransactionsQuery(query), signal).then(ownTransactionsIn),
    commissions,
    async trusted(signal) {
      const reply = await session.call(accessToken => auth.exchange(accessToken, signal), {
        isUnauthorized,
        anonymously: false,
        signal,
      });
      if (isUnauthorized(reply) && session.wasRenewed())
        throw credentialsRefused(401, refusalOf(reply, 'query').data);
      const { access_token: accessToken } = tokenOf(reply);
      isTrusted = true;
      return {
        initiate: command(send, accessToken, 'initiate'),
        transition: command(send, accessToken, 'transition'),
        deleteAccount: (currentPassword, commandSignal) =>
          post(send, accessToken, 'command', {
            path: '/v1/api/current_user/delete',
            body: deleteAccountBody(currentPassword),
            signal: commandSignal,
          }),
      };
    },
  };
}

const isUnauthorized = (reply: Reply) => reply.status === 401;

const command =
  (send: Send, accessToken: string, name: 'initiate' | 'transition'): Command =>
  (body, query, isSpeculative, signal) => {
    const params = queryString(query);
    return post(send, accessToken, isSpeculative ? 'query' : 'command', {
      path: `/v1/api/transactions/${name}${isSpeculative ? '_speculative' : ''}${params && `?${params}`}`,
      body,
      signal,
    });
  };

async function post(
  send: Send,
  accessToken: string,
  kind: CallKind,
  { path, body, signal }: { path: string; body: CommandBody; signal: AbortSignal },
): Promise<FlexAnswer> {
  const headers = { ...apiHeaders(accessToken), 'content-type': 'application/transit+json' };
  const reply = await send({ kind, method: 'POST', path, headers, body: writeVerbose(body), signal });
  return readAnswer(reply, kind);
}

const apiHeaders = (accessToken: string) => ({
  accept: 'application/transit+json',
  'x-transit-verbose': 'true',
  authorization: `Bearer ${accessToken}`,
  'user-agent': USER_AGENT,
});

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
