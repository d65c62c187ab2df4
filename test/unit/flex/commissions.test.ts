import type { Commissions } from '../../../server/domain/line-items.ts';
import { BOUND, createCommissions, FRESH } from '../../../server/flex/commissions.ts';

const never = new AbortController().signal;

/** Counts what is asked of Flex, on a clock that stands still. */
function scene() {
  let time = 0;
  const asked: { answer: (percentage: number) => void; fail: () => void }[] = [];
  const read = createCommissions(
    () =>
      new Promise<Commissions>((resolve, reject) => {
        asked.push({
          answer: percentage => resolve({ provider: { percentage, minimum_amount: 0 }, customer: undefined }),
          fail: () => reject(new Error('asset delivery is down')),
        });
      }),
    () => time,
  );
  return {
    asked,
    wait: (ms: number) => {
      time += ms;
    },
    percentage: async (signal = never) => (await read(signal)).provider?.percentage,
  };
}

it('asks once for all who come together', async () => {
  const { asked, percentage } = scene();
  const both = Promise.all([percentage(), percentage()]);
  asked[0]!.answer(10);

  expect(await both).toEqual([10, 10]);
  expect(asked).toHaveLength(1);
});

it('uses what is young as it is, and asks behind the request for what is older', async () => {
  const { asked, percentage, wait } = scene();
  const first = percentage();
  asked[0]!.answer(10);
  await first;

  wait(FRESH - 1);
  expect(await percentage()).toBe(10);
  expect(asked).toHaveLength(1);
  wait(1);
  expect(await percentage()).toBe(10);
  expect(asked).toHaveLength(2);
  asked[1]!.answer(12);
  await new Promise(setImmediate);
  expect(await percentage()).toBe(12);
  expect(asked).toHaveLength(2);
});

it('never uses what is older than its bound, counted from when it was asked', async () => {
  const { asked, percentage, wait } = scene();
  const first = percentage();
  wait(BOUND);
  asked[0]!.answer(10);
  await first;

  const second = percentage();
  asked[1]!.answer(12);

  expect(await second).toBe(12);
});

it('a failed question is not kept, and what was known serves until its bound', async () => {
  const { asked, percentage, wait } = scene();
  const first = percentage();
  asked[0]!.answer(10);
  await first;

  wait(FRESH);
  await percentage();
  asked[1]!.fail();
  await new Promise(setImmediate);
  expect(await percentage()).toBe(10);
  wait(BOUND - FRESH);
  const last = percentage();
  asked[2]!.fail();
  await expect(last).rejects.toThrow('asset delivery is down');
});

it('who gives up does not wait, and the others still get their answer', async () => {
  const { asked, percentage } = scene();
  const enough = new AbortController();
  const impatient = percentage(enough.signal);
  const patient = percentage();
  enough.abort();

  await expect(impatient).rejects.toMatchObject({ code: 'flex-timeout' });
  asked[0]!.answer(10);
  expect(await patient).toBe(10);
});
