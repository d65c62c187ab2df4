import type { RequestHandler } from 'express';
import { ProxyError } from '../../domain/errors.ts';

export type Load = { inFlight: number; delayMs: number };
export type LoadLimits = { maxInFlight: number; maxEventLoopDelayMs: number };

/** Whether one more request would only make all of them slower. */
const isOverloaded = (load: Load, limits: LoadLimits): boolean =>
  load.inFlight >= limits.maxInFlight || load.delayMs > limits.maxEventLoopDelayMs;

/** Turns requests away at once while there are more than can be served; those that were let in are served well. */
export function shed(delayMs: () => number, limits: LoadLimits): RequestHandler {
  let inFlight = 0;
  return (_req, res, next) => {
    if (isOverloaded({ inFlight, delayMs: delayMs() }, limits)) throw OVERLOADED;
    inFlight += 1;
    res.on('close', () => {
      inFlight -= 1;
    });
    next();
  };
}

/** Made once: when there is too much to do, no stack is to be written for each. */
const OVERLOADED = new ProxyError('overloaded', {
  status: 503,
  statusText: 'Too busy at the moment. Try again in a few seconds.',
  data: {},
  retryAfterSeconds: 2,
});
