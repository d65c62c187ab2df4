/** What the real client sends, byte for byte, read off between it and a sandbox that takes it; and what it reads of the answers. */
import Stripe from 'stripe';
import { startSandbox, type Sandbox } from '../../../sandbox/sandbox.ts';
import { stripeClient } from '../../../setup/flex-sdks.ts';
import { failureOf, HEALTHY, held } from '../../../setup/stripe-sandbox.ts';
import { startRelay, type Recorded } from '../flex/support.ts';

let sandbox: Sandbox;
let relay: Awaited<ReturnType<typeof startRelay>>;
let stripe: Stripe;
beforeAll(async () => {
  sandbox = await startSandbox();
});
beforeEach(async () => {
  sandbox.reset();
  relay = await startRelay(sandbox.stripeUrl);
  const info = sandbox.info();
  stripe = stripeClient({ ...info, stripe: { ...info.stripe, baseUrl: relay.url } });
});
afterEach(() => relay.close());
afterAll(() => sandbox.close());

const last = (): Recorded => relay.requests.at(-1)!;
const FORM = 'application/x-www-form-urlencoded';

/** What every request carries. The client adds to its name when it finds itself started by certain tools. */
const always = () => ({
  Accept: 'application/json',
  Authorization: `Bearer ${sandbox.info().stripe.secretKey}`,
  Connection: 'keep-alive',
  'Content-Type': FORM,
  Host: relay.url.replace('http://', ''),
  'Stripe-Version': '2026-10-28.endive',
  'User-Agent': expect.stringMatching(/^Stripe\/v1 NodeBindings\/23\.1\.0/),
  'X-Stripe-Client-User-Agent': expect.stringMatching(/^\{"bindings_version":"23\.1\.0","lang":"node",.*\}$/),
});

describe("Stripe's client", () => {
  it('creates a PaymentIntent with Connect parameters', async () => {
    await stripe.paymentIntents.create(
      {
        amount: 1099,
        currency: 'eur',
        capture_method: 'manual',
        allowed_payment_method_types: ['card'],
        transfer_data: { destination: HEALTHY },
        metadata: { 'sharetribe-transaction-id': 'decade00-0000-4000-8000-000000000009' },
        expand: ['latest_charge'],
      },
      { idempotencyKey: 'pi:one' },
    );

    const body =
      'amount=1099&currency=eur&capture_method=manual&allowed_payment_method_types[0]=card' +
      `&transfer_data[destination]=${HEALTHY}` +
      '&metadata[sharetribe-transaction-id]=decade00-0000-4000-8000-000000000009&expand[0]=latest_charge';
    expect(last()).toEqual({
      line: 'POST /v1/payment_intents',
      headers: { ...always(), 'Content-Length': String(body.length), 'Idempotency-Key': 'pi:one' },
      body,
    });
  });

  it('makes up an idempotency key for a POST, and none for what only reads or deletes', async () => {
    const { id } = await stripe.customers.create();
    expect(last().headers).toEqual({
      ...always(),
      'Content-Length': '0',
      'Idempotency-Key': expect.stringMatching(/^stripe-node-retry-[0-9a-f-]{36}$/),
    });
    await stripe.customers.retrieve(id);
    expect(last()).toEqual({ line: `GET /v1/customers/${id}`, headers: always(), body: '' });
    await stripe.customers.del(id);
    expect([last().line, last().headers['Idempotency-Key']]).toEqual([
      `DELETE /v1/customers/${id}`,
      undefined,
    ]);
  });

  it('names the connected account that it acts for', async () => {
    await stripe.balance.retrieve({}, { stripeAccount: HEALTHY });

    expect(last()).toEqual({
      line: 'GET /v1/balance',
      headers: { ...always(), 'Stripe-Account': HEALTHY },
      body: '',
    });
  });

  it('puts the parameters of a GET into the address, lists with their numbers', async () => {
    await stripe.paymentIntents.list({ limit: 3, created: { gte: 5 }, expand: ['data.customer'] });

    expect(last().line).toBe('GET /v1/payment_intents?limit=3&created[gte]=5&expand[0]=data.customer');
  });

  it.each<[string, Stripe.CustomerCreateParams, string, object]>([
    [
      'escapes all but brackets',
      { name: "a b!*()'&=[ü]" },
      'name=a%20b%21%2A%28%29%27%26%3D[%C3%BC]',
      { name: "a b!*()'&=[ü]" },
    ],
    [
      'sends nothing for undefined, and an empty text for null',
      { name: undefined, email: null } as never,
      'email=',
      { email: null, name: null },
    ],
    [
      'sends metadata under keys with hyphens and dots',
      { metadata: { 'a-b.c': '1', d: '2' } },
      'metadata[a-b.c]=1&metadata[d]=2',
      { metadata: { 'a-b.c': '1', d: '2' } },
    ],
    [
      'numbers the items of a list',
      { preferred_locales: ['fi', 'en'] },
      'preferred_locales[0]=fi&preferred_locales[1]=en',
      { preferred_locales: ['fi', 'en'] },
    ],
    [
      'nests objects',
      { address: { city: 'Oulu' }, shipping: { name: 'A', address: { line1: 'B' } } },
      'address[city]=Oulu&shipping[name]=A&shipping[address][line1]=B',
      { address: { city: 'Oulu' }, shipping: { name: 'A', address: { line1: 'B' } } },
    ],
  ])('%s, and the sandbox reads it so', async (_what, parameters, body, read) => {
    const customer = await stripe.customers.create(parameters);

    expect(last().body).toBe(body);
    expect(customer).toMatchObject(read);
  });

  it('sends times as seconds and truths as words', async () => {
    await stripe.paymentIntents.list({ created: { lt: new Date(5_000) as never } });
    expect(last().line).toBe('GET /v1/payment_intents?created[lt]=5');
    await stripe.paymentIntents.create({ ...held, confirm: false, error_on_requires_action: true });
    expect(last().body).toBe(
      'amount=1099&currency=eur&capture_method=manual&allowed_payment_method_types[0]=card&confirm=false&error_on_requires_action=true',
    );
  });

  it('escapes an id in a path, and asks for a list when the id is empty', async () => {
    const error = await failureOf(stripe.paymentIntents.retrieve('pi/../x'));
    expect([last().line, error.statusCode]).toEqual(['GET /v1/payment_intents/pi%2F..%2Fx', 404]);

    await stripe.paymentIntents.create(held);
    const listed = (await stripe.paymentIntents.retrieve('')) as unknown as Stripe.ApiList<unknown>;
    expect(last().line).toBe('GET /v1/payment_intents/');
    expect([listed.object, listed.data.length]).toEqual(['list', 1]);
  });
});

describe('an answer', () => {
  const direct = () => stripeClient(sandbox.info());

  it('carries its request id, the version, the key and the account', async () => {
    const { lastResponse } = await direct().customers.create(
      {},
      { idempotencyKey: 'one', stripeAccount: HEALTHY },
    );

    expect(lastResponse).toMatchObject({
      statusCode: 200,
      apiVersion: '2026-10-28.endive',
      idempotencyKey: 'one',
      stripeAccount: HEALTHY,
      requestId: expect.stringMatching(/^req_[0-9A-Za-z]{14}$/),
    });
    expect(lastResponse.headers).toMatchObject({
      'content-type': 'application/json',
      'request-id': lastResponse.requestId,
      'stripe-version': '2026-10-28.endive',
      'idempotency-key': 'one',
      'stripe-account': HEALTHY,
    });
    expect(lastResponse.headers).not.toHaveProperty('idempotent-replayed');
  });

  it('that refuses carries them as well', async () => {
    const error = await failureOf(direct().customers.retrieve('cus_nobody', {}, { stripeAccount: HEALTHY }));

    expect(error.requestId).toMatch(/^req_[0-9A-Za-z]{14}$/);
    expect(error.headers).toMatchObject({
      'content-type': 'application/json',
      'request-id': error.requestId,
      'stripe-version': '2026-10-28.endive',
      'stripe-account': HEALTHY,
    });
  });
});

it('reads forms that other clients send', async () => {
  const post = async (body: string) => {
    const response = await fetch(`${sandbox.stripeUrl}/v1/payment_intents`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${sandbox.info().stripe.secretKey}:`).toString('base64')}`,
        'content-type': FORM,
      },
      body,
    });
    return { status: response.status, body: await response.json() };
  };
  const order = 'amount=500&currency=eur';

  const types = 'allowed_payment_method_types[]=card&allowed_payment_method_types[]=us_bank_account';
  expect(await post(`${order}&metadata%5Ba-b%5D=c+d&${types}`)).toMatchObject({
    status: 200,
    body: { metadata: { 'a-b': 'c d' }, allowed_payment_method_types: ['card', 'us_bank_account'] },
  });
  expect(await post(`${order}&amount=x`)).toMatchObject({ status: 400 });
});
