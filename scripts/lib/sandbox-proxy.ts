/** The service itself, whole, in front of a sandbox. */
import { createApp } from '../../server/app.ts';
import { loadConfig } from '../../server/config.ts';
import { createContext, createServiceLog } from '../../server/context.ts';
import { listen } from '../../server/listen.ts';
import { openStore } from '../../server/store/store.ts';
import type { SandboxInfo } from '../../test/sandbox/sandbox.ts';

/** It guards nothing. */
export const SANDBOX_OPERATOR_TOKEN = 'operator-of-the-sandbox';

/** The settings of a service in front of it. Nothing of the machine's own: no real key may get there. */
export const environmentOf = (info: SandboxInfo): Record<string, string> => ({
  NODE_ENV: 'test',
  REACT_APP_SHARETRIBE_SDK_CLIENT_ID: info.flex.clientId,
  SHARETRIBE_SDK_CLIENT_SECRET: info.flex.clientSecret,
  REACT_APP_SHARETRIBE_SDK_BASE_URL: info.flex.baseUrl,
  REACT_APP_SHARETRIBE_SDK_ASSET_CDN_BASE_URL: info.flex.assetCdnBaseUrl,
  REACT_APP_MARKETPLACE_ROOT_URL: info.rootUrl,
  SHARETRIBE_INTEGRATION_CLIENT_ID: info.integration.clientId,
  SHARETRIBE_INTEGRATION_CLIENT_SECRET: info.integration.clientSecret,
  SHARETRIBE_INTEGRATION_BASE_URL: info.integration.baseUrl,
  STRIPE_SECRET_KEY: info.stripe.secretKey,
  STRIPE_BASE_URL: info.stripe.baseUrl,
  STRIPE_WEBHOOK_SECRET: info.stripe.webhookSecret,
  ...(process.env['TRANSACTION_PROCESSES_DIR'] && {
    TRANSACTION_PROCESSES_DIR: process.env['TRANSACTION_PROCESSES_DIR'],
  }),
});

export type SandboxProxy = AsyncDisposable & { url: string };

/** What it records is gone with it. */
export async function startSandboxProxy(options: {
  environment: Record<string, string>;
  port: number;
  isRecording: boolean;
  destination: { write(line: string): void };
}): Promise<SandboxProxy> {
  const { port, destination } = options;
  const loaded = loadConfig({ DATABASE_URL: 'none', ...options.environment });
  const log = createServiceLog(loaded, destination);
  await using opening = new AsyncDisposableStack();
  const store = options.isRecording ? await openStore({ place: { directory: null }, log }) : null;
  if (store) opening.defer(() => store.close());
  const context = createContext(loaded, destination, store, log);
  opening.defer(async () => {
    await context.settle();
    context[Symbol.dispose]();
  });
  store?.start();
  await store?.started;
  const proxy = await listen(createApp(context), port, '127.0.0.1', { log });
  opening.defer(() => proxy.close(1_000));
  const all = opening.move();
  return { url: proxy.url, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
