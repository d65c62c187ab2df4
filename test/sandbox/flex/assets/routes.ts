/** The Asset Delivery API: plain JSON, no token, one asset or several below one folder. */
import type { SandboxRequest, SandboxResponse } from '../../core/http.ts';
import type { ServedRoute } from '../context.ts';
import type { FlexWorld } from '../world.ts';

const LATEST_VERSION = 'v1';

export const assetRoutes: ServedRoute[] = [
  { method: 'GET', path: '/v1/assets/pub/:clientId/a/latest/*', serve: serveAsset },
  { method: 'GET', path: '/v1/assets/pub/:clientId/v/:version/*', serve: serveAsset },
];

function serveAsset(
  world: FlexWorld,
  request: SandboxRequest,
  params: Record<string, string>,
): SandboxResponse {
  const known =
    params['clientId'] === world.application.clientId &&
    (params['version'] ?? LATEST_VERSION) === LATEST_VERSION;
  if (!known) return missing();
  const path = params['*'] ?? '';
  const names = request.query.get('assets');
  // A path that ends in a slash is a folder; what is missing from it is left out.
  if (path === '' || path.endsWith('/'))
    return json({ data: several(world, path, names), included: [], meta: { version: LATEST_VERSION } });
  return Object.hasOwn(world.assets, path)
    ? json({ data: world.assets[path], included: [], meta: { version: LATEST_VERSION } })
    : missing();
}

const several = (world: FlexWorld, folder: string, names: string | null) =>
  (names ?? '')
    .split(',')
    .map(name => `${folder}${name}`)
    .filter(path => Object.hasOwn(world.assets, path))
    .map(path => ({
      id: path,
      type: 'jsonAsset',
      attributes: { assetPath: `/${path}`, data: world.assets[path] },
    }));

const json = (body: unknown): SandboxResponse => ({
  status: 200,
  headers: { 'content-type': 'application/json', 'cache-control': 'max-age=60' },
  body: JSON.stringify(body),
});

const missing = (): SandboxResponse => ({
  status: 404,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ errors: [{ status: 404, code: 'not-found', title: 'Not found' }] }),
});
