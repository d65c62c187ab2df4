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
import { UsageError, whisper } from './command.ts';
import { operatorsAt, type Operators } from './operators-at.ts';

export type World = AsyncDisposable & {
  config: Config;
  secrets: Secrets;
  warnings: string[];
  environment: Environment;
  processes: Processes;
  unreadable: { file: string; problem: string }[];
  integration: IntegrationDoor | null;
  stripe: StripeDoor | null;
  /** The running service, where it is known and lets us in. */
  operators: Operators | null;
  now: () => number;
  ownRecord: (transactionId: string) => Promise<OwnRecord | null>;
  /** Somebody who can sign in, where that is known. */
  login: { username: string; password: string } | null;
  isSandbox: boolean;
  /** Where the running service is, when it is known. */
  proxyUrl: string | null;
};

/** Commands that only look on need no marketplace application. */
export const NOT_NEEDED = {
  REACT_APP_SHARETRIBE_SDK_CLIENT_ID: 'not-set',
  SHARETRIBE_SDK_CLIENT_SECRET: 'not-set',
};

/** Rejects with `ConfigError`. */
export async function openWorld(options: { sandbox?: boolean; needsApplication?: boolean }): Promise<World> {
  const sandbox = options.sandbox ? await (await import('./sandbox.ts')).openSandbox() : null;
  const environment = sandbox?.environment ?? readEnvironment();
  const isSet = (name: string) => (environment[name] ?? '').trim() !== '';
  const missing = options.needsApplication || isSet('SHARETRIBE_SDK_CLIENT_SECRET') ? {} : NOT_NEEDED;
  const { config, secrets, report } = loadConfig({ ...environment, ...missing });
  const { processes, unreadable } = loadProcesses(config.processesDir);
  const integration =
    config.integration && secrets.integrationClientSecret !== null
      ? createIntegrationDoor(config.integration, secrets.integrationClientSecret)
      : null;
  const operators = sandbox
    ? operatorsAt(sandbox.proxyUrl, sandbox.operatorToken)
    : config.proxyUrl !== null && secrets.operatorTokens[0] !== undefined
      ? operatorsAt(config.proxyUrl, secrets.operatorTokens[0])
      : null;
  // In front of a sandbox the customer can be asked instead.
  const records = operators && recordsOf(operators, sandbox ? () => undefined : whisper);
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
    operators,
    now: sandbox?.now ?? Date.now,
    async ownRecord(id) {
      const recorded = records ? await records.ownRecord(id) : null;
      return recorded ?? (await sandbox?.ownRecord(id, processes)) ?? null;
    },
    login: sandbox?.login ?? null,
    isSandbox: sandbox !== null,
    proxyUrl: sandbox?.proxyUrl ?? config.proxyUrl,
    [Symbol.asyncDispose]: async () => {
      integration?.close();
      await sandbox?.[Symbol.asyncDispose]();
    },
  };
}

/** What the running service saw of a call itself; null when it saw nothing, or can not be asked. */
function recordsOf({ get }: Operators, complain: (text: string) => void) {
  let isAsked = true;
  return {
    async ownRecord(transactionId: string): Promise<OwnRecord | null> {
      if (!isAsked) return null;
      try {
        const { ownRecord } = await get<{ ownRecord: (Omit<OwnRecord, 'at'> & { at: string }) | null }>(
          `/ops/transactions/${transactionId}`,
          { ask: 'nobody' },
        );
        return ownRecord && { ...ownRecord, at: new Date(ownRecord.at) };
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        isAsked = false;
        complain(`without our own record of the calls: ${error.message}\n`);
        return null;
      }
    },
  };
}
