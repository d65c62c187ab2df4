/** Reads `process.edn` and refuses what Flex would refuse, naming file and place. */
import { parseEDNString } from 'edn-data';
import { actionNames, needsTrust } from './actions/index.ts';
import type { Action, Process, Role, TimeExpression, Transition } from './process.ts';
import { parsePeriod } from './time.ts';

export class ProcessFileError extends Error {
  override name = 'ProcessFileError';
}

type Edn = unknown;
type EdnMap = Record<string, Edn>;

const roles: Record<string, Role> = {
  'actor.role/customer': 'customer',
  'actor.role/provider': 'provider',
  'actor.role/operator': 'operator',
};

const points = [
  'time/tx-initiated',
  'time/first-entered-state',
  'time/last-entered-state',
  'time/first-transitioned',
  'time/booking-start',
  'time/booking-end',
  'time/booking-display-start',
  'time/booking-display-end',
];

/** `file` is for messages only; `name` is the process's name, `version` the one that transactions are pinned to. */
export function readProcess(source: string, file: string, name: string, version = 1): Process {
  const fail = (place: string, message: string): never => {
    throw new ProcessFileError(`${file}${lineOf(source, place)}: ${place}: ${message}`);
  };
  const edn = parse(source);
  if (!isMap(edn)) return fail('file', 'is not readable EDN, or not a map');
  if (edn['format'] !== 'v3') fail(':format', 'must be :v3');
  if (!Array.isArray(edn['transitions']) || edn['transitions'].length === 0)
    fail(':transitions', 'must be a non-empty vector');
  const transitions = (edn['transitions'] as Edn[]).map((entry, index) => readTransition(entry, index, fail));
  checkGraph(transitions, fail);
  checkNotifications(edn['notifications'] ?? [], transitions, fail);
  return { name, version, transitions };
}

type Fail = (place: string, message: string) => never;

function parse(source: string): Edn {
  try {
    return parseEDNString(source, { mapAs: 'object', keywordAs: 'string', setAs: 'array', listAs: 'array' });
  } catch {
    return null;
  }
}

const isMap = (value: Edn): value is EdnMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Where in the file a thing is named, as far as its name stands only there. */
function lineOf(source: string, place: string): string {
  const index = source.indexOf(place);
  return index === -1 ? '' : `:${source.slice(0, index).split('\n').length}`;
}

function readTransition(entry: Edn, index: number, fail: Fail): Transition {
  const map = isMap(entry) ? entry : fail(`:transitions[${index}]`, 'must be a map');
  const name = map['name'];
  if (typeof name !== 'string' || !name.startsWith('transition/')) {
    return fail(`:transitions[${index}]`, 'needs a :name in the namespace transition');
  }
  const place = `:${name}`;
  checkKeys(map, ['name', 'actor', 'at', 'actions', 'from', 'to', 'privileged?'], place, fail);
  if ((map['actor'] === undefined) === (map['at'] === undefined))
    fail(place, 'needs exactly one of :actor and :at');
  const transition: Transition = {
    name,
    from: map['from'] === undefined ? null : readState(map['from'], ':from', place, fail),
    to: readState(map['to'], ':to', place, fail),
    trigger:
      map['at'] === undefined
        ? { actor: readRole(map['actor'], place, fail) }
        : { at: readTime(map['at'], place, fail) },
    privileged: isTrue(map['privileged?']),
    actions: readActions(map['actions'] ?? [], place, fail),
  };
  checkTrust(transition, place, fail);
  return transition;
}

function checkTrust(transition: Transition, place: string, fail: Fail): void {
  const isOperators = 'actor' in transition.trigger && transition.trigger.actor === 'operator';
  const trusting = transition.actions.find(action => needsTrust(action.name));
  if (trusting && !transition.privileged && !isOperators) {
    fail(place, `has :${trusting.name}, so it must be :privileged? true or an operator's`);
  }
}

/** One published process writes the keyword `:true`. */
const isTrue = (value: Edn) => value === true || value === 'true';

function readState(value: Edn, key: string, place: string, fail: Fail): string {
  if (typeof value !== 'string' || !value.startsWith('state/'))
    return fail(place, `${key} must be a keyword of the namespace state`);
  return value;
}

function readRole(value: Edn, place: string, fail: Fail): Role {
  return roles[String(value)] ?? fail(place, `:actor :${String(value)} is not a role`);
}

function readActions(value: Edn, place: string, fail: Fail): Action[] {
  if (!Array.isArray(value)) return fail(place, ':actions must be a vector');
  return value.map(entry => {
    const map = isMap(entry) ? entry : fail(place, 'an action must be a map');
    checkKeys(map, ['name', 'config'], place, fail);
    const name = map['name'];
    if (typeof name !== 'string' || !actionNames.includes(name))
      return fail(place, `:${String(name)} is not a known action`);
    const config = map['config'] ?? {};
    return isMap(config) ? { name, config } : fail(place, `:config of :${name} must be a map`);
  });
}

function readTime(value: Edn, place: string, fail: Fail): TimeExpression {
  const entries = isMap(value) ? Object.entries(value) : [];
  const [name, args] =
    entries.length === 1 ? (entries[0] as [string, Edn]) : fail(place, ':at must hold one time function');
  if (!Array.isArray(args) || args.length === 0) return fail(place, `:${name} needs a vector of arguments`);
  const inner = () => readTime(args[0], place, fail);
  switch (name) {
    case 'fn/timepoint':
      return readTimepoint(args, place, fail);
    case 'fn/min':
      return { kind: 'min', of: args.map(arg => readTime(arg, place, fail)) };
    case 'fn/plus':
    case 'fn/minus':
      return {
        kind: name === 'fn/plus' ? 'plus' : 'minus',
        base: inner(),
        periods: args.slice(1).map(arg => readPeriod(arg, place, fail)),
      };
    case 'fn/ignore-if-past':
      return { kind: 'ignore-if-past', of: inner() };
    default:
      return fail(place, `:${name} is not a time function`);
  }
}

function readTimepoint(args: Edn[], place: string, fail: Fail): TimeExpression {
  const [point, argument] = args;
  if (typeof point !== 'string' || !points.includes(point))
    return fail(place, `:${String(point)} is not a point in time`);
  const needsArgument = point.endsWith('-state') || point.endsWith('-transitioned');
  if (needsArgument !== (typeof argument === 'string'))
    fail(place, `:${point} ${needsArgument ? 'needs' : 'takes no'} argument`);
  return { kind: 'timepoint', point, argument: typeof argument === 'string' ? argument : null };
}

function readPeriod(value: Edn, place: string, fail: Fail): string {
  const args = isMap(value) ? value['fn/period'] : undefined;
  const text = Array.isArray(args) ? args[0] : undefined;
  if (typeof text !== 'string' || !parsePeriod(text))
    return fail(place, 'a period must be {:fn/period ["<ISO 8601 duration>"]}');
  return text;
}

function checkKeys(map: EdnMap, known: string[], place: string, fail: Fail): void {
  for (const key of Object.keys(map)) if (!known.includes(key)) fail(place, `:${key} is not known here`);
}

function checkGraph(transitions: Transition[], fail: Fail): void {
  const names = new Set<string>();
  for (const transition of transitions) {
    if (names.has(transition.name)) fail(`:${transition.name}`, 'stands twice');
    names.add(transition.name);
  }
  const initial = transitions.filter(transition => transition.from === null);
  if (initial.length === 0) fail(':transitions', 'none begins a transaction (has no :from)');
  for (const { name, trigger } of initial) {
    if (!('actor' in trigger) || trigger.actor === 'operator')
      fail(`:${name}`, 'begins a transaction, so its :actor must be customer or provider');
  }
  const reachable = new Set(initial.map(transition => transition.to));
  for (let size = -1; size !== reachable.size;) {
    size = reachable.size;
    for (const { from, to } of transitions) if (from !== null && reachable.has(from)) reachable.add(to);
  }
  for (const { name, from } of transitions)
    if (from !== null && !reachable.has(from)) fail(`:${name}`, `:${from} can not be reached`);
  for (const { name, trigger } of transitions)
    if ('at' in trigger) checkReferences(trigger.at, name, names, reachable, fail);
}

function checkReferences(
  time: TimeExpression,
  name: string,
  transitions: Set<string>,
  states: Set<string>,
  fail: Fail,
): void {
  if (time.kind === 'min')
    for (const inner of time.of) checkReferences(inner, name, transitions, states, fail);
  else if (time.kind === 'ignore-if-past') checkReferences(time.of, name, transitions, states, fail);
  else if (time.kind !== 'timepoint') checkReferences(time.base, name, transitions, states, fail);
  else if (time.argument !== null && !transitions.has(time.argument) && !states.has(time.argument)) {
    fail(`:${name}`, `:at refers to :${time.argument}, which does not exist`);
  }
}

function checkNotifications(value: Edn, transitions: Transition[], fail: Fail): void {
  if (!Array.isArray(value)) return fail(':notifications', 'must be a vector');
  const names = new Set<string>();
  for (const [index, entry] of value.entries()) {
    const map = isMap(entry) ? entry : fail(`:notifications[${index}]`, 'must be a map');
    const place = typeof map['name'] === 'string' ? `:${map['name']}` : `:notifications[${index}]`;
    checkKeys(map, ['name', 'on', 'to', 'template', 'at'], place, fail);
    if (typeof map['name'] !== 'string' || names.has(map['name'])) fail(place, 'needs a :name of its own');
    names.add(place.slice(1));
    if (!transitions.some(transition => transition.name === map['on']))
      fail(place, `:on :${String(map['on'])} is not a transition`);
    readRole(map['to'], place, fail);
    if (typeof map['template'] !== 'string') fail(place, 'needs a :template');
    if (map['at'] !== undefined) readTime(map['at'], place, fail);
  }
}
