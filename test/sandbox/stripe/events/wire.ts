import type { WireObject } from '../shapes.ts';
import { API_VERSION } from '../version.ts';
import type { StripeEvent } from './entity.ts';

/** `platform`: events of its own carry no account. */
export function eventWire(event: StripeEvent, platform: string): WireObject {
  return {
    id: event.id,
    object: 'event',
    ...(event.account !== platform && { account: event.account }),
    api_version: API_VERSION,
    created: event.created,
    data: {
      object: event.object,
      ...(event.previousAttributes && { previous_attributes: event.previousAttributes }),
    },
    livemode: event.livemode,
    pending_webhooks: event.pendingWebhooks,
    request: { id: event.request.id, idempotency_key: event.request.idempotencyKey },
    type: event.type,
  };
}
