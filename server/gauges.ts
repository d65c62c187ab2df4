/** What is not counted as it happens, but looked up when Prometheus asks. */
import type { EventLoopWatch } from './event-loop.ts';
import type { FlexDoor } from './flex/door.ts';
import type { IntegrationDoor } from './flex/integration.ts';
import type { Metrics } from './metrics.ts';
import type { PaymentWatch } from './payment-watch.ts';
import { countOpenCases } from './store/case-lists.ts';
import { lastFallbackAudit } from './store/fallback-audits.ts';
import { readFeed } from './store/feeds.ts';
import { openIncidents } from './store/incidents.ts';
import type { Store } from './store/store.ts';
import { countUnfinished } from './store/stripe-events.ts';
import type { StripeDoor } from './stripe/door.ts';

type Watched = {
  metrics: Metrics;
  eventLoop: EventLoopWatch;
  flex: Pick<FlexDoor, 'resting'>;
  integration: Pick<IntegrationDoor, 'isResting'> | null;
  stripe: Pick<StripeDoor, 'isResting'> | null;
  watch: Pick<PaymentWatch, 'looks'>;
  store: Store | null;
  /** By the name that is shown. */
  feeds: Record<string, string>;
};

export function showInMetrics({ store, ...watched }: Watched): void {
  ofThisProcess(watched);
  if (store) ofTheDatabase(watched, store);
}

function ofThisProcess({
  metrics,
  eventLoop,
  flex,
  integration,
  stripe,
  watch,
}: Omit<Watched, 'store'>): void {
  metrics.gauge({
    name: 'proxy_event_loop_delay_seconds',
    help: 'How late the event loop runs.',
    read: () => eventLoop.delayMs() / 1000,
    of: 'whole',
  });
  metrics.gauge({
    name: 'proxy_breaker_open',
    help: '1 while an upstream is left alone because most calls to it fail.',
    label: 'upstream',
    read: () => {
      const resting = {
        ...flex.resting(),
        ...(integration && { 'flex-integration': integration.isResting() }),
        ...(stripe && { stripe: stripe.isResting() }),
      };
      return Object.fromEntries(Object.entries(resting).map(([name, isOpen]) => [name, Number(isOpen)]));
    },
    of: 'whole',
  });
  metrics.gauge({
    name: 'proxy_verifications_waiting',
    help: 'PaymentIntents that wait in memory to be looked at in Stripe.',
    read: () => watch.looks().waiting,
    of: 'part',
  });
  metrics.counter({
    name: 'proxy_verifications_dropped_total',
    help: 'PaymentIntents that were not looked at, because too many waited.',
    read: () => watch.looks().dropped,
  });
}

function ofTheDatabase({ metrics, feeds }: Pick<Watched, 'metrics' | 'feeds'>, store: Store): void {
  const { db, records, jobs } = store;
  /** Not asked while it is away. */
  const asked = (read: () => Promise<Record<string, number>>) => () => (store.status().isUp ? read() : {});
  metrics.gauge({
    name: 'proxy_database_away',
    help: '1 while the database can not be reached.',
    read: () => Number(!store.status().isUp),
    of: 'whole',
  });
  metrics.gauge({
    name: 'proxy_records_waiting',
    help: 'Records that wait in memory to be written.',
    read: () => records.stats().waiting,
    of: 'part',
  });
  metrics.counter({
    name: 'proxy_records_written_total',
    help: 'Records that were written.',
    read: () => records.stats().recorded,
  });
  metrics.counter({
    name: 'proxy_records_dropped_total',
    help: 'Records that were lost: too many waited, or the database refused them.',
    read: () => records.stats().dropped,
  });
  metrics.gauge({
    name: 'proxy_jobs_waiting',
    help: 'Jobs that wait, those of later included, by queue.',
    label: 'queue',
    read: asked(async () => numbers(await jobs.depths(), ({ name, waiting }) => [name, waiting])),
    of: 'whole',
  });
  metrics.gauge({
    name: 'proxy_jobs_failed',
    help: 'Jobs that were given up in the last day, by queue.',
    label: 'queue',
    read: asked(async () => numbers(await jobs.depths(), ({ name, failed }) => [name, failed])),
    of: 'whole',
  });
  metrics.gauge({
    name: 'proxy_stripe_events_open',
    help: 'Events of Stripe in the inbox that have not come to an end, by state.',
    label: 'state',
    read: asked(async () => {
      const { received, waiting } = await countUnfinished(db);
      return { received, waiting };
    }),
    of: 'whole',
  });
  metrics.gauge({
    name: 'proxy_feed_lag_seconds',
    help: 'How long ago there was nothing more to read, by feed.',
    label: 'feed',
    read: asked(async () => {
      const read = await Promise.all(
        Object.entries(feeds).map(async ([name, source]) => {
          const caughtUpAt = (await readFeed(db, source))?.caught_up_at;
          return caughtUpAt ? [[name, (Date.now() - caughtUpAt.getTime()) / 1000]] : [];
        }),
      );
      return Object.fromEntries(read.flat()) as Record<string, number>;
    }),
    of: 'whole',
  });
  metrics.gauge({
    name: 'proxy_incidents_open',
    help: 'Payments fail now: 1 by cause.',
    label: 'cause',
    read: asked(async () => numbers(await openIncidents(db), ({ cause }) => [cause, 1])),
    of: 'whole',
  });
  metrics.gauge({
    name: 'proxy_fallback_cases_open',
    help: 'Cases of the fallback that are open, by state; needs-operator counts those that wait for somebody.',
    label: 'state',
    read: asked(async () => {
      const { byState, needOperator } = await countOpenCases(db);
      return { ...byState, 'needs-operator': needOperator };
    }),
    of: 'whole',
  });
  metrics.gauge({
    name: 'proxy_fallback_breaks',
    help: "What the last comparison of Stripe, Flex and the fallback's cases found broken.",
    read: async () => {
      const last = store.status().isUp ? await lastFallbackAudit(db) : undefined;
      return last ? last.breaks.length : {};
    },
    of: 'whole',
  });
}

const numbers = <T>(rows: readonly T[], entry: (row: T) => [string, number]): Record<string, number> =>
  Object.fromEntries(rows.map(entry));
