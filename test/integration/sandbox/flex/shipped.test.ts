/** The processes beside default-booking, from the first transition to the last, and further ones from a folder. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createSandbox } from '../../../sandbox/sandbox.ts';
import { operatorSdk, stripeClient, types, userSdks } from '../../../setup/flex-sdks.ts';
import {
  begin,
  DAY,
  HOUR,
  intentIn,
  listingNamed,
  MINUTE,
  payInBrowser,
  processOf,
  stateOf,
  step,
  transition,
  useSandbox,
} from './support.ts';

const sandbox = useSandbox();
const info = () => sandbox().info();
const stock = (id: string) => sandbox().flex().listings.get(id)!.stock;
const parties = async () => {
  const [alice, petra] = await Promise.all([userSdks(info(), 'Alice'), userSdks(info(), 'Petra')]);
  return { customer: alice.sdk, trusted: alice.trusted, provider: petra.sdk, operator: operatorSdk(info()) };
};

/** Ordered, paid in the browser and confirmed. */
async function bought(process: string, listingId: string, item: object, params: object = {}) {
  const all = await parties();
  const lineItems = [{ code: 'line-item/item', ...item }];
  const order = await begin(all.trusted, process, { listingId, lineItems, ...params }, 'request-payment');
  await payInBrowser(sandbox(), intentIn(order));
  const confirmed = await transition(all.customer, order.id, 'confirm-payment');
  return { ...all, id: order.id, confirmed, intent: intentIn(order) };
}

const paddle = () => listingNamed(sandbox(), 'Hand-made').id;
const buyPaddles = () =>
  bought(
    'default-purchase',
    paddle(),
    { unitPrice: new types.Money(1999, 'USD'), quantity: 2 },
    { stockReservationQuantity: 2 },
  );
const buyMap = () =>
  bought('default-download', listingNamed(sandbox(), 'Map of').id, {
    unitPrice: new types.Money(990, 'EUR'),
    quantity: 1,
  });
const refunds = async () => (await stripeClient(info()).refunds.list()).data.map(({ amount }) => amount);

describe('default-purchase', () => {
  it('is bought, delivered, received, completed and reviewed by both', async () => {
    const { id, customer, provider, confirmed } = await buyPaddles();
    expect([confirmed.attributes.state, stock(paddle())]).toEqual(['state/purchased', 18]);

    await transition(provider, id, 'mark-delivered');
    await transition(customer, id, 'mark-received');
    await sandbox().advance(0);
    expect(stateOf(sandbox(), id)).toBe('state/completed');
    const review = { reviewRating: 5, reviewContent: 'Fine' };
    await transition(provider, id, 'review-1-by-provider', review);
    await transition(customer, id, 'review-2-by-customer', review);

    expect(stateOf(sandbox(), id)).toBe('state/reviewed');
    expect(await refunds()).toEqual([]);
  });

  it('expires after a quarter of an hour, and the stock comes back', async () => {
    const { trusted } = await parties();
    const params = {
      listingId: paddle(),
      stockReservationQuantity: 2,
      lineItems: [{ code: 'line-item/item', unitPrice: new types.Money(1999, 'USD'), quantity: 2 }],
    };
    const { id } = await begin(trusted, 'default-purchase', params, 'request-payment');
    expect(stock(paddle())).toBe(18);

    await sandbox().advance(15 * MINUTE);

    expect([stateOf(sandbox(), id), stock(paddle())]).toEqual(['state/payment-expired', 20]);
  });

  it('is cancelled by itself when nobody delivers: money and stock come back', async () => {
    const { id } = await buyPaddles();

    await sandbox().advance(14 * DAY);

    expect([stateOf(sandbox(), id), stock(paddle()), await refunds()]).toEqual([
      'state/canceled',
      20,
      [3998],
    ]);
  });

  it('is disputed, and cancelled by the operator', async () => {
    const { id, customer, provider, operator } = await buyPaddles();
    await transition(provider, id, 'mark-delivered');
    await transition(customer, id, 'dispute');

    await transition(operator, id.uuid, 'cancel-from-disputed');

    expect([stateOf(sandbox(), id), await refunds()]).toEqual(['state/canceled', [3998]]);
  });
});

describe('default-download', () => {
  it('is bought at once, completed after a week, and reviewed by the customer', async () => {
    const { id, customer, confirmed } = await buyMap();
    expect(confirmed.attributes.state).toBe('state/purchased');

    await sandbox().advance(7 * DAY);
    expect(stateOf(sandbox(), id)).toBe('state/completed');
    await transition(customer, id, 'review', { reviewRating: 5, reviewContent: 'Fine' });

    expect(stateOf(sandbox(), id)).toBe('state/reviewed');
  });

  it('is reported, and cancelled by itself after sixty days', async () => {
    const { id, customer } = await buyMap();
    await transition(customer, id, 'report');

    await sandbox().advance(60 * DAY);

    expect([stateOf(sandbox(), id), await refunds()]).toEqual(['state/canceled', [990]]);
  });

  it('waits a day for its payment', async () => {
    const { trusted } = await parties();
    const params = {
      listingId: listingNamed(sandbox(), 'Map of').id,
      lineItems: [{ code: 'line-item/file', unitPrice: new types.Money(990, 'EUR'), quantity: 1 }],
    };
    const { id } = await begin(trusted, 'default-download', params, 'request-payment');

    await sandbox().advance(23 * HOUR);
    expect(stateOf(sandbox(), id)).toBe('state/pending-payment');
    await sandbox().advance(HOUR);

    expect(stateOf(sandbox(), id)).toBe('state/payment-expired');
  });
});

it('default-inquiry is a question, and free', async () => {
  const { customer } = await parties();
  const params = {
    listingId: listingNamed(sandbox(), 'Ask a ranger').id,
    protectedData: { message: 'Hello' },
  };

  const { attributes } = await begin(customer, 'default-inquiry', params, 'inquire-without-payment');

  expect(attributes).toMatchObject({
    state: 'state/free-inquiry',
    payinTotal: null,
    protectedData: { message: 'Hello' },
  });
});

describe('a folder of processes', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'processes-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const write = (name: string, edn: string) => {
    mkdirSync(path.join(folder, name));
    writeFileSync(path.join(folder, name, 'process.edn'), edn);
  };

  it('is there beside the shipped ones, each under the name of its folder', async () => {
    write('swap', processOf(step('begin', { to: 'open' })));
    mkdirSync(path.join(folder, 'notes'));

    const own = createSandbox({ processes: [folder] });

    expect(own.flex().processes.aliases().toSorted()).toEqual([
      'default-booking/release-1',
      'default-download/release-1',
      'default-inquiry/release-1',
      'default-negotiation/release-1',
      'default-purchase/release-1',
      'swap/release-1',
    ]);
    await own.close();
  });

  it.each([
    [
      processOf(step('begin', { to: 'open', actions: ['fly-away'] })),
      /swap\/process\.edn:1:\d+: .*fly-away is not a known action/,
    ],
    ['{:format :v3 :transitions [', /swap\/process\.edn:1:\d+: /],
    ['{:format :v2 :transitions []}', /swap\/process\.edn:1:1: .*must be :v3/],
  ])('ends the start with file and place when it holds %j', (edn, message) => {
    write('swap', edn);

    expect(() => createSandbox({ processes: [folder] })).toThrow(message);
  });

  it('ends the start when it holds no process at all', () => {
    expect(() => createSandbox({ processes: [folder] })).toThrow(`${folder}: holds no <name>/process.edn`);
  });
});
