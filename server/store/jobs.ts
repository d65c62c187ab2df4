/** Work that is done behind requests, kept in the database: it survives the process, and any instance may do it. */
import { PgBoss, type Job as TakenJob, type JobResult, type QueuePolicy } from 'pg-boss';
import { describeProblem, type Rows } from './connection.ts';

export type Job<Data extends object> = {
  name: string;
  /**
   * At least once, and possibly twice at the same time: a handler must do no harm then. What it throws is tried again
   * later. `signal` fires when the job has lost its time or the service stops.
   */
  work(data: Data, signal: AbortSignal): Promise<void>;
  /** A cron line in UTC, for work that nobody asks for. */
  every?: string;
  /** After so long it counts as lost; a minute when left out. */
  longestSeconds?: number;
  /** Jobs at one time in each instance; one when left out. */
  concurrency?: number;
};

export type Jobs = {
  /** Before `start`. */
  define<Data extends object>(job: Job<Data>): void;
  /** One that waits under the same key already is not doubled. Rejects while the database is away. */
  send(name: string, key: string, data: object, afterMs?: number): Promise<void>;
  /** What waits and what is under way, by name. */
  depths(): Promise<JobDepth[]>;
  start(): Promise<void>;
  stop(): Promise<void>;
};

export type JobDepth = { name: string; waiting: number; active: number; failed: number };

type Options = {
  runSql: (text: string, values?: unknown[]) => Promise<Rows>;
  backend: 'postgres' | 'pglite';
  onProblem: (error: unknown) => void;
};

/** A job of a process that died is taken up by another after so long. The least that is possible. */
const HEARTBEAT_SECONDS = 10;

/** One job for each key waits; others of the same key would find nothing left to do. */
const policy: QueuePolicy = 'short';

const queue = {
  heartbeatSeconds: HEARTBEAT_SECONDS,
  // The 15 minutes that are usual here are as long as a customer has to pay.
  expireInSeconds: 60,
  retryLimit: 20,
  retryDelay: 1,
  retryBackoff: true,
  retryDelayMax: 300,
  deleteAfterSeconds: 24 * 60 * 60,
};

const polling = {
  pollingIntervalSeconds: 0.5,
  // Else what piled up while nobody worked is taken one batch an interval. Not with batches of one.
  burstWhenBatchFull: true,
  heartbeatRefreshSeconds: HEARTBEAT_SECONDS / 2,
};

const LEAST_BATCH = 2;

/** What pg-boss itself says of its queues is up to a minute old. */
const DEPTHS = `
  select name,
    count(*) filter (where state in ('created', 'retry')) as waiting,
    count(*) filter (where state = 'active') as active,
    count(*) filter (where state = 'failed') as failed
  from pgboss.job where state in ('created', 'retry', 'active', 'failed') group by name`;

const STOP_MS = 5_000;

export function createJobs({ runSql, backend, onProblem }: Options): Jobs {
  const defined: Job<never>[] = [];
  let boss: PgBoss | undefined;

  const begin = ({ name, work, concurrency = 1 }: Job<never>, on: PgBoss) =>
    on.work(
      name,
      { ...polling, batchSize: Math.max(concurrency, LEAST_BATCH), perJobResults: true },
      async (jobs: TakenJob<never>[]) => {
        const results: JobResult[] = [];
        const one = async ({ id, data, signal }: TakenJob<never>) => {
          try {
            await work(data, signal);
            results.push({ id, status: 'completed' });
          } catch (error) {
            onProblem(error);
            results.push({ id, status: 'failed', output: { problem: describeProblem(error) } });
          }
        };
        if (concurrency > 1) await Promise.all(jobs.map(one));
        else for (const job of jobs) await one(job);
        return results;
      },
    );

  return {
    define(job) {
      if (boss) throw new Error(`${job.name} was defined too late: the jobs have started`);
      defined.push(job);
    },
    async send(name, key, data, afterMs = 0) {
      if (!boss) throw new Error('The database has not been reached yet');
      await boss.send(name, data, { singletonKey: key, startAfter: Math.ceil(afterMs / 1_000) });
    },
    async depths() {
      const { rows } = await runSql(DEPTHS);
      const counted = rows as { name: string; waiting: number; active: number; failed: number }[];
      return defined.map(
        ({ name }) => counted.find(row => row.name === name) ?? { name, waiting: 0, active: 0, failed: 0 },
      );
    },
    async start() {
      const starting = new PgBoss({
        db: { executeSql: runSql },
        backend,
        monitorIntervalSeconds: 2,
        superviseIntervalSeconds: 2,
        // Ours is the only user of these tables, and they are small.
        monitorVacuum: false,
        reindex: false,
      });
      // Without a listener an error would end the process.
      starting.on('error', onProblem);
      await starting.start();
      // A worker on a queue that is not there would complain every second.
      for (const { name, every, longestSeconds } of defined) {
        const own = { ...queue, ...(longestSeconds !== undefined && { expireInSeconds: longestSeconds }) };
        await starting.createQueue(name, { ...own, policy });
        // One that is there from before keeps its settings otherwise.
        await starting.updateQueue(name, own);
        if (every !== undefined) await starting.schedule(name, every, {}, { singletonKey: 'every' });
      }
      for (const job of defined) await begin(job, starting);
      boss = starting;
    },
    async stop() {
      await boss?.stop({ graceful: true, timeout: STOP_MS, close: false });
    },
  };
}
