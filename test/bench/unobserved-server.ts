/** The service without what looks on: nothing recorded, counted or logged. Says its port on standard output. */
import { createApp } from '../../server/app.ts';
import { loadConfig } from '../../server/config.ts';
import { createContext } from '../../server/context.ts';
import { createFlexDoor } from '../../server/flex/door.ts';
import { listen } from '../../server/listen.ts';

const loaded = loadConfig();
const context = createContext(loaded);
const nothing = () => undefined;
const app = createApp({
  ...context,
  flex: createFlexDoor(loaded.config.flex, loaded.secrets),
  metrics: { ...context.metrics, request: nothing, upstream: nothing, check: nothing },
  observer: { checked: nothing, refused: nothing, verify: nothing },
});
const { port } = await listen(app, 0, undefined, { log: context.log });
process.stdout.write(`port ${port}\n`);
