import { apiRoute } from '../api-route.ts';
import type { ApiCall } from '../context.ts';
import { buildDocument } from '../document.ts';
import { missingKey, notFound } from '../errors.ts';
import { currentUserNode, userNode } from '../nodes.ts';

export const userRoutes = [
  apiRoute({ method: 'GET', path: '/v1/api/current_user/show', access: 'user', handle: showCurrent }),
  apiRoute({ method: 'GET', path: '/v1/api/users/show', access: 'any', query: ['id'], handle: show }),
];

function showCurrent({ world, token, include }: ApiCall) {
  return { full: buildDocument(currentUserNode(world.users.get(token.userId!)!), include) };
}

function show({ world, query, include }: ApiCall) {
  const id = query('id');
  if (id === undefined) throw missingKey(['id'], 'query');
  const user = world.users.get(id);
  if (!user) throw notFound('User');
  return { full: buildDocument(userNode(world, user), include) };
}
