/** Both sides as a command sees them: those of the environment, or the sandbox. */
import {
  loadConfig,
  readEnvironment,
  type Config,
  type Environment,
  type Secrets,
} from '../../server/config.ts';
import type { Processes } from '../../server/domain/process.ts';
import { createIntegrationDoor, type IntegrationDoor } from '../../server/flex/integration.ts';
import { loadProcesses } from '../../server/flex/process-files.ts';
import { createStripeDoor, type StripeDoor } from '../../server/stripe/door.ts';
import type { OwnRecord } from '../../server/domain/report.ts';
import { openSandbox } from './sandbox.ts';

export type World = AsyncDisposable & {
  config: Config;
  secrets: Secrets;
  warnings: string[];
  environment: Environment;
  processes: Processes;
  unreadable: { file: string; problem: string }[];
  integration: IntegrationDoor | null;
  stripe: StripeDoor | null;
  now: () => number;
  ownRecord: (transactionId: string) => Promise<OwnRecord | null>;
  /** Somebody who can sign in, where that is known. */
  login: { username: string; password: string } | null;
  isSandbox: boolean;
  /** Where the running service is, when it is known. */
  proxyUrl: string | null;
};

/** Commands that only look on need no marketplace application. */
const NOT_NEEDED = { REACT_APP_SHARETRIBE_SDK_CLIENT_ID: 'not-set', SHARETRIBE_SDK_CLIENT_SECRET: 'not-set' };

/** Rejects with `ConfigError`. */
export async function openWorld(options: { sandbox?: boolean; needsApplication?: boolean }): Promise<World> {
  const sandbox = options.sandbox ? await openSandbox() : null;
  const environment = sandbox?.environment ?? readEnvironment();
  const isSet = (name: string) => (environment[name] ?? '').trim() !== '';
  const missing = options.needsApplication || isSet('SHARETRIBE_SDK_CLIENT_SECRET') ? {} : NOT_NEEDED;
  const { config, secrets, report } = loadConfig({ ...environment, ...missing });
  const { processes, unreadable } = loadProcesses(config.processesDir);
  const integration =
    config.integration && secrets.integrationClientSecret !== null
      ? createIntegrationDoor(config.integration, secrets.integrationClientSecret)
      : null;
  const stripe =
    secrets.stripeSecretKey === null ? null : createStripeDoor(secrets.stripeSecretKey, config.stripeBaseUrl);
  return {
    config,
    secrets,
    warnings: report.warnings,
    environment,
    processes,
    unreadable,
    integration,
    stripe,
    now: sandbox?.now ?? Date.now,
    ownRecord: sandbox ? id => sandbox.ownRecord(id, processes) : () => Promise.resolve(null),
    login: sandbox?.login ?? null,
    isSandbox: sandbox !== null,
    proxyUrl: sandbox?.proxyUrl ?? environment['PROXY_URL']?.trim() ?? null,
    [Symbol.asyncDispose]: async () => {
      integration?.close();
      await sandbox?.[Symbol.asyncDispose]();
    },
  };
}
