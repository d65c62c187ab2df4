import { passWithFaults } from '../core/faults.ts';
import type { SandboxRequest, SandboxResponse, Service } from '../core/http.ts';
import type { RequestCounter } from '../core/request-counter.ts';
import { createRouter } from '../core/router.ts';
import { answerForm, errorBody, respond } from './api-route.ts';
import { assetRoutes } from './assets/routes.ts';
import { authRoutes } from './auth/routes.ts';
import type { ServedRoute } from './context.ts';
import { FlexRefusal } from './errors.ts';
import { eventRoutes } from './events/routes.ts';
import { listingRoutes } from './listings/routes.ts';
import { processRoutes } from './process/routes.ts';
import { stripeObjectRoutes } from './stripe-objects/routes.ts';
import { transactionRoutes } from './transactions/routes.ts';
import { userRoutes } from './users/routes.ts';
import { Keyword, Uuid } from './values.ts';
import type { FlexWorld } from './world.ts';

export const flexRoutes: ServedRoute[] = [
  ...authRoutes,
  ...listingRoutes,
  ...userRoutes,
  ...transactionRoutes,
  ...processRoutes,
  ...stripeObjectRoutes,
  ...eventRoutes,
  ...assetRoutes,
];

const findRoute = createRouter(flexRoutes);

export function createFlexService(world: () => FlexWorld, counter: RequestCounter): Service {
  return async request => {
    const match = findRoute(request);
    const route = match ? `${match.route.method} ${match.route.path}` : `${request.method} (unknown)`;
    const finished = counter.started(route);
    try {
      if (!match)
        return refuse(world(), request, 404, `The sandbox has no ${request.method} ${request.path}`);
      const passage = {
        route,
        byDefault: isApi(match.route),
        isCommand: match.route.method === 'POST' && !match.route.path.endsWith('_speculative'),
        gone: request.gone,
        refuse: (status: number) => refuse(world(), request, status),
        anotherEntity: () => respond(200, anotherEntity(world()), answerForm(request)),
      };
      return await withinLimits(world(), request, match, () =>
        passWithFaults(world(), passage, () => serve(world(), request, match)),
      );
    } finally {
      finished();
    }
  };
}

type Match = NonNullable<ReturnType<typeof findRoute>>;

const serve = async (world: FlexWorld, request: SandboxRequest, { route, params }: Match) =>
  route.serve(world, request, params);

/** A slow answer takes up its place among those under way until it is there. */
async function withinLimits(
  world: FlexWorld,
  request: SandboxRequest,
  { route }: Match,
  answer: () => Promise<SandboxResponse>,
) {
  if (!isApi(route)) return answer();
  const isIntegration = route.path.startsWith('/v1/integration_api/');
  let leave: () => void;
  try {
    leave = world.limits.enter(world.clock, world.settings, {
      isCommand: request.method === 'POST',
      isIntegration,
    });
  } catch (error) {
    if (error instanceof FlexRefusal)
      return respond(error.status, errorBody(world, error), answerForm(request));
    throw error;
  }
  try {
    return await answer();
  } finally {
    leave();
  }
}

const isApi = ({ path }: ServedRoute) => /^\/v1\/(integration_)?api\//.test(path);

const codes: Record<number, string> = {
  400: 'bad-request',
  401: 'auth-invalid-access-token',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  429: 'too-many-requests',
};

const refuse = (
  world: FlexWorld,
  request: SandboxRequest,
  status: number,
  title = 'A scenario of the sandbox',
) =>
  respond(
    status,
    errorBody(world, new FlexRefusal(status, codes[status] ?? 'internal-error', title)),
    answerForm(request),
  );

/** What nobody asks for. */
const anotherEntity = (world: FlexWorld) => ({
  data: {
    id: new Uuid(world.marketplaceId),
    type: new Keyword('marketplace'),
    attributes: { name: 'Sandbox' },
  },
});
