import { allPages, createdIn, endOf, pageAfter } from '../../../server/stripe/pages.ts';

const things = Array.from({ length: 5 }, (_, index) => ({ id: `thing_${index}` }));
const ids = (data: { id: string }[]) => data.map(({ id }) => id);

/** Two at a time. */
function listing() {
  const asked: unknown[] = [];
  return {
    asked,
    list(which: { limit: number; starting_after?: string }) {
      asked.push(which);
      const start = things.findIndex(({ id }) => id === which.starting_after) + 1;
      const value = { data: things.slice(start, start + 2), has_more: start + 2 < things.length };
      return Promise.resolve({ outcome: 'found', value } as const);
    },
  };
}

it('goes from page to page to the end', async () => {
  const { list, asked } = listing();
  expect(await allPages(list, ids)).toEqual({
    outcome: 'found',
    value: { items: ids(things), isComplete: true },
  });
  expect(asked).toEqual([
    { limit: 100 },
    { limit: 100, starting_after: 'thing_1' },
    { limit: 100, starting_after: 'thing_3' },
  ]);
});

it('says when it broke off', async () => {
  const two = await allPages(listing().list, ids, { most: 2 });
  expect(two).toEqual({ outcome: 'found', value: { items: ids(things.slice(0, 4)), isComplete: false } });
  const none = await allPages(listing().list, ids, { signal: AbortSignal.abort() });
  expect(none).toEqual({ outcome: 'found', value: { items: [], isComplete: false } });
});

it('never takes a part for the whole when a page does not come', async () => {
  const { list } = listing();
  const unknown = { outcome: 'unknown', trouble: 'unavailable' } as const;
  const lookup = await allPages<{ id: string }, string>(
    which => (which.starting_after === 'thing_1' ? Promise.resolve(unknown) : list(which)),
    ids,
  );
  expect(lookup).toEqual(unknown);
});

it('asks for whole seconds, the first and the last one in full', () => {
  expect(createdIn({ from: 1_999, to: 2_001 })).toEqual({ gte: 1, lte: 3 });
});

it.each([
  ['that there is more', { data: things, has_more: true }, 'thing_4'],
  ['that there is no more', { data: things, has_more: false }, null],
  ['nothing, and that there is more', { data: [], has_more: true }, null],
])('knows where a list goes on that says %s', (_name, page, end) => {
  expect(endOf(page)).toBe(end);
  expect(pageAfter(end)).toEqual({ limit: 100, ...(end !== null && { starting_after: end }) });
});
