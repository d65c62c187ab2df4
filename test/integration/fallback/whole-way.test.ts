/**
 * The whole way as a marketplace has it: its client with our browser module, its Stripe key with the permissions that are
 * listed and no others, its graph with the lane.
 */
import flexSdk from 'sharetribe-flex-sdk';
import { transitionFor } from '../../../ext/web-client/fallback-lane.js';
import { createPaymentClient, type LocalApiAnswer } from '../../../ext/web-client/payment-client.js';
import { fallbackPermissions } from '../../../server/stripe/permissions.ts';
import { daysAhead, realBooking } from '../../sandbox/client/orders.ts';
import { startFallbackWorld, type FallbackWorld } from '../../setup/fallback-world.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const { transit } = flexSdk as any;

let world: FallbackWorld;
beforeAll(async () => {
  world = await startFallbackWorld(async info => ({ STRIPE_SECRET_KEY: await listedKey(info.flex.baseUrl) }));
});
afterEach(() => world.scenario({ name: 'healthy' }));
afterAll(() => world[Symbol.asyncDispose]());

/** Beside those of the fallback, what the feed of Stripe's events is read with. */
async function listedKey(sandboxUrl: string): Promise<string> {
  const listed = fallbackPermissions.map(({ resource, access }) => [resource, access]);
  const response = await fetch(`${sandboxUrl}/sandbox/stripe/keys`, {
    method: 'POST',
    body: JSON.stringify({ scopes: { ...Object.fromEntries(listed), events: 'read' } }),
  });
  return ((await response.json()) as { key: string }).key;
}

/** Alice's page. */
const page = () =>
  createPaymentClient({
    serialize: transit.write,
    deserialize: transit.read,
    baseUrl: world.proxyUrl,
    storage: null,
    pauseMs: 100,
    fetch: (address, init) =>
      fetch(address, {
        ...init,
        headers: {
          ...(init?.headers as object),
          Origin: world.info.rootUrl,
          Cookie: [...world.alice.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        },
      }),
  });

const paymentIn = ({ data }: LocalApiAnswer) =>
  data.data.attributes.protectedData!.stripePaymentIntents!.default.stripePaymentIntentId;
let stays = 0;
/** By the sandbox's clock, which moves; never twice the same nights. */
const stay = () => {
  stays += 1;
  const now = world.sandbox.info();
  return { start: daysAhead(now, 30 + 4 * stays), end: daysAhead(now, 33 + 4 * stays) };
};
const paddle = () =>
  realBooking(world.info, {
    listing: 'Hand-made',
    orderData: { deliveryMethod: 'pickup' },
    params: { bookingStart: undefined, bookingEnd: undefined, stockReservationQuantity: 1 },
  });
const asProvider = async (id: { uuid: string }, name: string) => {
  const { data } = (await world.petra.sdk.transactions.show({ id })) as { data: { data: any } };
  const transition = transitionFor(data.data, name);
  await world.petra.sdk.transactions.transition({ id, transition, params: {} });
  return transition;
};
const stateOf = ({ uuid }: { uuid: string }) => world.sandbox.flex().transactions.get(uuid)!.state;
/** Calls to Stripe that the key was not allowed. */
const refusedForScopes = async () =>
  (await world.context.metrics.text()).split('\n').filter(line => line.includes('not-permitted'));

it.each([
  ['Flex answers with UUIDs', 'uuid-payment-intents'],
  ['Flex has no Stripe key', 'stripe-not-configured'],
])('booked, paid, accepted, captured and paid out, where %s', async (_what, name) => {
  expect(world.context.fallback.readiness()).toEqual({ on: true, missing: [] });
  await world.scenario({ name });

  const ordered = await page().initiatePrivileged(realBooking(world.info, stay()));
  const { id } = ordered.data.data;
  await world.pay(paymentIn(ordered));
  const confirmed = await page().confirmPayment(id);
  expect(confirmed.data.data.attributes['state']).toBe('state/fallback-preauthorized');

  expect(await asProvider(id, 'transition/accept')).toBe('transition/accept-fallback');
  await world.later(2 * MINUTE);
  await world.sweep();
  expect(stateOf(id)).toBe('state/fallback-accepted');

  const before = world.sandbox.stripe().payouts.size;
  await world.later(80 * DAY);
  await world.sweep();
  expect(world.sandbox.stripe().payouts.size).toBe(before + 1);
  expect(await refusedForScopes()).toEqual([]);
});

it.each([
  ['Flex answers with UUIDs', 'uuid-payment-intents'],
  ['Flex has no Stripe key', 'stripe-not-configured'],
])('bought, captured at once, delivered, received and paid out, where %s', async (_what, name) => {
  await world.scenario({ name });
  const before = world.sandbox.stripe().payouts.size;

  const ordered = await page().initiatePrivileged(paddle());
  const { id } = ordered.data.data;
  await world.pay(paymentIn(ordered));
  await page().confirmPayment(id);
  await world.later(MINUTE);
  await world.sweep();
  expect(stateOf(id)).toBe('state/fallback-purchased');
  expect(world.sandbox.stripe().paymentIntents.get(paymentIn(ordered))!.status).toBe('succeeded');

  expect(await asProvider(id, 'transition/mark-delivered')).toBe('transition/mark-delivered-fallback');
  await world.later(14 * DAY);
  await world.sweep();

  expect(stateOf(id)).toBe('state/completed');
  expect(world.sandbox.stripe().payouts.size).toBe(before + 1);
});

it('what was bought and never delivered is given back', async () => {
  await world.scenario({ name: 'stripe-not-configured' });
  const ordered = await page().initiatePrivileged(paddle());
  const { id } = ordered.data.data;
  await world.pay(paymentIn(ordered));
  await page().confirmPayment(id);
  await world.later(MINUTE);
  await world.sweep();

  await world.later(14 * DAY);
  await world.sweep();

  expect(stateOf(id)).toBe('state/canceled');
  expect([...world.sandbox.stripe().refunds.values()].at(-1)).toMatchObject({
    paymentIntent: paymentIn(ordered),
    status: 'succeeded',
  });
});

it.each([
  ['Flex answers with UUIDs', 'uuid-payment-intents'],
  ['Flex has no Stripe key', 'stripe-not-configured'],
])('an inquiry that becomes a booking, where %s', async (_what, name) => {
  const { bodyParams, ...rest } = realBooking(world.info, stay());
  const { listingId, ...params } = bodyParams.params;
  const { data } = (await world.alice.sdk.transactions.initiate({
    processAlias: bodyParams.processAlias,
    transition: 'transition/inquire',
    params: { listingId },
  })) as { data: { data: { id: { uuid: string } } } };
  const { id } = data.data;
  await world.scenario({ name });

  const transition = 'transition/request-payment-after-inquiry';
  const ordered = await page().transitionPrivileged({ ...rest, bodyParams: { id, transition, params } });
  await world.pay(paymentIn(ordered));
  await page().confirmPayment(id);

  expect(stateOf(id)).toBe('state/fallback-preauthorized');
});

it('an order that Flex can have paid goes its normal way, through the same client', async () => {
  const ordered = await page().initiatePrivileged(realBooking(world.info, stay()));
  const { id } = ordered.data.data;
  await world.pay(paymentIn(ordered));

  const confirmed = await page().confirmPayment(id);

  expect(confirmed.data.data.attributes['state']).toBe('state/preauthorized');
  expect(await asProvider(id, 'transition/accept')).toBe('transition/accept');
  expect(stateOf(id)).toBe('state/accepted');
});
