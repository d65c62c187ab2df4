import { randomUUID } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import { redactor } from '../../domain/redact.ts';
import type { Log } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';

const PLAIN = /^[\w.:-]{1,128}$/;
const redact = redactor([]);

/** Taken over from the caller only when it can do no harm in a log line or a table, and gives no secret away. */
const isHarmless = (id: string) => PLAIN.test(id) && redact(id) === id;

/** Gives each request an id, sends it back, and logs one line when the answer is out. */
export const requestLog =
  (log: Log, metrics: Metrics): RequestHandler =>
  (req, res, next) => {
    const given = req.get('x-request-id');
    const requestId = given !== undefined && isHarmless(given) ? given : randomUUID();
    const started = performance.now();
    res.locals['requestId'] = requestId;
    res.locals['log'] = log.child({ requestId });
    res.set('X-Request-Id', requestId);
    res.on('close', () => {
      const ms = performance.now() - started;
      // The route, not the address: an address may hold anything.
      const route = (req.route as { path?: string } | undefined)?.path ?? null;
      metrics.request({
        route: route ?? 'none',
        method: req.method,
        status: res.statusCode,
        seconds: ms / 1000,
      });
      const line = {
        method: req.method,
        route,
        status: res.statusCode,
        ms: Math.round(ms),
        ...(!res.writableFinished && { aborted: true }),
      };
      requestLogOf(res).info(line, 'request');
    });
    next();
  };

export const requestIdOf = (res: Response) => res.locals['requestId'] as string;
export const requestLogOf = (res: Response) => res.locals['log'] as Log;
