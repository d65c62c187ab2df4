/** Pages of a query's answer. */
import type { ApiCall } from './context.ts';
import { invalidValue } from './errors.ts';
import type { PlainObject } from './values.ts';

const LARGEST_PAGE = 100;

export function pageOf<T>(query: ApiCall['query'], items: T[]): { items: T[]; meta: PlainObject } {
  const page = positive(query('page'), 'page') ?? 1;
  const perPage = positive(query('perPage'), 'perPage') ?? LARGEST_PAGE;
  if (perPage > LARGEST_PAGE) throw invalidValue(['perPage'], `must be at most ${LARGEST_PAGE}`, 'query');
  const totalPages = Math.ceil(items.length / perPage);
  return {
    items: items.slice((page - 1) * perPage, page * perPage),
    meta: { totalItems: items.length, totalPages, page, perPage, paginationLimit: totalPages },
  };
}

function positive(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(text)) throw invalidValue([name], 'must be a positive integer', 'query');
  return Number(text);
}

export const pageParameters = ['page', 'perPage'];

/** `a,b` as the SDK sends lists. */
export const listParameter = (query: ApiCall['query'], name: string): string[] | undefined =>
  query(name)?.split(',');

export function timeParameter(query: ApiCall['query'], name: string): number | undefined {
  const text = query(name);
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw invalidValue([name], 'must be a timestamp', 'query');
  return time;
}

export function flagParameter(query: ApiCall['query'], name: string): boolean | undefined {
  const text = query(name);
  if (text === undefined) return undefined;
  if (text !== 'true' && text !== 'false') throw invalidValue([name], 'must be true or false', 'query');
  return text === 'true';
}
