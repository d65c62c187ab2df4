/** Calls that go by the SDK. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import flexSdk, { type Sdk } from 'sharetribe-flex-sdk';
import type { Config } from '../config.ts';
import { ProxyError } from '../domain/errors.ts';
import { ownValue } from '../domain/own-value.ts';
import { createAdapter, Unauthorized } from './adapter.ts';
import { refusal, unreadable, type CallKind } from './errors.ts';
import type { Send } from './http.ts';
import { refusalOf } from './replies.ts';
import type { BrowserSession } from './session.ts';

/** Does `work` with an SDK that acts for the session. Rejects with `ProxyError`. */
export type Ask = <T>(kind: CallKind, signal: AbortSignal, work: (sdk: Sdk) => Promise<T>) => Promise<T>;

/** The SDK's own connections are never used. */
const unused = {
  httpAgent: new HttpAgent({ maxSockets: 1 }),
  httpsAgent: new HttpsAgent({ maxSockets: 1 }),
};

/** An SDK instance is made for each call: one that once failed to get an anonymous token is spoilt for ever. */
function sdkWith(
  config: Config['flex'],
  send: Send,
  accessToken: string,
  kind: CallKind,
  signal: AbortSignal,
): Sdk {
  const tokenStore = flexSdk.tokenStore.memoryStore();
  tokenStore.setToken({ access_token: accessToken, token_type: 'bearer', scope: '', expires_in: 0 });
  return flexSdk.createInstance({
    clientId: config.clientId,
    baseUrl: config.baseUrl,
    assetCdnBaseUrl: config.assetCdnBaseUrl,
    transitVerbose: config.transitVerbose,
    tokenStore,
    adapter: createAdapter(send, kind, signal),
    ...unused,
  });
}

export const createAsk =
  (session: BrowserSession, config: Config['flex'], send: Send): Ask =>
  async (kind, signal, work) => {
    const answer = await session.call(
      accessToken =>
        work(sdkWith(config, send, accessToken, kind, signal)).then(
          value => ({ value }),
          (failure: unknown) => {
            if (failure instanceof Unauthorized) return failure;
            throw sdkError(failure, kind);
          },
        ),
      { isUnauthorized: result => result instanceof Unauthorized, anonymously: true, signal },
    );
    if (answer instanceof Unauthorized) throw refusalOf(answer.reply, kind);
    return answer.value;
  };

/** What the SDK throws holds the request, and with it the user's access token: nothing of it goes further. */
export function sdkError(failure: unknown, kind: CallKind): ProxyError {
  if (failure instanceof ProxyError) return failure;
  const status = ownValue(failure, 'status');
  const statusText = ownValue(failure, 'statusText');
  if (typeof status !== 'number') return unreadable(kind);
  return refusal(kind, {
    status,
    statusText: typeof statusText === 'string' ? statusText : '',
    data: ownValue(failure, 'data'),
  });
}
