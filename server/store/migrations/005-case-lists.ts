/** What operators ask about cases, and what the comparisons of all sides came to. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  'create index on proxy.payment_cases (opened_at, id) where closed_at is null',
  'create index on proxy.payment_cases (closed_at) where closed_at is not null',
  `create table proxy.fallback_audits (
    id uuid primary key,
    at timestamptz not null,
    window_from timestamptz not null,
    window_to timestamptz not null,
    compared integer not null,
    breaks jsonb not null,
    problem text
  )`,
];
