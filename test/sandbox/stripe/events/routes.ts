import { allOwn, findOwn, type StripeCall, type StripeRoute } from '../context.ts';
import { listOf } from '../lists.ts';
import { seconds } from '../world.ts';
import type { StripeEvent } from './entity.ts';
import { eventWire } from './wire.ts';

export const eventRoutes: StripeRoute[] = [
  { method: 'GET', path: '/v1/events', handle: list },
  { method: 'GET', path: '/v1/events/:id', handle: retrieve },
];

/** Events can be asked for as long as this. */
const KEPT_SECONDS = 30 * 24 * 60 * 60;

const kept = (call: StripeCall): Map<string, StripeEvent> => {
  const oldest = seconds(call.world) - KEPT_SECONDS;
  return new Map(call.world.events.filter(event => event.created >= oldest).map(event => [event.id, event]));
};

function list(call: StripeCall) {
  const parameters = call.parameters('Events.list');
  const type = parameters.text('type');
  const types = parameters.list('types');
  const delivered = parameters.text('delivery_success');
  const events = allOwn(call, kept(call)).filter(
    event =>
      (type === undefined || matches(event.type, type)) &&
      (types.length === 0 || types.includes(event.type)) &&
      (delivered === undefined || (event.awaitedBy.size === 0) === (delivered === 'true')),
  );
  return listOf(events, parameters, '/v1/events', eventWire);
}

/** `charge.*` stands for all that begin so. */
const matches = (type: string, pattern: string) =>
  pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern;

function retrieve(call: StripeCall) {
  call.parameters('Events.retrieve');
  return eventWire(findOwn(call, kept(call), call.path['id']!, 'event', 'id'));
}
