/** Stripe's front door: key, version, account, idempotency, then the endpoint. */
import { createHash } from 'node:crypto';
import type { SandboxRequest, SandboxResponse, Service } from '../core/http.ts';
import type { RequestCounter } from '../core/request-counter.ts';
import { createRouter } from '../core/router.ts';
import { accountRoutes } from './accounts/routes.ts';
import { balanceRoutes } from './balance/routes.ts';
import type { StripeCall, StripeRoute } from './context.ts';
import { badRequest, StripeRefusal, unauthenticated } from './errors.ts';
import { expandAll } from './expand.ts';
import { parseForm } from './form.ts';
import { runOnce } from './idempotency.ts';
import { checkParameters } from './parameters.ts';
import { paymentIntentRoutes } from './payment-intents/routes.ts';
import { refundRoutes } from './refunds/routes.ts';
import { API_VERSION } from './version.ts';
import type { StripeWorld } from './world.ts';

export const stripeRoutes: StripeRoute[] = [
  ...paymentIntentRoutes,
  ...refundRoutes,
  ...accountRoutes,
  ...balanceRoutes,
];

const findRoute = createRouter(stripeRoutes);

export function createStripeService(world: () => StripeWorld, counter: RequestCounter): Service {
  return async request => {
    const match = findRoute(request);
    const finished = counter.started(
      match ? `${match.route.method} ${match.route.path}` : `${request.method} (unknown)`,
    );
    const requestId = `req_${world().random.base62(14)}`;
    try {
      if (!match) throw unknownRoute(request);
      return await callEndpoint(world(), request, match.route, match.params, requestId);
    } catch (error) {
      if (error instanceof StripeRefusal) return refusal(error, request, requestId);
      throw error;
    } finally {
      finished();
    }
  };
}

async function callEndpoint(
  world: StripeWorld,
  request: SandboxRequest,
  route: StripeRoute,
  path: Record<string, string>,
  requestId: string,
): Promise<SandboxResponse> {
  const key = authenticate(world, request);
  if (key === 'publishable' && !route.publishable) {
    throw unauthenticated(
      'This API call cannot be made with a publishable API key. Please use a secret API key.',
      'secret_key_required',
    );
  }
  checkVersion(request);
  const account = actingAccount(world, request);
  const idempotencyKey = request.method === 'POST' ? (request.headers['idempotency-key'] ?? null) : null;
  const form = parseForm(request.method === 'GET' ? request.query.toString() : request.body);
  const call: StripeCall = {
    world,
    path,
    parameters: (endpoint, extra) => checkParameters(endpoint, form, extra),
    account,
    key,
    requestId,
    idempotencyKey,
  };
  const endpoint = async () => {
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
  const fingerprint = createHash('sha256')
    .update(`${request.method} ${request.path} ${JSON.stringify(form)}`)
    .digest('hex');
  return runOnce(world, { key: idempotencyKey, account, fingerprint, requestId }, endpoint);
}

function authenticate(world: StripeWorld, request: SandboxRequest): 'secret' | 'publishable' {
  const header = request.headers['authorization'] ?? '';
  const [scheme, value = ''] = header.split(' ');
  const key = /^basic$/i.test(scheme ?? '') ? Buffer.from(value, 'base64').toString().split(':')[0] : value;
  if (!key) {
    throw unauthenticated(
      "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
    );
  }
  if (key === world.platform.secretKey) return 'secret';
  if (key === world.platform.publishableKey) return 'publishable';
  throw unauthenticated(`Invalid API Key provided: ${maskKey(key)}`);
}

const maskKey = (key: string) =>
  `${key.slice(0, 8)}${'*'.repeat(Math.max(0, key.length - 12))}${key.slice(-4)}`;

function checkVersion(request: SandboxRequest): void {
  const version = request.headers['stripe-version'];
  if (version !== undefined && version !== API_VERSION) {
    throw badRequest(`Invalid Stripe API version: ${version}. The sandbox speaks ${API_VERSION}.`);
  }
}

function actingAccount(world: StripeWorld, request: SandboxRequest): string {
  const account = request.headers['stripe-account'];
  if (account === undefined) return world.platform.accountId;
  if (!world.accounts.has(account)) {
    throw new StripeRefusal(403, {
      message: `The provided key does not have access to account '${account}' (or that account does not exist). Application access may have been revoked.`,
      code: 'account_invalid',
    });
  }
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
