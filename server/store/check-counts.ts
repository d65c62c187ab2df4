/** How many checks there were, by the hour: kept for good, and as fast after a million as after ten. */
import type { Verdict } from '../domain/verdict.ts';
import type { Db } from './schema.ts';

export type CheckCount = {
  hour: Date;
  process_name: string;
  is_speculative: boolean;
  verdict: Verdict;
  checks: number;
};

export const countChecks = (db: Db, since: Date): Promise<CheckCount[]> =>
  db
    .selectFrom('check_counts')
    .select(eb => [
      'hour',
      'process_name',
      'is_speculative',
      'verdict',
      eb.cast<number>(eb.fn.sum('checks'), 'int8').as('checks'),
    ])
    .where('hour', '>=', since)
    .groupBy(['hour', 'process_name', 'is_speculative', 'verdict'])
    .orderBy('hour')
    .orderBy('process_name')
    .orderBy('verdict')
    .execute();
