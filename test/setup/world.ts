/** The sandbox and the proxy in front of it, as a test needs them: on free ports, and gone when the test is over. */
import { createApp } from '../../server/app.ts';
import { loadConfig } from '../../server/config.ts';
import { createContext, type Context } from '../../server/context.ts';
import { listen } from '../../server/listen.ts';
import type { Store } from '../../server/store/store.ts';
import { startSandbox, type Sandbox, type SandboxInfo, type SandboxOptions } from '../sandbox/sandbox.ts';
import { collectLog } from './log-lines.ts';

export type World = AsyncDisposable & {
  sandbox: Sandbox;
  info: SandboxInfo;
  proxyUrl: string;
  context: Context;
  log: ReturnType<typeof collectLog>;
  /** Through the control surface, as a stranger would. */
  scenario(scenario: { name: string } & Record<string, unknown>): Promise<void>;
  control(path: string, body: object): Promise<void>;
};

/** What the proxy's environment would be with this sandbox behind it. */
export const environmentFor = (info: SandboxInfo): Record<string, string> => ({
  NODE_ENV: 'test',
  REACT_APP_SHARETRIBE_SDK_CLIENT_ID: info.flex.clientId,
  SHARETRIBE_SDK_CLIENT_SECRET: info.flex.clientSecret,
  REACT_APP_SHARETRIBE_SDK_BASE_URL: info.flex.baseUrl,
  REACT_APP_SHARETRIBE_SDK_ASSET_CDN_BASE_URL: info.flex.assetCdnBaseUrl,
  REACT_APP_MARKETPLACE_ROOT_URL: info.rootUrl,
  DATABASE_URL: 'none',
  // Tests share the machine with others: what is late here says nothing of the service.
  MAX_EVENT_LOOP_DELAY_MS: '10000',
});

/** With what verification needs besides: the Integration API and a key of Stripe's. */
export const bothSidesOf = (info: SandboxInfo): Record<string, string> => ({
  SHARETRIBE_INTEGRATION_CLIENT_ID: info.integration.clientId,
  SHARETRIBE_INTEGRATION_CLIENT_SECRET: info.integration.clientSecret,
  SHARETRIBE_INTEGRATION_BASE_URL: info.integration.baseUrl,
  STRIPE_SECRET_KEY: info.stripe.secretKey,
  STRIPE_BASE_URL: info.stripe.baseUrl,
});

export type Environment =
  | Record<string, string>
  | ((info: SandboxInfo) => Record<string, string> | Promise<Record<string, string>>);

export async function startWorld(
  options: {
    sandbox?: SandboxOptions;
    /** What is not known before the sandbox runs is made of its info. */
    environment?: Environment;
    /** Opened by the test, and closed by it after the world. */
    store?: Store;
    bothSides?: boolean;
  } = {},
): Promise<World> {
  const sandbox = await startSandbox(options.sandbox);
  const info = sandbox.info();
  const { environment = {} } = options;
  const log = collectLog();
  const context = createContext(
    loadConfig({
      ...environmentFor(info),
      ...(options.bothSides && bothSidesOf(info)),
      ...(typeof environment === 'function' ? await environment(info) : environment),
    }),
    log.destination,
    options.store,
  );
  options.store?.start();
  const proxy = await listen(createApp(context), 0, '127.0.0.1', { log: context.log });
  const control = async (path: string, body: object) => {
    const response = await fetch(`${sandbox.url}/sandbox/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(await response.text());
  };
  return {
    sandbox,
    info,
    proxyUrl: proxy.url,
    context,
    log,
    scenario: scenario => control('scenario', scenario),
    control,
    [Symbol.asyncDispose]: async () => {
      await proxy.close(0);
      await context.settle();
      context[Symbol.dispose]();
      await sandbox.close();
    },
  };
}
