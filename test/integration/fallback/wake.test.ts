/** A case is worked on as soon as something is heard of it, or its time has come: here nobody sweeps. */
import { eventually } from '../../setup/databases.ts';
import { stepsIn } from '../../setup/fallback-steps.ts';
import { startFallbackWorld, type FallbackWorld } from '../../setup/fallback-world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let world: FallbackWorld;
beforeAll(async () => {
  world = await startFallbackWorld(({ stripe }) => ({ STRIPE_WEBHOOK_SECRET: stripe.webhookSecret }));
  // The sweeps end with it, and nothing else.
  await world.context.fallbackService!.stop();
});
beforeEach(async () => {
  await world.reset();
  await world.scenario({ name: 'uuid-payment-intents' });
});
afterAll(() => world[Symbol.asyncDispose]());

const { booked, paid, byPetra, stateOf, intentOf, caseOf } = stepsIn(() => world);
const accept = (id: string) => byPetra(id, 'transition/accept-fallback');
/** Of our own account, or of those that are connected to it. */
async function hears(connect: boolean) {
  await world.control('stripe/webhooks', { url: `${world.proxyUrl}/api/stripe/webhook` });
  for (const endpoint of world.sandbox.stripe().webhookEndpoints.values()) endpoint.connect = connect;
}

const state = async (id: string, wanted: string) => {
  await eventually(
    () => stateOf(id),
    found => found === wanted,
  );
  return stateOf(id);
};

it('by a webhook: what is paid is counted as paid, though the page was closed', async () => {
  await hears(false);
  const { id, paymentIntentId } = await booked();

  await world.pay(paymentIntentId);

  expect(await state(id, 'state/fallback-preauthorized')).toBe('state/fallback-preauthorized');
});

it('by its own time: what did not answer is asked again', async () => {
  const { id, paymentIntentId } = await booked();
  await world.pay(paymentIntentId);
  await world.scenario({ name: 'status', route: `GET /v1/payment_intents/${paymentIntentId}`, times: 1 });
  world.context.fallbackService!.flexHeard([id]);
  await eventually(
    () => caseOf(id),
    ({ troubles }) => troubles === 1,
  );

  expect(await state(id, 'state/fallback-preauthorized')).toBe('state/fallback-preauthorized');
});

it("by Flex's feed: what is accepted is captured", async () => {
  const { id, paymentIntentId } = await paid();
  await accept(id);

  world.context.fallbackService!.flexHeard([id, '7c9b1f3e-0000-4000-8000-000000000000']);

  expect(await state(id, 'state/fallback-accepted')).toBe('state/fallback-accepted');
  expect(intentOf(paymentIntentId).status).toBe('succeeded');
});

it.each([
  ['waits for its provider', false],
  ['is accepted', true],
])(
  "by a webhook: Flex's own that comes hours too late is let go of, where the booking %s",
  async (_, isOn) => {
    const { id, paymentIntentId } = await paid();
    if (isOn) {
      await accept(id);
      await world.context.fallbackService!.sweep();
      world.context.fallbackService!.flexHeard([id]);
      await state(id, 'state/fallback-accepted');
    }
    await world.later(5 * HOUR);
    await hears(false);

    const late = await world.stripe.paymentIntents.create({
      amount: 15_750,
      currency: 'eur',
      capture_method: 'manual',
      allowed_payment_method_types: ['card'],
      payment_method: 'pm_card_visa',
      confirm: true,
      metadata: { 'sharetribe-transaction-id': id },
    });
    expect(late.status).toBe('requires_capture');

    await eventually(
      () => intentOf(late.id).status,
      status => status === 'canceled',
    );
    expect(intentOf(paymentIntentId).status).toBe(isOn ? 'succeeded' : 'requires_capture');
  },
);

it("by a webhook of the provider's account: a payout that came back needs somebody", async () => {
  await hears(true);
  const { id } = await paid();
  await accept(id);
  world.context.fallbackService!.flexHeard([id]);
  expect(await state(id, 'state/fallback-accepted')).toBe('state/fallback-accepted');
  // Whoever made it so has let go of the case.
  await eventually(
    () => caseOf(id),
    row => row.lease_until <= row.checked_at,
  );
  await world.scenario({ name: 'payout-fails', times: 1 });
  await world.later(60 * DAY);
  await world.context.fallbackService!.sweep();
  expect(await caseOf(id)).toMatchObject({ state: 'closed', outcome: 'paid-out' });

  await world.later(4 * DAY);

  await eventually(
    () => caseOf(id),
    ({ needs }) => needs === 'payout-failed: account_closed',
  );
  // Told of once more, it is what it was.
  expect(await caseOf(id)).toMatchObject({ state: 'captured', closed_at: null, outcome: null });
});

it("by a webhook: a refund that the customer's bank sent back needs somebody", async () => {
  await hears(false);
  const { id, paymentIntentId } = await paid('pm_card_refundFail');
  await accept(id);
  world.context.fallbackService!.flexHeard([id]);
  expect(await state(id, 'state/fallback-accepted')).toBe('state/fallback-accepted');
  await world.context.integration!.transition(id, 'transition/cancel-fallback', AbortSignal.timeout(5_000));
  world.context.fallbackService!.flexHeard([id]);
  const refunds = await eventually(
    () => [...world.sandbox.stripe().refunds.values()],
    found => found.length > 0,
  );
  expect(refunds).toMatchObject([{ paymentIntent: paymentIntentId, status: 'succeeded' }]);

  await world.later(2 * MINUTE);

  await eventually(
    () => caseOf(id),
    ({ needs }) => needs === 'refund-failed: declined',
  );
  expect(await caseOf(id)).toMatchObject({ state: 'captured', closed_at: null, outcome: null });
});
