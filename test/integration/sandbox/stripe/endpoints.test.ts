/** Every method of the real client: what is built answers as such, and all else says loudly that it is not. */
import Stripe from 'stripe';
import { createRouter } from '../../../sandbox/core/router.ts';
import { stripeRoutes } from '../../../sandbox/stripe/service.ts';
import { startStripe } from '../../../setup/stripe-sandbox.ts';

const { sandbox, stripe, exchanges } = startStripe();
afterAll(() => sandbox.close());

type Method = (...given: unknown[]) => Promise<unknown>;
type Resource = Record<string, Method>;

/** The client's resources, and those in its namespaces. */
function resourcesOf(holder: object, seen = new Set<unknown>([stripe])): Resource[] {
  return Object.values(holder).flatMap((value: unknown) => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return [];
    seen.add(value);
    if (value instanceof Stripe.StripeResource) return [value as unknown as Resource];
    return 'stripe' in value ? resourcesOf(value, seen) : [];
  });
}

/** Each method takes its ids first, then parameters and options. */
async function callAll(resource: Resource): Promise<void> {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(resource));
  for (const name of names.filter(each => each !== 'constructor' && !each.startsWith('_'))) {
    const ids = Array.from({ length: Math.max(0, resource[name]!.length - 2) }, () => 'x');
    // Some take an event or a file, and do not come as far as a request.
    await (async () => resource[name]!(...ids))().catch(() => undefined);
  }
}

it('answers every method of the client, and says where nothing is built', async () => {
  for (const resource of resourcesOf(stripe)) await callAll(resource);

  const findRoute = createRouter(stripeRoutes);
  const told = exchanges.map(({ request, response }) => ({
    place: `${request.method} ${request.path}`,
    isBuilt: findRoute(request) !== undefined,
    status: response.status,
    message: String(JSON.parse(response.body).error?.message),
  }));
  const unbuilt = told.filter(({ isBuilt }) => !isBuilt);
  expect(told.length).toBeGreaterThan(550);
  expect(unbuilt.length).toBeGreaterThan(450);
  expect(
    unbuilt.filter(
      ({ place, status, message }) =>
        status !== 404 || !message.startsWith(`Unrecognized request URL (${place.replace(' ', ': ')})`),
    ),
  ).toEqual([]);
  expect(told.filter(({ status }) => ![200, 400, 403, 404].includes(status))).toEqual([]);
  expect(told.filter(({ isBuilt, message }) => isBuilt && message.startsWith('Unrecognized'))).toEqual([]);
});

it('has no endpoint that the client does not know', () => {
  const findRoute = createRouter(stripeRoutes);
  const reached = new Set(exchanges.map(({ request }) => findRoute(request)?.route));

  expect(
    stripeRoutes.filter(route => !reached.has(route)).map(({ method, path }) => `${method} ${path}`),
  ).toEqual([]);
});
