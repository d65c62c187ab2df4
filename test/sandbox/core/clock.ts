/**
 * Time as the sandbox sees it. It runs with the machine, or stands still when `frozenAt` is given, and tests move
 * it forward. Tasks planned with `at` run when their moment comes, in order of time, also while `advance` passes over them.
 */
export type Clock = {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Plans a task and returns the function that calls it off. A moment in the past means: at once. */
  at(time: number, task: () => Promise<void> | void): () => void;
  /** Resolves `ms` later. */
  sleep(ms: number): Promise<void>;
  /** Moves time forward by `ms`, running what falls due on the way; resolves with the new time. */
  advance(ms: number): Promise<number>;
  /** Forgets all tasks and goes back to the time it started with. */
  reset(): void;
};

type Task = { time: number; order: number; run: () => Promise<void> | void };

// setTimeout overflows beyond this and would fire at once.
const LONGEST_TIMEOUT = 2 ** 31 - 1;

export function createClock(options: { frozenAt?: number } = {}): Clock {
  const { frozenAt } = options;
  let offset = 0;
  let order = 0;
  let tasks: Task[] = [];
  let timer: NodeJS.Timeout | undefined;
  let moving: Promise<unknown> = Promise.resolve();

  const now = () => (frozenAt ?? Date.now()) + offset;

  const insert = (task: Task) => {
    const index = tasks.findIndex(other => other.time > task.time);
    tasks.splice(index === -1 ? tasks.length : index, 0, task);
  };

  const exclusively = <T>(work: () => Promise<T>): Promise<T> => {
    const result = moving.then(work);
    moving = result.catch(() => undefined);
    return result;
  };

  const runUntil = async (target: number) => {
    for (;;) {
      const task = tasks[0];
      if (!task || task.time > target) return;
      tasks.shift();
      offset += Math.max(0, task.time - now());
      await task.run();
    }
  };

  const wakeForNextTask = () => {
    clearTimeout(timer);
    const task = tasks[0];
    if (!task || frozenAt !== undefined) return;
    const wait = Math.min(Math.max(0, task.time - now()), LONGEST_TIMEOUT);
    timer = setTimeout(() => {
      void exclusively(() => runUntil(now())).finally(wakeForNextTask);
    }, wait);
    timer.unref();
  };

  const clock: Clock = {
    now,
    sleep: ms => new Promise(resolve => clock.at(now() + ms, resolve)),
    at(time, run) {
      const task = { time, order: order++, run };
      insert(task);
      wakeForNextTask();
      return () => {
        tasks = tasks.filter(other => other !== task);
      };
    },
    advance(ms) {
      return exclusively(async () => {
        const target = now() + ms;
        await runUntil(target);
        offset += Math.max(0, target - now());
        wakeForNextTask();
        return now();
      });
    },
    reset() {
      tasks = [];
      offset = 0;
      clearTimeout(timer);
    },
  };
  return clock;
}
