/** Time, chance and what goes wrong, for one seed: the same seed goes wrong in the same way. */
import { createRandom, type Random } from './random.ts';
import type { Does, Strike } from './strikes.ts';

export type Outage = {
  side: 'stripe' | 'flex';
  from: number;
  to: number;
  does: 'not-now' | 'lose' | 'do-and-lose';
};

/** `leave`: it is done, the answer is lost, and Stripe is away for more than a day. `keep-500`: it is done, and only looks tell. */
export type Ambush = { call: string; does: 'leave' | 'keep-500' | 'late' };

const AMBUSHES: Ambush[] = [
  ...['payout', 'payout', 'refund', 'create', 'capture', 'cancel'].map(call => ({
    call,
    does: 'leave' as const,
  })),
  ...['payout', 'payout', 'refund', 'create'].map(call => ({ call, does: 'keep-500' as const })),
  ...['advance', 'advance', 'enter'].map(call => ({ call, does: 'late' as const })),
];

export type World = ReturnType<typeof createWorld>;

export type Faults = {
  /** In a hundred calls, or passings of a gate. */
  call: number;
  crash: number;
  pause: number;
  lag: number;
};

/** One process of the service. Dead, it does nothing any more; whoever waits for it waits for ever. */
export type Process = { name: string; isDead: boolean; die: () => void; isPaused: boolean };

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export type Plan = {
  faults?: Faults;
  outages?: Outage[];
  crashAt?: number;
  /** Each once, where it can first happen. */
  strikes?: readonly Strike[];
};

export function createWorld(seed: number, plan?: Plan) {
  const random = createRandom(seed);
  const start = Date.UTC(2026, 5, 1);
  const state = {
    now: start,
    gates: 0,
    lastTrouble: start,
    lastChange: start,
    violations: [] as string[],
    isCalm: false,
    story: [] as string[],
    /** What was asked of Flex and Stripe. */
    calls: new Set<string>(),
    struck: 0,
  };
  const toStrike = [...(plan?.strikes ?? [])];
  const events: { at: number; order: number; run: () => void }[] = [];
  let order = 0;
  const faults: Faults = plan?.faults ?? {
    call: random.pick([0, 2, 5, 15]),
    crash: random.pick([0, 0.3, 1, 3]),
    pause: random.pick([0, 0, 1, 4]),
    lag: random.pick([0, 0, 5, 20]),
  };
  const outages = plan?.outages ?? randomOutages(random, start);
  const ambush = plan?.faults ? null : random.chance(35) ? random.pick(AMBUSHES) : null;

  /** Model events on the way: people, expiries, requests that arrive late. */
  const runDue = () => {
    for (;;) {
      const [first] = events;
      if (!first || first.at > state.now) return;
      events.shift();
      first.run();
    }
  };
  const world = {
    seed,
    random,
    start,
    faults,
    outages,
    /** What goes wrong just where it hurts most; once. */
    ambush,
    isSprung: false,
    state,
    now: () => state.now,
    at(at: number, run: () => void) {
      events.push({ at: Math.max(at, state.now), order: (order += 1), run });
      events.sort((one, other) => one.at - other.at || one.order - other.order);
    },
    nextEventAt: () => events[0]?.at ?? null,
    advanceTo(time: number) {
      while (events[0] && events[0].at <= time) {
        state.now = Math.max(state.now, events[0].at);
        runDue();
      }
      state.now = Math.max(state.now, time);
    },
    /** Something became different that the service has to see. */
    changed() {
      state.lastChange = state.now;
    },
    tell(what: string) {
      state.story.push(`${new Date(state.now).toISOString().slice(5, 23)} ${what}`);
    },
    violate(what: string) {
      state.violations.push(what);
      world.tell(`!!! ${what}`);
    },
    trouble(what: string) {
      state.lastTrouble = Math.max(state.lastTrouble, state.now);
      world.tell(`(${what})`);
    },
    /** Whether it is here that it goes wrong. */
    springs(call: string, does: Ambush['does']): boolean {
      if (world.isSprung || ambush?.call !== call || ambush.does !== does) return false;
      world.isSprung = true;
      world.trouble(`ambush: ${call}, ${does}`);
      return true;
    },
    /** How the call goes wrong that is made now: `isWanted` says which ways it can. */
    strikes(call: string, isWanted: (does: Does) => boolean): Does | null {
      const index = toStrike.findIndex(strike => strike.call === call && isWanted(strike.does));
      if (index < 0) return null;
      const { does } = toStrike.splice(index, 1)[0]!;
      state.struck += 1;
      world.trouble(`${call}: ${does}`);
      return does;
    },
    goesAway(side: Outage['side'], ms: number) {
      outages.push({ side, from: state.now, to: state.now + ms, does: 'not-now' });
      world.at(state.now + ms, () => world.trouble(`${side} is back`));
    },
    outage: (side: Outage['side']) =>
      state.isCalm
        ? undefined
        : outages.find(one => one.side === side && one.from <= state.now && state.now < one.to),
    goesWrong: (perCent: number) => !state.isCalm && random.chance(perCent),
  };
  for (const { to, side } of outages) world.at(to, () => world.trouble(`${side} is back`));
  return world;
}

function randomOutages(random: Random, start: number): Outage[] {
  const count = random.pick([0, 0, 1, 1, 2, 3]);
  return Array.from({ length: count }, () => {
    const from = start + random.pick([random.between(0, 20 * MINUTE), random.between(0, 8 * 24 * HOUR)]);
    const length = random.pick([
      random.between(5_000, 3 * MINUTE),
      random.between(MINUTE, HOUR),
      random.between(20 * HOUR, 40 * HOUR),
    ]);
    return {
      side: random.pick(['stripe', 'flex'] as const),
      from,
      to: from + length,
      does: random.pick(['not-now', 'lose', 'do-and-lose'] as const),
    };
  });
}
