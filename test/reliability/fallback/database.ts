/** The real tables in an embedded Postgres of this process, reached by Kysely, with a clock that the simulation sets. */
import { PGlite } from '@electric-sql/pglite';
import {
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type CompiledQuery,
} from 'kysely';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { migrations } from '../../../server/store/migrations/index.ts';
import { SCHEMA, type Database } from '../../../server/store/schema.ts';
import { createSession, type Session } from './session.ts';

export type SimulatedDatabase = {
  /** As one process sees it. `gate` is passed before and after each statement; one that never resolves is a crash. */
  connect(gate: Gate): Kysely<Database>;
  /** Of the checker, whom nothing stops. */
  direct: Kysely<Database>;
  empty(): void;
  /** Rises whenever something may have changed. */
  writes(): number;
};

export type Gate = (point: string) => Promise<'go' | 'crash'>;

/** It is in memory, and gone with the process: nothing need be written for after a crash of its own. */
const SETTINGS = [
  'shared_buffers=16MB',
  'synchronous_commit=off',
  'full_page_writes=off',
  'track_activities=off',
  'track_counts=off',
  'plan_cache_mode=force_generic_plan',
];

const emptyDatabase = path.join(import.meta.dirname, '../../../server/store/embedded/empty-database.tar.zst');

export async function openDatabase(now: () => number): Promise<SimulatedDatabase> {
  const pglite = await PGlite.create({
    startParams: [...PGlite.defaultStartParams, ...SETTINGS.flatMap(setting => ['-c', setting])],
    loadDataDir: new Blob([zstdDecompressSync(readFileSync(emptyDatabase))]),
  });
  const session = createSession(pglite);
  const queue = createQueue();
  let emptied = 0;
  const connect = (gate: Gate) =>
    new Kysely<Database>({
      dialect: {
        createAdapter: () => new PostgresAdapter(),
        createQueryCompiler: () => new PostgresQueryCompiler(),
        createIntrospector: db => new PostgresIntrospector(db),
        createDriver: () => driver(session, queue, now, gate),
      },
    }).withSchema(SCHEMA);
  const direct = connect(() => Promise.resolve('go'));
  session.run('create schema if not exists proxy', []);
  for (const migration of Object.values(migrations)) await migration.up(direct);
  return {
    connect,
    direct,
    empty() {
      emptied += 1;
      // A server of Postgres does so by itself: without it, 20,000 seeds would take gigabytes.
      if (emptied % 200 === 0) for (const upkeep of ['checkpoint', 'vacuum']) session.run(upkeep, []);
      session.run('delete from proxy.payment_cases', []);
      session.run('delete from proxy.switches', []);
      session.run('delete from proxy.payment_intents', []);
    },
    writes: session.writes,
  };
}

/** One connection: who wants it waits for the one before. */
function createQueue() {
  let last: Promise<void> = Promise.resolve();
  return () => {
    const before = last;
    const { promise, resolve } = Promise.withResolvers<void>();
    last = promise;
    return before.then(() => resolve);
  };
}

/** In place of the one function by which all of them know the time. */
const CLOCK = 'proxy.app_now()';

type Connection = { isInTransaction: boolean; release: () => void };

function driver(session: Session, queue: ReturnType<typeof createQueue>, now: () => number, gate: Gate) {
  const dead = () => new Promise<never>(() => undefined);
  const pass = async (connection: Connection, point: string) => {
    if ((await gate(point)) === 'go') return;
    if (connection.isInTransaction) session.run('rollback', []);
    connection.release();
    await dead();
  };
  const run = (connection: Connection) => ({
    async executeQuery({ sql, parameters }: CompiledQuery) {
      await pass(connection, 'before a statement');
      const result =
        sql.includes(CLOCK) && !sql.startsWith('create')
          ? session.run(sql.replaceAll(CLOCK, `$${parameters.length + 1}::timestamptz`), [
              ...parameters,
              new Date(now()),
            ])
          : session.run(sql, parameters);
      await pass(connection, 'after a statement');
      return result;
    },
    streamQuery: () => {
      throw new Error('not used');
    },
  });
  type Handle = ReturnType<typeof run> & { connection: Connection };
  const of = (handle: unknown) => (handle as Handle).connection;
  const command = async (handle: unknown, sql: string, isInTransaction: boolean) => {
    const connection = of(handle);
    await pass(connection, `before ${sql}`);
    session.run(sql, []);
    connection.isInTransaction = isInTransaction;
    await pass(connection, `after ${sql}`);
  };
  return {
    init: () => Promise.resolve(),
    async acquireConnection() {
      const release = await queue();
      const connection = { isInTransaction: false, release };
      return Object.assign(run(connection), { connection }) as never;
    },
    beginTransaction: (handle: unknown) => command(handle, 'begin', true),
    commitTransaction: (handle: unknown) => command(handle, 'commit', false),
    rollbackTransaction: (handle: unknown) => {
      session.run('rollback', []);
      of(handle).isInTransaction = false;
      return Promise.resolve();
    },
    releaseConnection: (handle: unknown) => {
      of(handle).release();
      return Promise.resolve();
    },
    destroy: () => Promise.resolve(),
  };
}
