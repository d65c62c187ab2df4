import cluster from 'node:cluster';
import closeWithGrace from 'close-with-grace';
import { createApp } from './app.ts';
import { ofAllWorkers } from './cluster-metrics.ts';
import { endWithPrimary, obeyPrimary, signalsLeftToPrimary, startWorkers } from './cluster.ts';
import { ConfigError, describeProblems, loadConfig, type LoadedConfig } from './config.ts';
import { createContext, createServiceLog } from './context.ts';
import { listen } from './listen.ts';
import { createLog, prettyDestination, type Log } from './log.ts';
import { DirectoryInUse } from './store/embedded/lock.ts';
import { openStore, type Store } from './store/store.ts';

/** The exit code for a configuration error in sysexits.h. */
const EX_CONFIG = 78;
/** For something else that is needed and can not be had: it may be there later. */
const EX_TEMPFAIL = 75;
/** For a database that can not be read. */
const EX_IOERR = 74;

/** For what is recorded last, and for work behind requests to come to an end. */
const CLOSING_MS = 6_000;

/** How long requests may go on coming before we close under them. */
const LONGEST_DRAIN_MS = 2_000;

// The scripts start Node with --disable-proto=delete, which does the same: a key named __proto__ is then a key like any
// other. Whoever starts this file in another way must not go without.
Reflect.deleteProperty(Object.prototype, '__proto__');

if (cluster.isWorker) endWithPrimary();
const loaded = configOrExit();
const { config } = loaded;
const destination = config.environment === 'development' ? await prettyDestination() : undefined;
if (config.workers > 1 && cluster.isPrimary) supervise();
else await serve();

async function serve(): Promise<void> {
  const log = createServiceLog(loaded, destination);
  const store = await storeOrExit(log);
  const context = createContext(loaded, destination, store, log);
  store?.start();
  const metrics = cluster.isWorker ? ofAllWorkers(context.metrics) : context.metrics;
  const app = createApp({ ...context, metrics });
  const server = await listen(app, config.port, undefined, { log }).catch((error: unknown) => {
    context.log.fatal({ port: config.port, err: error }, 'can not listen');
    process.exit(1);
  });
  context.log.info({ port: server.port, environment: config.environment }, 'listening');

  const options = {
    // More than requests get: what closes behind them needs time too.
    delay: config.shutdownMs + CLOSING_MS,
    logger: false as const,
    skip: signalsLeftToPrimary(),
  };
  const { close } = closeWithGrace(options, async ({ err, signal }) => {
    if (err) context.log.fatal({ err }, 'stopping after an error that nobody caught');
    else context.log.info({ signal }, 'stopping');
    context.stop();
    const deadline = performance.now() + config.shutdownMs;
    await server.drain(Math.min(LONGEST_DRAIN_MS, config.shutdownMs / 2));
    await server.close(deadline - performance.now());
    await context.settle();
    context[Symbol.dispose]();
    await store?.close();
  });
  if (cluster.isWorker) obeyPrimary(close);
}

function supervise(): void {
  const log = createLog({ level: config.logLevel, secrets: [], ...(destination && { destination }) });
  const workers = startWorkers(log, config.workers, exitCode => process.exit(exitCode));

  // A second more than a worker has.
  closeWithGrace(
    { delay: config.shutdownMs + CLOSING_MS + 1_000, logger: false },
    async ({ err, signal }) => {
      if (err) log.fatal({ err }, 'stopping after an error that nobody caught');
      else log.info({ signal }, 'stopping workers');
      await workers.stop();
    },
  );
}

/** null when nothing is to be recorded. */
async function storeOrExit(log: Log): Promise<Store | null> {
  const { kind, directory } = config.database;
  if (kind === 'none') return null;
  const place = kind === 'postgres' ? { url: loaded.secrets.databaseUrl! } : { directory };
  try {
    return await openStore({ place, log });
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof DirectoryInUse) exitWith(EX_TEMPFAIL, message);
    return exitWith(
      EX_IOERR,
      `The database in ${directory} can not be opened (${message}). Put a copy of it in its place, or move it away to begin without records.`,
    );
  }
}

function exitWith(code: number, problem: string): never {
  process.stderr.write(`flex-payment-proxy can not start: ${problem}\n`);
  return process.exit(code);
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
