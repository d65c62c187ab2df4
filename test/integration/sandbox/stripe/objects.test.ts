/**
 * Every object that the sandbox shows has the fields of Stripe's, with values of their types: all that are always there, and
 * none that Stripe does not know. `objects.json` lists them: `?` may be missing, `|` means or, `[x]` and `list of x` are many.
 */
import { readFileSync } from 'node:fs';
import { stripeRoutes } from '../../../sandbox/stripe/service.ts';
import { atOnce, DAY, HEALTHY, held, paid, startStripe, toProvider } from '../../../setup/stripe-sandbox.ts';

type Shape = Record<string, string>;

const shapes = JSON.parse(
  readFileSync(new URL('../../../fixtures/stripe/objects.json', import.meta.url), 'utf8'),
) as Record<string, Shape>;

const { sandbox, stripe, client, exchanges, control, ask } = startStripe();
afterAll(() => sandbox.close());

/** What is wrong with a value, in words; nothing when it is as it should be. */
function faults(value: unknown, type: string, at: string): string[] {
  const alternatives = type.split('|');
  if (alternatives.some(alternative => isPlain(value, alternative))) return [];
  const list = alternatives.find(each => each.startsWith('[') || each.startsWith('list of '));
  if (list?.startsWith('[') && Array.isArray(value))
    return value.flatMap((item, index) => faults(item, inner(list), `${at}[${index}]`));
  if (!isObject(value)) return [`${at}: ${JSON.stringify(value)} is no ${type}`];
  if (list && value['object'] === 'list') return listFaults(value, list.slice('list of '.length), at);
  const shape = alternatives.find(each => shapes[each] && matchesKind(value, each));
  if (!shape) return [`${at}: is no ${type}`];
  return fieldFaults(value, shapes[shape]!, isKind(shape) ? shape : at);
}

const inner = (list: string) => list.slice(1, -1).replaceAll(' or ', '|');

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isPlain = (value: unknown, type: string) =>
  type === 'any' ||
  (type === 'null' && value === null) ||
  type === typeof value ||
  (type === 'map' && isObject(value) && Object.values(value).every(item => typeof item === 'string'));

/** A kind of object that has a name of its own says so; parts of objects do not. */
const matchesKind = (value: Record<string, unknown>, kind: string) => !isKind(kind) || kindOf(value) === kind;

const isKind = (name: string) => shapes[name]!['object'] === 'string';

const kindOf = (value: Record<string, unknown>) =>
  value['deleted'] === true ? `deleted_${String(value['object'])}` : String(value['object']);

function fieldFaults(value: Record<string, unknown>, shape: Shape, at: string): string[] {
  const types = new Map(Object.entries(shape).map(([name, type]) => [name.replace('?', ''), type]));
  const missing = Object.keys(shape).filter(name => !name.endsWith('?') && !(name in value));
  return [
    ...missing.map(name => `${at}.${name}: is missing`),
    ...Object.entries(value).flatMap(([name, field]) =>
      types.has(name)
        ? faults(field, types.get(name)!, `${at}.${name}`)
        : [`${at}.${name}: is unknown to Stripe`],
    ),
  ];
}

function listFaults(list: Record<string, unknown>, type: string, at: string): string[] {
  const { object, data, has_more: more, url, ...others } = list;
  const ofSearch = object === 'search_result' ? ['next_page'] : [];
  expect([typeof more, typeof url, Object.keys(others)]).toEqual(['boolean', 'string', ofSearch]);
  return (data as unknown[]).flatMap((item, index) =>
    faults(item, isObject(item) ? kindOf(item) : type, `${at}[${index}]`),
  );
}

const bodyFaults = (body: Record<string, unknown>, at: string): string[] =>
  Array.isArray(body['data']) ? listFaults(body, 'any', at) : faults(body, kindOf(body), at);

/** One call of every endpoint, and objects in many of their states. */
async function walkThroughEverything(): Promise<void> {
  const onProvider = { stripeAccount: HEALTHY };
  const endpoint = await stripe.webhookEndpoints.create({
    url: 'http://nobody.example/hook',
    enabled_events: ['*'],
    metadata: { a: 'b' },
  });
  await stripe.webhookEndpoints.retrieve(endpoint.id);
  await stripe.webhookEndpoints.update(endpoint.id, { description: 'x' });
  await stripe.webhookEndpoints.list();
  await stripe.webhookEndpoints.del(endpoint.id);

  const address = { line1: 'a', city: 'b', country: 'FI', postal_code: '1', state: 's', line2: 'c' };
  const shipping = { name: 'Ada', address, phone: '1' };
  const customer = await stripe.customers.create({
    email: 'ada@sandbox.example',
    metadata: { a: 'b' },
    address,
    shipping,
  });
  await stripe.customers.update(customer.id, { name: 'Ada' });
  const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  await stripe.paymentMethods.retrieve(method.id, { expand: ['customer'] });
  await stripe.paymentMethods.list({ customer: customer.id });

  const setup = await stripe.setupIntents.create({ customer: customer.id, payment_method: method.id });
  await stripe.setupIntents.confirm(setup.id, { return_url: 'http://shop.example' });
  await stripe.setupIntents.retrieve(setup.id, { expand: ['payment_method', 'customer'] });
  const other = await stripe.setupIntents.create({ allowed_payment_method_types: ['card'] });
  await stripe.setupIntents.update(other.id, { metadata: { a: 'b' } });
  await stripe.setupIntents
    .confirm(other.id, { payment_method: 'pm_card_chargeDeclined' })
    .catch(() => undefined);
  await stripe.setupIntents.cancel(other.id);
  await stripe.setupIntents.list();

  const direct = { ...held, ...toProvider, shipping, metadata: { a: 'b' }, customer: customer.id };
  const { id } = await stripe.paymentIntents.create(direct);
  await stripe.paymentIntents.update(id, { description: 'x' });
  await stripe.paymentIntents
    .confirm(id, { payment_method: 'pm_card_chargeDeclined' })
    .catch(() => undefined);
  await stripe.paymentIntents.retrieve(id);
  await stripe.paymentIntents.confirm(id, {
    payment_method: 'pm_card_threeDSecure2Required',
    return_url: 'http://shop.example',
  });
  await control('stripe/authenticate', { paymentIntent: id, passed: true });
  await stripe.paymentIntents.incrementAuthorization(id, { amount: 2000 }).catch(() => undefined);
  await stripe.paymentIntents.capture(id);
  await sandbox.advance(1_000);
  const { latest_charge: charge } = await stripe.paymentIntents.retrieve(id, {
    expand: ['latest_charge.transfer.destination', 'latest_charge.application_fee', 'customer'],
  });
  const { id: chargeId, transfer, application_fee: fee } = charge as any;
  await stripe.charges.retrieve(chargeId, { expand: ['balance_transaction.source', 'refunds'] });
  await stripe.charges.update(chargeId, { description: 'x' });
  await stripe.charges.list({ expand: ['data.transfer'] });
  const refund = await stripe.refunds.create({
    charge: chargeId,
    amount: 500,
    reverse_transfer: true,
    refund_application_fee: true,
    expand: ['transfer_reversal', 'balance_transaction'],
  });
  await stripe.refunds.retrieve(refund.id, { expand: ['charge.refunds'] });
  await stripe.refunds.update(refund.id, { metadata: { a: 'b' } });
  await stripe.refunds.list();
  await stripe.applicationFees.retrieve(fee.id, { expand: ['account', 'originating_transaction'] });
  await stripe.applicationFees.list();
  await stripe.transfers.retrieve(transfer.id, { expand: ['destination_payment'] });
  await stripe.transfers.update(transfer.id, { description: 'x' });
  await stripe.transfers.listReversals(transfer.id);

  const slow = await stripe.paymentIntents.create({
    amount: 500,
    currency: 'usd',
    allowed_payment_method_types: ['us_bank_account'],
    payment_method: 'pm_usBankAccount_success',
    confirm: true,
    expand: ['payment_method'],
  });
  await stripe.paymentIntents.create({ ...held, payment_method: 'pm_card_visa' });
  await stripe.paymentIntents.cancel((await stripe.paymentIntents.create({ ...held, ...paid })).id);
  await stripe.paymentIntents.create({ ...atOnce, payment_method: 'pm_card_createDispute', confirm: true });
  await stripe.paymentIntents.create({ amount: 500, currency: 'eur' });
  await stripe.paymentIntents.create({ ...atOnce, amount: 20_000, ...paid });
  const failing = await stripe.paymentIntents.create({
    ...atOnce,
    payment_method: 'pm_card_refundFail',
    confirm: true,
  });
  await stripe.refunds.create({ payment_intent: failing.id });
  await sandbox.advance(4 * DAY);
  await stripe.paymentIntents.retrieve(slow.id, { expand: ['latest_charge.balance_transaction'] });
  await stripe.refunds.list({ expand: ['data.failure_balance_transaction'] });
  await stripe.paymentIntents.search({ query: "status:'succeeded'" });
  await stripe.charges.search({ query: "status:'succeeded'" });
  await stripe.customers.search({ query: "name:'Ada'" });

  const moved = await stripe.transfers.create({ amount: 100, currency: 'eur', destination: HEALTHY });
  const reversal = await stripe.transfers.createReversal(moved.id, { amount: 50 });
  await stripe.transfers.retrieveReversal(moved.id, reversal.id, { expand: ['transfer'] });
  await stripe.transfers.list();

  const [dispute] = (await stripe.disputes.list()).data;
  await stripe.disputes.retrieve(dispute!.id, { expand: ['charge'] });
  await stripe.disputes.close(dispute!.id);

  await control('scenario', { name: 'payout-fails' });
  const payout = await stripe.payouts.create({ amount: 100, currency: 'eur' }, onProvider);
  const second = await stripe.payouts.create({ amount: 100, currency: 'eur' }, onProvider);
  await stripe.payouts.cancel(second.id, {}, onProvider);
  await sandbox.advance(4 * DAY);
  await stripe.payouts.retrieve(payout.id, { expand: ['failure_balance_transaction'] }, onProvider);
  await stripe.payouts.list({}, onProvider);
  await stripe.balance.retrieve({}, onProvider);
  await stripe.balance.retrieve();
  const [entry] = (await stripe.balanceTransactions.list({ limit: 100 }, onProvider)).data;
  await stripe.balanceTransactions.list({ limit: 100 });
  await stripe.balanceTransactions.retrieve(entry!.id, {}, onProvider);

  await stripe.accounts.retrieveCurrent();
  await stripe.accounts.retrieve(HEALTHY);
  await stripe.accounts.list();

  await stripe.paymentMethods.detach(method.id);
  await stripe.customers.list();
  await stripe.customers.del(customer.id);
  await stripe.customers.retrieve(customer.id);
  const [event] = (await stripe.events.list({ limit: 100 })).data;
  await stripe.events.retrieve(event!.id);
  await stripe.events.list({ limit: 100 }, onProvider);
  await stripe.paymentIntents.list({ expand: ['data.latest_charge'] });
  await client(sandbox.info().stripe.publishableKey)
    .paymentIntents.retrieve(id)
    .catch(() => undefined);
  await ask('GET', '/v1/payment_intents');
}

describe('every object', () => {
  let bodies: { at: string; body: Record<string, unknown> }[] = [];
  beforeAll(async () => {
    await walkThroughEverything();
    bodies = exchanges
      .filter(({ response }) => response.status === 200)
      .map(({ request, response }) => ({
        at: `${request.method} ${request.path}`,
        body: JSON.parse(response.body) as Record<string, unknown>,
      }));
  });

  it('has the fields of its kind and no others', () => {
    expect([...new Set(bodies.flatMap(({ at, body }) => bodyFaults(body, at)))]).toEqual([]);
  });

  it('is in its event as it is in an answer', () => {
    const inEvents = bodies
      .filter(({ at }) => at === 'GET /v1/events')
      .flatMap(({ body }) => body['data'] as { type: string; data: { object: Record<string, unknown> } }[]);

    expect(inEvents.length).toBeGreaterThan(40);
    expect(inEvents.flatMap(event => bodyFaults(event.data.object, event.type))).toEqual([]);
  });

  it('that was refused with an error says so in the error as well', () => {
    const inErrors = exchanges
      .filter(({ response }) => response.status >= 400)
      .map(({ response }) => JSON.parse(response.body).error as Record<string, unknown>)
      .flatMap(error => [error['payment_intent'], error['setup_intent'], error['payment_method']])
      .filter(isObject);

    expect(new Set(inErrors.map(kindOf))).toEqual(
      new Set(['payment_intent', 'setup_intent', 'payment_method']),
    );
    expect(inErrors.flatMap(object => bodyFaults(object, 'error'))).toEqual([]);
  });

  it('was seen, of every kind', () => {
    const seen = new Set<string>();
    const look = (value: unknown): void => {
      if (Array.isArray(value)) value.forEach(look);
      if (!isObject(value)) return;
      if (typeof value['object'] === 'string') seen.add(kindOf(value));
      Object.values(value).forEach(look);
    };
    bodies.forEach(({ body }) => look(body));

    const kinds = Object.keys(shapes).filter(isKind);
    expect(kinds.filter(kind => !seen.has(kind))).toEqual([]);
  });

  it('came from every endpoint', () => {
    const counts = sandbox.requests();

    expect(
      stripeRoutes.map(({ method, path }) => `${method} ${path}`).filter(route => !counts[route]),
    ).toEqual([]);
  });
});
