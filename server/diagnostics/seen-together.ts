/**
 * What this instance saw of payments, and what follows from it: with a database together with the other instances, and by
 * itself while the database is away, for then people must be told as well.
 */
import { next, type IncidentEvent, type Incidents, type Seen } from './incidents.ts';

export type NoteTogether = (seen: readonly Seen[]) => Promise<{ open: Incidents; events: IncidentEvent[] }>;

export type Notebook = {
  note(seen: Seen): void;
  open(): Incidents;
  /** Resolves when nothing waits any more, or the database is away. */
  settle(): Promise<void>;
};

/** Milliseconds: what comes in them is taken together. People wait for a failure; good ones are many. */
const GATHER_MS = { failures: 100, good: 1_000 };
const RETRY_MS = 1_000;
/** What the others have yet to hear of. */
const MOST_WAITING = 5_000;

/** `tell` hears of what opens and closes. */
export function createNotebook(tell: (event: IncidentEvent) => void, together?: NoteTogether): Notebook {
  let open: Incidents = [];
  const alone = (seen: Seen): IncidentEvent[] => {
    const result = next(open, seen);
    open = result.open;
    result.events.forEach(tell);
    return result.events;
  };
  if (!together) return { note: seen => void alone(seen), open: () => open, settle: () => Promise.resolve() };

  let waiting: Seen[] = [];
  /** The first of those that wait have been told of already, while the database was away. */
  let toldOf = 0;
  let told: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isUrgent = false;
  let flushing: Promise<void> | undefined;

  const later = (ms: number) => {
    timer ??= setTimeout(() => void flush(), ms).unref();
  };
  const soon = (ms: number) => {
    if (isUrgent) return;
    isUrgent = true;
    clearTimeout(timer);
    timer = undefined;
    later(ms);
  };
  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    isUrgent = false;
    flushing ??= takeAll().finally(() => {
      flushing = undefined;
    });
    return flushing;
  };
  const takeAll = async () => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        const result = await together(batch);
        open = result.open;
        for (const event of result.events) if (!wasTold(event)) tell(event);
        toldOf = 0;
        told = [];
      } catch {
        for (const seen of batch.slice(toldOf)) told.push(...alone(seen).map(nameOf));
        const all = [...batch, ...waiting];
        waiting = all.slice(-MOST_WAITING);
        toldOf = Math.max(0, batch.length - (all.length - waiting.length));
        later(RETRY_MS);
        return;
      }
    }
  };
  const wasTold = (event: IncidentEvent) => {
    const at = told.indexOf(nameOf(event));
    if (at >= 0) told.splice(at, 1);
    return at >= 0;
  };

  return {
    note(seen) {
      waiting.push(seen);
      if (seen.cause === null) later(GATHER_MS.good);
      else soon(GATHER_MS.failures);
    },
    open: () => open,
    async settle() {
      await flushing;
      await flush();
      clearTimeout(timer);
    },
  };
}

const nameOf = ({ type, incident }: IncidentEvent) => `${type} ${incident.cause} ${incident.processName}`;
