/** When a payment is not over yet, by what a process file says. */
import { entersLane, leavesLane } from './lane.ts';
import type { Process } from './process.ts';

/**
 * The states in which money may be on its way: from the transition that creates a PaymentIntent, or begins one of ours, on,
 * until one refunds it.
 * A payout takes its time as well: the state that it leads to is the last of them.
 */
export function unfinishedPaymentStates({ transitions }: Process): string[] {
  const all = [...transitions.values()];
  const paid = new Set<string>();
  const lastStates = new Set<string>();
  const ways = all.filter(transition => transition.createsPaymentIntent || entersLane(transition));
  for (const way of ways) {
    if (way.refundsPayment || leavesLane(way) === 'given-back') continue;
    if (way.createsPayout || leavesLane(way) === 'earned') lastStates.add(way.to);
    else if (!paid.has(way.to)) {
      paid.add(way.to);
      // A list grows while it is walked: each state is entered once.
      ways.push(...all.filter(next => next.from === way.to));
    }
  }
  return [...new Set([...paid, ...lastStates])];
}
