/** What operators see besides the records: incidents over time, and who changed what. And the indexes that their questions take. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `create table proxy.incidents (
    id uuid primary key,
    cause text not null,
    process_name text not null,
    opened_at timestamptz not null,
    last_failure_at timestamptz not null,
    failures integer not null,
    good integer not null,
    good_in_a_row integer not null,
    transaction_ids text[] not null,
    closed_at timestamptz
  )`,
  // Instances that see the same failure at the same moment open one.
  'create unique index on proxy.incidents (cause, process_name) where closed_at is null',
  `create table proxy.audit (
    id uuid primary key,
    at timestamptz not null,
    token_place integer not null,
    token_digest text not null,
    request_id text not null,
    action text not null,
    details jsonb not null,
    outcome jsonb
  )`,

  'create index on proxy.checks (process_name, verdict, id)',
  'create index on proxy.refusals (process_name, id)',
  'create index on proxy.verifications (process_name, id)',
  'create index on proxy.stripe_events (type, received_at, id)',
  // In the order of urgency; what nothing ends comes last.
  "create index on proxy.transactions (coalesce(payment_deadline, 'infinity'), id) where awaits_payment",
];
