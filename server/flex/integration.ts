/**
 * The Integration API: the marketplace as its operator sees it. By the SDK, over our own HTTP; each call has a deadline
 * and becomes an error of ours when it fails.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import integrationSdk, { type IntegrationSdk } from 'sharetribe-flex-integration-sdk';
import type { ApiResponse } from 'sharetribe-flex-sdk';
import { ProxyError } from '../domain/errors.ts';
import { ownValue } from '../domain/own-value.ts';
import type { UpstreamCall } from '../metrics.ts';
import { createAdapter, Unauthorized } from './adapter.ts';
import { integrationGrant, tokenOf } from './auth.ts';
import { credentialsRefused, unreadable, type CallKind } from './errors.ts';
import { createHttp } from './http.ts';
import {
  eventsIn,
  operatorTransaction,
  providerAccountIn,
  stripeCustomerIn,
  transactionsIn,
  type FlexEvent,
  type OperatorTransaction,
} from './operator-view.ts';
import { sdkError } from './sdk-calls.ts';

export type { FlexEvent, OperatorTransaction } from './operator-view.ts';

/** All calls reject with `ProxyError`: `flex-credentials-refused` when Flex does not take id and secret. */
export type IntegrationDoor = {
  /** The marketplace's own id: the call that shows whether the credentials are good. */
  marketplace(signal: AbortSignal): Promise<string>;
  /** null when there is none of that id. */
  transaction(id: string, signal: AbortSignal): Promise<OperatorTransaction | null>;
  /** Newest first, a page at a time. */
  transactions(
    query: TransactionQuery,
    signal: AbortSignal,
  ): Promise<{ transactions: OperatorTransaction[]; totalPages: number }>;
  /** The connected account of a user; null when they have none. */
  providerAccount(userId: string, signal: AbortSignal): Promise<string | null>;
  /** The customer at Stripe whom a user's saved card belongs to; null when there is none. */
  stripeCustomer(userId: string, signal: AbortSignal): Promise<string | null>;
  /** By the operator. A lost answer is an error whose outcome is `unknown`. */
  transition(id: string, transition: string, signal: AbortSignal): Promise<void>;
  /** Resolves if it could be made, and makes nothing. */
  transitionSpeculative(id: string, transition: string, signal: AbortSignal): Promise<void>;
  /** Replaces what stands under the keys of `metadata`. */
  updateMetadata(id: string, metadata: Record<string, unknown>, signal: AbortSignal): Promise<void>;
  /** In ascending order, a hundred at most. */
  events(query: EventQuery, signal: AbortSignal): Promise<FlexEvent[]>;
  /** It is left alone because it fails. */
  isResting(): boolean;
  close(): void;
};

export type TransactionQuery = {
  createdAtStart?: Date;
  createdAtEnd?: Date;
  processNames?: string[];
  page?: number;
  perPage?: number;
};

/** Flex takes one of the first two. */
export type EventQuery = {
  startAfterSequenceId?: number;
  createdAtStart?: Date;
  eventTypes?: string[];
  resourceId?: string;
};

/** Flex takes ten calls at a time from one address. */
const CONNECTIONS = 8;

/** The SDK's own connections are never used. */
const unused = { httpAgent: new HttpAgent({ maxSockets: 1 }), httpsAgent: new HttpsAgent({ maxSockets: 1 }) };

export function createIntegrationDoor(
  { clientId, baseUrl }: { clientId: string; baseUrl: string },
  clientSecret: string,
  onCall: (call: UpstreamCall) => void = () => undefined,
): IntegrationDoor {
  const http = createHttp(baseUrl, CONNECTIONS, call => onCall({ upstream: 'flex-integration', ...call }));
  let token: Promise<string> | undefined;

  /** Shared by all calls; a failure is not kept. */
  const accessToken = (): Promise<string> => {
    token ??= integrationGrant(http.send, clientId, clientSecret).then(reply => {
      if (reply.status === 401 || reply.status === 403) throw credentialsRefused(reply.status);
      return tokenOf(reply).access_token;
    });
    const current = token;
    current.catch(() => forget(current));
    return current;
  };
  const forget = (used: Promise<string>) => {
    if (token === used) token = undefined;
  };

  const attempt = async (
    kind: CallKind,
    work: (sdk: IntegrationSdk) => Promise<ApiResponse>,
    signal: AbortSignal,
  ) => {
    const used = accessToken();
    const store = integrationSdk.tokenStore.memoryStore();
    store.setToken({ access_token: await used, token_type: 'bearer', scope: 'integ', expires_in: 0 });
    const sdk = integrationSdk.createInstance({
      clientId,
      baseUrl,
      tokenStore: store,
      adapter: createAdapter(http.send, kind, signal),
      ...unused,
    });
    try {
      return (await work(sdk)).data;
    } catch (failure) {
      if (!(failure instanceof Unauthorized)) throw sdkError(failure, kind);
      forget(used);
      return failure;
    }
  };

  /** A token that has expired is got anew, once. */
  const ask = async (
    signal: AbortSignal,
    work: (sdk: IntegrationSdk) => Promise<ApiResponse>,
    kind: CallKind = 'query',
  ) => {
    const first = await attempt(kind, work, signal);
    const data = first instanceof Unauthorized ? await attempt(kind, work, signal) : first;
    if (data instanceof Unauthorized) throw credentialsRefused(401);
    return data;
  };
  /** Done when the answer is of the transaction that was meant; any other leaves it unknown. */
  const command = async (
    id: string,
    signal: AbortSignal,
    work: (sdk: IntegrationSdk) => Promise<ApiResponse>,
  ) => {
    const data = ownValue(await ask(signal, work, 'command'), 'data');
    const answered = ownValue(ownValue(data, 'id'), 'uuid');
    if (ownValue(data, 'type') !== 'transaction' || answered !== id)
      throw unreadable('command', 'something else than the transaction');
  };

  return {
    marketplace: async signal => {
      const id = ownValue(ownValue(await ask(signal, sdk => sdk.marketplace.show()), 'data'), 'id');
      return String(ownValue(id, 'uuid'));
    },
    transaction: (id, signal) =>
      ask(signal, sdk => sdk.transactions.show({ id, include: ['provider', 'customer', 'listing'] })).then(
        operatorTransaction,
        (error: unknown) => {
          if (error instanceof ProxyError && error.status === 404) return null;
          throw error;
        },
      ),
    transactions: (query, signal) =>
      ask(signal, sdk =>
        sdk.transactions.query({ ...query, include: ['provider', 'customer', 'listing'] }),
      ).then(transactionsIn),
    providerAccount: (id, signal) =>
      ask(signal, sdk => sdk.users.show({ id, include: ['stripeAccount'] })).then(providerAccountIn),
    stripeCustomer: (id, signal) =>
      ask(signal, sdk => sdk.users.show({ id, include: ['stripeCustomer'] })).then(stripeCustomerIn),
    transition: (id, transition, signal) =>
      command(id, signal, sdk => sdk.transactions.transition({ id, transition, params: {} })),
    transitionSpeculative: async (id, transition, signal) => {
      await ask(signal, sdk => sdk.transactions.transitionSpeculative({ id, transition, params: {} }));
    },
    updateMetadata: (id, metadata, signal) =>
      command(id, signal, sdk => sdk.transactions.updateMetadata({ id, metadata })),
    events: (query, signal) => ask(signal, sdk => sdk.events.query(query)).then(eventsIn),
    isResting: http.isResting,
    close: http.close,
  };
}
