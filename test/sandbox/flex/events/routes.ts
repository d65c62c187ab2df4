import { apiRoute } from '../api-route.ts';
import type { ApiAnswer, ApiCall } from '../context.ts';
import { buildDocument, leaf } from '../document.ts';
import { excludeEachOther, invalidValue } from '../errors.ts';
import { listParameter, timeParameter } from '../pages.ts';
import type { FlexEvent } from './entity.ts';
import { eventResource } from './wire.ts';

export const eventRoutes = [
  apiRoute({
    method: 'GET',
    path: '/v1/integration_api/events/query',
    access: 'integration',
    query: ['startAfterSequenceId', 'createdAtStart', 'resourceId', 'relatedResourceId', 'eventTypes'],
    handle: query,
  }),
];

const PER_PAGE = 100;
const DAY = 86_400_000;

/** In order of sequence ids, at most a hundred, and no further pages: ask again after the last one. */
function query({ world, query: parameter, scenario }: ApiCall): ApiAnswer {
  excludeEachOther(parameter, 'startAfterSequenceId', 'createdAtStart');
  excludeEachOther(parameter, 'resourceId', 'relatedResourceId');
  const after = number(parameter('startAfterSequenceId'), 'startAfterSequenceId');
  const from = timeParameter(parameter, 'createdAtStart');
  const resourceId = parameter('resourceId');
  const relatedId = parameter('relatedResourceId');
  const types = listParameter(parameter, 'eventTypes');
  const now = world.clock.now();
  const kept = now - world.settings.eventRetentionDays * DAY;
  const lag = Number(scenario('event-lag')?.['ms'] ?? 0);
  const events = world.feed.filter(
    (event: FlexEvent) =>
      event.createdAt >= kept &&
      event.createdAt <= now - lag &&
      event.sequenceId > (after ?? -1) &&
      event.createdAt >= (from ?? -Infinity) &&
      (resourceId === undefined || event.resourceId === resourceId) &&
      (relatedId === undefined || event.relatedIds.includes(relatedId)) &&
      (types === undefined || types.includes(event.eventType)),
  );
  const nodes = events.slice(0, PER_PAGE).map(event => leaf(eventResource(event, world.marketplaceId))!);
  const meta = {
    totalItems: null,
    totalPages: null,
    page: 1,
    perPage: PER_PAGE,
    paginationUnsupported: true,
  };
  return { full: buildDocument(nodes, [], meta) };
}

function number(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw invalidValue([name], 'must be a whole number', 'query');
  return Number(text);
}
