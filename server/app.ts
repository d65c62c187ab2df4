import cookieParser from 'cookie-parser';
import express, { type Express, type RequestHandler } from 'express';
import type { Context } from './context.ts';
import { privilegedTransitions } from './domain/privileged-transitions.ts';
import { confirmPaymentOf } from './http/confirm-payment.ts';
import { deleteAccountOf } from './http/delete-account.ts';
import type { ApiDeps } from './http/deps.ts';
import { described } from './http/described.ts';
import { docs } from './http/docs.ts';
import { healthz, readyz } from './http/health.ts';
import { initiatePrivileged } from './http/initiate-privileged.ts';
import { edge } from './http/middleware/edge.ts';
import { errorHandler, methodNotAllowed, notFound, onlyLooksOn } from './http/middleware/error-handler.ts';
import { operatorLimit, operatorsOnly } from './http/middleware/operators.ts';
import { originGuard } from './http/middleware/origin-guard.ts';
import { rateLimits } from './http/middleware/rate-limits.ts';
import { requestLog } from './http/middleware/request-log.ts';
import { shed } from './http/middleware/shed.ts';
import { transitBody } from './http/middleware/transit-body.ts';
import { showMetrics } from './http/metrics.ts';
import { openApi } from './http/openapi.ts';
import { describeOps, expressPath, opsRoutes } from './http/ops/routes.ts';
import { paymentIntentOf } from './http/payment-intents.ts';
import { claimsIn } from './store/claims.ts';
import { opsDeps } from './operators.ts';
import { stripeWebhook } from './http/stripe-webhook.ts';
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
    metrics: context.metrics,
    observer: context.observer,
    recordCheck: context.recordCheck,
    claims: context.store && claimsIn(context.store),
    fallback: context.fallbackService?.fallback ?? null,
  };
  const app = express();
  app.set('query parser', 'simple');
  app.set('trust proxy', config.trustProxy);
  app.disable('etag');
  app.disable('x-powered-by');

  app.use(requestLog(context.log, context.metrics), edge, originGuard(config.origins));
  // Probes are answered however busy we are: a host that gets no answer ends the process.
  app.get('/healthz', healthz);
  app.get('/readyz', readyz(context.readiness));
  // Not for operators: they look just when there is too much to do.
  app.use(['/api', '/stripe'], shed(context.eventLoopDelayMs, config.load));

  const { readWebhook, intake } = context;
  const webhook = readWebhook
    ? stripeWebhook({ read: readWebhook, take: intake && (event => intake.inbox.take(event, 'webhook')) })
    : notFound;
  for (const path of ['/api/stripe/webhook', '/stripe/webhooks'])
    app.route(path).post(webhook).all(methodNotAllowed('POST'));

  const api: Record<string, RequestHandler> = {
    '/api/initiate-privileged': initiatePrivileged(deps),
    '/api/transition-privileged': transitionPrivileged(deps),
    '/api/transaction-line-items': transactionLineItems(deps),
    '/api/delete-account': deleteAccountOf(deps),
    '/api/confirm-payment': confirmPaymentOf(deps),
  };
  const limits = rateLimits(config.rateLimits, `st-${config.flex.clientId}-token`);
  app.use('/api', cookieParser(), limits);
  if (config.onlyLooksOn) app.use('/api', onlyLooksOn);
  for (const [path, handler] of Object.entries(api)) {
    app.route(path).post(transitBody, handler).all(methodNotAllowed('POST'));
  }

  app.route('/api/payment-intents/:transactionId').get(paymentIntentOf(deps)).all(methodNotAllowed('GET'));

  const operators = operatorsOnly(context.operatorTokens);
  app.get('/metrics', ...(config.metricsPublic ? [] : operators), showMetrics(context.metrics));
  const ops = opsRoutes(opsDeps(context));
  app.get('/openapi.json', openApi({ ...described, ...describeOps(ops) }));
  app.use('/docs', docs());
  app.use('/ops', ...operators, operatorLimit());
  for (const [address, { method, handler }] of Object.entries(ops))
    app.route(expressPath(address))[method](handler).all(methodNotAllowed(method.toUpperCase()));

  app.use(notFound);
  app.use(errorHandler);
  return app;
}
