/**
 * What a stopping service does before it closes. A request may have been sent that we have not read yet: closing its
 * connection now, or the port on which it waits, would drop it. So we go on serving until no more come.
 */
import type { RequestListener, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export type Drainable = {
  listener: RequestListener;
  /** Each answer from now on is the last on its connection; resolves when none was asked for in a while, or after `ms`. */
  drain(ms: number): Promise<void>;
};

/** Several looks, and not one after their sum: a busy process may be late with reading. */
const LOOK_EVERY_MS = 50;
const QUIET_LOOKS = 5;

export function drainable(app: RequestListener): Drainable {
  const inFlight = new Set<ServerResponse>();
  let isDraining = false;
  let requests = 0;
  return {
    listener: (req, res) => {
      requests++;
      inFlight.add(res);
      res.on('close', () => inFlight.delete(res));
      if (isDraining) makeLast(res);
      app(req, res);
    },
    async drain(ms) {
      isDraining = true;
      for (const res of inFlight) makeLast(res);
      const end = performance.now() + ms;
      for (let quiet = 0; quiet < QUIET_LOOKS && performance.now() < end; quiet++) {
        const before = requests;
        await sleep(LOOK_EVERY_MS);
        if (requests > before) quiet = -1;
      }
    },
  };
}

function makeLast(res: ServerResponse): void {
  if (!res.headersSent) res.setHeader('Connection', 'close');
}
