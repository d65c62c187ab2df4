/**
 * Takes what requests leave behind and writes it in batches. A request only puts it down and goes on: while the database
 * is away it is kept, up to a limit, and what is above that is counted and let go.
 */
export type Recorder<T> = {
  record(item: T): void;
  stats(): RecorderStats;
  /** Writes what is there; gives up after one failure. */
  close(): Promise<void>;
};

export type RecorderStats = { waiting: number; recorded: number; dropped: number };

export type RecorderOptions<T> = {
  write: (batch: readonly T[]) => Promise<void>;
  /** Whether an error says that the batch itself is wrong, and would be refused for ever. */
  isRefusal: (error: unknown) => boolean;
  capacity?: number;
  batch?: number;
  /** Milliseconds from the first item to the write. */
  delayMs?: number;
  /** Milliseconds after a failure. */
  retryMs?: number;
};

export function createRecorder<T>({
  write,
  isRefusal,
  capacity = 10_000,
  batch = 500,
  delayMs = 250,
  retryMs = 1_000,
}: RecorderOptions<T>): Recorder<T> {
  let waiting: T[] = [];
  let recorded = 0;
  let dropped = 0;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<boolean> | undefined;

  const later = (ms: number) => {
    timer ??= setTimeout(() => {
      timer = undefined;
      void flush();
    }, ms).unref();
  };

  const flush = (): Promise<boolean> => {
    writing ??= writeAll().finally(() => {
      writing = undefined;
      if (waiting.length > 0) later(delayMs);
    });
    return writing;
  };

  /** False when the database is away. */
  const writeAll = async (): Promise<boolean> => {
    while (waiting.length > 0) {
      const next = waiting.slice(0, batch);
      try {
        await writeAllowed(next);
      } catch {
        later(retryMs);
        return false;
      }
      waiting = waiting.slice(next.length);
    }
    return true;
  };

  /** One item that is refused must not hold up the others. */
  const writeAllowed = async (items: readonly T[]): Promise<void> => {
    try {
      await write(items);
      recorded += items.length;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (items.length === 1) {
        dropped += 1;
        return;
      }
      const half = Math.ceil(items.length / 2);
      await writeAllowed(items.slice(0, half));
      await writeAllowed(items.slice(half));
    }
  };

  return {
    record(item) {
      if (waiting.length >= capacity) {
        dropped += 1;
        return;
      }
      waiting.push(item);
      later(delayMs);
    },
    stats: () => ({ waiting: waiting.length, recorded, dropped }),
    async close() {
      clearTimeout(timer);
      timer = undefined;
      await writing;
      await flush();
      // What could not be written is lost with the process.
      clearTimeout(timer);
    },
  };
}
