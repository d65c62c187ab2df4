/** Random legal and illegal calls against Stripe's tables; after each, the object and the money are as the rules say. */
import fc from 'fast-check';
import Stripe from 'stripe';
import { asFetch } from '../sandbox/core/http.ts';
import { createSandbox } from '../sandbox/sandbox.ts';
import {
  apply,
  create,
  DAY,
  kept,
  partOf,
  shown,
  wait,
  type Card,
  type Intent,
  type Refusal,
  type Step,
} from './payment-intent-model.ts';
import { runsOf } from './runs.ts';

const STEPS = 20_000;
const STEPS_A_RUN = 100;

const cards: Record<Card, string> = {
  plain: 'pm_card_visa',
  declined: 'pm_card_chargeDeclined',
  'three-d-secure': 'pm_card_threeDSecure2Required',
  slow: 'pm_usBankAccount_success',
  'slow-fails': 'pm_usBankAccount_accountClosed',
  'refund-fails': 'pm_card_refundFail',
  disputed: 'pm_card_createDispute',
};

const aCard = fc.constantFrom(...(Object.keys(cards) as Card[]), 'plain' as const, 'plain' as const);
const aPart = fc.constantFrom('none' as const, 'half' as const, 'all' as const, 'over' as const);
const anIntent = fc.nat(11);
const anAmount = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 50, max: 20_000 }) },
  fc.constantFrom(1, 49, 99_999_999, 100_000_000),
);

const aStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant('create' as const),
      amount: anAmount,
      capture: fc.constantFrom('automatic' as const, 'automatic_async' as const, 'manual' as const),
      confirmation: fc.constantFrom('automatic' as const, 'automatic' as const, 'manual' as const),
      card: fc.option(aCard),
      confirm: fc.boolean(),
      destination: fc.boolean(),
      fee: aPart,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('update' as const),
      intent: anIntent,
      amount: fc.option(anAmount),
      card: fc.option(aCard),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('describe' as const),
      intent: anIntent,
      text: fc.constantFrom('a', 'b & c', 'd[e]=f'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ op: fc.constant('confirm' as const), intent: anIntent, card: fc.option(aCard) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('authenticate' as const),
      intent: anIntent,
      passed: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ op: fc.constant('capture' as const), intent: anIntent, part: aPart }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('cancel' as const), intent: anIntent }) },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant('refund' as const),
      intent: anIntent,
      part: aPart,
      reverseTransfer: fc.boolean(),
      refundFee: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('pay-out' as const), part: aPart }) },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('wait' as const),
      seconds: fc.constantFrom(30, 3_600, DAY, 4 * DAY, 7 * DAY),
    }),
  },
);

const PROVIDER = 'acct_1SbxPetraHealthy';
const sandbox = createSandbox({ frozenAt: Date.UTC(2026, 5, 1) });
const stripe = new Stripe(sandbox.info().stripe.secretKey, {
  host: 'stripe.sandbox',
  protocol: 'http',
  httpClient: Stripe.createFetchHttpClient(asFetch(sandbox.stripeService)),
  maxNetworkRetries: 0,
  telemetry: false,
});
afterAll(() => sandbox.close());

// The client takes a stack of each call, which is most of what 20,000 steps cost.
const { stackTraceLimit } = Error;
beforeAll(() => void (Error.stackTraceLimit = 0));
afterAll(() => void (Error.stackTraceLimit = stackTraceLimit));

type World = { intents: { id: string; intent: Intent }[]; paidOut: number; call: number };

const now = () => sandbox.now() / 1000;

it(`agrees with Stripe's tables over ${STEPS} steps, and the money adds up`, async () => {
  const done = await runsOf(aStep, STEPS, STEPS_A_RUN, async steps => {
    sandbox.reset();
    const world: World = { intents: [], paidOut: 0, call: 0 };
    for (const step of steps) {
      await take(world, step);
      await checkIntents(world);
      await checkMoney(world);
    }
    return steps.length;
  });

  expect(done).toBeGreaterThanOrEqual(STEPS);
}, 180_000);

async function take(world: World, step: Step): Promise<void> {
  if (step.op === 'wait') return pass(world, step.seconds);
  if (step.op === 'pay-out') return payOut(world, step.part);
  if (step.op === 'create') return takeCreate(world, step);
  const known = world.intents[step.intent];
  const id = known?.id ?? 'pi_1UnknownUnknownUnknownUn';
  const before = known && structuredClone(known.intent);
  const expected = known ? apply(known.intent, step, now()) : unknown(step);
  const refusal =
    step.op === 'authenticate'
      ? await askBank(id, step.passed)
      : await outcome(world, key => callOf(step, id, before, key));
  expect(refusal).toEqual(expected);
}

/** Twice with the same key: the second answer is the first. */
async function outcome(world: World, call: (idempotencyKey: string) => Promise<unknown>): Promise<Refusal> {
  const key = `step-${world.call++}`;
  const [first, second] = [await refusalOf(call(key)), await refusalOf(call(key))];
  expect(second).toEqual(first);
  return first;
}

async function refusalOf(work: Promise<unknown>): Promise<Refusal> {
  try {
    await work;
    return null;
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError)) throw error;
    const { statusCode, code, param } = error;
    return { status: statusCode!, code, ...(param !== undefined && { param }) };
  }
}

function unknown(step: Step): Refusal {
  if (step.op === 'authenticate') return { status: 400, code: undefined };
  if ('part' in step && step.part === 'none') {
    const param = step.op === 'refund' ? 'amount' : 'amount_to_capture';
    return { status: 400, code: 'parameter_invalid_integer', param };
  }
  return { status: 404, code: 'resource_missing', param: step.op === 'refund' ? 'payment_intent' : 'intent' };
}

type IntentStep = Exclude<Step, { op: 'create' | 'wait' | 'pay-out' | 'authenticate' }>;

async function callOf(
  step: IntentStep,
  id: string,
  before: Intent | undefined,
  idempotencyKey: string,
): Promise<unknown> {
  const options = { idempotencyKey };
  const method = (card: Card | null) => (card ? { payment_method: cards[card] } : {});
  switch (step.op) {
    case 'update':
      return stripe.paymentIntents.update(
        id,
        { ...(step.amount !== null && { amount: step.amount }), ...method(step.card) },
        options,
      );
    case 'describe':
      return stripe.paymentIntents.update(id, { description: step.text }, options);
    case 'confirm':
      return stripe.paymentIntents.confirm(id, method(step.card), options);
    case 'capture':
      return stripe.paymentIntents.capture(
        id,
        step.part === 'all' ? {} : { amount_to_capture: partOf(before?.amount ?? 100, step.part) },
        options,
      );
    case 'cancel':
      return stripe.paymentIntents.cancel(id, {}, options);
    case 'refund': {
      const rest = before ? before.captured - before.refunded : 100;
      return stripe.refunds.create(
        {
          payment_intent: id,
          ...(step.part !== 'all' && { amount: partOf(rest, step.part) }),
          ...(before?.destination && {
            reverse_transfer: step.reverseTransfer,
            refund_application_fee: step.refundFee && before.fee !== null,
          }),
        },
        options,
      );
    }
    default:
      return step satisfies never;
  }
}

/** What the customer does at the bank, by the control surface. */
async function askBank(paymentIntent: string, passed: boolean): Promise<Refusal> {
  const { status } = await sandbox.flexService({
    method: 'POST',
    path: '/sandbox/stripe/authenticate',
    query: new URLSearchParams(),
    headers: {},
    body: JSON.stringify({ paymentIntent, passed }),
  });
  return status === 200 ? null : { status, code: undefined };
}

async function takeCreate(world: World, step: Step & { op: 'create' }): Promise<void> {
  const { intent, refusal } = create(step, now());
  const known = new Set(sandbox.stripe().paymentIntents.keys());
  const outcomeOfCreate = await outcome(world, idempotencyKey =>
    stripe.paymentIntents.create(
      {
        amount: step.amount,
        currency: 'eur',
        allowed_payment_method_types: ['card', 'us_bank_account'],
        capture_method: step.capture,
        confirmation_method: step.confirmation,
        ...(step.card && { payment_method: cards[step.card] }),
        ...(step.confirm && { confirm: true }),
        ...(step.destination && {
          on_behalf_of: PROVIDER,
          transfer_data: { destination: PROVIDER },
          ...(step.fee !== 'none' && { application_fee_amount: partOf(step.amount, step.fee) }),
        }),
      },
      { idempotencyKey },
    ),
  );
  expect(outcomeOfCreate).toEqual(refusal);
  const made = [...sandbox.stripe().paymentIntents.keys()].filter(id => !known.has(id));
  expect(made).toHaveLength(intent ? 1 : 0);
  if (intent) world.intents.push({ id: made[0]!, intent });
}

async function payOut(world: World, part: 'none' | 'half' | 'all' | 'over'): Promise<void> {
  const { available } = await balance(PROVIDER);
  const amount = partOf(Math.max(0, available), part);
  const refusal = await outcome(world, idempotencyKey =>
    stripe.payouts.create({ amount, currency: 'eur' }, { idempotencyKey, stripeAccount: PROVIDER }),
  );
  if (amount < 1) expect(refusal).toMatchObject({ status: 400, code: 'parameter_invalid_integer' });
  else if (amount > available) expect(refusal).toMatchObject({ status: 400, code: 'balance_insufficient' });
  else {
    expect(refusal).toBeNull();
    world.paidOut += amount;
  }
}

async function pass(world: World, seconds: number): Promise<void> {
  await sandbox.advance(seconds * 1000);
  for (const { intent } of world.intents) wait(intent, now());
}

async function checkIntents({ intents }: World): Promise<void> {
  const { data } = await stripe.paymentIntents.list({ limit: 100, expand: ['data.latest_charge'] });
  // The newest come first, a hundred of them at most.
  const expected = intents.slice(-100).toReversed();
  expect(data.map(seen)).toEqual(expected.map(({ id, intent }) => ({ id, ...shown(intent) })));
}

function seen(intent: Stripe.PaymentIntent) {
  const charge = intent.latest_charge as Stripe.Charge | null;
  return {
    id: intent.id,
    status: intent.status,
    amount: intent.amount,
    amount_capturable: intent.amount_capturable,
    amount_received: intent.amount_received,
    hasPaymentMethod: intent.payment_method !== null,
    hasCharge: charge !== null,
    error: intent.last_payment_error?.code ?? null,
    description: intent.description,
    refunded: charge?.amount_refunded ?? 0,
  };
}

/** Captured minus refunded is what platform and provider hold, what was paid out, and Stripe's own price. */
async function checkMoney(world: World): Promise<void> {
  // A capture is booked a moment after it was made.
  await pass(world, 1);
  const captured = world.intents.reduce((sum, { intent }) => sum + kept(intent), 0);
  const [platform, provider] = [await balance(), await balance(PROVIDER)];
  const fees = [...sandbox.stripe().balanceTransactions.values()]
    .filter(({ feeKind }) => feeKind === 'stripe_fee')
    .reduce((sum, { fee }) => sum + fee, 0);
  expect(platform.total + provider.total + world.paidOut + fees).toBe(captured);
}

async function balance(stripeAccount?: string): Promise<{ available: number; total: number }> {
  const { available, pending } = await stripe.balance.retrieve({}, stripeAccount ? { stripeAccount } : {});
  const inEuros = (entries: { amount: number; currency: string }[]) =>
    entries.filter(({ currency }) => currency === 'eur').reduce((sum, { amount }) => sum + amount, 0);
  return { available: inEuros(available), total: inEuros(available) + inEuros(pending) };
}
