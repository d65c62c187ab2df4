/** One more of the service beside others: a store of its own on their database. */
import { createApp } from '../../server/app.ts';
import { loadConfig } from '../../server/config.ts';
import { createContext } from '../../server/context.ts';
import { listen } from '../../server/listen.ts';
import { openStore, type Store, type StorePlace } from '../../server/store/store.ts';
import { silent } from './databases.ts';
import { collectLog } from './log-lines.ts';

export type Instance = AsyncDisposable & { url: string; store: Store; log: ReturnType<typeof collectLog> };

export async function startInstance(
  place: StorePlace,
  environment: Record<string, string>,
): Promise<Instance> {
  const log = collectLog();
  const store = await openStore({ place, log: silent });
  const context = createContext(loadConfig(environment), log.destination, store);
  store.start();
  await store.started;
  const server = await listen(createApp(context), 0, '127.0.0.1');
  return {
    url: server.url,
    store,
    log,
    async [Symbol.asyncDispose]() {
      await server.close(0);
      await context.settle();
      context[Symbol.dispose]();
      await store.close();
    },
  };
}
