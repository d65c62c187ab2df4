import cookieParser from 'cookie-parser';
import cors from 'cors';
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import type { Context } from './context.ts';
import { privilegedTransitions } from './domain/privileged-transitions.ts';
import { deleteAccountOf } from './http/delete-account.ts';
import type { ApiDeps } from './http/deps.ts';
import { healthz, readyz } from './http/health.ts';
import { initiatePrivileged } from './http/initiate-privileged.ts';
import { errorHandler, methodNotAllowed, notFound } from './http/middleware/error-handler.ts';
import { requestLog } from './http/middleware/request-log.ts';
import { transitBody } from './http/middleware/transit-body.ts';
import { transactionLineItems } from './http/transaction-line-items.ts';
import { transitionPrivileged } from './http/transition-privileged.ts';

/** The whole service as one Express app. */
export function createApp(context: Context): Express {
  const { config } = context;
  const deps: ApiDeps = {
    flex: context.flex,
    processes: context.processes,
    privilegedTransitions: privilegedTransitions(context.processes, config.privilegedTransitions),
    transitVerbose: config.flex.transitVerbose,
    requestBudgetMs: config.requestBudgetMs,
  };
  const app = express();
  app.set('query parser', 'simple');
  app.set('etag', false);

  app.use(requestLog(context.log));
  app.use(helmet({ contentSecurityPolicy: { useDefaults: false, directives: NOTHING } }));
  app.use(cors(crossOrigin(config.rootUrl)));

  app.get('/healthz', healthz);
  app.get('/readyz', readyz(context.readiness));

  const api: Record<string, RequestHandler> = {
    '/api/initiate-privileged': initiatePrivileged(deps),
    '/api/transition-privileged': transitionPrivileged(deps),
    '/api/transaction-line-items': transactionLineItems(deps),
    '/api/delete-account': deleteAccountOf(deps),
  };
  for (const [path, handler] of Object.entries(api)) {
    app.route(path).post(noStore, cookieParser(), transitBody, handler).all(methodNotAllowed('POST'));
  }

  app.use(notFound);
  app.use(errorHandler);
  return app;
}

/** This service answers data: no page of its own may load or frame anything. */
const NOTHING = { 'default-src': ["'none'"], 'base-uri': ["'none'"], 'frame-ancestors': ["'none'"] };

/** The marketplace's own origin, with its cookies; no other. */
const crossOrigin = (rootUrl: string | null) => ({
  origin: rootUrl === null ? false : [rootUrl],
  credentials: true,
  maxAge: 600,
  exposedHeaders: ['X-Request-Id', 'X-Payment-Intent-Verdict', 'X-Payment-Intent-Source'],
});

/** A client secret may be in the answer. */
const noStore: RequestHandler = (_req, res, next) => {
  res.set('Cache-Control', 'no-store');
  next();
};
