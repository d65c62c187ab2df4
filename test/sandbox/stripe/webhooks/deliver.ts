/**
 * Events on their way to webhook endpoints: signed anew for each attempt, tried again until one answers 2xx, and, when a
 * scenario says so, twice, late, out of order or not at all. Order is never promised.
 */
import { createHmac } from 'node:crypto';
import type { StripeEvent } from '../events/entity.ts';
import { eventWire } from '../events/wire.ts';
import { seconds, type StripeWorld } from '../world.ts';
import type { WebhookEndpoint } from './entity.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Stripe publishes no table; in a sandbox it tries three times more over some hours. */
const RETRY_AFTER_MS = [5 * MINUTE, HOUR, 3 * HOUR];

type Delivery = { event: StripeEvent; endpoint: WebhookEndpoint; attempt: number };

/** Deliveries that wait for company before they leave in a random order. */
const waiting = new WeakMap<StripeWorld, { delivery: Delivery; ms: number }[]>();

export function deliverEvent(world: StripeWorld, event: StripeEvent): void {
  for (const endpoint of world.webhookEndpoints.values()) {
    if (!hears(endpoint, event)) continue;
    event.awaitedBy.add(endpoint.id);
    if (world.scenarios.take('webhooks-dropped')) continue;
    const copies = world.scenarios.take('webhooks-duplicated') ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) send(world, { event, endpoint, attempt: 0 });
  }
}

function hears(endpoint: WebhookEndpoint, event: StripeEvent): boolean {
  const wanted = endpoint.enabledEvents.includes('*') || endpoint.enabledEvents.includes(event.type);
  return (
    endpoint.status === 'enabled' &&
    wanted &&
    endpoint.livemode === event.livemode &&
    endpoint.connect === event.connected
  );
}

function send(world: StripeWorld, delivery: Delivery): void {
  const delayed = world.scenarios.take('webhooks-delayed');
  const shuffled = world.scenarios.take('webhooks-shuffled');
  const together = [...(waiting.get(world) ?? []), { delivery, ms: Number(delayed?.['ms'] ?? 0) }];
  waiting.set(world, together);
  // When they need not wait any more, those that do leave as well.
  if (shuffled && together.length < Number(shuffled['count'])) return;
  waiting.delete(world);
  for (const each of shuffle(world, together)) plan(world, each.delivery, each.ms);
}

function shuffle<T>(world: StripeWorld, items: T[]): T[] {
  const rest = [...items];
  return items.map(() => rest.splice(world.random.below(rest.length), 1)[0]!);
}

function plan(world: StripeWorld, delivery: Delivery, ms: number): void {
  world.clock.at(world.clock.now() + ms, () => attempt(world, delivery));
}

async function attempt(world: StripeWorld, delivery: Delivery): Promise<void> {
  const { event, endpoint } = delivery;
  const payload = JSON.stringify(eventWire(event), null, 2);
  const status = await world.postToWebhook(endpoint.url, headersFor(world, endpoint, payload), payload);
  if (status !== null && status >= 200 && status < 300) {
    event.awaitedBy.delete(endpoint.id);
    return;
  }
  const retryAfter = RETRY_AFTER_MS[delivery.attempt];
  if (retryAfter !== undefined) plan(world, { ...delivery, attempt: delivery.attempt + 1 }, retryAfter);
}

const headersFor = (world: StripeWorld, endpoint: WebhookEndpoint, payload: string) => ({
  'content-type': 'application/json; charset=utf-8',
  'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
  'stripe-signature': signatureOf(world, endpoint, payload),
});

/** One `v1` for each secret that is still good, and the `v0` of test mode that must be ignored. */
function signatureOf(world: StripeWorld, endpoint: WebhookEndpoint, payload: string): string {
  const timestamp = seconds(world);
  const sign = (secret: string) =>
    createHmac('sha256', secret).update(`${timestamp}.${payload}`).digest('hex');
  const good = endpoint.secrets.filter(
    ({ expiresAt }) => expiresAt === null || expiresAt > world.clock.now(),
  );
  return [`t=${timestamp}`, ...good.map(({ secret }) => `v1=${sign(secret)}`), `v0=${sign('v0')}`].join(',');
}

const DAY = 24 * HOUR;

/** A new secret to sign with; the old one is good for another day. */
export function rotateSecret(world: StripeWorld, endpoint: WebhookEndpoint, secret: string): void {
  const expiresAt = world.clock.now() + DAY;
  endpoint.secrets = [
    { secret, expiresAt: null },
    ...endpoint.secrets.map(old => ({ ...old, expiresAt: old.expiresAt ?? expiresAt })),
  ];
}
