/** Requests that race with one idempotency key: one order, whichever instance they come to. */
import { createApp } from '../../../server/app.ts';
import { loadConfig } from '../../../server/config.ts';
import { createContext } from '../../../server/context.ts';
import { listen } from '../../../server/listen.ts';
import { claimInitiate, settleInitiate } from '../../../server/store/initiate-claims.ts';
import { claimsIn } from '../../../server/store/claims.ts';
import { openStore } from '../../../server/store/store.ts';
import { realBooking } from '../../sandbox/client/orders.ts';
import { createWebClient, signedIn } from '../../sandbox/client/web-client.ts';
import { eventually, moveClock, onBothDatabases, onPostgres, silent } from '../../setup/databases.ts';
import { collectLog } from '../../setup/log-lines.ts';
import { environmentFor, startWorld, type World } from '../../setup/world.ts';

const KEY = 'one-wish-0123456789';
const keyed = { headers: { 'X-Idempotency-Key': KEY } };
const INITIATE = 'POST /v1/api/transactions/initiate';
const wish = { scope: 'session', key: KEY, digest: 'order' };

const sent = (world: World) => world.sandbox.requests()[INITIATE]?.count ?? 0;

onBothDatabases(databases => {
  it('sends one of eight that come at once, and answers all of them with it', async () => {
    const store = await databases.openStore();
    await using world = await startWorld({ store });
    await store.started;
    await world.scenario({ name: 'slow', ms: 400, route: INITIATE });
    const alice = await signedIn(world, 'Alice');
    const order = realBooking(world.info);
    // The first statement takes longest, and a database that takes too long is not waited for.
    await claimInitiate(store.db, wish);

    const answers = await Promise.all(
      Array.from({ length: 8 }, () => alice.post('initiate-privileged', order, keyed)),
    );

    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
    expect(new Set(answers.map(({ body }) => body.data.data.id.uuid)).size).toBe(1);
    expect(sent(world)).toBe(1);
    expect(world.sandbox.flex().transactions.size).toBe(1);
  }, 20_000);

  it('gives the key back when the order was refused', async () => {
    const store = await databases.openStore();
    await using world = await startWorld({ store });
    await store.started;
    const alice = await signedIn(world, 'Alice');
    await world.scenario({ name: 'stripe-not-configured', times: 1 });
    const refused = await alice.post('initiate-privileged', realBooking(world.info), keyed);
    await eventually(
      () => store.db.selectFrom('initiate_claims').select('key').execute(),
      rows => rows.length === 0,
    );

    const taken = await alice.post('initiate-privileged', realBooking(world.info), keyed);

    expect([refused.status, taken.status]).toEqual([409, 200]);
  });

  it('belongs to who has it until it is settled or has run out', async () => {
    const store = await databases.store();
    const { db } = store;

    expect(await claimInitiate(db, wish)).toEqual({ is: 'mine', fence: 1, isRepeated: false });
    expect(await claimInitiate(db, wish)).toEqual({ is: 'another' });
    expect(await claimInitiate(db, { ...wish, digest: 'another order' })).toEqual({ is: 'other-order' });
    expect(await claimInitiate(db, { ...wish, scope: 'other session' })).toMatchObject({ is: 'mine' });

    await settleInitiate(db, wish, 1, { is: 'unknown' });
    await moveClock(store, 50_000);
    expect(await claimInitiate(db, wish)).toEqual({ is: 'another' });
    await moveClock(store, 61_000);
    expect(await claimInitiate(db, wish)).toEqual({ is: 'mine', fence: 2, isRepeated: true });

    // The first one wakes up: it has nothing to say any more.
    await settleInitiate(db, wish, 1, { is: 'done', transactionId: 'late' });
    expect(await claimInitiate(db, wish)).toEqual({ is: 'another' });
    await settleInitiate(db, wish, 2, { is: 'done', transactionId: 'the-one' });
    await moveClock(store, 3_600_000);
    expect(await claimInitiate(db, wish)).toEqual({ is: 'done', transactionId: 'the-one' });
  });
});

describe('with Postgres', () => {
  const databases = onPostgres();

  it('is settled between two instances too', async () => {
    const { url } = (await databases.place()) as { url: string };
    await using first = await openStore({ place: { url }, log: silent });
    await using second = await openStore({ place: { url }, log: silent });
    await using world = await startWorld({ store: first });
    const other = createContext(loadConfig(environmentFor(world.info)), collectLog().destination, second);
    second.start();
    await Promise.all([first.started, second.started]);
    const server = await listen(createApp(other), 0, '127.0.0.1');
    await world.scenario({ name: 'slow', ms: 400, route: INITIATE });
    const alice = await signedIn(world, 'Alice');
    const there = createWebClient(server.url, world.info);
    for (const [name, value] of alice.cookies) there.cookies.set(name, value);
    const order = realBooking(world.info);

    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        (index % 2 ? alice : there).post('initiate-privileged', order, keyed),
      ),
    );

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body.data.data.id.uuid)).size).toBe(1);
    expect(sent(world)).toBe(1);
    await server.close(0);
    await other.intake!.stop();
    other[Symbol.dispose]();
  }, 20_000);

  it('goes on without a database that is away or slow', async () => {
    const store = await databases.newStore();
    const claims = claimsIn(store);
    expect(await claims.claim(wish)).toMatchObject({ is: 'mine' });
    await databases.server().stop();
    await eventually(
      () => store.status().isUp,
      isUp => !isUp,
    );
    const started = performance.now();

    expect(await claims.claim({ ...wish, key: 'another-0123456789' })).toBeNull();

    expect(performance.now() - started).toBeLessThan(5_000);
    await databases.server().start();
  }, 20_000);
});
