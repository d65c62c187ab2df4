/** What we need to know of a transaction process: who may make which transition, and what each does to the payment. */
import { parseEDNString } from 'edn-data';
import { ownValue } from './own-value.ts';

export type Process = { name: string; transitions: Map<string, ProcessTransition> };

export type ProcessTransition = {
  name: string;
  /** null for one that begins a transaction. */
  from: string | null;
  to: string;
  /** null for one that happens when its time has come. */
  actor: string | null;
  privileged: boolean;
  createsPaymentIntent: boolean;
  refundsPayment: boolean;
  createsPayout: boolean;
  /** Names, in the order in which they run. */
  actions: string[];
  /** When it happens by itself, as the file has it; null for one that somebody makes. */
  at: unknown;
};

/** By process name, such as `default-booking`. */
export type Processes = Map<string, Process>;

const CREATING_ACTIONS = ['action/stripe-create-payment-intent', 'action/stripe-create-payment-intent-push'];

/** Reads the text of a `process.edn`. Throws when it is not one: a process that can not be read must not pass for a known one. */
export function parseProcess(name: string, edn: string): Process {
  const file = parseEDNString(edn, { mapAs: 'object', keywordAs: 'string', setAs: 'array', listAs: 'array' });
  const transitions = listIn(file, 'transitions');
  if (transitions.length === 0) throw new Error(`${name}: process.edn holds no transitions`);
  return {
    name,
    transitions: new Map(
      transitions.map(transition => {
        const read = readTransition(name, transition);
        return [read.name, read];
      }),
    ),
  };
}

function readTransition(process: string, transition: unknown): ProcessTransition {
  const name = ownValue(transition, 'name');
  if (typeof name !== 'string') throw new Error(`${process}: process.edn holds a transition without a name`);
  const to = ownValue(transition, 'to');
  if (typeof to !== 'string') throw new Error(`${process}: ${name} leads to no state`);
  const from = ownValue(transition, 'from');
  const actor = ownValue(transition, 'actor');
  const privileged = ownValue(transition, 'privileged?');
  const actions = listIn(transition, 'actions').map(action => String(ownValue(action, 'name')));
  return {
    name,
    from: typeof from === 'string' ? from : null,
    to,
    actor: typeof actor === 'string' ? actor.replace(/^actor\.role\//, '') : null,
    // Some published files write the keyword `:true`.
    privileged: privileged === true || privileged === 'true',
    createsPaymentIntent: actions.some(action => CREATING_ACTIONS.includes(action)),
    refundsPayment: actions.includes('action/stripe-refund-payment'),
    createsPayout: actions.includes('action/stripe-create-payout'),
    actions,
    at: ownValue(transition, 'at') ?? null,
  };
}

const listIn = (value: unknown, key: string): unknown[] => {
  const list = ownValue(value, key);
  return Array.isArray(list) ? list : [];
};

/** `default-booking/release-1` to `default-booking`. */
export const processNameOf = (alias: string): string => alias.split('/')[0] ?? alias;

/** Whether a transition creates a PaymentIntent; `unknown` when no file of ours says so. */
export function paymentIntentCreation(
  processes: Processes,
  processName: string,
  transition: string,
): 'creates' | 'creates-none' | 'unknown' {
  const known = processes.get(processName)?.transitions.get(transition);
  if (!known) return 'unknown';
  return known.createsPaymentIntent ? 'creates' : 'creates-none';
}

/** Who makes a transition; null when no file of ours says. */
export const actorOf = (processes: Processes, processName: string, transition: string): string | null =>
  processes.get(processName)?.transitions.get(transition)?.actor ?? null;
