/**
 * For what each request leaves behind: it is put down, and seen to a moment later with what others have left. Right after each
 * request it would cost several times as much, since the processor would have to turn from one work to the other and back.
 */
export type Together<T> = {
  put(item: T): void;
  /** Sees to what waits. */
  now(): void;
};

export function together<T>(seeTo: (items: readonly T[]) => void): Together<T> {
  let waiting: T[] = [];
  let timer: NodeJS.Timeout | undefined;
  const now = () => {
    clearTimeout(timer);
    timer = undefined;
    const items = waiting;
    waiting = [];
    if (items.length > 0) seeTo(items);
  };
  return {
    put(item) {
      if (waiting.push(item) >= AT_MOST) now();
      else timer ??= setTimeout(now, LONGEST_MS).unref();
    },
    now,
  };
}

const AT_MOST = 100;
const LONGEST_MS = 100;
