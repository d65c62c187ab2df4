/** What we need to know of a transaction process: which of its transitions create a PaymentIntent. */
import { parseEDNString } from 'edn-data';
import { ownValue } from './own-value.ts';

export type Process = { name: string; transitions: Map<string, ProcessTransition> };

export type ProcessTransition = { name: string; createsPaymentIntent: boolean; privileged: boolean };

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
        const transitionName = ownValue(transition, 'name');
        if (typeof transitionName !== 'string')
          throw new Error(`${name}: process.edn holds a transition without a name`);
        const actions = listIn(transition, 'actions').map(action => ownValue(action, 'name'));
        const privileged = ownValue(transition, 'privileged?');
        return [
          transitionName,
          {
            name: transitionName,
            createsPaymentIntent: actions.some(action => CREATING_ACTIONS.includes(String(action))),
            // Some published files write the keyword `:true`.
            privileged: privileged === true || privileged === 'true',
          },
        ];
      }),
    ),
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
