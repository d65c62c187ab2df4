/** Stripe's lists, which come in pages. */
import type { Lookup } from './lookup.ts';

/** In milliseconds since the epoch. */
export type Window = { from: number; to: number };

export const PAGE = 100;

/** Stripe's seconds are whole: what is made in them is asked for as well. */
export const createdIn = ({ from, to }: Window) => ({
  gte: Math.floor(from / 1000),
  lte: Math.ceil(to / 1000),
});

type Page<T> = { data: T[]; has_more: boolean };
type Which = { limit: number; starting_after?: string };

/** `after`: the last id of the page before. */
export const pageAfter = (after: string | null | undefined): Which => ({
  limit: PAGE,
  ...(typeof after === 'string' && { starting_after: after }),
});

export type Reading = {
  /** Pages. */
  most?: number;
  signal?: AbortSignal | undefined;
};

/** null after the last page. */
export const endOf = ({ data, has_more: hasMore }: Page<{ id: string }>): string | null =>
  hasMore ? (data.at(-1)?.id ?? null) : null;

/** Page after page, each asked for through the door; not complete when it broke off after `most` pages or by the signal. */
export async function allPages<T extends { id: string }, Item>(
  list: (which: Which) => Promise<Lookup<Page<T>>>,
  read: (data: T[]) => Item[],
  { most = Infinity, signal }: Reading = {},
): Promise<Lookup<{ items: Item[]; isComplete: boolean }>> {
  const items: Item[] = [];
  let after: string | null = null;
  for (let page = 0; page < most; page += 1) {
    if (signal?.aborted) break;
    const lookup = await list(pageAfter(after));
    if (lookup.outcome !== 'found') return lookup;
    items.push(...read(lookup.value.data));
    after = endOf(lookup.value);
    if (after === null) return { outcome: 'found', value: { items, isComplete: true } };
  }
  return { outcome: 'found', value: { items, isComplete: false } };
}
