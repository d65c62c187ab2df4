/** Connections to Postgres, and what its values become; the same for the embedded database. */
import type { Duplex } from 'node:stream';
import pg from 'pg';

const INT8 = 20;

/** What Postgres counts and adds up in 64 bits are amounts in minor units and numbers of rows: they fit. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === INT8 && format !== 'binary'
      ? Number
      : (pg.types.getTypeParser as (oid: number, format?: string) => unknown)(
          oid,
          format,
        )) as pg.CustomTypesConfig['getTypeParser'],
};

/** Waiting longer for a connection means that the database is away, or waits for somebody who waits for it. */
const CONNECT_MS = 5_000;
/** Longer than any statement of ours: without it a connection that died silently would be waited on for ever. */
const ANSWER_MS = 30_000;

export type Connections = { max: number; connectMs?: number };

export const createPool = (url: string, { max, connectMs = CONNECT_MS }: Connections): pg.Pool =>
  withoutUncaught(
    new pg.Pool({
      connectionString: url,
      application_name: 'flex-payment-proxy',
      max,
      connectionTimeoutMillis: connectMs,
      query_timeout: ANSWER_MS,
      idleTimeoutMillis: 60_000,
      keepAlive: true,
      types,
    }),
  );

/** One connection, over a stream that is not a socket. */
export const createStreamPool = (stream: () => Duplex, connectMs = CONNECT_MS): pg.Pool =>
  withoutUncaught(
    new pg.Pool({
      stream,
      user: 'postgres',
      max: 1,
      connectionTimeoutMillis: connectMs,
      query_timeout: ANSWER_MS,
      idleTimeoutMillis: 0,
      types,
    }),
  );

/**
 * A connection that breaks fails the query that it is busy with. Between queries there is nobody to tell: the pool
 * replaces it, and without a listener the process would end.
 */
function withoutUncaught(pool: pg.Pool): pg.Pool {
  pool.on('error', () => undefined);
  pool.on('connect', client => client.on('error', () => undefined));
  return pool;
}

export type Rows = { rows: Record<string, unknown>[] };

/**
 * Runs SQL on a connection of its own; what it left open when it failed is rolled back. Several statements without
 * values are run as one, and the rows of all of them come back.
 */
export async function runSql(pool: pg.Pool, text: string, values?: unknown[]): Promise<Rows> {
  const client = await pool.connect();
  try {
    const result = await client.query<Record<string, unknown>>(text, values);
    client.release();
    const results = Array.isArray(result) ? (result as pg.QueryResult[]) : [result];
    return { rows: results.flatMap(({ rows }) => rows as Record<string, unknown>[]) };
  } catch (error) {
    await client.query('rollback').then(
      () => client.release(),
      (broken: Error) => client.release(broken),
    );
    throw error;
  }
}

/** By their names: a connection's and a server's errors are plain ones, a fault of ours is a TypeError or the like. */
const PLAIN = ['Error', 'error', 'AggregateError'];

/** Whether the database is what went wrong. */
export const isOfDatabase = (error: unknown): boolean => Error.isError(error) && PLAIN.includes(error.name);

/** What is wrong with the database. Never the address: a password is in it. */
export const describeProblem = (error: unknown): string => {
  const { code, message } = error as { code?: string; message?: string };
  // Several addresses were tried, and each has its own.
  const first = error instanceof AggregateError ? (error.errors[0] as Error).message : message;
  return [code, first].filter(Boolean).join(': ');
};
