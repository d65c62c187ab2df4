/**
 * The database: somebody's Postgres, or an embedded one in a directory. Requests never wait for it, and it may be away: what
 * uses it has to say what it does then.
 */
import { Kysely, PostgresDialect, sql } from 'kysely';
import type pg from 'pg';
import type { ReadinessCheck } from '../domain/readiness.ts';
import { createPool, createStreamPool, describeProblem, runSql } from './connection.ts';
import { openEmbedded } from './embedded/open.ts';
import { lockDirectory } from './embedded/lock.ts';
import { defineUpkeep } from './embedded/upkeep.ts';
import { createJobs, type Jobs } from './jobs.ts';
import { migrate } from './migrate.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import { insertRecords, type StoreRecord } from './records.ts';
import { SCHEMA, type Database } from './schema.ts';

export type Store = AsyncDisposable & {
  kind: 'postgres' | 'embedded';
  /** Rejects while the database is away. */
  db: Kysely<Database>;
  jobs: Jobs;
  /** Never waited for. */
  records: Recorder<StoreRecord>;
  /** Not required to serve: without it nothing is recorded. */
  readiness: ReadinessCheck;
  status(): StoreStatus;
  /** Brings the tables up to date and starts the jobs; as soon as the database can be reached. Defined jobs only. */
  start(): void;
  /** Resolves when that has been done, which may be never. */
  started: Promise<void>;
  close(): Promise<void>;
};

export type StoreStatus = { isUp: boolean; since: Date; problem: string | null };

export type StoreOptions = {
  /** Where the database is. */
  place: StorePlace;
  connections?: number;
  /** Milliseconds to wait for a connection. */
  connectMs?: number;
  /** Records that may wait in memory. */
  recordsWaiting?: number;
  log: StoreLog;
};

/** A directory of null is in memory. */
export type StorePlace = { url: string } | { directory: string | null };

export type StoreLog = {
  info(line: object, message: string): void;
  warn(line: object, message: string): void;
};

const LIMITS =
  'database: embedded; it survives restarts and crashes, but neither a power cut nor a lost disk, and serves one process: for real money set DATABASE_URL';

const RETRY_MS = 1_000;
const PROBE_MS = 1_000;

/**
 * Rejects only for an embedded database: with `DirectoryInUse`, or when it can not be opened. A Postgres that is away is
 * waited for in the background.
 */
export async function openStore({
  place,
  connections = 10,
  connectMs,
  recordsWaiting,
  log,
}: StoreOptions): Promise<Store> {
  const connected = await connect(place, { max: connections, ...(connectMs !== undefined && { connectMs }) });
  const { kind, pool } = connected;
  if ('directory' in place) log.info(place, LIMITS);
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) }).withSchema(SCHEMA);

  let state: StoreStatus = { isUp: false, since: new Date(), problem: 'it has not been reached yet' };
  let closing = false;
  let timer: NodeJS.Timeout | undefined;
  const started = Promise.withResolvers<void>();
  const settle = (problem: string | null) => {
    const isUp = problem === null;
    if (isUp === state.isUp && problem === state.problem) return;
    if (isUp !== state.isUp && !closing) {
      if (isUp) log.info({ kind }, 'database: it is there');
      else log.warn({ kind, problem }, 'database: it is away, and nothing is recorded until it is back');
    }
    state = { isUp, since: isUp === state.isUp ? state.since : new Date(), problem };
  };

  const jobs = createJobs({
    runSql: (text, values) => runSql(pool, text, values),
    backend: kind === 'postgres' ? 'postgres' : 'pglite',
    onProblem: error => {
      if (state.isUp && !closing) log.warn({ problem: describeProblem(error) }, 'database: a job stumbled');
    },
  });
  if (kind !== 'postgres') defineUpkeep(jobs, text => runSql(pool, text));
  const records = createRecorder<StoreRecord>({
    write: batch => insertRecords(db, batch),
    isRefusal,
    ...(recordsWaiting !== undefined && { capacity: recordsWaiting }),
  });

  const begin = async () => {
    const migrated = await migrate(db);
    if (migrated.length > 0) log.info({ migrated }, 'database: tables brought up to date');
    await jobs.start();
    started.resolve();
  };
  let hasBegun = false;
  const look = async () => {
    try {
      if (hasBegun) await sql`select 1`.execute(db);
      else await begin();
      hasBegun = true;
      settle(null);
    } catch (error) {
      settle(describeProblem(error));
    }
    if (!closing) timer = setTimeout(() => void (looking = look()), hasBegun ? PROBE_MS : RETRY_MS).unref();
  };
  let looking: Promise<void> | undefined;

  const close = async () => {
    closing = true;
    clearTimeout(timer);
    await looking;
    if (hasBegun) {
      await records.close();
      await jobs.stop();
    }
    await db.destroy();
    await connected.close();
  };

  return {
    kind,
    db,
    jobs,
    records,
    readiness: {
      name: 'database',
      isOptional: true,
      check: () => (state.problem === null ? { ok: true } : { ok: false, reason: state.problem }),
    },
    status: () => state,
    start() {
      looking ??= look();
    },
    started: started.promise,
    close,
    [Symbol.asyncDispose]: close,
  };
}

type Connected = { kind: Store['kind']; pool: pg.Pool; close(): Promise<void> };

async function connect(place: StorePlace, options: { max: number; connectMs?: number }): Promise<Connected> {
  if ('url' in place)
    return { kind: 'postgres', pool: createPool(place.url, options), close: () => Promise.resolve() };
  const lock = place.directory === null ? undefined : lockDirectory(place.directory);
  try {
    const embedded = await openEmbedded(place.directory);
    return {
      kind: 'embedded',
      pool: createStreamPool(embedded.connect, options.connectMs),
      async close() {
        await embedded.close();
        lock?.[Symbol.dispose]();
      },
    };
  } catch (error) {
    lock?.[Symbol.dispose]();
    throw error;
  }
}

/** Data exceptions and broken constraints: the same would be refused again. */
const isRefusal = (error: unknown) => /^2[23]/.test((error as { code?: string }).code ?? '');
