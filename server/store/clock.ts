import { sql, type RawBuilder } from 'kysely';
import type { Db } from './schema.ts';

/** The database's time: instances need not agree on theirs. */
export const appNow: RawBuilder<Date> = sql<Date>`proxy.app_now()`;

export const fromNow = (ms: number): RawBuilder<Date> =>
  sql<Date>`proxy.app_now() + ${ms}::float8 * interval '1 millisecond'`;

export async function appTime(db: Db): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select ${appNow} as now`.execute(db);
  return rows[0]!.now;
}
