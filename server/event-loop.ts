import { monitorEventLoopDelay } from 'node:perf_hooks';

export type EventLoopWatch = {
  /** How late the loop ran of late, in milliseconds. */
  delayMs(): number;
  [Symbol.dispose](): void;
};

const RESOLUTION_MS = 10;
const WINDOW_MS = 500;

/**
 * Looks at the last half second at a time. The median: one long pause, as a large answer or the garbage collector
 * makes, is no overload.
 */
export function watchEventLoop(): EventLoopWatch {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  let delayMs = 0;
  const sample = setInterval(() => {
    // Without a single sample the loop stood still throughout.
    delayMs = histogram.count === 0 ? WINDOW_MS : histogram.percentile(50) / 1e6 - RESOLUTION_MS;
    histogram.reset();
  }, WINDOW_MS).unref();
  return {
    delayMs: () => delayMs,
    [Symbol.dispose]: () => {
      clearInterval(sample);
      histogram.disable();
    },
  };
}
