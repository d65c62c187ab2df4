import type { SandboxRequest } from './http.ts';

/** `:name` in a path matches one segment, a `*` at its end matches the rest. */
export type Endpoint = { method: string; path: string };

/** Finds the route of a request; the first that fits wins. */
export function createRouter<Route extends Endpoint>(routes: Route[]) {
  const compiled = routes.map(route => ({ route, segments: route.path.split('/') }));
  return (request: SandboxRequest): { route: Route; params: Record<string, string> } | undefined => {
    const path = request.path.split('/');
    for (const { route, segments } of compiled) {
      if (route.method !== request.method) continue;
      const params = matchSegments(segments, path);
      if (params) return { route, params };
    }
    return undefined;
  };
}

function matchSegments(segments: string[], path: string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    if (segment === '*') {
      params['*'] = path.slice(index).map(decodeURIComponent).join('/');
      return params;
    }
    const part = path[index];
    if (part === undefined) return undefined;
    if (segment.startsWith(':')) {
      if (part === '') return undefined;
      params[segment.slice(1)] = decodeURIComponent(part);
    } else if (segment !== part) return undefined;
  }
  return segments.length === path.length ? params : undefined;
}
