/** Every address for operators. */
import type { Described } from '../openapi.ts';
import { audit } from './audit.ts';
import { checks } from './checks.ts';
import { countsByHour } from './counts.ts';
import {
  actOnCase,
  auditFallback,
  fallbackCase,
  fallbackCases,
  fallbackOverview,
  switchFallback,
} from './fallback.ts';
import type { Endpoint, OpsDeps } from './endpoint.ts';
import { incidents } from './incidents.ts';
import { openPayments } from './payments.ts';
import { refusals } from './refusals.ts';
import { state } from './state.ts';
import { transactionReport, transactionTimeline } from './transaction.ts';
import { deleteUser } from './users.ts';
import { transactions } from './transactions.ts';
import { verifications } from './verifications.ts';
import { pullMissedWebhooks, replayWebhooks, webhooks } from './webhooks.ts';

export type Route = { method: 'get' | 'post' | 'delete' } & Endpoint;

const get = (made: Endpoint): Route => ({ method: 'get', ...made });
const post = (made: Endpoint): Route => ({ method: 'post', ...made });
const remove = (made: Endpoint): Route => ({ method: 'delete', ...made });

/** By address, as OpenAPI writes it. */
export function opsRoutes(deps: OpsDeps): Record<string, Route> {
  return {
    '/ops/state': get(state(deps)),
    '/ops/checks': get(checks(deps)),
    '/ops/refusals': get(refusals(deps)),
    '/ops/verifications': get(verifications(deps)),
    '/ops/counts': get(countsByHour(deps)),
    '/ops/incidents': get(incidents(deps)),
    '/ops/payments': get(openPayments(deps)),
    '/ops/transactions': get(transactions(deps)),
    '/ops/transactions/{id}': get(transactionTimeline(deps)),
    '/ops/transactions/{id}/report': get(transactionReport(deps)),
    '/ops/webhooks': get(webhooks(deps)),
    '/ops/webhooks/replay': post(replayWebhooks(deps)),
    '/ops/webhooks/pull-missed': post(pullMissedWebhooks(deps)),
    '/ops/fallback': get(fallbackOverview(deps)),
    '/ops/fallback/switch': post(switchFallback(deps)),
    '/ops/fallback/audit': post(auditFallback(deps)),
    '/ops/fallback/cases': get(fallbackCases(deps)),
    '/ops/fallback/cases/{transactionId}': get(fallbackCase(deps)),
    '/ops/fallback/cases/{transactionId}/{action}': post(actOnCase(deps)),
    '/ops/users/{id}': remove(deleteUser(deps)),
    '/ops/audit': get(audit(deps)),
  };
}

export const describeOps = (routes: Record<string, Route>): Described =>
  Object.fromEntries(
    Object.entries(routes).map(([address, { method, description }]) => [address, { [method]: description }]),
  );

/** As Express writes it. */
export const expressPath = (address: string): string => address.replace(/\{(\w{1,50})\}/g, ':$1');
