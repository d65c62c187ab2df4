/** What the running service says of itself to operators. All of it is optional. */
import { UsageError } from '../lib/command.ts';
import type { Operators } from '../lib/operators-at.ts';
import { bad, good, unknown, type Line } from './line.ts';

/** Of what `/ops/state` answers, what is looked at. */
export type RunningState = {
  records: { waiting: number; dropped: number };
  feeds: { source: string; lagSeconds: number | null; problem: string | null }[];
  inbox: { gaveUp: number; oldestReceivedAt: string | null } | null;
  queues: { name: string; failed: number }[];
  openIncidents: number | null;
};

export async function runningLines(operators: Operators | null): Promise<Line[]> {
  if (!operators)
    return [
      unknown('service: state', 'OPERATOR_TOKENS or PROXY_URL is not set', {
        mend: 'Set both to have the running service asked.',
        optional: true,
      }),
    ];
  try {
    return linesOf(await operators.get<RunningState>('/ops/state'), Date.now());
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return [
      unknown('service: state', error.message, {
        mend: 'Set OPERATOR_TOKENS where the service runs, and one of them first here.',
        optional: true,
      }),
    ];
  }
}

/** The feed is read twice in five minutes also when nobody pays. */
const LATE_SECONDS = 300;
const OLD_MS = 600_000;

export function linesOf({ records, feeds, inbox, queues, openIncidents }: RunningState, now: number): Line[] {
  const failed = queues
    .filter(queue => queue.failed > 0)
    .map(({ name, failed: count }) => `${count} ${name}`);
  const oldest = inbox?.oldestReceivedAt ?? null;
  const checks: { name: string; wrong: string | null; mend: string }[] = [
    {
      name: 'incidents',
      wrong: openIncidents !== null && openIncidents > 0 ? `${openIncidents} open: payments fail` : null,
      mend: 'npm run tail -- --problems --since 24h --once says why; /ops/incidents names bookings.',
    },
    {
      name: 'records',
      wrong: records.dropped > 0 ? `${records.dropped} could not be kept` : null,
      mend: 'See the database: what came while it was away for long is lost.',
    },
    ...newest(feeds).map(({ source, lagSeconds, problem }) => ({
      name: `feed of ${sideOf(source)}`,
      wrong:
        problem ??
        (lagSeconds === null || lagSeconds > LATE_SECONDS
          ? `late by ${lagSeconds === null ? 'an unknown time' : `${lagSeconds} s`}`
          : null),
      mend: "See the service's log, and the credentials of that side.",
    })),
    {
      name: 'inbox',
      wrong:
        inbox && inbox.gaveUp > 0
          ? `${inbox.gaveUp} events of Stripe were given up`
          : oldest !== null && now - Date.parse(oldest) > OLD_MS
            ? `an event of Stripe has waited since ${oldest}`
            : null,
      mend: 'npm run webhooks -- list --state gave-up (or waiting) says why.',
    },
    {
      name: 'jobs',
      wrong: failed.length > 0 ? `failed: ${failed.join(', ')}` : null,
      mend: "See the service's log.",
    },
  ];
  return checks.map(({ name, wrong, mend }) =>
    wrong === null
      ? good(`service: ${name}`, 'nothing wrong', { optional: true })
      : bad(`service: ${name}`, wrong, { mend, optional: true }),
  );
}

type Feed = RunningState['feeds'][number];

const sideOf = (source: string) => source.split(' ')[0]!;

/** Of each side one: those of applications that were used before stand still. */
const newest = (feeds: Feed[]): Feed[] =>
  Object.values(Object.groupBy(feeds, ({ source }) => sideOf(source))).flatMap(ofSide =>
    ofSide!
      .toSorted((one, other) => (one.lagSeconds ?? Infinity) - (other.lagSeconds ?? Infinity))
      .slice(0, 1),
  );
