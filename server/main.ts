import closeWithGrace from 'close-with-grace';
import { createApp } from './app.ts';
import { ConfigError, describeProblems, loadConfig, type LoadedConfig } from './config.ts';
import { createContext } from './context.ts';
import { listen } from './listen.ts';
import { prettyDestination } from './log.ts';

/** The exit code for a configuration error in sysexits.h. */
const EX_CONFIG = 78;

const loaded = configOrExit();
const { config } = loaded;
const context = createContext(
  loaded,
  config.environment === 'development' ? await prettyDestination() : undefined,
);
const server = await listen(createApp(context), config.port).catch((error: unknown) => {
  context.log.fatal({ port: config.port, err: error }, 'can not listen');
  process.exit(1);
});
context.log.info({ port: server.port, environment: config.environment }, 'listening');

// A second more than requests get: what closes behind them needs time too.
closeWithGrace({ delay: config.shutdownMs + 1_000, logger: false }, async ({ err, signal }) => {
  if (err) context.log.fatal({ err }, 'stopping after an error that nobody caught');
  else context.log.info({ signal }, 'stopping');
  context.stop();
  await server.close(config.shutdownMs);
  context[Symbol.dispose]();
});

function configOrExit(): LoadedConfig {
  try {
    return loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(describeProblems(error));
    return process.exit(EX_CONFIG);
  }
}
