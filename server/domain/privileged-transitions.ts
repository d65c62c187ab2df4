/**
 * What a browser may make this service do with its trusted token. Without such a list any privileged transition of any
 * process could be driven through it.
 */
import { ProxyError } from './errors.ts';
import { entersLane, LANE } from './lane.ts';
import type { Processes } from './process.ts';

/** Names of transitions, by the name of their process. */
export type PrivilegedTransitions = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Those that the process files call privileged and a user can make. A process that is named has what is named, and nothing
 * else. The fallback's entries are never among them: an order without a payment is begun by this service alone.
 */
export function privilegedTransitions(
  processes: Processes,
  named: Record<string, string[]>,
): PrivilegedTransitions {
  const fromFiles = [...processes].map(([name, { transitions }]) => {
    const privileged = [...transitions.values()].filter(
      transition =>
        transition.privileged && USERS.includes(String(transition.actor)) && !entersLane(transition),
    );
    return [name, new Set(privileged.map(transition => transition.name))] as const;
  });
  const fromSetting = Object.entries(named).map(
    ([name, transitions]) =>
      [name, new Set(transitions.filter(transition => !ENTRIES.includes(transition)))] as const,
  );
  return new Map([...fromFiles, ...fromSetting]);
}

const ENTRIES: string[] = [LANE.request, LANE.requestAfterInquiry];

/** Operators act through the Integration API. */
const USERS = ['customer', 'provider'];

/** Throws a refusal that says which setting to change. */
export function assertPrivileged(
  allowed: PrivilegedTransitions,
  processName: string,
  transition: string,
): void {
  const transitions = allowed.get(processName);
  if (!transitions) {
    throw refusal(
      'process-unknown',
      `There is no process file for ${shown(processName)}. Put its process.edn into the directory that ` +
        'TRANSACTION_PROCESSES_DIR names, or list its privileged transitions in PRIVILEGED_TRANSITIONS.',
    );
  }
  if (!transitions.has(transition)) {
    throw refusal(
      'transition-not-privileged',
      `${shown(transition)} is not among the privileged transitions of ${shown(processName)} that may be made here. ` +
        'Transitions that are not privileged are made with the Marketplace API itself; a privileged one that is missing ' +
        'here can be listed in PRIVILEGED_TRANSITIONS.',
    );
  }
}

const refusal = (code: 'process-unknown' | 'transition-not-privileged', statusText: string) =>
  new ProxyError(code, { status: 403, statusText, data: {} });

/** Both names come from the browser: an answer repeats only what can be one. */
const shown = (name: string) => (/^[\w./?-]{1,100}$/.test(name) ? name : 'what was sent');
