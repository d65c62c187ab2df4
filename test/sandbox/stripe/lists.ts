/** Lists: newest first, by pages that begin after or before an id; and search, which does not know the newest yet. */
import type { StripeCall } from './context.ts';
import { badRequest } from './errors.ts';
import type { FormValue } from './form.ts';
import type { Parameters } from './parameters.ts';
import type { Owned, WireObject } from './shapes.ts';

const DEFAULT_LIMIT = 10;
const LARGEST_LIMIT = 100;

export function listOf<T extends Owned>(
  items: T[],
  parameters: Parameters,
  url: string,
  wire: (item: T) => WireObject,
): WireObject {
  const inRange = rangeOf(parameters.all['created']);
  const newestFirst = items.filter(item => inRange(item.created)).toReversed();
  const limit = limitOf(parameters);
  const after = parameters.text('starting_after');
  const before = parameters.text('ending_before');
  if (after !== undefined && before !== undefined) {
    throw badRequest('You may only specify one of these parameters: ending_before, starting_after.');
  }
  const position = (id: string, param: string) => {
    const index = newestFirst.findIndex(item => item.id === id);
    if (index === -1) throw badRequest(`No such object: '${id}'`, { code: 'resource_missing', param });
    return index;
  };
  const rest =
    before === undefined
      ? newestFirst.slice(after === undefined ? 0 : position(after, 'starting_after') + 1)
      : newestFirst.slice(0, position(before, 'ending_before'));
  // Before an id, the page is the one next to it.
  const page = before === undefined ? rest.slice(0, limit) : rest.slice(-limit);
  return { object: 'list', data: page.map(wire), has_more: rest.length > page.length, url };
}

function limitOf(parameters: Parameters): number {
  const limit = parameters.integer('limit') ?? DEFAULT_LIMIT;
  if (limit < 1 || limit > LARGEST_LIMIT) {
    throw badRequest(`Invalid limit: must be between 1 and ${LARGEST_LIMIT}`, { param: 'limit' });
  }
  return limit;
}

/** A second, or `{gt, gte, lt, lte}`. */
function rangeOf(value: FormValue | undefined): (created: number) => boolean {
  if (value === undefined) return () => true;
  if (typeof value === 'string') return created => created === Number(value);
  if (Array.isArray(value)) throw badRequest('Invalid range', { param: 'created' });
  const bound = (name: string, otherwise: number) =>
    value[name] === undefined ? otherwise : Number(value[name]);
  return created =>
    created > bound('gt', -Infinity) &&
    created >= bound('gte', -Infinity) &&
    created < bound('lt', Infinity) &&
    created <= bound('lte', Infinity);
}

/** Normally under a minute behind; an hour in incidents. */
const SEARCH_LAG_MS = 60_000;

export function searchIn<T extends Owned>(
  call: StripeCall,
  items: T[],
  parameters: Parameters,
  url: string,
  wire: (item: T) => WireObject,
): WireObject {
  const { world } = call;
  const lag = Number(world.scenarios.peek('search-stale')?.['ms'] ?? SEARCH_LAG_MS);
  const matches = parseQuery(parameters.text('query') ?? '');
  const found = items
    .filter(item => item.created * 1000 <= world.clock.now() - lag)
    .map(wire)
    .filter(matches)
    .toReversed();
  const limit = limitOf(parameters);
  const page = Number(parameters.text('page') ?? 0);
  const next = (page + 1) * limit;
  return {
    object: 'search_result',
    data: found.slice(page * limit, next),
    has_more: found.length > next,
    next_page: found.length > next ? String(page + 1) : null,
    url,
  };
}

const TERM = /^(-?)(?:metadata\[(['"])(.+?)\2\]|([a-z_]+))\s*(:|~|>=|<=|>|<)\s*(?:(['"])(.*?)\6|(\d+))$/;

/** `metadata['key']:'value' AND -status:'canceled'`. AND and OR can not be mixed. */
function parseQuery(query: string): (object: WireObject) => boolean {
  const words = query.split(/\s+(AND|OR)\s+/);
  const joints = new Set(words.filter((_word, index) => index % 2 === 1));
  if (joints.size > 1) throw badRequest('AND and OR can not be mixed in a query.', { param: 'query' });
  const terms = words.filter((_word, index) => index % 2 === 0).map(parseTerm);
  return object => (joints.has('OR') ? terms.some(term => term(object)) : terms.every(term => term(object)));
}

function parseTerm(text: string): (object: WireObject) => boolean {
  const match = TERM.exec(text.trim());
  if (!match) throw badRequest(`The query can not be understood: ${text}`, { param: 'query' });
  const [, negated, , metadataKey, field, operator, , quoted, number] = match;
  const wanted = quoted ?? number ?? '';
  const holds = (object: WireObject) => {
    const value =
      metadataKey === undefined ? object[field!] : (object['metadata'] as WireObject)[metadataKey];
    switch (operator) {
      case ':':
        return String(value) === wanted;
      case '~':
        return String(value).includes(wanted);
      case '>':
        return Number(value) > Number(wanted);
      case '<':
        return Number(value) < Number(wanted);
      case '>=':
        return Number(value) >= Number(wanted);
      default:
        return Number(value) <= Number(wanted);
    }
  };
  return object => holds(object) !== (negated === '-');
}
