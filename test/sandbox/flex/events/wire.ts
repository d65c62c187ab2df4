import type { Resource } from '../document.ts';
import { Keyword, Uuid } from '../values.ts';
import type { FlexEvent } from './entity.ts';

const optionalId = (id: string | null) => (id === null ? null : new Uuid(id));

export const eventResource = (event: FlexEvent, marketplaceId: string): Resource => ({
  id: new Uuid(event.id),
  type: 'event',
  attributes: {
    createdAt: new Date(event.createdAt),
    sequenceId: event.sequenceId,
    marketplaceId: new Uuid(marketplaceId),
    eventType: event.eventType,
    source: new Keyword(event.source),
    resourceId: new Uuid(event.resourceId),
    resourceType: event.eventType.split('/')[0],
    resource: event.resource,
    previousValues: event.previousValues,
    auditData: {
      userId: optionalId(event.audit.userId),
      adminId: null,
      clientId: optionalId(event.audit.clientId),
      requestId: null,
    },
  },
});
