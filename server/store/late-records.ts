/**
 * Records are in the order in which they were made, and some are written long after: those that had to wait for the database.
 * Whoever wants what came lately finds them by when they were written.
 */
import { sql, type RawBuilder } from 'kysely';
import { appNow, fromNow } from './clock.ts';

const LATE_MS = 5_000;

/** For an insert from rows that have an `at`: null for what is in time. */
export const lateAt: RawBuilder<Date | null> = sql`case when at < ${fromNow(-LATE_MS)} then ${appNow} end`;

/** By the database's clock. Those in time have ids from `from` on; of others `isLate` holds. */
export function writtenWithin(seconds: number): { from: RawBuilder<string>; isLate: RawBuilder<boolean> } {
  const since = fromNow(-seconds * 1000 - LATE_MS);
  return {
    from: sql`(lpad(to_hex((extract(epoch from ${since}) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid`,
    isLate: sql`late_at >= ${fromNow(-seconds * 1000)}`,
  };
}
