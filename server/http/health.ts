import type { RequestHandler } from 'express';
import { z } from 'zod';
import type { ReadinessCheck } from '../domain/readiness.ts';
import { json } from './openapi.ts';

const readiness = z.object({
  status: z.enum(['ready', 'degraded', 'not-ready']),
  checks: z.array(
    z.object({
      name: z.string(),
      ok: z.boolean(),
      reason: z.string().optional(),
      isOptional: z.literal(true).optional().meta({ description: 'The service can serve without it.' }),
    }),
  ),
});

export const describeHealth = {
  summary: 'The process is alive',
  responses: { 200: { description: 'It is.', ...json(z.object({ status: z.literal('ok') })) } },
};

export const describeReadiness = {
  summary: 'Whether it can serve, and why not',
  responses: {
    200: { description: 'It can, perhaps not as well as it should: `degraded`.', ...json(readiness) },
    503: { description: 'It can not.', ...json(readiness) },
  },
};

/** `GET /healthz`: the process is alive. */
export const healthz: RequestHandler = (_req, res) => {
  res.json({ status: 'ok' });
};

/** `GET /readyz`: it can serve, perhaps without something that it could do without. Asks nobody: upstreams count their calls. */
export const readyz =
  (checks: ReadinessCheck[]): RequestHandler =>
  (_req, res) => {
    const results = checks.map(({ name, check, isOptional }) => ({
      name,
      ...check(),
      ...(isOptional && { isOptional }),
    }));
    const missing = results.filter(result => !result.ok);
    const ready = missing.every(result => result.isOptional);
    const status = missing.length === 0 ? 'ready' : ready ? 'degraded' : 'not-ready';
    res.status(ready ? 200 : 503).json({ status, checks: results });
  };
