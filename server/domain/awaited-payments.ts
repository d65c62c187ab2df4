/** Payments under way, by what a process file says. */
import { entersLane } from './lane.ts';
import { expiryOf } from './payment-path.ts';
import type { Process } from './process.ts';

/** Whether a customer is paying in this state, and until when: null when nothing ends it. */
export function awaitedPayment(
  process: Process | undefined,
  state: string,
  since: Date,
): { awaits: boolean; deadline: Date | null } {
  const awaits =
    process !== undefined &&
    [...process.transitions.values()].some(
      transition => (transition.createsPaymentIntent || entersLane(transition)) && transition.to === state,
    );
  if (!awaits) return { awaits: false, deadline: null };
  const ms = expiryOf(process, state)?.ms ?? null;
  return { awaits: true, deadline: ms === null ? null : new Date(since.getTime() + ms) };
}

/** The states that no transition leads out of. */
export function finalStates({ transitions }: Process): string[] {
  const all = [...transitions.values()];
  const left = new Set(all.map(({ from }) => from));
  return [...new Set(all.map(({ to }) => to))].filter(state => !left.has(state));
}
