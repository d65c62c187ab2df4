/** Lists: newest first, by pages that begin after or before an id. */
import { badRequest } from './errors.ts';
import type { FormObject, FormValue } from './form.ts';
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

export function limitOf(parameters: Parameters): number {
  const limit = parameters.integer('limit') ?? DEFAULT_LIMIT;
  if (limit < 1 || limit > LARGEST_LIMIT) {
    throw badRequest(`Invalid limit: must be between 1 and ${LARGEST_LIMIT}`, { param: 'limit' });
  }
  return limit;
}

/** A second, or `{gt, gte, lt, lte}`. */
export function rangeOf(value: FormValue | undefined): (time: number) => boolean {
  if (value === undefined) return () => true;
  if (typeof value === 'string') return time => time === Number(value);
  const bounds = value as FormObject;
  const bound = (name: string, otherwise: number) =>
    bounds[name] === undefined ? otherwise : Number(bounds[name]);
  return time =>
    time > bound('gt', -Infinity) &&
    time >= bound('gte', -Infinity) &&
    time < bound('lt', Infinity) &&
    time <= bound('lte', Infinity);
}
