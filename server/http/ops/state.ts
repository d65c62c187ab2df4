import { z } from 'zod';
import { endpoint, type OpsDeps } from './endpoint.ts';

const count = z.int();
const moment = z.iso.datetime().nullable();

const serviceState = z.object({
  version: z.string(),
  environment: z.string(),
  database: z.object({
    kind: z.enum(['postgres', 'embedded', 'none']),
    isUp: z.boolean(),
    since: moment,
    problem: z.string().nullable(),
  }),
  records: z
    .object({ waiting: count, recorded: count, dropped: count })
    .meta({ description: 'Of this process, since it started.' }),
  feeds: z.array(
    z.object({
      source: z.string(),
      sequenceId: z.int().nullable(),
      lastEventAt: moment,
      polledAt: moment,
      caughtUpAt: moment.meta({ description: 'When there was last nothing more to read.' }),
      lagSeconds: count.nullable(),
      events: count,
      gap: z
        .object({ from: z.iso.datetime(), to: z.iso.datetime() })
        .nullable()
        .meta({ description: 'Events of this time may have been gone before they were read.' }),
      problem: z.string().nullable(),
    }),
  ),
  inbox: z
    .object({ received: count, waiting: count, gaveUp: count, oldestReceivedAt: moment })
    .nullable()
    .meta({
      description: "Stripe's events that have not come to a good end, each counted up to 10,000.",
    }),
  queues: z.array(z.object({ name: z.string(), waiting: count, active: count, failed: count })),
  openIncidents: count.nullable(),
  fallback: z
    .object({ on: z.boolean(), missing: z.array(z.string()) })
    .meta({ description: 'Whether it may open a case now, and if not, what it lacks.' }),
});

/** `GET /ops/state`: how the service itself does. Answers without a database too. */
export const state = ({ views, service, fallback }: OpsDeps) =>
  endpoint({ summary: 'Database, feeds, inbox, queues and the fallback' }, serviceState, async () => ({
    version: service.version,
    environment: service.environment,
    fallback: fallback(),
    ...(await views.state()),
  }));
