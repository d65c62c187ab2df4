import flexSdk from 'sharetribe-flex-sdk';
import { realBooking } from '../sandbox/client/orders.ts';
import { createWebClient, signedIn, type WebClient } from '../sandbox/client/web-client.ts';
import { operatorSdk, stripeClient } from '../setup/flex-sdks.ts';
import { startWorld, type World } from '../setup/world.ts';

const { types } = flexSdk;

const DAY = 86_400_000;
const deletion = (name: string) => ({ currentPassword: `${name.toLowerCase()}-password` });
const userNamed = (world: World, firstName: string) =>
  [...world.sandbox.flex().users.values()].find(user => user.firstName === firstName)!;

/** What the browser does after the order: the card is confirmed at Stripe, then the transition at Flex. */
async function pay(world: World, client: WebClient, transaction: any) {
  const { stripePaymentIntentId: id, stripePaymentIntentClientSecret: secret } =
    transaction.attributes.protectedData.stripePaymentIntents.default;
  await stripeClient(world.info, world.info.stripe.publishableKey).paymentIntents.confirm(id, {
    ...({ client_secret: secret } as object),
    payment_method: 'pm_card_visa',
    return_url: `${world.info.rootUrl}/checkout`,
  });
  await client.sdk.transactions.transition({
    id: transaction.id,
    transition: 'transition/confirm-payment',
    params: {},
  });
}

describe('POST /api/delete-account', () => {
  it('deletes the account, at Stripe as well, and ends its sessions', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');
    await (alice.sdk as any).stripeCustomer.create({});
    const customers = () => [...world.sandbox.stripe().customers.values()].map(({ deleted }) => deleted);
    const before = customers();

    const answer = await alice.post('delete-account', deletion('Alice'));

    expect([before, customers()]).toEqual([[false], [true]]);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/transit+json; charset=utf-8');
    expect(answer.body).toEqual({
      status: 200,
      statusText: 'OK',
      data: { data: { id: expect.any(types.UUID), type: 'currentUser' } },
    });
    expect([...world.sandbox.flex().users.values()].filter(user => user.deleted)).toHaveLength(1);
    expect(world.log.text()).not.toContain('alice-password');
  });

  it('asks Flex for payments along each process that has any, then deletes', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');

    await alice.post('delete-account', deletion('Alice'));

    expect(world.sandbox.requests()).toMatchObject({
      'GET /v1/api/transactions/query': { count: 4 },
      'POST /v1/api/current_user/delete': { count: 1 },
    });
  });

  it('passes on that the password is wrong', async () => {
    await using world = await startWorld();
    const alice = await signedIn(world, 'Alice');

    const answer = await alice.post('delete-account', { currentPassword: 'a-wrong-one' });

    expect(answer.status).toBe(403);
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(answer.body).toMatchObject({
      name: 'LocalAPIError',
      status: 403,
      statusText: 'Forbidden',
      data: { errors: [{ code: 'forbidden' }] },
    });
    expect(userNamed(world, 'Alice').deleted).toBe(false);
    expect(world.log.text()).not.toContain('a-wrong-one');
  });

  it.each([{}, { currentPassword: '' }, { currentPassword: null }, { currentPassword: 7 }])(
    'says that %j has no password',
    async body => {
      await using world = await startWorld();
      const alice = await signedIn(world, 'Alice');

      const answer = await alice.post('delete-account', body);

      expect(answer.status).toBe(400);
      expect(answer.body.statusText).toMatch(/^currentPassword: /);
      expect(world.sandbox.requests()).not.toHaveProperty('GET /v1/api/transactions/query');
    },
  );

  it('is nothing for a visitor', async () => {
    await using world = await startWorld();
    const visitor = createWebClient(world.proxyUrl, world.info);

    const answer = await visitor.post('delete-account', deletion('Alice'));

    expect([answer.status, answer.body.data.errors[0].code]).toEqual([403, 'forbidden']);
  });

  describe('while a payment is under way', () => {
    const blocked = {
      name: 'LocalAPIError',
      message: 'Local API request failed',
      status: 409,
      statusText: 'User has transactions on states that include incomplete payment processing',
      code: 'payments-unfinished',
      requestId: expect.any(String),
    };

    it.each(['Lakeside', 'Hand-made', 'Map of'])(
      'is refused in the words of the client, to customer and provider (%s)',
      async listing => {
        await using world = await startWorld();
        const [alice, petra] = await Promise.all([signedIn(world, 'Alice'), signedIn(world, 'Petra')]);
        const params = listing === 'Hand-made' ? { stockReservationQuantity: 1 } : {};
        await alice.post('initiate-privileged', realBooking(world.info, { listing, params }));

        const [customer, provider] = [
          await alice.post('delete-account', deletion('Alice')),
          await petra.post('delete-account', deletion('Petra')),
        ];

        expect(customer.status).toBe(409);
        // No `data`, as with the template.
        expect(customer.body).toEqual(blocked);
        expect(provider.body).toEqual(blocked);
        expect([...world.sandbox.flex().users.values()].some(user => user.deleted)).toBe(false);
        expect(world.sandbox.requests()).not.toHaveProperty('POST /v1/api/current_user/delete');
      },
    );

    it('stays refused along the way of a booking, until it is refunded', async () => {
      await using world = await startWorld();
      const [alice, petra] = await Promise.all([signedIn(world, 'Alice'), signedIn(world, 'Petra')]);
      const ask = async () => (await alice.post('delete-account', deletion('Alice'))).status;
      const booked = await alice.post('initiate-privileged', realBooking(world.info));
      const transaction = booked.body.data.data;
      const seen: [string, number][] = [];
      const look = async () => {
        const { state } = world.sandbox.flex().transactions.get(transaction.id.uuid)!;
        seen.push([state, await ask()]);
      };

      await look();
      await pay(world, alice, transaction);
      await look();
      await petra.sdk.transactions.transition({
        id: transaction.id,
        transition: 'transition/accept',
        params: {},
      });
      await look();
      await operatorSdk(world.info).transactions.transition({
        id: transaction.id,
        transition: 'transition/cancel',
        params: {},
      });
      await look();

      expect(seen).toEqual([
        ['state/pending-payment', 409],
        ['state/preauthorized', 409],
        ['state/accepted', 409],
        ['state/cancelled', 200],
      ]);
    });

    it('is possible again when the payment has expired', async () => {
      await using world = await startWorld();
      const alice = await signedIn(world, 'Alice');
      await alice.post('initiate-privileged', realBooking(world.info));
      await world.sandbox.advance(DAY);

      const answer = await alice.post('delete-account', deletion('Alice'));

      expect(answer.status).toBe(200);
    });

    it.each([
      ['fails', { name: 'status', code: 503 }, 503],
      ['answers with something else', { name: 'wrong-entity' }, 502],
      ['can not be read', { name: 'malformed-transit' }, 502],
    ])('deletes nothing when the question for it %s', async (_how, scenario, status) => {
      await using world = await startWorld();
      const alice = await signedIn(world, 'Alice');
      await world.scenario({ ...scenario, route: 'GET /v1/api/transactions/query' });

      const answer = await alice.post('delete-account', deletion('Alice'));

      expect(answer.status).toBe(status);
      expect(userNamed(world, 'Alice').deleted).toBe(false);
    });
  });
});
