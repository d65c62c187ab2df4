/**
 * What a process file allows, and what it makes of the money, read by another parser than the sandbox's and written
 * down as rules: who may make which transition from where, when time makes one, and what was paid because of it.
 */
import { parseEDNString } from 'edn-data';

export type Role = 'customer' | 'provider' | 'operator' | 'system';

export type Rule = {
  name: string;
  from: string | undefined;
  to: string;
  actor: Role;
  at: TimeFunction | undefined;
  privileged: boolean;
  actions: string[];
};

type TimeFunction = { [name: `fn/${string}`]: (TimeFunction | string)[] };

type Edn = {
  name: string;
  from?: string;
  to: string;
  actor?: string;
  at?: TimeFunction;
  actions?: { name: string }[];
  'privileged?'?: boolean;
};

export function rulesOf(file: string): Rule[] {
  const { transitions } = parseEDNString(file, { mapAs: 'object', keywordAs: 'string' }) as {
    transitions: Edn[];
  };
  return transitions.map(entry => ({
    name: entry.name,
    from: entry.from,
    to: entry.to,
    actor: (entry.actor?.replace('actor.role/', '') ?? 'system') as Role,
    at: entry.at,
    privileged: entry['privileged?'] === true,
    actions: (entry.actions ?? []).map(({ name }) => name.replace('action/', '')),
  }));
}

/** A transaction as the file makes it; amounts in minor units, moments in milliseconds. */
export type Course = {
  rules: Rule[];
  createdAt: number;
  state: string;
  history: { rule: Rule; at: number }[];
  customerId: string;
  providerId: string;
  booking: { start: number; end: number } | null;
  price: { payin: number; payout: number } | null;
  payment: Payment | null;
};

export type Payment = {
  payin: number;
  payout: number;
  status: 'open' | 'captured' | 'given-back' | 'paid-out';
};

export type Caller = { kind: 'user'; id: string; trusted: boolean } | { kind: 'operator' };

export type Verdict = 'may' | { status: number; code: string };

const invalid: Verdict = { status: 409, code: 'transaction-invalid-transition' };
const forbidden: Verdict = { status: 403, code: 'forbidden' };

/** Whether the file lets this caller begin a transaction on a listing of `authorId`, or on none. */
export function mayBegin(rule: Rule | undefined, caller: Caller, authorId: string | null): Verdict {
  if (!rule || rule.from !== undefined) return invalid;
  if (caller.kind === 'operator') return forbidden;
  if (authorId === null) return { status: 400, code: 'validation-missing-key' };
  if (caller.id === authorId) return { status: 409, code: 'transaction-same-author-and-customer' };
  return rule.privileged && !caller.trusted ? forbidden : 'may';
}

/** Whether the file lets this caller make the transition now. */
export function mayMake(course: Course, name: string, caller: Caller): Verdict {
  const rule = course.rules.find(candidate => candidate.name === name);
  if (!rule) return invalid;
  if (roleOf(course, caller) !== rule.actor) return forbidden;
  if (rule.privileged && caller.kind === 'user' && !caller.trusted) return forbidden;
  return rule.from === course.state ? 'may' : invalid;
}

function roleOf(course: Course, caller: Caller): Role | undefined {
  if (caller.kind === 'operator') return 'operator';
  if (caller.id === course.customerId) return 'customer';
  return caller.id === course.providerId ? 'provider' : undefined;
}

/** What a transition that was made makes of the course; `price` is what its line items say. */
export function follow(course: Course, rule: Rule, at: number, price: Course['price']): void {
  course.state = rule.to;
  course.history.push({ rule, at });
  for (const action of rule.actions) act(course, action, price);
  // From here on Flex does nothing with a PaymentIntent of its own: somebody else carries the order.
  if (rule.name === 'transition/enter-fallback') course.payment = null;
}

function act(course: Course, action: string, price: Course['price']): void {
  const { payment } = course;
  switch (action) {
    case 'privileged-set-line-items':
      course.price = price;
      break;
    case 'stripe-create-payment-intent':
    case 'stripe-create-payment-intent-push':
      course.payment = { ...course.price!, status: 'open' };
      break;
    case 'stripe-capture-payment-intent':
      payment!.status = 'captured';
      break;
    case 'stripe-refund-payment':
      payment!.status = 'given-back';
      break;
    case 'stripe-create-payout':
      payment!.status = 'paid-out';
      break;
  }
}

/** When time moves the course on by itself, and by which rule: the earliest; null when it never does. */
export function nextByTime(course: Course): { rule: Rule; at: number } | null {
  const enteredAt = course.history.at(-1)!.at;
  const due = course.rules
    .filter(({ from, at }) => at !== undefined && from === course.state)
    .map(rule => ({ rule, at: moment(course, rule.at!, enteredAt) }))
    .filter((entry): entry is { rule: Rule; at: number } => entry.at !== null)
    .toSorted((one, other) => one.at - other.at);
  return due[0] ?? null;
}

function moment(course: Course, time: TimeFunction | string, now: number): number | null {
  const [name, args] = Object.entries(time)[0] as [string, (TimeFunction | string)[]];
  const inner = () => moment(course, args[0]!, now);
  const periods = () =>
    args
      .slice(1)
      .reduce((sum, period) => sum + lengthOf((period as { 'fn/period': [string] })['fn/period'][0]), 0);
  switch (name) {
    case 'fn/timepoint':
      return timepoint(course, args as string[]);
    case 'fn/min': {
      const known = args.map(arg => moment(course, arg, now)).filter(value => value !== null);
      return known.length > 0 ? Math.min(...known) : null;
    }
    case 'fn/ignore-if-past': {
      const value = inner();
      return value !== null && value < now ? null : value;
    }
    default: {
      const value = inner();
      if (value === null) return null;
      return name === 'fn/plus' ? value + periods() : value - periods();
    }
  }
}

function timepoint(course: Course, [point, argument]: string[]): number | null {
  const entered = course.history.filter(({ rule }) => rule.to === argument);
  switch (point) {
    case 'time/tx-initiated':
      return course.createdAt;
    case 'time/first-entered-state':
      return entered[0]?.at ?? null;
    case 'time/last-entered-state':
      return entered.at(-1)?.at ?? null;
    case 'time/first-transitioned':
      return course.history.find(({ rule }) => rule.name === argument)?.at ?? null;
    case 'time/booking-start':
    case 'time/booking-display-start':
      return course.booking?.start ?? null;
    default:
      return course.booking?.end ?? null;
  }
}

/** Days, hours and minutes: all that the files here use. */
function lengthOf(period: string): number {
  const [, days, hours, minutes] = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(period)!;
  return ((Number(days ?? 0) * 24 + Number(hours ?? 0)) * 60 + Number(minutes ?? 0)) * 60_000;
}
