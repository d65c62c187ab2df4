/** Lists, search and the opening of ids. */
import type Stripe from 'stripe';
import {
  atOnce,
  DAY,
  failureOf,
  HEALTHY,
  held,
  paid,
  startStripe,
  toProvider,
} from '../../../setup/stripe-sandbox.ts';

const { sandbox, stripe, control, exchanges, reset } = startStripe();
afterEach(reset);
afterAll(() => sandbox.close());

const idsOf = ({ data }: { data: { id: string }[] }) => data.map(({ id }) => id);

async function customers(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 0; number < count; number++) {
    ids.push((await stripe.customers.create({ name: `Customer ${number}` })).id);
    await sandbox.advance(1_000);
  }
  return ids.toReversed();
}

describe('a list', () => {
  it('has the newest first, ten of them, and says whether there are more', async () => {
    const all = await customers(12);

    const first = await stripe.customers.list();
    const rest = await stripe.customers.list({ starting_after: all[9]! });

    expect(first).toMatchObject({ object: 'list', url: '/v1/customers', has_more: true });
    expect(idsOf(first)).toEqual(all.slice(0, 10));
    expect([idsOf(rest), rest.has_more]).toEqual([all.slice(10), false]);
  });

  it('goes back from an id to the page next to it', async () => {
    const all = await customers(6);

    const page = await stripe.customers.list({ limit: 2, ending_before: all[4]! });
    const top = await stripe.customers.list({ limit: 5, ending_before: all[4]! });

    expect([idsOf(page), page.has_more]).toEqual([all.slice(2, 4), true]);
    expect([idsOf(top), top.has_more]).toEqual([all.slice(0, 4), false]);
  });

  it('is walked by the client, page by page', async () => {
    const all = await customers(7);
    exchanges.length = 0;

    const walked = await stripe.customers.list({ limit: 3 }).autoPagingToArray({ limit: 100 });

    expect(walked.map(({ id }) => id)).toEqual(all);
    expect(exchanges.map(({ request }) => request.query.get('starting_after'))).toEqual([
      null,
      all[2],
      all[5],
    ]);
  });

  it('takes limits from 1 to 100', async () => {
    await customers(2);

    expect(idsOf(await stripe.customers.list({ limit: 1 }))).toHaveLength(1);
    expect(idsOf(await stripe.customers.list({ limit: 100 }))).toHaveLength(2);
    for (const limit of [0, 101, -1])
      expect(await failureOf(stripe.customers.list({ limit }))).toMatchObject({
        statusCode: 400,
        param: 'limit',
      });
  });

  it.each<[string, (at: (index: number) => number) => Stripe.CustomerListParams['created'], number[]]>([
    ['a moment', at => at(1), [1]],
    ['from', at => ({ gte: at(1) }), [0, 1]],
    ['after', at => ({ gt: at(1) }), [0]],
    ['until', at => ({ lte: at(1) }), [1, 2]],
    ['before', at => ({ lt: at(1) }), [2]],
    ['between', at => ({ gt: at(2), lt: at(0) }), [1]],
  ])('is asked for times: %s', async (_what, created, expected) => {
    const all = await customers(3);
    const times = (await stripe.customers.list()).data.map(customer => customer.created);

    const found = await stripe.customers.list({ created: created(index => times[index]!)! });

    expect(idsOf(found)).toEqual(expected.map(index => all[index]));
  });

  it.each<[string, Stripe.CustomerListParams, object]>([
    ['both directions', { starting_after: 'cus_a', ending_before: 'cus_b' }, {}],
    [
      'an id that is not in it',
      { starting_after: 'cus_a' },
      { code: 'resource_missing', param: 'starting_after' },
    ],
    ['an unknown filter', { status: 'x' } as never, { code: 'parameter_unknown', param: 'status' }],
    ['an unknown bound', { created: { at: 5 } } as never, { param: 'created' }],
  ])('refuses %s', async (_what, parameters, expected) => {
    expect(await failureOf(stripe.customers.list(parameters))).toMatchObject({
      statusCode: 400,
      ...expected,
    });
  });

  it.each<[string, () => Promise<[unknown[], unknown[]]>]>([
    [
      'PaymentIntents by customer',
      async () => {
        const { id: customer } = await stripe.customers.create();
        const { id } = await stripe.paymentIntents.create({ ...held, customer });
        await stripe.paymentIntents.create(held);
        return [idsOf(await stripe.paymentIntents.list({ customer })), [id]];
      },
    ],
    [
      'charges by PaymentIntent',
      async () => {
        const { id, latest_charge } = await stripe.paymentIntents.create({ ...atOnce, ...paid });
        await stripe.paymentIntents.create({ ...atOnce, ...paid });
        return [idsOf(await stripe.charges.list({ payment_intent: id })), [latest_charge]];
      },
    ],
    [
      'charges by transfer group',
      async () => {
        const { latest_charge } = await stripe.paymentIntents.create({
          ...atOnce,
          ...paid,
          transfer_group: 'g',
        });
        await stripe.paymentIntents.create({ ...atOnce, ...paid });
        return [idsOf(await stripe.charges.list({ transfer_group: 'g' })), [latest_charge]];
      },
    ],
    [
      'refunds by charge and by PaymentIntent',
      async () => {
        const { id, latest_charge } = await stripe.paymentIntents.create({ ...atOnce, ...paid });
        const other = await stripe.paymentIntents.create({ ...atOnce, ...paid });
        const refund = await stripe.refunds.create({ payment_intent: id });
        await stripe.refunds.create({ payment_intent: other.id });
        return [
          [
            ...idsOf(await stripe.refunds.list({ charge: latest_charge as string })),
            ...idsOf(await stripe.refunds.list({ payment_intent: id })),
          ],
          [refund.id, refund.id],
        ];
      },
    ],
    [
      'customers by their exact address, at once',
      async () => {
        const { id } = await stripe.customers.create({ email: 'ada@shop.example' });
        await stripe.customers.create({ email: 'bada@shop.example' });
        return [idsOf(await stripe.customers.list({ email: 'ada@shop.example' })), [id]];
      },
    ],
    [
      'events by type, by types and by their beginning',
      async () => {
        await stripe.paymentIntents.create({ ...held, ...paid });
        const typesOf = async (filter: Stripe.EventListParams) =>
          (await stripe.events.list(filter)).data.map(({ type }) => type);
        return [
          [
            await typesOf({ type: 'charge.succeeded' }),
            await typesOf({ types: ['charge.succeeded', 'payment_intent.created'] }),
            await typesOf({ type: 'payment_intent.*' }),
          ],
          [
            ['charge.succeeded'],
            ['charge.succeeded', 'payment_intent.created'],
            ['payment_intent.amount_capturable_updated', 'payment_intent.created'],
          ],
        ];
      },
    ],
    [
      'transfers by destination',
      async () => {
        await stripe.paymentIntents.create({ ...atOnce, ...paid, ...toProvider });
        const { data } = await stripe.transfers.list({ destination: HEALTHY });
        return [
          [data.length, idsOf(await stripe.transfers.list({ destination: 'acct_x' }))],
          [1, []],
        ];
      },
    ],
    [
      'entries of the books by source',
      async () => {
        const { latest_charge } = await stripe.paymentIntents.create({ ...atOnce, ...paid, ...toProvider });
        const { data } = await stripe.balanceTransactions.list({ source: latest_charge as string });
        return [data.map(({ type }) => type), ['charge']];
      },
    ],
  ])('finds %s', async (_what, work) => {
    const [found, expected] = await work();
    expect(found).toEqual(expected);
  });

  it('of PaymentIntents does not filter by status or metadata', async () => {
    for (const filter of [{ status: 'succeeded' }, { metadata: { a: 'b' } }])
      expect(await failureOf(stripe.paymentIntents.list(filter as never))).toMatchObject({
        code: 'parameter_unknown',
      });
  });

  it('of events goes back thirty days', async () => {
    await stripe.customers.create();
    await sandbox.advance(30 * DAY);
    const [event] = (await stripe.events.list()).data;
    await sandbox.advance(1_000);

    expect(event!.type).toBe('customer.created');
    expect((await stripe.events.list()).data).toEqual([]);
    expect(await failureOf(stripe.events.retrieve(event!.id))).toMatchObject({ statusCode: 404 });
  });
});

describe('search', () => {
  const MINUTE = 60_000;
  const found = async (query: string) => idsOf(await stripe.paymentIntents.search({ query }));
  const BY_TRANSACTION = "metadata['sharetribe-transaction-id']:'decade' AND status:'succeeded'";
  const marked = { metadata: { 'sharetribe-transaction-id': 'decade' } };

  it('learns of what happened a minute later', async () => {
    const { id } = await stripe.paymentIntents.create({ ...atOnce, ...paid, ...marked });

    expect(await found(BY_TRANSACTION)).toEqual([]);
    await sandbox.advance(MINUTE - 1);
    expect(await found(BY_TRANSACTION)).toEqual([]);
    await sandbox.advance(1);

    expect(await found(BY_TRANSACTION)).toEqual([id]);
  });

  it('goes by what was true a minute ago, and shows what is true', async () => {
    const { id } = await stripe.paymentIntents.create({ ...held, ...paid, ...marked });
    await sandbox.advance(MINUTE);
    await stripe.paymentIntents.capture(id);
    await stripe.paymentIntents.update(id, { metadata: { a: 'b' } });

    expect(await found(BY_TRANSACTION)).toEqual([]);
    expect(await found("metadata['a']:'b'")).toEqual([]);
    const stale = await stripe.paymentIntents.search({ query: "status:'requires_capture'" });
    expect(stale.data).toMatchObject([{ id, status: 'succeeded' }]);
    await sandbox.advance(MINUTE);

    expect(await found(BY_TRANSACTION)).toEqual([id]);
    expect(await found("metadata['a']:'b'")).toEqual([id]);
    expect(await found("status:'requires_capture'")).toEqual([]);
  });

  it('is an hour behind, or more, when it is stale', async () => {
    await stripe.paymentIntents.create({ ...atOnce, ...paid });
    await sandbox.advance(MINUTE);
    await control('scenario', { name: 'search-stale', times: 1 });

    expect(await found("status:'succeeded'")).toEqual([]);
    expect(await found("status:'succeeded'")).toHaveLength(1);
    await control('scenario', { name: 'search-stale', ms: 2 * MINUTE, route: '/v1/charges' });
    expect(idsOf(await stripe.charges.search({ query: "status:'succeeded'" }))).toEqual([]);
    expect(await found("status:'succeeded'")).toHaveLength(1);
    await sandbox.advance(MINUTE);

    expect(idsOf(await stripe.charges.search({ query: "status:'succeeded'" }))).toHaveLength(1);
  });

  it('answers in pages with a token for the next', async () => {
    const all: string[] = [];
    for (let number = 0; number < 5; number++) all.unshift((await stripe.paymentIntents.create(held)).id);
    await sandbox.advance(MINUTE);
    const query = 'amount>1000';

    const first = await stripe.paymentIntents.search({ query, limit: 2 });
    const walked = await stripe.paymentIntents.search({ query, limit: 2 }).autoPagingToArray({ limit: 100 });

    expect(first).toMatchObject({
      object: 'search_result',
      url: '/v1/payment_intents/search',
      has_more: true,
      next_page: expect.any(String),
    });
    expect(idsOf({ data: walked })).toEqual(all);
    expect(await stripe.paymentIntents.search({ query, limit: 5 })).toMatchObject({
      has_more: false,
      next_page: null,
    });
    expect(await failureOf(stripe.paymentIntents.search({ query, page: 'x' }))).toMatchObject({
      param: 'page',
    });
  });

  describe('understands', () => {
    const ids: Record<string, string> = {};
    beforeEach(async () => {
      const intents = {
        small: { amount: 100, currency: 'eur', metadata: { shop: 'north-1' } },
        large: { amount: 5_000, currency: 'usd', metadata: { shop: 'south' } },
        done: { ...atOnce, ...paid },
      };
      for (const [name, parameters] of Object.entries(intents))
        ids[name] = (await stripe.paymentIntents.create({ ...held, ...parameters })).id;
      await sandbox.advance(MINUTE);
    });

    it.each([
      ["currency:'usd'", ['large']],
      ['currency:"usd"', ['large']],
      ["-currency:'usd'", ['done', 'small']],
      ["metadata['shop']:'north-1'", ['small']],
      ["metadata['shop']:'north'", []],
      ["metadata['shop']~'nort'", ['small']],
      ["-metadata['shop']:null", ['large', 'small']],
      ['amount>100', ['done', 'large']],
      ['amount>=100', ['done', 'large', 'small']],
      ['amount<1099', ['small']],
      ['amount<=1099', ['done', 'small']],
      ['amount:5000', ['large']],
      ["currency:'eur' AND status:'succeeded'", ['done']],
      ["currency:'usd' OR status:'succeeded'", ['done', 'large']],
      ['customer:null', ['done', 'large', 'small']],
    ])('%s', async (query, names) => {
      expect((await found(query)).toSorted()).toEqual(names.map(name => ids[name]).toSorted());
    });
  });

  it.each([
    "currency:'eur' AND status:'x' OR amount>5",
    'currency=eur',
    'currency:eur',
    "colour:'red'",
    "currency>'eur'",
    "amount~'1'",
    '',
  ])('does not understand %j', async query => {
    expect(await failureOf(stripe.paymentIntents.search({ query }))).toMatchObject({
      statusCode: 400,
      param: 'query',
    });
  });

  it('finds customers, and not those who were deleted', async () => {
    const ada = await stripe.customers.create({ name: 'Ada', email: 'ada@shop.example' });
    const gone = await stripe.customers.create({ name: 'Ada' });
    await sandbox.advance(MINUTE);
    await stripe.customers.del(gone.id);

    expect(idsOf(await stripe.customers.search({ query: "name~'ad'" }))).toEqual([]);
    expect(idsOf(await stripe.customers.search({ query: "name:'Ada'" }))).toEqual([ada.id]);
    expect(idsOf(await stripe.customers.search({ query: "email:'ada@shop.example'" }))).toEqual([ada.id]);
  });
});

describe('expand', () => {
  const destination = { ...atOnce, ...paid, ...toProvider };

  it('opens ids down to the fourth level', async () => {
    const intent = await stripe.paymentIntents.create({
      ...destination,
      expand: ['latest_charge.transfer.destination_payment.balance_transaction', 'payment_method'],
    });

    expect(intent).toMatchObject({
      payment_method: { object: 'payment_method' },
      latest_charge: {
        object: 'charge',
        transfer: {
          object: 'transfer',
          destination: HEALTHY,
          destination_payment: { object: 'charge', balance_transaction: { object: 'balance_transaction' } },
        },
      },
    });
  });

  it('opens in lists behind `data`, in searches as well, and leaves null alone', async () => {
    await stripe.paymentIntents.create(held);
    await stripe.paymentIntents.create(destination);
    await sandbox.advance(60_000);
    const expected = [{ latest_charge: { object: 'charge' } }, { latest_charge: null }];
    const expand = ['data.latest_charge'];

    expect((await stripe.paymentIntents.list({ expand })).data).toMatchObject(expected);
    expect((await stripe.paymentIntents.search({ query: 'amount>1', expand })).data).toMatchObject(expected);
  });

  it('shows the refunds of a charge, which are left out otherwise', async () => {
    const { id, latest_charge } = await stripe.paymentIntents.create(destination);
    const refund = await stripe.refunds.create({ payment_intent: id, expand: ['charge.refunds'] });

    expect(refund.charge).toMatchObject({
      refunds: { object: 'list', data: [{ id: refund.id }], has_more: false },
    });
    expect(await stripe.charges.retrieve(latest_charge as string)).not.toHaveProperty('refunds');
  });

  it('opens what lies in a part of an object', async () => {
    const intent = await stripe.paymentIntents.create({
      ...destination,
      expand: ['transfer_data.destination'],
    });

    expect(intent.transfer_data).toMatchObject({ destination: { id: HEALTHY, object: 'account' } });
  });

  it.each([
    ['amount'],
    ['colour'],
    ['latest_charge.colour'],
    ['data.latest_charge'],
    ['latest_charge.transfer.destination_payment.balance_transaction.source'],
  ])('refuses %s before anything is done', async path => {
    expect(await failureOf(stripe.paymentIntents.create({ ...destination, expand: [path] }))).toMatchObject({
      statusCode: 400,
      message: expect.stringContaining(`This property cannot be expanded (${path})`),
    });
    expect(sandbox.stripe().paymentIntents.size).toBe(0);
  });

  it('refuses a path without `data` on a list, empty as it may be', async () => {
    expect(await failureOf(stripe.paymentIntents.list({ expand: ['customer'] }))).toMatchObject({
      statusCode: 400,
    });
  });
});
