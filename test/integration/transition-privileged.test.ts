import flexSdk from 'sharetribe-flex-sdk';
import { daysAhead, listingTitled } from '../sandbox/client/orders.ts';
import { signedIn, type WebClient } from '../sandbox/client/web-client.ts';
import { startWorld, type World } from '../setup/world.ts';

const { types } = flexSdk;

/** An inquiry, which the browser makes with Flex directly. */
async function inquire(world: World, client: WebClient) {
  const listing = listingTitled(world.info, 'Lakeside');
  const { data } = await client.sdk.transactions.initiate({
    processAlias: listing.processAlias,
    transition: 'transition/inquire',
    params: { listingId: new types.UUID(listing.id), protectedData: { inquiryMessage: 'Is there a sauna?' } },
  });
  return (data as any).data.id;
}

const requestPayment = (world: World, id: unknown, isSpeculative: boolean) => ({
  isSpeculative,
  orderData: {},
  bodyParams: {
    id,
    transition: 'transition/request-payment-after-inquiry',
    params: {
      listingId: new types.UUID(listingTitled(world.info, 'Lakeside').id),
      bookingStart: daysAhead(world.info, 30),
      bookingEnd: daysAhead(world.info, 32),
      protectedData: { unitType: 'night' },
    },
  },
  queryParams: { include: ['booking', 'provider'], expand: true },
});

describe('POST /api/transition-privileged', () => {
  it('moves an inquiry to a payment, priced on the server', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');
    const id = await inquire(world, alice);

    const answer = await alice.post('transition-privileged', requestPayment(world, id, false));

    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-payment-intent-verdict')).toBe('valid');
    expect(answer.body.data.data.id.uuid).toBe(id.uuid);
    expect(answer.body.data.data.attributes).toMatchObject({
      state: 'state/pending-payment',
      payinTotal: { amount: 10_500, currency: 'EUR' },
      protectedData: { inquiryMessage: 'Is there a sauna?', unitType: 'night' },
    });
  });

  it('simulates the same and leaves the inquiry as it was', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');
    const id = await inquire(world, alice);

    const answer = await alice.post('transition-privileged', requestPayment(world, id, true));

    expect(answer.headers.get('x-payment-intent-verdict')).toBe('simulated');
    expect(answer.body.data.data.id.uuid).toBe(id.uuid);
    expect(world.sandbox.flex().transactions.get(id.uuid)?.state).toBe('state/inquiry');
  });

  it('warns of UUIDs on the real call', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');
    const id = await inquire(world, alice);
    await world.scenario({ name: 'uuid-payment-intents' });

    const answer = await alice.post('transition-privileged', requestPayment(world, id, false));

    expect(answer.headers.get('x-payment-intent-verdict')).toBe('invalid');
    expect(world.log.lines()).toContainEqual(
      expect.objectContaining({ level: 'warn', call: 'transition', processName: 'default-booking' }),
    );
  });

  it('takes the id as plain text too', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');
    const id = await inquire(world, alice);

    const answer = await alice.post('transition-privileged', requestPayment(world, id.uuid, false));

    expect(answer.status).toBe(200);
  });

  it('passes on that the transition is not possible any more', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');
    const id = await inquire(world, alice);
    await alice.post('transition-privileged', requestPayment(world, id, false));

    const answer = await alice.post('transition-privileged', requestPayment(world, id, false));

    expect([answer.status, answer.body.data.errors[0].code]).toEqual([409, 'transaction-invalid-transition']);
  });

  it("does not move another customer's transaction", async () => {
    await using world = await startWorld();
    const [alice, bob] = await Promise.all([signedIn(world, 'Alice'), signedIn(world, 'Bob')]);
    const id = await inquire(world, alice);

    const answer = await bob.post('transition-privileged', requestPayment(world, id, false));

    expect(answer.status).toBe(403);
    expect(world.sandbox.flex().transactions.get(id.uuid)?.state).toBe('state/inquiry');
  });
});
