/** Stripe's events, however they come: by webhook, or fetched where no webhook came. */
import type { StripeEventRecord } from '../domain/stripe-event.ts';
import type { Store } from '../store/store.ts';
import { dueKeys, keepStripeEvent, reopenStripeEvents, type EventFilter } from '../store/stripe-events.ts';
import { processEvents, type InboxDeps } from './process.ts';

export type Replayed = { events: number; objects: number };

export type Inbox = {
  /** Resolves when the event is kept; what is to be done about it is done later. Rejects while the database is away. */
  take(event: StripeEventRecord, via: 'webhook' | 'pull'): Promise<{ isNew: boolean }>;
  /** Has them worked on once more, and says how many there were, and about how many things. */
  replay(filter: EventFilter): Promise<Replayed>;
};

const EVENTS = 'stripe-events';
const SWEEP = 'stripe-events-sweep';
/** Keys that one sweep takes up. */
const MOST_KEYS = 1_000;

/** Before the store starts. */
export function createInbox(deps: InboxDeps & { store: Pick<Store, 'db' | 'jobs' | 'started'> }): Inbox {
  const { db, jobs } = deps.store;
  const enqueue = (key: string) => jobs.send(EVENTS, key, { key });

  jobs.define<{ key: string }>({
    name: EVENTS,
    concurrency: 5,
    work: ({ key }) => processEvents(deps, key),
  });
  // What a process took in and died before it could say so, and what has waited.
  const sweep = async () => {
    for (const key of await dueKeys(db, MOST_KEYS)) await enqueue(key);
  };
  jobs.define({ name: SWEEP, every: '* * * * *', work: sweep });

  return {
    async take(event, via) {
      const isNew = await keepStripeEvent(db, event, via);
      // Only now: a job that ran before the event was there would have found nothing.
      if (isNew) enqueue(event.objectKey).catch(() => 'the sweep finds it');
      return { isNew };
    },
    async replay(filter) {
      const { events, keys } = await reopenStripeEvents(db, filter);
      for (const key of keys) await enqueue(key);
      return { events, objects: keys.length };
    },
  };
}
