import type { SandboxRequest, SandboxResponse, Service } from '../core/http.ts';
import type { RequestCounter } from '../core/request-counter.ts';
import { createRouter } from '../core/router.ts';
import { answerForm, errorBody, respond } from './api-route.ts';
import { assetRoutes } from './assets/routes.ts';
import { authRoutes } from './auth/routes.ts';
import type { ServedRoute } from './context.ts';
import { FlexRefusal } from './errors.ts';
import { listingRoutes } from './listings/routes.ts';
import { transactionRoutes } from './transactions/routes.ts';
import { userRoutes } from './users/routes.ts';
import type { FlexWorld } from './world.ts';

export const flexRoutes: ServedRoute[] = [
  ...authRoutes,
  ...listingRoutes,
  ...userRoutes,
  ...transactionRoutes,
  ...assetRoutes,
];

const findRoute = createRouter(flexRoutes);

export function createFlexService(world: () => FlexWorld, counter: RequestCounter): Service {
  return async request => {
    const match = findRoute(request);
    const finished = counter.started(
      match ? `${match.route.method} ${match.route.path}` : `${request.method} (unknown)`,
    );
    try {
      return match
        ? await serveWithScenarios(world(), request, match.route, match.params)
        : unknownRoute(world(), request);
    } finally {
      finished();
    }
  };
}

/** What goes wrong between Flex and its caller, whatever the endpoint. */
async function serveWithScenarios(
  world: FlexWorld,
  request: SandboxRequest,
  route: ServedRoute,
  params: Record<string, string>,
): Promise<SandboxResponse> {
  const name = `${route.method} ${route.path}`;
  const { scenarios } = world;
  const isApi = /^\/v1\/(integration_)?api\//.test(route.path);
  if (isApi && scenarios.take('hang', name)) return { ...respond(200, {}, 'transit'), delivery: 'never' };
  const refused = isApi ? scenarios.take('status', name) : undefined;
  if (refused) return refuse(world, request, Number(refused['code'] ?? 500));
  const response = await route.serve(world, request, params);
  const committed =
    isApi && route.method === 'POST' && !route.path.endsWith('_speculative') && response.status === 200;
  if (committed && scenarios.take('drop-after-commit', name)) return { ...response, delivery: 'reset' };
  return response;
}

const codes: Record<number, string> = {
  400: 'bad-request',
  401: 'auth-invalid-access-token',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  429: 'too-many-requests',
};

const refuse = (world: FlexWorld, request: SandboxRequest, status: number) =>
  respond(
    status,
    errorBody(world, new FlexRefusal(status, codes[status] ?? 'internal-error', 'A scenario of the sandbox')),
    answerForm(request),
  );

const unknownRoute = (world: FlexWorld, request: SandboxRequest) =>
  respond(
    404,
    errorBody(
      world,
      new FlexRefusal(404, 'not-found', `The sandbox has no ${request.method} ${request.path}`),
    ),
    answerForm(request),
  );
