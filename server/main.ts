import cluster from 'node:cluster';
import closeWithGrace from 'close-with-grace';
import { createApp } from './app.ts';
import { obeyPrimary, signalsLeftToPrimary, startWorkers } from './cluster.ts';
import { ConfigError, describeProblems, loadConfig, type LoadedConfig } from './config.ts';
import { createContext } from './context.ts';
import { drainable } from './drain.ts';
import { listen } from './listen.ts';
import { createLog, prettyDestination } from './log.ts';

/** The exit code for a configuration error in sysexits.h. */
const EX_CONFIG = 78;

/** How long requests may go on coming before we close under them. */
const LONGEST_DRAIN_MS = 2_000;

// The scripts start Node with --disable-proto=delete, which does the same: a key named __proto__ is then a key like any
// other. Whoever starts this file in another way must not go without.
Reflect.deleteProperty(Object.prototype, '__proto__');

const loaded = configOrExit();
const { config } = loaded;
const destination = config.environment === 'development' ? await prettyDestination() : undefined;
if (config.workers > 1 && cluster.isPrimary) supervise();
else await serve();

async function serve(): Promise<void> {
  const context = createContext(loaded, destination);
  const { listener, drain } = drainable(createApp(context));
  const server = await listen(listener, config.port, undefined, { log: context.log }).catch(
    (error: unknown) => {
      context.log.fatal({ port: config.port, err: error }, 'can not listen');
      process.exit(1);
    },
  );
  context.log.info({ port: server.port, environment: config.environment }, 'listening');

  const options = {
    // A second more than requests get: what closes behind them needs time too.
    delay: config.shutdownMs + 1_000,
    logger: false as const,
    skip: signalsLeftToPrimary(),
  };
  const { close } = closeWithGrace(options, async ({ err, signal }) => {
    if (err) context.log.fatal({ err }, 'stopping after an error that nobody caught');
    else context.log.info({ signal }, 'stopping');
    context.stop();
    const deadline = performance.now() + config.shutdownMs;
    await drain(Math.min(LONGEST_DRAIN_MS, config.shutdownMs / 2));
    await server.close(deadline - performance.now());
    context[Symbol.dispose]();
  });
  if (cluster.isWorker) obeyPrimary(close);
}

function supervise(): void {
  const log = createLog({ level: config.logLevel, secrets: [], ...(destination && { destination }) });
  const workers = startWorkers(log, config.workers, exitCode => process.exit(exitCode));

  // A second more than a worker has.
  closeWithGrace({ delay: config.shutdownMs + 2_000, logger: false }, async ({ err, signal }) => {
    if (err) log.fatal({ err }, 'stopping after an error that nobody caught');
    else log.info({ signal }, 'stopping workers');
    await workers.stop();
  });
}

function configOrExit(): LoadedConfig {
  try {
    return loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(describeProblems(error));
    return process.exit(EX_CONFIG);
  }
}
