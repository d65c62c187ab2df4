import { sql, type RawBuilder } from 'kysely';

/** The database's time: instances need not agree on theirs. */
export const appNow: RawBuilder<Date> = sql<Date>`proxy.app_now()`;

export const fromNow = (ms: number): RawBuilder<Date> =>
  sql<Date>`proxy.app_now() + ${ms}::float8 * interval '1 millisecond'`;
