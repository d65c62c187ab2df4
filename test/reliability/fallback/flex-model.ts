/** A small Flex: one booking in its process, with a clock, people, and answers that get lost. */
import type { FlexEvidence, FlexNote, Phase } from '../../../server/domain/fallback/evidence.ts';
import type { Move } from '../../../server/domain/fallback/case.ts';
import type { FlexPort, MoveAnswer } from '../../../server/fallback/ports.ts';
import type { Gates } from './gates.ts';
import { isAnswer } from './stripe-model.ts';
import type { World } from './world.ts';

const PERIOD_MS = 15 * 60_000;

export type FlexModel = ReturnType<typeof createFlexModel>;

const MOVES: Record<Move, { from: Phase; to: Phase }> = {
  enter: { from: 'before-lane', to: 'awaiting' },
  advance: { from: 'awaiting', to: 'confirmed' },
  end: { from: 'awaiting', to: 'dead' },
  captured: { from: 'capturing', to: 'accepted' },
  'capture-failed': { from: 'capturing', to: 'dead' },
};

export function createFlexModel(world: World, begins: 'before-lane' | 'awaiting') {
  const { random } = world;
  const waits = (phase: Phase) => phase === 'before-lane' || phase === 'awaiting';
  const model = {
    booking: evidence(begins, 1, null),
    past: [] as { at: number; booking: FlexEvidence }[],
    /** Some versions of a process have no lane. */
    hasLane: random.chance(95),
    deadSince: null as number | null,
    onPhase: (_from: Phase, _to: Phase, _by: string): void => undefined,
    /** By whoever may; false when the booking is not where it would have to be. */
    go(from: Phase, to: Phase, by: string): boolean {
      if (model.booking.phase !== from) return false;
      model.past.push({ at: world.now(), booking: model.booking });
      model.booking = evidence(to, model.booking.transitions + 1, model.booking.note);
      if (to === 'dead') model.deadSince = world.now();
      world.tell(`flex: ${by}: ${to}`);
      world.changed();
      if (waits(to)) expireLater();
      model.onPhase(from, to, by);
      return true;
    },
    port,
  };
  function evidence(phase: Phase, transitions: number, note: FlexNote | null): FlexEvidence {
    const wait = waits(phase) ? { deadline: world.now() + PERIOD_MS, periodMs: PERIOD_MS } : NO_WAIT;
    return { phase, transitions, ...wait, note };
  }
  function expireLater() {
    const { deadline, phase } = model.booking;
    world.at(deadline!, () => {
      if (model.booking.deadline === deadline) model.go(phase, 'dead', 'time');
    });
  }
  expireLater();

  function port(gates: Gates): FlexPort {
    const command = async (name: string, run: () => MoveAnswer): Promise<MoveAnswer> => {
      await gates.pass(`before flex ${name}`);
      gates.takes(random.between(30, 600));
      const answer = ((): MoveAnswer => {
        if (world.springs(name, 'late')) {
          world.at(world.now() + random.between(20_000, 90_000), () => void run());
          return 'unknown';
        }
        switch (world.strikes(`flex ${name}`, isAnswer)) {
          case 'lost':
            return 'unknown';
          case 'done-lost':
            run();
            return 'unknown';
          case 'not-now':
            return 'not-now';
          case 'conflict':
            return 'conflict';
          case 'late':
            world.at(world.now() + 15_000, () => void run());
            return 'unknown';
          default:
        }
        const outage = world.outage('flex');
        if (outage?.does === 'not-now') return 'not-now';
        if (outage) {
          if (outage.does === 'do-and-lose') run();
          return 'unknown';
        }
        if (!world.goesWrong(world.faults.call)) return run();
        switch (random.between(0, 3)) {
          case 0:
            return 'unknown';
          case 1:
            run();
            return 'unknown';
          case 2:
            world.at(world.now() + random.between(1_000, 20_000), () => void run());
            return 'unknown';
          default:
            return random.pick(['not-now', 'conflict']);
        }
      })();
      world.tell(`flex: ${name}: ${answer}`);
      if (answer !== 'done') world.trouble(`${name}: ${answer}`);
      if (answer === 'unknown') gates.takes(8_000);
      await gates.pass(`after flex ${name}`);
      return answer;
    };
    return {
      async read() {
        await gates.pass('before flex read');
        gates.takes(random.between(20, 300));
        const struck = world.strikes('flex read', isAnswer);
        const isAway =
          struck === 'away' || world.outage('flex') !== undefined || world.goesWrong(world.faults.call);
        if (isAway) world.trouble('flex read: away');
        const lag = struck === 'old' || world.goesWrong(world.faults.lag) ? random.between(0, 20_000) : 0;
        const asOf = world.now() - lag;
        const booking = model.past.find(one => one.at > asOf)?.booking ?? model.booking;
        await gates.pass('after flex read');
        return isAway ? 'away' : { ...booking };
      },
      tryMove: (_id, _process, move) =>
        command(`try ${move}`, () =>
          model.hasLane && model.booking.phase === MOVES[move].from ? 'done' : 'refused',
        ),
      move: (_id, _process, move) =>
        command(move, () => {
          if (move === 'enter' && !model.hasLane) return 'refused';
          return model.go(MOVES[move].from, MOVES[move].to, move) ? 'done' : 'conflict';
        }),
      writeNote: (_id, note) =>
        command('note', () => {
          model.past.push({ at: world.now(), booking: model.booking });
          model.booking = { ...model.booking, note };
          return 'done';
        }),
    };
  }
  return model;
}

const NO_WAIT = { deadline: null, periodMs: null };
