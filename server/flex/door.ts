/**
 * The only way to Flex: a session is one browser request's view of it.
 *
 * The calls of a checkout go out by themselves, in verbose transit, whose bytes can be passed on as they came; everything
 * else goes by the SDK (`ask`). Each call has a deadline and becomes an error of ours when it fails.
 */
import type { Request, Response } from 'express';
import type { Config, Secrets } from '../config.ts';
import type { Commissions, PricedListing } from '../domain/line-items.ts';
import { createAuth, tokenOf, USER_AGENT, type Auth } from './auth.ts';
import { createCommissions, type ReadCommissions } from './commissions.ts';
import { cookieStore } from './cookie-store.ts';
import { createHttp, type Reply, type Send } from './http.ts';
import { queryString } from './query-string.ts';
import { createRenewals } from './renewals.ts';
import { readAnswer, readBody, readJson, type FlexAnswer } from './replies.ts';
import { readCommissions, readListing, readTransaction, type ReadTransaction } from './resources.ts';
import { createAsk, type Ask } from './sdk-calls.ts';
import { openSession, type BrowserSession } from './session.ts';
import { writeVerbose } from './transit-writer.ts';

export type { FlexAnswer } from './replies.ts';

export type FlexDoor = {
  /** What one browser request may do, with the session in its cookie. */
  openSession(req: Request, res: Response): FlexSession;
  close(): void;
};

/** All calls reject with `ProxyError`, and give up when `signal` fires. */
export type FlexSession = {
  listing(id: string, signal: AbortSignal): Promise<PricedListing>;
  ownListing(id: string, signal: AbortSignal): Promise<PricedListing>;
  /** A transaction of the caller's, with the listing it is about. */
  transaction(id: string, signal: AbortSignal): Promise<ReadTransaction>;
  commissions(signal: AbortSignal): Promise<Commissions>;
  /** The same user, trusted to make privileged transitions. The token stays in memory, for this request only. */
  trusted(signal: AbortSignal): Promise<TrustedSession>;
};

export type TrustedSession = {
  initiate: Command;
  transition: Command;
};

export type Command = (
  body: CommandBody,
  query: CommandQuery,
  isSpeculative: boolean,
  signal: AbortSignal,
) => Promise<FlexAnswer>;

export type CommandBody = Record<string, unknown>;
export type CommandQuery = Record<string, unknown>;

export function createFlexDoor(config: Config['flex'], secrets: Pick<Secrets, 'flexClientSecret'>): FlexDoor {
  const api = createHttp(config.baseUrl, config.maxSockets);
  const cdn = createHttp(config.assetCdnBaseUrl, config.maxSockets);
  const auth = createAuth(api.send, config.clientId, secrets.flexClientSecret);
  const renew = createRenewals();
  const commissions = createCommissions(() => fetchCommissions(cdn.send, config.clientId));

  return {
    openSession(req, res) {
      const session = openSession(cookieStore(req, res, config), auth, renew);
      return flexSession(session, api.send, auth, commissions, createAsk(session, config, api.send));
    },
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
  const get = (path: string, params: Record<string, unknown>, signal: AbortSignal) =>
    session
      .call(
        accessToken =>
          send({
            kind: 'query',
            method: 'GET',
            path: `${path}?${queryString(params)}`,
            headers: apiHeaders(accessToken),
            signal,
          }),
        { isUnauthorized, anonymously: true, signal },
      )
      .then(reply => readBody(reply, 'query'));

  return {
    listing: (id, signal) => get('/v1/api/listings/show', { id }, signal).then(readListing),
    ownListing: (id, signal) =>
      ask('query', signal, sdk => sdk.ownListings.show({ id })).then(({ data }) => readListing(data)),
    transaction: (id, signal) =>
      get('/v1/api/transactions/show', { id, include: ['listing'] }, signal).then(readTransaction),
    commissions,
    async trusted(signal) {
      const reply = await session.call(accessToken => auth.exchange(accessToken, signal), {
        isUnauthorized,
        anonymously: false,
        signal,
      });
      const { access_token: accessToken } = tokenOf(reply);
      return {
        initiate: command(send, accessToken, 'initiate'),
        transition: command(send, accessToken, 'transition'),
      };
    },
  };
}

const isUnauthorized = (reply: Reply) => reply.status === 401;

const command =
  (send: Send, accessToken: string, name: 'initiate' | 'transition'): Command =>
  async (body, query, isSpeculative, signal) => {
    const params = queryString(query);
    const reply = await send({
      kind: isSpeculative ? 'query' : 'command',
      method: 'POST',
      path: `/v1/api/transactions/${name}${isSpeculative ? '_speculative' : ''}${params && `?${params}`}`,
      headers: { ...apiHeaders(accessToken), 'content-type': 'application/transit+json' },
      body: writeVerbose(body),
      signal,
    });
    return readAnswer(reply, isSpeculative ? 'query' : 'command');
  };

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
