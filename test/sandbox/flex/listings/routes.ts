import { apiRoute } from '../api-route.ts';
import type { ApiCall } from '../context.ts';
import { buildDocument } from '../document.ts';
import { FlexRefusal, missingKey, notFound } from '../errors.ts';
import { listingNode } from '../nodes.ts';

export const listingRoutes = [
  apiRoute({ method: 'GET', path: '/v1/api/listings/show', access: 'any', query: ['id'], handle: show }),
  apiRoute({
    method: 'GET',
    path: '/v1/api/own_listings/show',
    access: 'user',
    query: ['id'],
    handle: showOwn,
  }),
];

/** Others see what is published; its author sees the listing by this path as well. */
function show(call: ApiCall) {
  const listing = getListing(call);
  const isAuthor = listing.authorId === call.token.userId;
  if (listing.deleted || (listing.state !== 'published' && !isAuthor)) throw notFound('Listing');
  const viewer = call.world.users.get(call.token.userId ?? '');
  if (!isAuthor && viewer?.permissions.read === 'permission/deny')
    throw new FlexRefusal(403, 'permission-denied-read', 'The user may not see the listings of others');
  return { full: buildDocument(listingNode(call.world, listing, 'public'), call.include) };
}

function showOwn(call: ApiCall) {
  const listing = getListing(call);
  if (listing.authorId !== call.token.userId) throw notFound('Listing');
  return { full: buildDocument(listingNode(call.world, listing, 'own'), call.include) };
}

function getListing({ world, query }: ApiCall) {
  const id = query('id');
  if (id === undefined) throw missingKey(['id'], 'query');
  const listing = world.listings.get(id);
  if (!listing) throw notFound('Listing');
  return listing;
}
