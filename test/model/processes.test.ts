/**
 * Random callers on every process: no transition that the file does not allow, delayed ones exactly when they are due,
 * a refused call leaves no trace, and the money is where the file says it went.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { createSandbox } from '../sandbox/sandbox.ts';
import { createCallers, types } from './process-callers.ts';
import {
  follow,
  mayBegin,
  mayMake,
  nextByTime,
  rulesOf,
  type Caller,
  type Course,
  type Role,
  type Rule,
} from './process-model.ts';
import { runsOf } from './runs.ts';

const STEPS = 20_000;
const STEPS_A_RUN = 100;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const START = Date.UTC(2026, 5, 1);

const directories = ['../../ext/transaction-processes', '../fixtures/transaction-processes'].map(directory =>
  path.join(import.meta.dirname, directory),
);
const processes = directories.flatMap(directory =>
  readdirSync(directory).map(name => ({
    name,
    rules: rulesOf(readFileSync(path.join(directory, name, 'process.edn'), 'utf8')),
  })),
);

/** Every transition of every file, but for those that are made to fail. */
const possible = processes.flatMap(({ name, rules }) =>
  rules.filter(({ actions }) => !actions.includes('fail')).map(rule => `${name} ${rule.name}`),
);

const sandbox = createSandbox({ frozenAt: START, processes: [directories[1]!] });
afterAll(() => sandbox.close());
const callers = createCallers(sandbox);
const people = sandbox.info().users.map(({ id }) => id);

// Each call and each expectation takes a stack, which is a quarter of what 20,000 steps cost.
const { stackTraceLimit } = Error;
beforeAll(() => void (Error.stackTraceLimit = 0));
afterAll(() => void (Error.stackTraceLimit = stackTraceLimit));

/** One mistake at most in what a caller sends. */
type Slip = 'none' | 'no-price' | 'no-dates' | 'negative-price' | 'no-listing' | 'too-much' | 'bad-rating';

type Step =
  | {
      op: 'begin';
      process: number;
      rule: number;
      listing: number;
      person: number;
      trusted: boolean;
      day: number;
      slip: Slip;
      speculative: boolean;
      fits: boolean;
    }
  | { op: 'go-on'; course: number; rule: number; day: number; slip: Slip; speculative: boolean }
  | {
      op: 'try';
      course: number;
      rule: number;
      person: number;
      trusted: boolean;
      day: number;
      speculative: boolean;
    }
  | { op: 'pay'; course: number; card: string }
  | { op: 'wait'; ms: number };

const aSlip = fc.oneof(
  { weight: 8, arbitrary: fc.constant('none' as const) },
  fc.constantFrom(
    'no-price' as const,
    'no-dates' as const,
    'negative-price' as const,
    'no-listing' as const,
    'too-much' as const,
    'bad-rating' as const,
  ),
);
const rarely = fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true));
const mostly = fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false));

/** Of any of many; fast-check alone would prefer the first. */
const anIndex = fc.noBias(fc.nat(1_000_000));

const aStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant('begin' as const),
      process: anIndex,
      rule: anIndex,
      listing: anIndex,
      person: anIndex,
      trusted: fc.boolean(),
      fits: mostly,
      day: fc.nat(9),
      slip: aSlip,
      speculative: rarely,
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constant('go-on' as const),
      course: anIndex,
      rule: anIndex,
      day: fc.nat(9),
      slip: aSlip,
      speculative: rarely,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constant('try' as const),
      course: anIndex,
      rule: anIndex,
      person: anIndex,
      trusted: fc.boolean(),
      day: fc.nat(9),
      speculative: rarely,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constant('pay' as const),
      course: anIndex,
      card: fc.constantFrom(
        'pm_card_visa',
        'pm_card_visa',
        'pm_card_visa',
        'pm_card_chargeDeclined',
        'pm_card_threeDSecure2Required',
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('wait' as const),
      ms: fc.constantFrom(MINUTE, 15 * MINUTE, 60 * MINUTE, DAY, 2 * DAY, 7 * DAY, 30 * DAY),
    }),
  },
);

type World = { courses: Map<string, Course> };

const counts = new Map<string, number>();
const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);

it(`agrees with the process files over ${STEPS} steps, and the money adds up`, async () => {
  const done = await runsOf(aStep, STEPS, STEPS_A_RUN, async steps => {
    sandbox.reset();
    await callers.signIn();
    const world: World = { courses: new Map() };
    let taken = 0;
    for (const step of steps) {
      if (!(await take(world, step))) continue;
      taken += 1;
      const { paidOut, toPayOut } = checkMoney(world);
      expect(paidOut).toBeLessThanOrEqual(toPayOut);
      checkRoom();
    }
    await checkEnd(world);
    return taken;
  });

  expect(done).toBeGreaterThanOrEqual(STEPS);
  // A test of what hardly ever happens would show nothing.
  for (const what of [
    'made',
    'refused by the file',
    'refused by an action',
    'simulated',
    'made by time',
    'captured',
    'given-back',
    'paid-out',
  ])
    expect([what, counts.get(what)]).toEqual([what, expect.any(Number)]);
  expect(possible.filter(name => !counts.has(name)).length).toBeLessThan(possible.length / 20);
}, 240_000);

/** Returns whether there was anything to do. */
async function take(world: World, step: Step): Promise<boolean> {
  switch (step.op) {
    case 'wait':
      await sandbox.advance(step.ms);
      for (const [id, course] of world.courses) catchUp(id, course);
      return true;
    case 'begin':
      return begin(world, step);
    case 'pay':
      return pay(world, step);
    case 'go-on': {
      const known = pick(living(world), step.course);
      const rule =
        known &&
        pick(
          known[1].rules.filter(({ from, at }) => from === known[1].state && !at),
          step.rule,
        );
      if (!rule) return false;
      await makeTransition(...known, rule.name, callerFor(known[1], rule), step);
      return true;
    }
    case 'try': {
      const known = pick([...world.courses], step.course);
      if (!known) return false;
      const name = pick([...known[1].rules.map(rule => rule.name), 'transition/nonsense'], step.rule)!;
      await makeTransition(...known, name, someone(step), { ...step, slip: 'none' });
      return true;
    }
    default:
      return step satisfies never;
  }
}

/** Those from which something leads on. */
const living = ({ courses }: World) =>
  [...courses].filter(([, { rules, state }]) => rules.some(({ from }) => from === state));

/** So many at once that each gets somewhere. */
const MOST_LIVING = 5;

const pick = <Item>(items: Item[], index: number): Item | undefined => items[index % items.length];

const someone = ({ person, trusted }: { person: number; trusted: boolean }): Caller => {
  const id = pick([...people, undefined], person);
  return id === undefined ? { kind: 'operator' } : { kind: 'user', id, trusted };
};

function callerFor(course: Course, rule: Rule): Caller {
  if (rule.actor === 'operator') return { kind: 'operator' };
  return {
    kind: 'user',
    id: rule.actor === 'customer' ? course.customerId : course.providerId,
    trusted: rule.privileged,
  };
}

const UNIT = 5_000;

/** Everything that any transition could want, but for the slip. */
function paramsFor(listingId: string, { day, slip }: { day: number; slip: Slip }) {
  const unitPrice = new types.Money(slip === 'negative-price' ? -UNIT : UNIT, 'EUR');
  const start = sandbox.now() - (sandbox.now() % DAY) + (day + 1) * DAY;
  return {
    ...(slip !== 'no-listing' && { listingId: new types.UUID(listingId) }),
    ...(slip !== 'no-dates' && { bookingStart: new Date(start), bookingEnd: new Date(start + 2 * DAY) }),
    ...(slip !== 'no-price' && {
      lineItems: [
        { code: 'line-item/unit', unitPrice, quantity: 1 + day, includeFor: ['customer', 'provider'] },
        {
          code: 'line-item/provider-commission',
          unitPrice: new types.Money(UNIT * (1 + day), 'EUR'),
          percentage: -10,
          includeFor: ['provider'],
        },
      ],
    }),
    stockReservationQuantity: slip === 'too-much' ? 1_000 : 1 + (day % 3),
    protectedData: { day },
    metadata: { day },
    paymentMethodTypes: ['ideal'],
    reviewRating: slip === 'bad-rating' ? 9 : 1 + (day % 5),
    reviewContent: 'As it was.',
    price: { payin: UNIT * (1 + day), payout: UNIT * (1 + day) * 0.9 },
    // Whoever names none leaves those that stand.
    booking: slip === 'no-dates' ? null : { start, end: start + 2 * DAY },
  };
}

/** Listings by number whose order can go all the way, by who begins: the customer, or a provider who is not their author. */
const fitting: Record<string, Partial<Record<Role, number[]>>> = {
  'default-booking': { customer: [0, 1, 6] },
  'default-purchase': { customer: [4] },
  'default-download': { customer: [9] },
  'default-negotiation': { customer: [10], provider: [11] },
  'default-inquiry': { customer: [12] },
  invitation: { provider: [8] },
  'push-and-times': { customer: [0] },
};
/** The more transitions, the more often. */
const byLength = processes.flatMap(process =>
  Array<typeof process>(Math.ceil(process.rules.length / 10)).fill(process),
);
const PETRA = people[2]!;

async function begin(world: World, step: Step & { op: 'begin' }): Promise<boolean> {
  if (living(world).length >= MOST_LIVING) return false;
  const { name, rules } = pick(byLength, step.process)!;
  if (step.fits) {
    const rule = pick(
      rules.filter(({ from }) => from === undefined),
      step.rule,
    )!;
    const listing = sandbox.info().listings[pick(fitting[name]![rule.actor]!, step.listing)!]!;
    const id = rule.actor === 'provider' ? PETRA : pick(people.slice(0, 2), step.person)!;
    await beginWith(world, { name, rules, rule, listing, step }, { kind: 'user', id, trusted: true });
    return true;
  }
  const caller = someone(step);
  if (caller.kind === 'operator') return false;
  const listing = pick(sandbox.info().listings, step.listing)!;
  await beginWith(world, { name, rules, rule: pick(rules, step.rule)!, listing, step }, caller);
  return true;
}

type Order = {
  name: string;
  rules: Rule[];
  rule: Rule;
  listing: { id: string; providerId: string };
  step: Step & { op: 'begin' };
};

async function beginWith({ courses }: World, order: Order, caller: Caller & { kind: 'user' }): Promise<void> {
  const { name, rules, rule, listing, step } = order;
  const { price, booking, ...params } = paramsFor(listing.id, step);
  const verdict = mayBegin(rule, caller, step.slip === 'no-listing' ? null : listing.providerId);
  const before = traces();
  const answer = await callers.call(caller, step.speculative ? 'initiate_speculative' : 'initiate', {
    processAlias: `${name}/release-1`,
    transition: rule.name,
    params,
  });
  if (answer.status !== 200) return checkRefusal(answer, verdict, before);
  expect(verdict).toBe('may');
  if (step.speculative) return checkSimulated(before);
  const isProvider = rule.actor === 'provider';
  const course: Course = {
    rules,
    createdAt: sandbox.now(),
    state: '',
    history: [],
    customerId: isProvider ? listing.providerId : caller.id,
    providerId: isProvider ? caller.id : listing.providerId,
    booking: null,
    price: null,
    payment: null,
  };
  courses.set(answer.id, course);
  made(answer.id, course, rule, price, booking);
}

async function makeTransition(
  id: string,
  course: Course,
  name: string,
  caller: Caller,
  step: { day: number; slip: Slip; speculative: boolean },
): Promise<void> {
  const listingId = sandbox.flex().transactions.get(id)!.listingId;
  const { price, booking, ...params } = paramsFor(listingId, step);
  const verdict = mayMake(course, name, caller);
  const before = traces();
  const answer = await callers.call(caller, step.speculative ? 'transition_speculative' : 'transition', {
    id: new types.UUID(id),
    transition: name,
    params,
  });
  if (answer.status !== 200) return checkRefusal(answer, verdict, before);
  expect(verdict).toBe('may');
  if (step.speculative) return checkSimulated(before);
  made(
    id,
    course,
    course.rules.find(rule => rule.name === name)!,
    price,
    booking,
  );
}

function made(
  id: string,
  course: Course,
  rule: Rule,
  price: Course['price'],
  booking: Course['booking'],
): void {
  count('made');
  count(`${nameOf(course)} ${rule.name}`);
  const real = sandbox.flex().transactions.get(id)!;
  if (booking && rule.actions.some(action => /-(pending|proposed)-booking$|^update-booking$/.test(action)))
    course.booking = booking;
  follow(course, rule, sandbox.now(), price);
  expect(real.state).toBe(course.state);
  expect(real.transitions.map(({ transition, by }) => [transition, by])).toEqual(
    course.history.map(entry => [entry.rule.name, entry.rule.actor]),
  );
}

const nameOf = (course: Course) => processes.find(({ rules }) => rules === course.rules)!.name;

function checkRefusal(
  answer: { status: number; code: string },
  verdict: ReturnType<typeof mayMake>,
  before: string,
): void {
  if (verdict === 'may') {
    count('refused by an action');
    expect([400, 402, 409]).toContain(answer.status);
    expect(answer.code).not.toBe('transaction-invalid-transition');
  } else {
    count('refused by the file');
    expect({ status: answer.status, code: answer.code }).toEqual(verdict);
  }
  expect(traces()).toBe(before);
}

function checkSimulated(before: string): void {
  count('simulated');
  expect(traces()).toBe(before);
}

/** All that a refused call must leave as it was. A PaymentIntent may stay behind at Stripe, cancelled and never charged. */
function traces(): string {
  const flex = sandbox.flex();
  const stripe = sandbox.stripe();
  const collections = [
    flex.transactions,
    flex.bookings,
    flex.stockReservations,
    flex.stockAdjustments,
    flex.reviews,
    flex.listings,
    stripe.refunds,
    stripe.transfers,
    stripe.payouts,
    stripe.charges,
    stripe.balanceTransactions,
  ];
  const live = [...stripe.paymentIntents.values()].filter(({ status }) => status !== 'canceled');
  return JSON.stringify([
    collections.map(collection => [...collection.values()]),
    live,
    flex.feed.length,
    [...flex.locked],
  ]);
}

/** What the customer's browser does at Stripe. */
async function pay({ courses }: World, step: Step & { op: 'pay' }): Promise<boolean> {
  const waiting = [...courses].filter(([, { payment }]) => payment?.status === 'open');
  const known = pick(waiting, step.course);
  if (!known) return false;
  const intent = intentOf(known[0])!;
  const finished = await callers.confirmAtStripe(intent, step.card);
  count(finished ? 'paid' : 'not paid');
  return true;
}

/** What time did meanwhile: only what was due, when it was due. */
function catchUp(id: string, course: Course): void {
  const real = sandbox.flex().transactions.get(id)!;
  for (const entry of real.transitions.slice(course.history.length)) {
    const due = nextByTime(course);
    expect({ transition: entry.transition, at: entry.createdAt, by: entry.by }).toEqual({
      transition: due?.rule.name,
      at: Math.max(due!.at, course.history.at(-1)!.at),
      by: 'system',
    });
    count('made by time');
    count(`${nameOf(course)} ${entry.transition}`);
    follow(course, due!.rule, entry.createdAt, null);
  }
  expect(real.state).toBe(course.state);
  expect(nextByTime(course)?.at ?? Infinity).toBeGreaterThan(sandbox.now());
}

/** A payout waits until the money has arrived; when all is over, nothing is owed. */
async function checkEnd(world: World): Promise<void> {
  await take(world, { op: 'wait', ms: 365 * DAY });
  const { paidOut, toPayOut } = checkMoney(world);
  expect(paidOut).toBe(toPayOut);
}

const intentOf = (transactionId: string) =>
  [...sandbox.stripe().paymentIntents.values()].find(
    intent => intent.metadata['sharetribe-transaction-id'] === transactionId && intent.status !== 'canceled',
  );

/** Each booking was charged at most once, and what was charged went where its history says. */
function checkMoney({ courses }: World): { paidOut: number; toPayOut: number } {
  const stripe = sandbox.stripe();
  const charged = new Map<string, { captured: number; refunded: number }[]>();
  for (const intent of stripe.paymentIntents.values()) {
    const charge = stripe.charges.get(intent.latestCharge ?? '');
    if (!charge?.captured) continue;
    const id = intent.metadata['sharetribe-transaction-id']!;
    charged.set(id, [
      ...(charged.get(id) ?? []),
      { captured: charge.amountCaptured, refunded: charge.amountRefunded },
    ]);
  }
  let toPayOut = 0;
  for (const [id, course] of courses) {
    const { payment } = course;
    if (payment && payment.status !== 'open') count(payment.status);
    expect(allowedCharges(course)).toContainEqual(charged.get(id) ?? []);
    if (payment?.status === 'paid-out') toPayOut += payment.payout;
  }
  const sum = (values: Iterable<{ amount: number }>) =>
    [...values].reduce((total, { amount }) => total + amount, 0);
  return { paidOut: sum(stripe.payouts.values()), toPayOut };
}

/** What may stand at Stripe for one booking. A pushed payment is charged when the bank says so, not at a transition. */
function allowedCharges({ payment, history }: Course): { captured: number; refunded: number }[][] {
  if (!payment) return [[]];
  const charged = (refunded: number) => [{ captured: payment.payin, refunded }];
  const isPush = history.some(({ rule }) => rule.actions.includes('stripe-create-payment-intent-push'));
  if (payment.status === 'open') return isPush ? [[], charged(0)] : [[]];
  return payment.status === 'given-back' ? [[], charged(payment.payin)] : [charged(0)];
}

/** No more seats are taken than a listing has, and stock is only moved. */
function checkRoom(): void {
  const { bookings, listings, stockReservations } = sandbox.flex();
  const active = [...bookings.values()].filter(({ state }) => state === 'pending' || state === 'accepted');
  for (const booking of active) {
    const seats = active
      .filter(
        other =>
          other.listingId === booking.listingId && other.start <= booking.start && other.end > booking.start,
      )
      .reduce((total, other) => total + other.seats, 0);
    expect(seats).toBeLessThanOrEqual(listings.get(booking.listingId)!.availabilityPlan!.entries[0]!.seats);
  }
  for (const listing of listings.values()) {
    if (listing.stock === null) continue;
    const reserved = [...stockReservations.values()]
      .filter(
        entry => entry.listingId === listing.id && (entry.state === 'pending' || entry.state === 'accepted'),
      )
      .reduce((total, { quantity }) => total + quantity, 0);
    expect(listing.stock + reserved).toBe(INITIAL_STOCK);
    expect(listing.stock).toBeGreaterThanOrEqual(0);
  }
}

const INITIAL_STOCK = 20;
