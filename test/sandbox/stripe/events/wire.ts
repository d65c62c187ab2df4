import type { WireObject } from '../context.ts';
import { API_VERSION } from '../version.ts';
import type { StripeEvent } from './entity.ts';

export function eventWire(event: StripeEvent): WireObject {
  return {
    id: event.id,
    object: 'event',
    ...(event.account && { account: event.account }),
    api_version: API_VERSION,
    created: event.created,
    data: {
      object: event.object,
      ...(event.previousAttributes && { previous_attributes: event.previousAttributes }),
    },
    livemode: false,
    pending_webhooks: 0,
    request: { id: event.request.id, idempotency_key: event.request.idempotencyKey },
    type: event.type,
  };
}
