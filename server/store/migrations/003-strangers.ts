/** Refusals of strangers, told from those of customers; looks at Stripe that found no PaymentIntent. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  'alter table proxy.refusals add column is_proven boolean not null default true',
  'alter table proxy.verifications alter column payment_intent_id drop not null',
  'create index on proxy.incidents (closed_at)',
];
