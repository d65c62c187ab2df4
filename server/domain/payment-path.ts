/** The way of a payment through a process, by what its file says. */
import { leavesLane } from './lane.ts';
import { ownValue } from './own-value.ts';
import type { Process, ProcessTransition } from './process.ts';

const CONFIRMS = 'action/stripe-confirm-payment-intent';
export const CAPTURES = 'action/stripe-capture-payment-intent';
const NEEDS_A_PAYMENT = [CONFIRMS, CAPTURES, 'action/stripe-create-payout'];

export const confirmsPayment = ({ actions }: ProcessTransition) => actions.includes(CONFIRMS);

/** Whether it happens when its time has come, and gives the money back: the payment has run out. */
export const isExpiry = (transition: ProcessTransition) =>
  transition.at !== null && (transition.refundsPayment || leavesLane(transition) === 'given-back');

/** Where a state can lead, not going on behind the transitions that `stop`. */
export function reachable(
  { transitions }: Process,
  from: (string | null)[],
  stop: (transition: ProcessTransition) => boolean,
): { states: Set<string | null>; transitions: ProcessTransition[] } {
  const all = [...transitions.values()];
  const states = new Set(from);
  const made: ProcessTransition[] = [];
  for (const state of states) {
    for (const transition of all.filter(candidate => candidate.from === state)) {
      made.push(transition);
      // A set grows while it is walked: each state is entered once.
      if (!stop(transition)) states.add(transition.to);
    }
  }
  return { states, transitions: made };
}

/** Transitions that work on a payment which nothing on their way has made: whoever comes there can not go on. */
export function withoutCreation(process: Process): ProcessTransition[] {
  const { transitions } = reachable(process, [null], transition => transition.createsPaymentIntent);
  return transitions.filter(
    ({ createsPaymentIntent, actions }) =>
      !createsPaymentIntent && actions.some(action => NEEDS_A_PAYMENT.includes(action)),
  );
}

/** Whether the way of a payment that nothing makes leads through this transition. */
export function lacksCreation(process: Process, name: string): boolean {
  const transition = process.transitions.get(name);
  const broken = withoutCreation(process);
  if (!transition || broken.length === 0) return false;
  const onward = reachable(process, [transition.to], next => next.createsPaymentIntent);
  return broken.includes(transition) || onward.transitions.some(next => broken.includes(next));
}

/** Whether a PaymentIntent made earlier may still stand in the answer: it does until it is confirmed or given back. */
export function mayShowEarlierPayment(process: Process, name: string): boolean {
  const creators = [...process.transitions.values()].filter(
    ({ createsPaymentIntent }) => createsPaymentIntent,
  );
  const { transitions } = reachable(
    process,
    creators.map(({ to }) => to),
    transition => confirmsPayment(transition) || transition.refundsPayment,
  );
  return transitions.some(transition => transition.name === name && !confirmsPayment(transition));
}

/** The periods that a time expression names, such as `PT15M`. */
export function periodsIn(at: unknown): string[] {
  if (Array.isArray(at)) return (at as unknown[]).flatMap(periodsIn);
  if (typeof at !== 'object' || at === null) return [];
  const period = ownValue(at, 'fn/period');
  if (Array.isArray(period)) return period.map(String);
  return Object.values(at).flatMap(periodsIn);
}

/** Milliseconds of an ISO 8601 period of days, hours and minutes; null for another. */
export function periodMs(period: string): number | null {
  const [, days = '0', hours = '0', minutes = '0'] =
    /^P(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,5})M)?)?$/.exec(period) ?? [];
  const ms = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60_000;
  return ms > 0 ? ms : null;
}

/** The latest that a transition out of `state` happens, in milliseconds after the state was entered; null when the file leaves it open. */
export function latestAfterEntering(at: unknown, state: string): number | null {
  const parts = (name: string) => {
    const found = ownValue(at, name);
    return Array.isArray(found) ? (found as unknown[]) : undefined;
  };
  const alternatives = parts('fn/min');
  if (alternatives) {
    const known = alternatives.flatMap(part => latestAfterEntering(part, state) ?? []);
    return known.length > 0 ? Math.min(...known) : null;
  }
  const point = parts('fn/timepoint');
  if (point) return String(point[0]).endsWith('-entered-state') && point[1] === state ? 0 : null;
  const [start, ...periods] = parts('fn/plus') ?? [];
  const from = start === undefined ? null : latestAfterEntering(start, state);
  if (from === null) return null;
  const lengths = periods.flatMap(periodsIn).map(periodMs);
  return lengths.some(length => length === null)
    ? null
    : lengths.reduce<number>((sum, length) => sum + length!, from);
}

/** How long a payment may wait in a state before it runs out, and by which transition; null when it may for ever. */
export function expiryOf(process: Process, state: string): { transition: string; ms: number | null } | null {
  const expiry = [...process.transitions.values()].find(
    transition => transition.from === state && isExpiry(transition),
  );
  return expiry ? { transition: expiry.name, ms: latestAfterEntering(expiry.at, state) } : null;
}

/** What holds dates or stock for the customer, and what gives it back. */
const HELD: Record<string, string[]> = {
  'action/create-pending-booking': ['action/decline-booking', 'action/cancel-booking'],
  'action/create-pending-stock-reservation': [
    'action/decline-stock-reservation',
    'action/cancel-stock-reservation',
  ],
};

/** What the first takes and the second, which ends the order, does not give back. */
export const heldAndKept = (taking: ProcessTransition, ending: ProcessTransition): string[] =>
  Object.entries(HELD)
    .filter(
      ([taken, back]) =>
        taking.actions.includes(taken) && !back.some(action => ending.actions.includes(action)),
    )
    .map(([taken]) => taken);

/** Cards are held for seven days; Flex lets a booking wait six. */
export const LONGEST_HOLD_MS = 7 * 86_400_000;
