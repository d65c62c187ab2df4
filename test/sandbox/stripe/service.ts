/** Stripe's front door: key, version, account, idempotency, then the endpoint. */
import { createHash } from 'node:crypto';
import { passWithFaults } from '../core/faults.ts';
import type { SandboxRequest, SandboxResponse, Service } from '../core/http.ts';
import type { RequestCounter } from '../core/request-counter.ts';
import { createRouter } from '../core/router.ts';
import { accountRoutes } from './accounts/routes.ts';
import { balanceRoutes } from './balance/routes.ts';
import { chargeRoutes } from './charges/routes.ts';
import type { StripeCall, StripeRoute } from './context.ts';
import { customerRoutes } from './customers/routes.ts';
import { badRequest, noAccess, StripeRefusal } from './errors.ts';
import { eventRoutes } from './events/routes.ts';
import { expandAll } from './expand.ts';
import { parseForm } from './form.ts';
import { keyInUse, runOnce } from './idempotency.ts';
import { authenticate, authorize, type StripeKey } from './keys.ts';
import { checkParameters } from './parameters.ts';
import { paymentIntentRoutes } from './payment-intents/routes.ts';
import { paymentMethodRoutes } from './payment-methods/routes.ts';
import { refundRoutes } from './refunds/routes.ts';
import { setupIntentRoutes } from './setup-intents/routes.ts';
import { API_VERSION } from './version.ts';
import { webhookRoutes } from './webhooks/routes.ts';
import type { StripeWorld } from './world.ts';

/** A resource that is built later adds its routes here. */
export const stripeRoutes: StripeRoute[] = [
  ...paymentIntentRoutes,
  ...setupIntentRoutes,
  ...chargeRoutes,
  ...refundRoutes,
  ...customerRoutes,
  ...paymentMethodRoutes,
  ...accountRoutes,
  ...balanceRoutes,
  ...eventRoutes,
  ...webhookRoutes,
];

const findRoute = createRouter(stripeRoutes);

export function createStripeService(world: () => StripeWorld, counter: RequestCounter): Service {
  return async request => {
    const match = findRoute(request);
    const name = match ? `${match.route.method} ${match.route.path}` : `${request.method} (unknown)`;
    const finished = counter.started(name);
    const requestId = `req_${world().random.base62(14)}`;
    const answerTo = (error: StripeRefusal) => refusal(error, request, requestId);
    const serve = async () => {
      try {
        if (!match) throw unknownRoute(request);
        return await callEndpoint(world(), request, match.route, match.params, requestId);
      } catch (error) {
        if (error instanceof StripeRefusal) return answerTo(error);
        throw error;
      }
    };
    try {
      const isCommand = request.method !== 'GET';
      const refuse = (status: number) => answerTo(refusalWith(status));
      return await passWithFaults(world(), { route: name, byDefault: false, isCommand, refuse }, serve);
    } finally {
      finished();
    }
  };
}

/** What Stripe says when it fails by itself. */
const refusalWith = (status: number) =>
  status === 429
    ? new StripeRefusal(429, { message: 'Request rate limit exceeded.', code: 'rate_limit' })
    : new StripeRefusal(status, {
        message: 'An unknown error occurred',
        type: status >= 500 ? 'api_error' : 'invalid_request_error',
      });

async function callEndpoint(
  world: StripeWorld,
  request: SandboxRequest,
  route: StripeRoute,
  path: Record<string, string>,
  requestId: string,
): Promise<SandboxResponse> {
  const key = authenticate(world, request);
  authorize(world, key, route);
  checkVersion(request);
  const account = actingAccount(world, key, request);
  const idempotencyKey = request.method === 'POST' ? (request.headers['idempotency-key'] ?? null) : null;
  const form = parseForm(request.method === 'GET' ? request.query.toString() : request.body);
  const call: StripeCall = {
    world,
    path,
    parameters: (endpoint, extra) => checkParameters(endpoint, form, extra),
    account,
    livemode: key.livemode,
    key: key.kind === 'publishable' ? 'publishable' : 'secret',
    requestId,
    idempotencyKey,
  };
  const endpoint = (): SandboxResponse => {
    try {
      const object = route.handle(call);
      expandAll(world, object, Array.isArray(form['expand']) ? form['expand'].map(String) : []);
      return answer(200, object, request, requestId);
    } catch (error) {
      // An answer of the endpoint, to be remembered under its key like any other.
      if (error instanceof StripeRefusal && !error.beforeExecution) return refusal(error, request, requestId);
      throw error;
    }
  };
  if (idempotencyKey === null) return endpoint();
  const place = `${route.method} ${route.path}`;
  if (world.scenarios.takeFor('in-flight-409', place, true)) throw keyInUse(idempotencyKey);
  const fingerprint = createHash('sha256')
    .update(`${request.method} ${request.path} ${JSON.stringify(form)}`)
    .digest('hex');
  const scope = `${account} ${key.livemode ? 'live' : 'test'}`;
  return runOnce(world, { key: idempotencyKey, scope, fingerprint, requestId }, async () => {
    const slow = world.scenarios.takeFor('slow-commit', place, true);
    if (slow) await world.clock.sleep(Number(slow['ms']));
    const response = endpoint();
    return world.scenarios.takeFor('saved-500', place, true)
      ? refusal(refusalWith(500), request, requestId)
      : response;
  });
}

function checkVersion(request: SandboxRequest): void {
  const version = request.headers['stripe-version'];
  if (version !== undefined && version !== API_VERSION) {
    throw badRequest(`Invalid Stripe API version: ${version}. The sandbox speaks ${API_VERSION}.`);
  }
}

function actingAccount(world: StripeWorld, key: StripeKey, request: SandboxRequest): string {
  const account = request.headers['stripe-account'] ?? key.account;
  if (!world.accounts.has(account)) throw noAccess(account);
  return account;
}

const unknownRoute = (request: SandboxRequest) =>
  new StripeRefusal(404, {
    message: `Unrecognized request URL (${request.method}: ${request.path}). The sandbox has not built it, or Stripe does not have it.`,
  });

const refusal = (error: StripeRefusal, request: SandboxRequest, requestId: string) => {
  const response = answer(
    error.status,
    { error: { ...error.error, message: error.message } },
    request,
    requestId,
  );
  if (error.status === 409) response.headers['stripe-should-retry'] = 'true';
  return response;
};

function answer(status: number, body: unknown, request: SandboxRequest, requestId: string): SandboxResponse {
  const idempotencyKey = request.headers['idempotency-key'];
  const account = request.headers['stripe-account'];
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'request-id': requestId,
      'stripe-version': API_VERSION,
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      ...(account !== undefined && { 'stripe-account': account }),
    },
    body: `${JSON.stringify(body, null, 2)}\n`,
  };
}
