/** Refusals of strangers, told from those of customers. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  'alter table proxy.refusals add column is_proven boolean not null default true',
  'create index on proxy.incidents (closed_at)',
];
