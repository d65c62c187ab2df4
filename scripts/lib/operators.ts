/** The running service, or one in front of a sandbox, for commands that ask it as operators do. */
import { loadConfig, readEnvironment } from '../../server/config.ts';
import { UsageError } from './command.ts';
import { operatorsAt, type Operators } from './operators-at.ts';
import { NOT_NEEDED } from './world.ts';

/** Rejects with `UsageError` when it is not known whom to ask. */
export async function openOperators({ sandbox: isSandbox = false }): Promise<Operators & AsyncDisposable> {
  if (isSandbox) {
    // It brings the whole service: not loaded where it is not wanted.
    const { openSandbox } = await import('./sandbox.ts');
    const sandbox = await openSandbox({ records: true });
    return {
      ...operatorsAt(sandbox.proxyUrl, sandbox.operatorToken),
      [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
    };
  }
  const { config, secrets } = loadConfig({ ...readEnvironment(), ...NOT_NEEDED });
  const [token] = secrets.operatorTokens;
  if (token === undefined)
    throw new UsageError(
      'OPERATOR_TOKENS is not set: the running service takes the first of them; see .env.example',
    );
  return {
    ...operatorsAt(config.proxyUrl ?? `http://127.0.0.1:${config.port}`, token),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
