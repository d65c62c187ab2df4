/** Where a process may be stopped: for ever, or for a while in which others go on. */
import type { Gate } from './database.ts';
import type { World } from './world.ts';

export type Gates = {
  /** At a call to Flex or Stripe. Never resolves in a process that has died. */
  pass(point: string): Promise<void>;
  /** The call takes so long. */
  takes(ms: number): void;
  /** It dies here. */
  crash(point: string): void;
  database: Gate;
  isDead(): boolean;
};

export type Stop = { is: 'crashed' } | { is: 'paused'; until: number; goOn: () => void };

/** `onStop` hears of it; what was being done never comes to an end, or goes on when it is told to. */
export function createGates(
  world: World,
  onStop: (stop: Stop) => void,
  counter: { crashAt: number | null },
): Gates {
  const { random, state } = world;
  let isDead = false;
  const crashes = (point: string) => {
    state.gates += 1;
    const isPlanned = counter.crashAt !== null && state.gates === counter.crashAt;
    if (!isPlanned && !world.goesWrong(world.faults.crash)) return false;
    isDead = true;
    world.trouble(`crash ${point}`);
    onStop({ is: 'crashed' });
    return true;
  };
  const never = () => new Promise<never>(() => undefined);
  return {
    async pass(point) {
      if (isDead || crashes(point)) await never();
      const [when, ...names] = point.split(' ');
      const call = names.join(' ');
      state.calls.add(call);
      if (world.strikes(call, does => does === `crash-${when}`)) {
        isDead = true;
        onStop({ is: 'crashed' });
        await never();
      }
      const isStruck = world.strikes(call, does => does === `sleep-${when}`) !== null;
      if (!world.goesWrong(world.faults.pause) && !isStruck) return;
      const until = world.now() + random.pick([2_000, 20_000, 40_000, 300_000, 1_200_000]);
      world.trouble(`paused ${point} until ${new Date(until).toISOString().slice(11, 19)}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      onStop({ is: 'paused', until, goOn: resolve });
      await promise;
      world.trouble(`goes on ${point}`);
    },
    crash(point) {
      isDead = true;
      world.trouble(`crash ${point}`);
      onStop({ is: 'crashed' });
    },
    takes(ms) {
      world.advanceTo(world.now() + ms);
    },
    database: point => Promise.resolve(isDead || crashes(point) ? 'crash' : 'go'),
    isDead: () => isDead,
  };
}
