import { jest } from '@jest/globals';
import { together } from '../../server/together.ts';

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** What it has handed over, and how to put down some. */
function started() {
  const seen: (readonly number[])[] = [];
  const batch = together<number>(items => void seen.push(items));
  return { seen, batch, put: (items: number[]) => items.forEach(batch.put) };
}

it('sees to a hundred at once, and to what is left a tenth of a second after the first of it', () => {
  const { seen, put } = started();

  put(numbers(1, 250));
  expect(seen).toEqual([numbers(1, 100), numbers(101, 200)]);

  jest.advanceTimersByTime(99);
  put([251]);
  expect(seen).toHaveLength(2);
  jest.advanceTimersByTime(1);
  expect(seen).toEqual([numbers(1, 100), numbers(101, 200), numbers(201, 251)]);
});

it('sees to what waits when it is asked, and to each once', () => {
  const { seen, batch, put } = started();

  put([1, 2]);
  batch.now();
  batch.now();
  jest.advanceTimersByTime(1_000);

  expect(seen).toEqual([[1, 2]]);
});

it('goes on by itself after a quiet time', () => {
  const { seen, put } = started();

  put([1]);
  jest.advanceTimersByTime(5_000);
  put([2]);
  jest.advanceTimersByTime(5_000);

  expect(seen).toEqual([[1], [2]]);
});

it('takes what is put down while it sees to others', () => {
  const seen: (readonly number[])[] = [];
  const batch = together<number>(items => {
    seen.push(items);
    if (items.includes(1)) batch.put(2);
  });

  batch.put(1);
  jest.advanceTimersByTime(200);

  expect(seen).toEqual([[1], [2]]);
});
