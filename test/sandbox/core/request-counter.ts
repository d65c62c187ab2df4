import { EventEmitter } from 'node:events';

/** Counts requests per route, and how many were under way at once: shown by the ledger. */
export type RequestCounter = {
  /** Emits a route's name when a request for it has arrived. */
  arrivals: EventEmitter;
  started(route: string): () => void;
  counts(): Record<string, { count: number; peakInFlight: number }>;
  reset(): void;
};

export function createRequestCounter(): RequestCounter {
  let routes = new Map<string, { count: number; inFlight: number; peakInFlight: number }>();
  const arrivals = new EventEmitter();
  return {
    arrivals,
    started(route) {
      arrivals.emit(route);
      const entry = routes.get(route) ?? { count: 0, inFlight: 0, peakInFlight: 0 };
      routes.set(route, entry);
      entry.count += 1;
      entry.inFlight += 1;
      entry.peakInFlight = Math.max(entry.peakInFlight, entry.inFlight);
      return () => {
        entry.inFlight -= 1;
      };
    },
    counts: () =>
      Object.fromEntries(
        [...routes].map(([route, { count, peakInFlight }]) => [route, { count, peakInFlight }]),
      ),
    reset() {
      routes = new Map();
    },
  };
}
