import type { RequestHandler } from 'express';
import { errors } from './openapi.ts';
import type { Metrics } from '../metrics.ts';

export const describeMetrics = {
  summary: 'Counters and timings, for Prometheus',
  description: 'Open with METRICS_PUBLIC=true, else for operators.',
  security: [{ operator: [] }],
  responses: { 200: { description: "Prometheus's text format.", content: { 'text/plain': {} } }, ...errors },
};

/** `GET /metrics`, for Prometheus. */
export const showMetrics =
  (metrics: Metrics): RequestHandler =>
  async (_req, res) => {
    res.type(metrics.contentType).send(await metrics.text());
  };
