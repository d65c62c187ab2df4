/** When a record was written, if that was long after it was made: whoever follows them as they come looks there as well. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = ['checks', 'refusals', 'verifications'].flatMap(table => [
  `alter table proxy.${table} add column late_at timestamptz`,
  // Nearly all are in time: this costs them nothing.
  `create index on proxy.${table} (late_at) where late_at is not null`,
]);
