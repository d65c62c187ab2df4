/** Whether the transitions of a process fit together. */
import { refuse } from './problem.ts';
import type { TimeExpression, Transition } from './process.ts';

/** A transition, and the part of the file that it was read from. */
export type ReadTransition = { transition: Transition; part: object };

export function checkGraph(read: ReadTransition[], whole: object): void {
  const names = new Set<string>();
  for (const { transition, part } of read) {
    if (names.has(transition.name)) refuse(part, `:${transition.name}`, 'stands twice');
    names.add(transition.name);
  }
  checkBeginnings(read, whole);
  checkStates(read);
  for (const { transition, part } of read)
    if ('at' in transition.trigger) checkReferences(transition.trigger.at, part, `:${transition.name}`, read);
}

function checkBeginnings(read: ReadTransition[], whole: object): void {
  const initial = read.filter(({ transition }) => transition.from === null);
  if (initial.length === 0) refuse(whole, ':transitions', 'none begins a transaction (has no :from)');
  for (const { transition, part } of initial) {
    const { name, trigger } = transition;
    if (!('actor' in trigger) || trigger.actor === 'operator')
      refuse(part, `:${name}`, 'begins a transaction, so its :actor must be customer or provider');
  }
}

function checkStates(read: ReadTransition[]): void {
  const reachable = new Set<string | null>([null]);
  for (let size = 0; size !== reachable.size;) {
    size = reachable.size;
    for (const { transition } of read) if (reachable.has(transition.from)) reachable.add(transition.to);
  }
  for (const { transition, part } of read)
    if (!reachable.has(transition.from))
      refuse(part, `:${transition.name}`, `:${transition.from} can not be reached`);
}

/** Every state and transition that a time refers to must exist. */
export function checkReferences(
  time: TimeExpression,
  part: object,
  place: string,
  read: ReadTransition[],
): void {
  for (const { point, argument } of timepointsOf(time)) {
    const names = read.flatMap(({ transition: { name, from, to } }) =>
      point === 'time/first-transitioned' ? [name] : [from, to],
    );
    if (argument !== null && !names.includes(argument))
      refuse(part, place, `:at refers to :${argument}, which does not exist`);
  }
}

function timepointsOf(time: TimeExpression): (TimeExpression & { kind: 'timepoint' })[] {
  switch (time.kind) {
    case 'timepoint':
      return [time];
    case 'min':
      return time.of.flatMap(timepointsOf);
    case 'ignore-if-past':
      return timepointsOf(time.of);
    default:
      return timepointsOf(time.base);
  }
}
