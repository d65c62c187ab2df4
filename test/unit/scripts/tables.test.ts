import { table } from '../../../scripts/lib/tables.ts';

const ID = '6ecba539-d933-40eb-964a-f74e2bd3e2f3';
const rows = [['2026-11-21T16:04:40.481Z', ID, 'transition/request-payment-after-inquiry', 'done']];
const head = ['UTC', 'Transaction', 'Moved by', 'State'];

const at = (columns: number) => {
  const before = process.stdout.columns;
  process.stdout.columns = columns;
  try {
    return table(head, rows, [26, 38, 30]);
  } finally {
    process.stdout.columns = before;
  }
};
const widest = (text: string) => Math.max(...text.split('\n').map(line => line.length));

it.each([60, 80, 100, 118, 120, 200])('a table is no wider than a terminal of %i', columns => {
  expect(widest(at(columns))).toBeLessThanOrEqual(Math.min(columns, 120));
});

it.each([60, 200])('at %i columns no id is cut, and no name is cut off', columns => {
  const shown = at(columns);

  expect(shown).toContain(ID);
  expect(shown).not.toContain('…');
  expect(shown.replace(/[^\w/-]/g, '')).toContain('inquiry');
});

it('where it is too narrow each row is a table of its own, with what the columns are called', () => {
  expect(at(60)).toMatch(/│ Transaction +│ 6ecba539/);
});
