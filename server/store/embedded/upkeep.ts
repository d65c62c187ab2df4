/**
 * What a server of Postgres does by itself in the background, and the embedded one does not: without it the write-ahead log, and the
 * room of what was deleted, would take more and more of the disk.
 */
import type { Rows } from '../connection.ts';
import type { Jobs } from '../jobs.ts';

type RunSql = (text: string) => Promise<Rows>;

const TABLES = `
  select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('proxy', 'pgboss')`;

/** Table after table: between two of them, others are served. */
export async function vacuum(runSql: RunSql, signal: AbortSignal): Promise<void> {
  const { rows } = await runSql(TABLES);
  for (const { name } of rows) if (!signal.aborted) await runSql(`vacuum (analyze) ${String(name)}`);
}

export const checkpoint = async (runSql: RunSql): Promise<void> => {
  await runSql('checkpoint');
};

export function defineUpkeep(jobs: Pick<Jobs, 'define'>, runSql: RunSql): void {
  // As often as Postgres would.
  jobs.define({ name: 'embedded-checkpoint', every: '*/5 * * * *', work: () => checkpoint(runSql) });
  jobs.define({
    name: 'embedded-vacuum',
    every: '41 4 * * *',
    work: (_data, signal) => vacuum(runSql, signal),
  });
}
