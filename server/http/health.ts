import type { RequestHandler } from 'express';
import type { ReadinessCheck } from '../domain/readiness.ts';

/** `GET /healthz`: the process is alive. */
export const healthz: RequestHandler = (_req, res) => {
  res.json({ status: 'ok' });
};

/** `GET /readyz`: it can serve. Asks nobody: upstreams count their calls. */
export const readyz =
  (checks: ReadinessCheck[]): RequestHandler =>
  (_req, res) => {
    const results = checks.map(({ name, check }) => ({ name, ...check() }));
    const ready = results.every(result => result.ok);
    res.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not-ready', checks: results });
  };
