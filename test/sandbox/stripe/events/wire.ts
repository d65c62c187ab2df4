import type { WireObject } from '../shapes.ts';
import { API_VERSION } from '../version.ts';
import type { StripeEvent } from './entity.ts';

export function eventWire(event: StripeEvent): WireObject {
  return {
    id: event.id,
    object: 'event',
    ...(event.connected && { account: event.account }),
    api_version: API_VERSION,
    created: event.created,
    data: {
      object: event.object,
      ...(event.previousAttributes && { previous_attributes: event.previousAttributes }),
    },
    livemode: event.livemode,
    pending_webhooks: event.awaitedBy.size,
    request: { id: event.request.id, idempotency_key: event.request.idempotencyKey },
    type: event.type,
  };
}
