/** Reads `process.edn` and refuses what Flex would refuse, naming file, line and what stands there. */
import { actionNames, needsTrust } from './actions/index.ts';
import { checkGraph, checkReferences, type ReadTransition } from './check.ts';
import { EdnError, isKeyword, isMap, parseEdn, plain, withoutColon, type Edn, type EdnMap } from './edn.ts';
import { Problem, refuse, show } from './problem.ts';
import type { Action, Process, Role, Transition } from './process.ts';
import { readTime } from './read-time.ts';

export class ProcessFileError extends Error {
  override name = 'ProcessFileError';
}

const roles: Record<string, Role> = {
  ':actor.role/customer': 'customer',
  ':actor.role/provider': 'provider',
  ':actor.role/operator': 'operator',
};

/** Runs first in each transition that begins a transaction, whether the file says so or not. */
const INITIALIZER = ':action.initializer/init-listing-tx';

/** `file` is for messages only; `name` is the process's name, `version` the one that transactions are pinned to. */
export function readProcess(source: string, file: string, name: string, version = 1): Process {
  const { value, placeOf } = parse(source, file);
  try {
    return { name, version, transitions: readTransitions(value) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const place = placeOf(error.part);
    throw new ProcessFileError(`${file}${place ? `:${place.line}:${place.column}` : ''}: ${error.message}`);
  }
}

function parse(source: string, file: string) {
  try {
    return parseEdn(source);
  } catch (error) {
    if (!(error instanceof EdnError)) throw error;
    throw new ProcessFileError(`${file}:${error.place.line}:${error.place.column}: ${error.message}`);
  }
}

function readTransitions(value: Edn): Transition[] {
  const map = isMap(value) ? value : refuse({}, 'the file', 'must hold a map');
  checkKeys(map, ['format', 'transitions', 'notifications'], 'the process');
  if (map['format'] !== ':v3') refuse(map, ':format', 'must be :v3');
  const entries = map['transitions'];
  if (!Array.isArray(entries) || entries.length === 0)
    return refuse(map, ':transitions', 'must be a non-empty vector');
  const read = entries.map((entry, index) => readTransition(entry, entries, `:transitions[${index}]`));
  checkGraph(read, entries);
  readNotifications(map['notifications'] ?? [], map, read);
  return read.map(({ transition }) => transition);
}

/** Keys of other namespaces than Flex's are left to whoever wrote them; a plain one that is not known is a mistake. */
function checkKeys(map: EdnMap, known: string[], place: string): void {
  for (const key of Object.keys(map))
    if (!known.includes(key) && !key.includes('/')) refuse(map, place, `:${key} is not known here`);
}

function readTransition(entry: Edn, owner: object, index: string): ReadTransition {
  const map = isMap(entry) ? entry : refuse(owner, index, 'must be a map');
  const place = isKeyword(map['name']) ? map['name'] : refuse(map, index, 'needs a keyword as :name');
  checkKeys(map, ['name', 'actor', 'at', 'actions', 'from', 'to', 'privileged?'], place);
  if ((map['actor'] === undefined) === (map['at'] === undefined))
    refuse(map, place, 'needs exactly one of :actor and :at');
  if (map['privileged?'] !== undefined && typeof map['privileged?'] !== 'boolean')
    refuse(map, place, ':privileged? must be true or false');
  const transition: Transition = {
    name: withoutColon(place),
    from: map['from'] === undefined ? null : readState(map, 'from', place),
    to: readState(map, 'to', place),
    trigger:
      map['at'] === undefined
        ? { actor: readRole(map, 'actor', place) }
        : { at: readTime(map['at'], map, place) },
    privileged: map['privileged?'] === true,
    actions: readActions(map, place),
  };
  checkTrust(transition, map, place);
  return { transition, part: map };
}

function checkTrust(transition: Transition, part: object, place: string): void {
  const isOperators = 'actor' in transition.trigger && transition.trigger.actor === 'operator';
  const trusting = transition.actions.find(action => needsTrust(action.name));
  if (trusting && !transition.privileged && !isOperators)
    refuse(part, place, `has :${trusting.name}, so it must be :privileged? true or an operator's`);
}

function readState(map: EdnMap, key: string, place: string): string {
  const value = map[key];
  return isKeyword(value)
    ? withoutColon(value)
    : refuse(map, place, `:${key} must be a keyword, and is ${show(value)}`);
}

function readRole(map: EdnMap, key: string, place: string): Role {
  const value = map[key];
  const role = isKeyword(value) ? roles[value] : undefined;
  return role ?? refuse(map, place, `:${key} ${show(value)} is not a role`);
}

function readActions(map: EdnMap, place: string): Action[] {
  const entries = map['actions'] ?? [];
  if (!Array.isArray(entries)) return refuse(map, place, ':actions must be a vector');
  return entries
    .map(entry => readAction(entry, entries, place))
    .filter(action => action.name !== withoutColon(INITIALIZER));
}

function readAction(entry: Edn, owner: object, place: string): Action {
  const map = isMap(entry) ? entry : refuse(owner, place, 'an action must be a map');
  checkKeys(map, ['name', 'config'], place);
  const { name, config = {} } = map;
  if (!isKeyword(name) || !(name === INITIALIZER || actionNames.includes(withoutColon(name))))
    return refuse(map, place, `${show(name)} is not a known action`);
  if (!isMap(config)) return refuse(map, place, `:config of ${name} must be a map`);
  return { name: withoutColon(name), config: plain(config) as Action['config'] };
}

/** Nobody sends them here: they are read for what may be wrong in them. */
function readNotifications(value: Edn, owner: object, transitions: ReadTransition[]): void {
  if (!Array.isArray(value)) return refuse(owner, ':notifications', 'must be a vector');
  const names = new Set<string>();
  for (const [index, entry] of value.entries()) {
    const numbered = `:notifications[${index}]`;
    const map = isMap(entry) ? entry : refuse(value, numbered, 'must be a map');
    const place = isKeyword(map['name']) ? map['name'] : refuse(map, numbered, 'needs a keyword as :name');
    checkKeys(map, ['name', 'on', 'to', 'template', 'at'], place);
    if (names.has(place)) refuse(map, place, 'stands twice');
    names.add(place);
    if (!transitions.some(({ transition }) => `:${transition.name}` === map['on']))
      refuse(map, place, `:on ${show(map['on'])} is not a transition`);
    if (readRole(map, 'to', place) === 'operator') refuse(map, place, 'only customer and provider get mail');
    if (!isKeyword(map['template']) || map['template'].includes('/'))
      refuse(map, place, ':template must be a keyword without a namespace');
    if (map['at'] !== undefined) checkReferences(readTime(map['at'], map, place), map, place, transitions);
  }
}
