/** What a call may send: names, kinds, lengths, amounts by currency; and the ids that come back. */
import type Stripe from 'stripe';
import { judgePair } from '../../../../server/domain/payment-intent.ts';
import {
  failureOf,
  HEALTHY,
  held,
  atOnce,
  paid,
  startStripe,
  toProvider,
} from '../../../setup/stripe-sandbox.ts';

const { sandbox, stripe, ask, reset } = startStripe();
afterEach(reset);
afterAll(() => sandbox.close());

const create = (parameters: object) => stripe.paymentIntents.create({ ...held, ...parameters });

describe('an amount', () => {
  const minimums: Record<string, number> = {
    usd: 50,
    aed: 200,
    aud: 50,
    bgn: 100,
    brl: 50,
    cad: 50,
    chf: 50,
    czk: 1500,
    dkk: 250,
    eur: 50,
    gbp: 30,
    hkd: 400,
    huf: 17500,
    inr: 50,
    jpy: 50,
    mxn: 1000,
    myr: 200,
    nok: 300,
    nzd: 50,
    pln: 200,
    ron: 200,
    sek: 300,
    sgd: 50,
    thb: 1000,
  };

  it.each(Object.entries(minimums))('in %s is at least %d', async (currency, minimum) => {
    expect((await create({ amount: minimum, currency })).amount).toBe(minimum);
    expect(await failureOf(create({ amount: minimum - 1, currency }))).toMatchObject({
      statusCode: 400,
      code: 'amount_too_small',
      param: 'amount',
    });
  });

  it('has eight digits at most, nine in rupees', async () => {
    expect((await create({ amount: 99_999_999 })).amount).toBe(99_999_999);
    expect(await failureOf(create({ amount: 100_000_000 }))).toMatchObject({
      code: 'amount_too_large',
      param: 'amount',
    });
    expect((await create({ amount: 999_999_999, currency: 'inr' })).amount).toBe(999_999_999);
    expect(await failureOf(create({ amount: 1_000_000_000, currency: 'inr' }))).toMatchObject({
      code: 'amount_too_large',
    });
  });

  it.each([0, -1, 10.5, 'ten', '1e3', '0x10', ' 10', true])(
    'is a whole number above nothing, not %j',
    async amount => {
      expect(await failureOf(create({ amount }))).toMatchObject({
        statusCode: 400,
        code: 'parameter_invalid_integer',
        param: 'amount',
      });
    },
  );

  it.each(['xxx', 'eu', 'ugx', 'isk'])(
    'in %s is refused: that currency is not known to be safe',
    async currency => {
      expect(await failureOf(create({ amount: 5_000, currency }))).toMatchObject({
        statusCode: 400,
        param: 'currency',
      });
    },
  );

  it('takes a currency in any case, and shows it small', async () => {
    expect((await create({ currency: 'EUR' })).currency).toBe('eur');
  });

  it('of an update obeys the same rules', async () => {
    const { id } = await create({});

    expect(await failureOf(stripe.paymentIntents.update(id, { amount: 49 }))).toMatchObject({
      code: 'amount_too_small',
    });
    expect(await failureOf(stripe.paymentIntents.update(id, { currency: 'huf' }))).toMatchObject({
      code: 'amount_too_small',
    });
  });
});

describe('metadata', () => {
  const pairs = (count: number, from = 0) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`key-${from + index}`, 'x']));

  it('takes fifty pairs, keys of forty characters and values of five hundred', async () => {
    const metadata = { ...pairs(49), ['k'.repeat(40)]: 'v'.repeat(500) };

    expect((await create({ metadata })).metadata).toEqual(metadata);
  });

  it.each<[string, Stripe.MetadataParam, string]>([
    ['fifty-one pairs', pairs(51), 'metadata'],
    ['a key of forty-one characters', { ['k'.repeat(41)]: 'x' }, 'metadata'],
    ['a value of five hundred and one', { a: 'x'.repeat(501) }, 'metadata[a]'],
    ['a value that is an object', { a: { b: 'c' } } as never, 'metadata'],
    ['a list', ['a', { b: 'c' }] as never, 'metadata'],
  ])('does not take %s', async (_what, metadata, param) => {
    expect(await failureOf(create({ metadata }))).toMatchObject({ statusCode: 400, param });
  });

  it('does not grow beyond fifty by updates', async () => {
    const { id } = await create({ metadata: pairs(50) });

    expect(await failureOf(stripe.paymentIntents.update(id, { metadata: pairs(1, 50) }))).toMatchObject({
      param: 'metadata',
    });
    const { metadata } = await stripe.paymentIntents.update(id, { metadata: { 'key-0': '', 'key-50': 'x' } });
    expect(Object.keys(metadata)).toHaveLength(50);
  });
});

describe('a parameter', () => {
  it.each<[string, object, object]>([
    ['unknown', { colour: 'red' }, { code: 'parameter_unknown', param: 'colour' }],
    [
      'unknown inside an object',
      { transfer_data: { destination: HEALTHY, colour: 'red' } },
      { code: 'parameter_unknown', param: 'transfer_data[colour]' },
    ],
    [
      'required inside an object',
      { transfer_data: { amount: 5 } },
      { code: 'parameter_missing', param: 'transfer_data[destination]' },
    ],
    [
      'of the wrong kind: no list',
      { allowed_payment_method_types: 'card' },
      { param: 'allowed_payment_method_types' },
    ],
    ['of the wrong kind: no object', { shipping: 'home' }, { param: 'shipping' }],
    ['of the wrong kind: no text', { description: { a: 'b' } }, { param: 'description' }],
    ['of the wrong kind: no truth', { confirm: 'yes' }, { param: 'confirm' }],
    ['of other words', { capture_method: 'later' }, { param: 'capture_method' }],
    [
      'too long',
      { description: 'x'.repeat(1001) },
      { code: 'parameter_invalid_string_too_long', param: 'description' },
    ],
    ['empty where it can not be', { currency: '' }, { code: 'parameter_missing', param: 'currency' }],
    [
      'gone since this version',
      { payment_method_types: ['card'] },
      { code: 'payment_method_types_no_longer_supported', param: 'payment_method_types' },
    ],
    ['that the sandbox has not built', { radar_options: { session: 'x' } }, { param: 'radar_options' }],
  ])('is refused when it is %s', async (_what, parameters, expected) => {
    expect(await failureOf(create(parameters))).toMatchObject({ statusCode: 400, ...expected });
    expect(sandbox.stripe().paymentIntents.size).toBe(0);
  });

  it.each([
    ['GET', '/v1/payment_intents/pi_x?colour=red'],
    ['GET', '/v1/charges?colour=red'],
    ['GET', '/v1/balance?colour=red'],
    ['POST', '/v1/payment_intents/pi_x/cancel'],
    ['POST', '/v1/refunds'],
    ['DELETE', '/v1/webhook_endpoints/we_x'],
    ['DELETE', '/v1/customers/cus_x'],
  ])('that is unknown is refused at %s %s before the object is looked for', async (method, path) => {
    const { body } = await ask(method, path, path.includes('?') ? '' : 'colour=red');

    expect(JSON.parse(body).error).toMatchObject({ code: 'parameter_unknown', param: 'colour' });
  });

  it.each(['abandoned', 'duplicate', 'fraudulent', 'requested_by_customer'] as const)(
    'may be the reason %s of a cancellation',
    async cancellation_reason => {
      const { id } = await create({});

      expect((await stripe.paymentIntents.cancel(id, { cancellation_reason })).cancellation_reason).toBe(
        cancellation_reason,
      );
    },
  );

  it.each(['automatic', 'expired', 'failed_invoice', 'void_invoice'])(
    'may not be the reason %s, which is for Stripe itself',
    async cancellation_reason => {
      const { id } = await create({});

      expect(await failureOf(stripe.paymentIntents.cancel(id, { cancellation_reason }))).toMatchObject({
        statusCode: 400,
        param: 'cancellation_reason',
      });
    },
  );
});

describe('an id', () => {
  it('has the prefix and the length of its kind, and ten characters of its account', async () => {
    const intent = await stripe.paymentIntents.create({ ...atOnce, ...paid, ...toProvider });
    const refund = await stripe.refunds.create({ payment_intent: intent.id, reverse_transfer: true });
    const setup = await stripe.setupIntents.create({});
    const customer = await stripe.customers.create();
    const world = sandbox.stripe();
    const ids = {
      pi: intent.id,
      ch: intent.latest_charge as string,
      pm: intent.payment_method as string,
      re: refund.id,
      seti: setup.id,
      txn: refund.balance_transaction as string,
      evt: world.events[0]!.id,
      tr: [...world.transfers.keys()][0]!,
      trr: refund.transfer_reversal as string,
      fee: [...world.applicationFees.keys()][0]!,
    };
    const shared = world.platform.accountId.slice(-10);
    for (const [prefix, id] of Object.entries(ids)) {
      expect(id).toMatch(new RegExp(`^${prefix}_3[0-9A-Za-z]{5}${shared}[0-9A-Za-z]{8}$`));
    }
    expect(customer.id).toMatch(/^cus_[0-9A-Za-z]{14}$/);
    expect(intent.client_secret).toMatch(new RegExp(`^${intent.id}_secret_[0-9A-Za-z]{25}$`));
    expect(setup.client_secret).toMatch(new RegExp(`^${setup.id}_secret_[0-9A-Za-z]{31}$`));
  });

  it('and its secret are a pair in the eyes of the server', async () => {
    const { id, client_secret: clientSecret } = await create({});

    expect(judgePair({ id, clientSecret })).toEqual({ valid: true, reasons: [] });
  });

  it('is the same again after a reset, and another by another seed', async () => {
    const first = (await create({})).id;
    reset();
    const second = (await create({})).id;
    const other = startStripe({ seed: 7 });

    expect(second).toBe(first);
    expect((await other.stripe.paymentIntents.create(held)).id).not.toBe(first);
    await other.sandbox.close();
  });

  it('is case-sensitive', async () => {
    const { id } = await create({});

    expect(await failureOf(stripe.paymentIntents.retrieve(id.toLowerCase()))).toMatchObject({
      statusCode: 404,
    });
  });
});
