/** A transaction process as data: what `process.edn` says, with the colons of its keywords gone. */
export type Role = 'customer' | 'provider' | 'operator';

export type Action = { name: string; config: Record<string, unknown> };

export type Transition = {
  name: string;
  /** null: it begins a transaction. */
  from: string | null;
  to: string;
  trigger: { actor: Role } | { at: TimeExpression };
  privileged: boolean;
  actions: Action[];
};

export type TimeExpression =
  | { kind: 'timepoint'; point: string; argument: string | null }
  | { kind: 'min'; of: TimeExpression[] }
  | { kind: 'plus' | 'minus'; base: TimeExpression; periods: string[] }
  | { kind: 'ignore-if-past'; of: TimeExpression };

export type Process = {
  name: string;
  version: number;
  transitions: Transition[];
};

export const transitionNamed = (process: Process, name: string): Transition | undefined =>
  process.transitions.find(transition => transition.name === name);

export const automaticTransitionsFrom = (process: Process, state: string) =>
  process.transitions.filter(
    (transition): transition is Transition & { trigger: { at: TimeExpression } } =>
      transition.from === state && 'at' in transition.trigger,
  );
