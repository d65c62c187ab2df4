/**
 * The only way to Flex. Hides the SDK: a session is one browser request's view of it, each call has a deadline and
 * becomes an error of ours when it fails.
 *
 * SDK instances are made for each request, because one failed fetch of an anonymous token spoils an instance for ever.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Request, Response } from 'express';
import flexSdk, { type ApiResponse, type Sdk, type TokenStore } from 'sharetribe-flex-sdk';
import type { Config, Secrets } from '../config.ts';
import type { Commissions, PricedListing } from '../domain/line-items.ts';
import { ownValue } from '../domain/own-value.ts';
import { createAdapter } from './adapter.ts';
import { flexError, type CallKind } from './errors.ts';
import { readCommissions, readListing, readTransaction, type ReadTransaction } from './resources.ts';

export type FlexDoor = {
  /** What one browser request may do, with the session in its cookie. */
  openSession(req: Request, res: Response): FlexSession;
  close(): void;
};

/** All calls reject with `ProxyError`, and give up when `signal` fires. */
export type FlexSession = {
  /** Without a token of its own a session is anonymous, and Flex will refuse to exchange it. */
  hasToken(): boolean;
  listing(id: string, signal: AbortSignal): Promise<PricedListing>;
  ownListing(id: string, signal: AbortSignal): Promise<PricedListing>;
  /** A transaction of the caller's, with the listing it is about. */
  transaction(id: string, signal: AbortSignal): Promise<ReadTransaction>;
  commissions(signal: AbortSignal): Promise<Commissions>;
  /** The same user, trusted to make privileged transitions. The token stays in memory, for this request only. */
  trusted(signal: AbortSignal): Promise<TrustedSession>;
};

export type TrustedSession = {
  initiate(
    body: CommandBody,
    query: CommandQuery,
    isSpeculative: boolean,
    signal: AbortSignal,
  ): Promise<FlexAnswer>;
  transition(
    body: CommandBody,
    query: CommandQuery,
    isSpeculative: boolean,
    signal: AbortSignal,
  ): Promise<FlexAnswer>;
};

export type CommandBody = Record<string, unknown>;
export type CommandQuery = Record<string, unknown>;

/** Flex's answer: status, reason phrase, decoded body. */
export type FlexAnswer = ApiResponse;

/** Milliseconds. A command may wait for Stripe, so it is given longer. */
const DEADLINES: Record<CallKind, number> = { query: 5_000, command: 10_000 };

export function createFlexDoor(config: Config['flex'], secrets: Pick<Secrets, 'flexClientSecret'>): FlexDoor {
  const agents = {
    httpAgent: new HttpAgent({ keepAlive: true, maxSockets: config.maxSockets }),
    httpsAgent: new HttpsAgent({ keepAlive: true, maxSockets: config.maxSockets }),
  };
  const sdkWith = (
    tokenStore: TokenStore,
    signal: AbortSignal,
    adapter = createAdapter(),
    clientSecret?: string,
  ): Sdk =>
    flexSdk.createInstance({
      clientId: config.clientId,
      ...(clientSecret !== undefined && { clientSecret }),
      baseUrl: config.baseUrl,
      assetCdnBaseUrl: config.assetCdnBaseUrl,
      transitVerbose: config.transitVerbose,
      tokenStore,
      adapter: adapter.until(signal),
      ...agents,
    });

  return {
    openSession(req, res) {
      dropMalformedCookie(req, config.clientId);
      const { clientId, secureCookies: secure } = config;
      // One store for all calls of the request: a token that one of them refreshes is the others' too.
      const tokenStore = flexSdk.tokenStore.expressCookieStore({ clientId, req, res, secure });
      const adapter = createAdapter();
      const ask = <T>(
        kind: CallKind,
        signal: AbortSignal,
        work: (sdk: Sdk) => Promise<T>,
        clientSecret?: string,
      ) => withDeadline(kind, signal, deadline => work(sdkWith(tokenStore, deadline, adapter, clientSecret)));

      return {
        hasToken: () => Boolean(tokenStore.getToken()),
        listing: (id, signal) => ask('query', signal, sdk => sdk.listings.show({ id })).then(readListing),
        ownListing: (id, signal) =>
          ask('query', signal, sdk => sdk.ownListings.show({ id })).then(readListing),
        transaction: (id, signal) =>
          ask('query', signal, sdk => sdk.transactions.show({ id, include: ['listing'] })).then(
            readTransaction,
          ),
        commissions: signal =>
          ask('query', signal, sdk =>
            sdk.assetsByAlias({ paths: ['transactions/commission.json'], alias: 'latest' }),
          ).then(readCommissions),
        async trusted(signal) {
          const { data } = await ask('query', signal, sdk => sdk.exchangeToken(), secrets.flexClientSecret);
          const memory = flexSdk.tokenStore.memoryStore();
          memory.setToken(data);
          const command = (commandSignal: AbortSignal, work: (sdk: Sdk) => Promise<ApiResponse>) =>
            withDeadline('command', commandSignal, deadline => work(sdkWith(memory, deadline))).then(
              answerOnly,
            );
          return {
            initiate: (body, query, isSpeculative, commandSignal) =>
              command(commandSignal, sdk =>
                isSpeculative
                  ? sdk.transactions.initiateSpeculative(body, query)
                  : sdk.transactions.initiate(body, query),
              ),
            transition: (body, query, isSpeculative, commandSignal) =>
              command(commandSignal, sdk =>
                isSpeculative
                  ? sdk.transactions.transitionSpeculative(body, query)
                  : sdk.transactions.transition(body, query),
              ),
          };
        },
      };
    },
    close() {
      agents.httpAgent.destroy();
      agents.httpsAgent.destroy();
    },
  };
}

async function withDeadline<T>(
  kind: CallKind,
  signal: AbortSignal,
  work: (deadline: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(DEADLINES[kind])]);
  try {
    return await work(deadline);
  } catch (failure) {
    throw flexError(failure, kind, deadline);
  }
}

const answerOnly = ({ status, statusText, data }: ApiResponse): FlexAnswer => ({ status, statusText, data });

/** The SDK's store would throw at each call: a cookie that can not be read is none. */
function dropMalformedCookie(req: Request, clientId: string): void {
  const cookies = req.cookies as Record<string, string | undefined>;
  const name = `st-${clientId}-token`;
  const cookie = cookies[name];
  if (cookie !== undefined && !isToken(cookie)) delete cookies[name];
}

function isToken(cookie: string): boolean {
  try {
    return typeof ownValue(JSON.parse(cookie), 'access_token') === 'string';
  } catch {
    return false;
  }
}
