/** Stripe's front door: key, version, account, idempotency, then the endpoint. */
import { createHash } from 'node:crypto';
import { passWithFaults } from '../core/faults.ts';
import type { SandboxRequest, SandboxResponse, Service } from '../core/http.ts';
import type { RequestCounter } from '../core/request-counter.ts';
import { createRouter } from '../core/router.ts';
import { accountRoutes } from './accounts/routes.ts';
import { mayActFor } from './accounts/rules.ts';
import { answer, refusal, refusalWith, type Asked } from './answers.ts';
import { applicationFeeRoutes } from './application-fees/routes.ts';
import { balanceRoutes } from './balance/routes.ts';
import { chargeRoutes } from './charges/routes.ts';
import type { StripeCall, StripeRoute } from './context.ts';
import { customerRoutes } from './customers/routes.ts';
import { disputeRoutes } from './disputes/routes.ts';
import { badRequest, noAccess, StripeRefusal } from './errors.ts';
import { eventRoutes } from './events/routes.ts';
import { checkExpand, expandAll, openedBy } from './expand.ts';
import { canonical, parseForm } from './form.ts';
import { keyInUse, runOnce } from './idempotency.ts';
import { authenticate, authorize, authorizeOpened, type StripeKey } from './keys.ts';
import { lockTimeout, whileLocked } from './locks.ts';
import { checkParameters } from './parameters.ts';
import { paymentIntentRoutes } from './payment-intents/routes.ts';
import { paymentMethodRoutes } from './payment-methods/routes.ts';
import { payoutRoutes } from './payouts/routes.ts';
import { refundRoutes } from './refunds/routes.ts';
import { setupIntentRoutes } from './setup-intents/routes.ts';
import { transferRoutes } from './transfers/routes.ts';
import { API_VERSION } from './version.ts';
import { webhookRoutes } from './webhooks/routes.ts';
import { seconds, type StripeWorld } from './world.ts';

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
  ...transferRoutes,
  ...applicationFeeRoutes,
  ...payoutRoutes,
  ...disputeRoutes,
  ...eventRoutes,
  ...webhookRoutes,
];

const findRoute = createRouter(stripeRoutes);

export function createStripeService(world: () => StripeWorld, counter: RequestCounter): Service {
  return async request => {
    // The list also answers to its path with a slash behind it, as clients ask that lost an id.
    const match = findRoute({ ...request, path: request.path.replace(/\/$/, '') });
    const name = match ? `${match.route.method} ${match.route.path}` : `${request.method} (unknown)`;
    const finished = counter.started(name);
    const asked: Asked = { request, requestId: `req_${world().random.base62(14)}`, at: seconds(world()) };
    const serve = async () => {
      try {
        if (!match) throw unknownRoute(request);
        return await callEndpoint(world(), asked, match.route, match.params);
      } catch (error) {
        if (error instanceof StripeRefusal) return refusal(error, asked);
        throw error;
      }
    };
    try {
      const isCommand = request.method !== 'GET';
      const refuse = (status: number) => refusal(refusalWith(status), asked);
      const passage = { route: name, byDefault: false, isCommand, gone: request.gone, refuse };
      return await passWithFaults(world(), passage, serve);
    } finally {
      finished();
    }
  };
}

async function callEndpoint(
  world: StripeWorld,
  asked: Asked,
  route: StripeRoute,
  path: Record<string, string>,
): Promise<SandboxResponse> {
  const { request, requestId } = asked;
  const key = authenticate(world, request);
  // From here on Stripe knows whose log the call belongs to.
  asked.key = key;
  authorize(key, route);
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
      const expand = Array.isArray(form['expand']) ? form['expand'].map(String) : [];
      checkExpand(route, expand);
      authorizeOpened(key, openedBy(route, expand));
      const object = route.handle(call);
      expandAll(world, object, route, expand);
      return answer(200, object, asked);
    } catch (error) {
      // An answer of the endpoint, to be remembered under its key like any other.
      if (error instanceof StripeRefusal && !error.beforeExecution) return refusal(error, asked);
      throw error;
    }
  };
  const place = `${route.method} ${route.path}`;
  if (world.scenarios.takeFor('locked', place, false)) throw lockTimeout();
  if (idempotencyKey === null)
    return request.method === 'GET' ? endpoint() : whileLocked(call, async () => endpoint());
  if (world.scenarios.takeFor('in-flight-409', place, true)) throw keyInUse(idempotencyKey);
  const fingerprint = createHash('sha256')
    .update(`${request.method} ${request.path} ${canonical(form)}`)
    .digest('hex');
  const scope = `${account} ${key.livemode ? 'live' : 'test'}`;
  return runOnce(world, { key: idempotencyKey, scope, fingerprint, requestId }, () =>
    whileLocked(call, async () => {
      const slow = world.scenarios.takeFor('slow-commit', place, true);
      if (slow) await world.clock.sleep(Number(slow['ms']));
      const response = endpoint();
      return world.scenarios.takeFor('saved-500', place, true) ? refusal(refusalWith(500), asked) : response;
    }),
  );
}

function checkVersion(request: SandboxRequest): void {
  const version = request.headers['stripe-version'];
  if (version !== undefined && version !== API_VERSION) {
    throw badRequest(`Invalid Stripe API version: ${version}. The sandbox speaks ${API_VERSION}.`);
  }
}

function actingAccount(world: StripeWorld, key: StripeKey, request: SandboxRequest): string {
  const account = request.headers['stripe-account'] ?? key.account;
  if (!mayActFor(world, key.account, account)) throw noAccess(account);
  return account;
}

const unknownRoute = (request: SandboxRequest) =>
  new StripeRefusal(404, {
    message: `Unrecognized request URL (${request.method}: ${request.path}). The sandbox has not built it, or Stripe does not have it.`,
  });
