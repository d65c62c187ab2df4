/**
 * One booking, one seed: the service's own rules, shell and tables, against a Flex and a Stripe that lose things, with
 * processes that die or sleep anywhere, and people who do what they like. Whatever happened, in the end it must be right.
 */
import { randomUUID } from 'node:crypto';
import { isAtLeast } from '../../../server/domain/fallback/case.ts';
import { handOut } from '../../../server/fallback/hand-out.ts';
import { lookAtMoved, lookAtMovedOf } from '../../../server/fallback/came-back.ts';
import { runCase, type RunDeps } from '../../../server/fallback/run.ts';
import { sweep } from '../../../server/fallback/sweep.ts';
import { findCase, openCase } from '../../../server/store/payment-cases.ts';
import { upsertPaymentIntent } from '../../../server/store/payment-intents.ts';
import { writeSwitch } from '../../../server/store/switches.ts';
import type { SimulatedDatabase } from './database.ts';
import { createFlexModel } from './flex-model.ts';
import { createGates, type Stop } from './gates.ts';
import { createStripeModel, type ModelIntent } from './stripe-model.ts';
import { createWorld, type Plan } from './world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export type Result = {
  seed: number;
  gates: number;
  violations: string[];
  kinds: string[];
  isOpen: boolean;
  needsOperator: boolean;
  outcome: string;
  story: string[];
  /** What was asked of Flex and Stripe. */
  calls: ReadonlySet<string>;
  /** How many of the plan's strikes there was an occasion for. */
  struck: number;
};

const AMOUNT = 15_750;
const FEE = 2_250;
const TRANSACTION = 'a-transaction';
/** What went wrong must have been worked off so long after the last of it. */
const PATIENCE_MS = 2 * MINUTE;

export async function simulate(
  database: SimulatedDatabase,
  clock: { now: () => number },
  seed: number,
  plan: Plan = {},
): Promise<Result> {
  const world = createWorld(seed, plan);
  clock.now = world.now;
  database.empty();
  const { random } = world;
  const way = random.pick(['repair', 'repair', 'clean'] as const);
  const stripe = createStripeModel(world);
  const flex = createFlexModel(world, way === 'clean' ? 'awaiting' : 'before-lane');
  const isOurs = (intent: ModelIntent) => intent.caseId !== null;
  const all = () => [...stripe.intents.values()];
  const counter = { crashAt: plan.crashAt ?? null };
  let captureFailedRightly = stripe.rare.captureRefused;
  const kinds = new Set<string>();
  const violate = (kind: string, what: string) => {
    kinds.add(kind);
    world.violate(`${kind}: ${what}`);
  };

  // What must be true at each moment.
  stripe.onRelease = intent => {
    const others = all().filter(
      other => other !== intent && isOurs(other) && other.isReleased && other.status !== 'canceled',
    );
    if (others.length > 0) violate('doubleReleases', 'two of ours can be paid');
    if (flex.booking.note?.stripePaymentIntentId !== intent.id && !intent.isReleased && isOurs(intent))
      violate('releasedUnlinked', 'flex does not know which it is');
    if (intent.isReleased) return;
    // What the browser does with it.
    if (random.chance(90)) customerHas(intent);
  };
  flex.onPhase = (from, to, by) => {
    const held = all().filter(
      intent => intent.status === 'requires_capture' || intent.status === 'succeeded',
    );
    if (to === 'confirmed' && held.length === 0) violate('lostBookings', 'booked without a payment');
    if (to === 'accepted' && !held.some(({ status }) => status === 'succeeded'))
      violate('lostBookings', 'on without the money');
    if (by === 'capture-failed' && !captureFailedRightly) violate('lostBookings', 'off although it was paid');
    if (from === 'awaiting' && to === 'dead') {
      const paid = held.find(({ authorisedAt }) => authorisedAt !== null);
      const since = paid?.authorisedAt ?? Infinity;
      const isQuiet = !world.outage('stripe') && !world.outage('flex');
      if (isQuiet && world.now() - since > PATIENCE_MS && world.state.lastTrouble < since - MINUTE)
        violate('lostBookings', 'paid in time, and given up');
    }
    if (from === 'before-lane' && to === 'dead')
      // Flex's own way gives back what Flex made.
      for (const intent of all())
        if (!isOurs(intent) && intent.status !== 'canceled') stripe.change(intent, { status: 'canceled' });
    if (to === 'confirmed') providerDecides();
    if (to === 'accepted') theDayComes();
    if (random.chance(70)) hint();
  };
  const check = () => {
    const taken = all().filter(({ status }) => status === 'succeeded');
    if (taken.length > 1) violate('doubleCharges', 'taken twice');
    if (stripe.payouts.length > 1) violate('doublePayouts', 'paid out twice');
    if (stripe.refunds.length > 1) violate('doubleRefunds', 'given back twice');
    const held = all().find(({ id: one, status }) => status === 'requires_capture' && !unheard.has(one));
    const isQuiet = !world.outage('stripe') && !world.outage('flex');
    if (held && flex.deadSince !== null && isQuiet) {
      const since = Math.max(flex.deadSince, held.authorisedAt ?? 0, world.state.lastTrouble);
      if (world.now() - since > PATIENCE_MS) violate('staleHolds', 'held although the booking is dead');
    }
  };

  // People.
  const pay = (intent: ModelIntent) => {
    if (intent.status !== 'requires_payment_method') return;
    if (random.chance(5)) return;
    stripe.change(intent, { status: 'requires_capture', authorisedAt: world.now() });
    if (random.chance(85)) jobs.push({ at: world.now() + random.between(200, 5_000), run: 'confirm' });
    if (random.chance(50)) hint();
  };
  const customerHas = (intent: ModelIntent) => {
    if (random.chance(8)) return;
    const isLast = world.ambush?.call === 'advance' && isOurs(intent);
    const delay = isLast
      ? flex.booking.deadline! - world.now() - random.between(62 * SECOND, 110 * SECOND)
      : random.pick([
          random.between(5 * SECOND, 2 * MINUTE),
          random.between(5 * SECOND, 2 * MINUTE),
          random.between(2 * MINUTE, 17 * MINUTE),
        ]);
    world.at(world.now() + delay, () => pay(intent));
  };
  const providerDecides = () => {
    const delay = random.pick([random.between(5 * SECOND, HOUR), random.between(HOUR, 5 * DAY)]);
    const decision = random.pick(['accept', 'accept', 'accept', 'decline', 'nothing'] as const);
    world.at(world.now() + delay, () => {
      if (decision === 'accept') flex.go('confirmed', 'capturing', 'provider accepts');
      if (decision === 'decline') flex.go('confirmed', 'dead', 'provider declines');
    });
    world.at(world.now() + 6 * DAY, () => void flex.go('confirmed', 'dead', 'time'));
    if (random.chance(5))
      world.at(world.now() + random.between(MINUTE, 5 * DAY), () => {
        // The bank lets a hold go before its time.
        for (const intent of all())
          if (intent.status === 'requires_capture') {
            captureFailedRightly = true;
            stripe.change(intent, { status: 'canceled' });
          }
      });
  };
  const theDayComes = () => {
    const cancels = random.chance(30);
    world.at(world.now() + random.between(MINUTE, 4 * DAY), () => {
      if (cancels) flex.go('accepted', 'dead', 'cancelled');
    });
    world.at(world.now() + 5 * DAY, () => void flex.go('accepted', 'delivered', 'time'));
  };
  const hint = () => jobs.push({ at: world.now() + random.between(100, 3_000), run: 'hint' });
  /** Late ones that no event has told of while there was a case to look after them. The nightly comparison names those. */
  const unheard = new Set<string>();
  const told = (intent: ModelIntent) =>
    jobs.push({ at: world.now() + random.between(200, MINUTE), run: 'told', about: intent.id });
  stripe.onPayoutBack = () => {
    if (random.chance(50)) jobs.push({ at: world.now() + random.between(200, MINUTE), run: 'payout' });
    for (let night = 1; night <= 9; night += 1) jobs.push({ at: world.now() + night * DAY, run: 'night' });
  };

  if (way === 'repair' && random.chance(world.ambush?.call === 'enter' ? 90 : 25)) {
    const isVeryLate = random.chance(40);
    const delay = isVeryLate
      ? random.pick([random.between(20 * MINUTE, 8 * HOUR), random.between(HOUR, 6 * DAY)])
      : random.pick([random.between(200, 5_000), random.between(5_000, 20 * MINUTE)]);
    world.at(world.now() + delay, () => {
      const phases = isVeryLate ? ['confirmed', 'capturing', 'accepted'] : ['before-lane', 'awaiting'];
      if (!phases.includes(flex.booking.phase)) return;
      const late = stripe.newIntent({
        caseId: null,
        transactionId: TRANSACTION,
        amount: AMOUNT,
        currency: 'eur',
        fee: FEE,
        destination: 'acct_1',
      });
      world.tell("flex's own payment intent is there");
      if (isVeryLate) unheard.add(late.id);
      if (isVeryLate || random.chance(50)) told(late);
      // The browser reads it in the transaction, and may pay it.
      if (random.chance(50)) world.at(world.now() + random.between(SECOND, 5 * MINUTE), () => pay(late));
    });
  }

  // The service.
  type Job = {
    at: number;
    run: 'ask' | 'confirm' | 'hint' | 'told' | 'payout' | 'night' | 'sweep' | 'off';
    /** A PaymentIntent. */
    about?: string;
  };
  const jobs: Job[] = [];
  const paused: { until: number; goOn: () => void; follow: () => Promise<void> }[] = [];
  const id = randomUUID();

  const opened = await openCase(database.direct, {
    id,
    transaction_id: TRANSACTION,
    environment: 'test',
    way,
    process_name: 'default-booking',
    amount: AMOUNT,
    currency: 'EUR',
    fee: FEE,
    destination: 'acct_1',
    customer_id: 'customer',
    provider_id: 'provider',
    payment_method: null,
    stripe_customer: null,
    saves_payment_method: false,
    approved_by: 'Ada',
    support_case: '4711',
    deadline: new Date(flex.booking.deadline!),
    period_ms: flex.booking.periodMs!,
  });
  if (!opened) throw new Error('no case was opened');
  let known = { row: opened, writes: -1 };
  const row = async () => {
    const writes = database.writes();
    if (known.writes !== writes) known = { row: (await findCase(database.direct, TRANSACTION))!, writes };
    return known.row;
  };

  /** Until it is done, dead, or asleep: then the others go on. */
  const start = async (job: Job['run'], about?: string) => {
    let stop = Promise.withResolvers<Stop>();
    const gates = createGates(world, what => stop.resolve(what), counter);
    const budget = world.now() + 11 * SECOND;
    const controller = new AbortController();
    const deps: RunDeps = {
      db: database.connect(gates.database),
      flex: flex.port(gates),
      stripe: stripe.port(gates),
      clock: world.now,
      sleep: ms => {
        gates.takes(Math.min(ms, Math.max(0, budget - world.now())));
        if (world.now() >= budget) controller.abort();
        return Promise.resolve();
      },
      onStep: ({ what, case: _case, transactionId: _id, ...detail }) =>
        world.tell(`${job}: ${what} ${JSON.stringify(detail)}`),
    };
    const work = (async () => {
      if (job === 'ask') {
        const handed = await handOut(deps, id, controller.signal);
        world.tell(`ask: ${handed.is}`);
        const isFlexs = handed.is === 'over' && handed.row.ending === 'superseded';
        const own = all().find(intent => !isOurs(intent) && intent.status === 'requires_payment_method');
        if (isFlexs && own && flex.booking.phase === 'before-lane')
          world.at(world.now() + MINUTE, () => pay(own));
      } else if (job === 'confirm') {
        if (
          flex.booking.phase === 'before-lane' &&
          all().some(one => !isOurs(one) && one.status === 'requires_capture')
        )
          flex.go('before-lane', 'elsewhere', "flex's own payment is confirmed");
        else await runCase(deps, id, { signal: controller.signal });
      } else if (job === 'hint') {
        await runCase(deps, id);
      } else if (job === 'told') {
        // As the inbox does it: what is kept is what Stripe says when it is asked.
        await upsertPaymentIntent(deps.db, seenRow(stripe.intents.get(about!)!, world.now()));
        await runCase(deps, id);
        if ((await row()).closed_at === null) unheard.delete(about!);
      } else if (job === 'payout') await lookAtMovedOf(deps, id).catch(() => 'the night finds it');
      else if (job === 'night') await lookAtMoved(deps);
      else if (job === 'off') await writeSwitch(database.direct, 'fallback', false, 'Ada');
      else await sweep(deps);
    })();
    const settled = work.then(
      () => 'done' as const,
      (error: unknown) => {
        violate('errors', `${job}: ${(error as Error).stack}`);
        return 'done' as const;
      },
    );
    const follow = async (): Promise<void> => {
      const end = await Promise.race([settled, stop.promise]);
      if (end === 'done') return;
      if (end.is === 'crashed') {
        // What was not taken in is sent again.
        if (job === 'told') jobs.push({ at: world.now() + MINUTE, run: job, about: about! });
        return;
      }
      stop = Promise.withResolvers<Stop>();
      paused.push({ until: end.until, goOn: end.goOn, follow });
    };
    await follow();
  };

  jobs.push({ at: world.now() + 100, run: 'ask' });
  if (random.chance(30)) jobs.push({ at: world.now() + random.between(100, 400), run: 'ask' });
  while (random.chance(50)) jobs.push({ at: world.now() + random.between(SECOND, 12 * MINUTE), run: 'ask' });
  if (random.chance(15)) jobs.push({ at: world.now() + random.between(SECOND, 20 * MINUTE), run: 'off' });

  const calmAt = world.start + 20 * DAY;
  for (let turn = 0; turn < 600; turn += 1) {
    const now = await row();
    if (world.now() > calmAt && !world.state.isCalm) world.state.isCalm = true;
    const isOver = now.closed_at !== null || now.needs !== null;
    const sweepAt = isOver ? Infinity : nextSweep(now);
    const times = [
      ...jobs.map(job => job.at),
      ...paused.map(one => one.until),
      sweepAt,
      world.nextEventAt() ?? Infinity,
    ];
    const time = Math.max(world.now(), Math.min(...times));
    if (
      time === Infinity ||
      (isOver && jobs.length === 0 && paused.length === 0 && world.nextEventAt() === null)
    )
      break;
    world.advanceTo(time);
    check();
    const job = jobs.toSorted((one, other) => one.at - other.at)[0];
    const sleeper = paused.toSorted((one, other) => one.until - other.until)[0];
    if (sleeper && sleeper.until <= world.now()) {
      paused.splice(paused.indexOf(sleeper), 1);
      sleeper.goOn();
      await sleeper.follow();
    } else if (job && job.at <= world.now()) {
      jobs.splice(jobs.indexOf(job), 1);
      await start(job.run, job.about);
    } else if (sweepAt <= world.now()) await start('sweep');
    check();
  }

  /** Looks at which nothing can have changed are left out: they would find what the one before found. */
  function nextSweep(c: Awaited<ReturnType<typeof row>>) {
    const due = sweepAfter(Math.max(c.next_at.getTime(), c.lease_until.getTime()));
    const outage = world.outage('stripe') ?? world.outage('flex');
    if (outage && c.troubles >= 3)
      return Math.max(due, sweepAfter(Math.min(outage.to - 1, world.nextEventAt() ?? Infinity)));
    const isSeen = c.checked_at.getTime() > world.state.lastChange + 20 * SECOND;
    const interval = c.next_at.getTime() - c.checked_at.getTime();
    const usual = { released: 0, advanced: MINUTE, captured: HOUR }[c.state as string] ?? Infinity;
    const isIdle = isSeen && c.trouble === null && c.ending === null && interval >= usual;
    const eventAt = world.nextEventAt() ?? Infinity;
    // With nothing to come, a look that was held up may have been an old one.
    if (!isIdle || eventAt <= due || eventAt === Infinity) return due;
    const cancelAt = c.state === 'released' ? c.deadline.getTime() - MINUTE : Infinity;
    return Math.max(due, sweepAfter(Math.min(eventAt + (interval * (seed % 7)) / 7, cancelAt)));
  }

  function sweepAfter(time: number) {
    if (time === Infinity) return Infinity;
    const phase = (seed % 15) * SECOND;
    const wait = Math.max(time, world.now());
    return Math.ceil((wait - phase) / (15 * SECOND)) * 15 * SECOND + phase;
  }

  // What must be true in the end.
  const end = await row();
  const { phase } = flex.booking;
  const cameBack = stripe.payouts.some(({ status }) => status === 'failed');
  const isExpected =
    (end.needs?.startsWith('payout-refused') && stripe.rare.payoutRefused) ||
    (end.needs === 'payout-failed: account_closed' && cameBack);
  if (cameBack && !isExpected) violate('untruthful', 'nobody knows that the payout came back');
  if (end.needs !== null && !isExpected) violate('untruthful', `needs an operator: ${end.needs}`);
  if (end.needs === null && end.closed_at === null)
    violate('open', `open in ${end.state}, flex says ${phase}`);
  if (phase === 'dead' || phase === 'elsewhere') {
    for (const intent of all().filter(isOurs)) {
      if (intent.status === 'succeeded' && intent.amountRefunded < AMOUNT)
        violate('staleHolds', 'not given back');
      else if (!['canceled', 'succeeded'].includes(intent.status))
        violate('strays', `ours is ${intent.status}`);
    }
    if (phase === 'dead' && all().some(one => one.status === 'requires_capture' && !unheard.has(one.id)))
      violate('staleHolds', 'held for ever');
  }
  if (phase === 'delivered' && all().some(one => one.status === 'requires_capture' && !unheard.has(one.id)))
    violate('staleHolds', "flex's own is held beside what was paid");
  if (phase === 'delivered' && !isExpected) {
    if (!all().some(({ status }) => status === 'succeeded'))
      violate('lostBookings', 'delivered without money');
    if (stripe.payouts.length !== 1) violate('unpaidProviders', `${stripe.payouts.length} payouts`);
  }
  if (phase === 'capturing' || phase === 'accepted' || phase === 'confirmed')
    violate('open', `flex still says ${phase}`);
  if (all().filter(intent => isOurs(intent) && intent.status !== 'canceled').length > 1)
    violate('strays', 'two of ours are left');
  // Flex's own was in the customer's hands by Flex's doing.
  const isAdopted = all().some(intent => intent.id === end.payment_intent_id && !isOurs(intent));
  if (!isAdopted && end.released_at && end.released_at.getTime() >= end.deadline.getTime() - 5 * MINUTE)
    violate('lateReleases', 'handed out too late');
  if (isAtLeast(end.state, 'advanced') && end.released_at === null && end.state !== 'closed')
    violate('releasedUnlinked', 'paid without having been handed out');
  return {
    seed,
    gates: world.state.gates,
    violations: world.state.violations,
    kinds: [...kinds],
    isOpen: end.closed_at === null,
    needsOperator: end.needs !== null,
    outcome: `${end.outcome ?? end.needs ?? end.state}/${phase}`,
    story: world.state.story,
    calls: world.state.calls,
    struck: world.state.struck,
  };
}

const seenRow = (intent: ModelIntent, now: number): Parameters<typeof upsertPaymentIntent>[1] => ({
  id: intent.id,
  transaction_id: intent.transactionId,
  account: null,
  livemode: false,
  status: intent.status,
  amount: intent.amount,
  currency: intent.currency,
  amount_capturable: null,
  amount_received: intent.amountReceived,
  capture_method: 'manual',
  destination: intent.destination,
  on_behalf_of: intent.destination,
  application_fee_amount: intent.fee,
  created: new Date(intent.createdAt),
  canceled_at: null,
  error_code: null,
  decline_code: null,
  as_of: new Date(now),
  source: 'asked',
});
