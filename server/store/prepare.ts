import { Kysely, PostgresDialect } from 'kysely';
import { createPool, describeProblem, runSql } from './connection.ts';
import { createJobs } from './jobs.ts';
import { migrate } from './migrate.ts';
import { SCHEMA, type Database } from './schema.ts';

/** Brings the tables of a Postgres up to date, and those of the jobs in it. Rejects in words that hold no address. */
export async function prepareDatabase(url: string): Promise<string[]> {
  const pool = createPool(url, { max: 2 });
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) }).withSchema(SCHEMA);
  const jobs = createJobs({
    runSql: (text, values) => runSql(pool, text, values),
    backend: 'postgres',
    onProblem: () => undefined,
  });
  try {
    const migrated = await migrate(db);
    await jobs.start();
    await jobs.stop();
    return migrated;
  } catch (error) {
    throw new Error(describeProblem(error), { cause: error });
  } finally {
    await db.destroy();
  }
}
