/** What flows in behind requests: Flex's events, and Stripe's, by webhook or fetched. */
import { startFeed, type Feed, type FeedDeps } from './diagnostics/feed.ts';
import type { Processes } from './domain/process.ts';
import type { IntegrationDoor } from './flex/integration.ts';
import type { Log } from './log.ts';
import { deleteOld } from './store/retention.ts';
import type { Store } from './store/store.ts';
import type { StripeDoor } from './stripe/door.ts';
import { createInbox, type Inbox } from './webhooks/inbox.ts';
import type { EventHandler } from './webhooks/process.ts';
import { pullBetween, pullNew, type Pulled } from './webhooks/pull.ts';

export type Intake = {
  inbox: Inbox;
  /** Fetches Stripe's events of a time; null without a key. */
  pullMissed: ((window: { from: number; to: number }) => Promise<Pulled>) | null;
  /** A payment has just begun. */
  nudge(): void;
  stop(): Promise<void>;
};

type Deps = {
  store: Store;
  integration: IntegrationDoor | null;
  stripe: StripeDoor | null;
  processes: Processes;
  log: Log;
  owner: string;
  feedSource: string;
  retentionDays: number;
  /** Flex tells of a payment that has just begun. */
  onPayment: NonNullable<FeedDeps['onPayment']> | null;
  onRead?: FeedDeps['onRead'];
  handlers?: readonly EventHandler[];
  pauses?: Parameters<typeof startFeed>[0]['pauses'];
};

/** Before the store starts. */
export function startIntake({
  store,
  integration,
  stripe,
  processes,
  log,
  handlers = [],
  ...deps
}: Deps): Intake {
  const now = Date.now;
  const inbox = createInbox({ store, stripe, handlers, now });
  const pull = stripe && { store, stripe, inbox, now };
  if (pull)
    store.jobs.define({
      name: 'stripe-pull',
      every: '* * * * *',
      async work(_data, signal) {
        const { missed, problem } = await pullNew(pull, signal);
        if (problem !== null) log.warn({ problem }, 'stripe events can not be fetched');
        else if (missed > 0) log.info({ missed }, 'stripe events were fetched that no webhook had brought');
      },
    });
  store.jobs.define({
    name: 'retention',
    every: '17 * * * *',
    async work(_data, signal) {
      const deleted = await deleteOld(store.db, deps.retentionDays, signal);
      if (Object.values(deleted).some(rows => rows > 0)) log.info({ deleted }, 'old records deleted');
    },
  });
  const feed: Feed | null =
    integration &&
    startFeed({
      store,
      integration,
      processes,
      owner: deps.owner,
      source: deps.feedSource,
      now,
      ...(deps.onPayment && { onPayment: deps.onPayment }),
      ...(deps.onRead && { onRead: deps.onRead }),
      onProblem: problem => log.warn({ problem }, "flex's events can not be read"),
      ...(deps.pauses && { pauses: deps.pauses }),
    });
  return {
    inbox,
    pullMissed: pull && (window => pullBetween(pull, window)),
    nudge: () => feed?.nudge(),
    stop: async () => feed?.stop(),
  };
}
