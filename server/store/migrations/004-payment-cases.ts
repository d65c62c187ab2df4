/** Bookings that are carried on PaymentIntents of ours. No client secret is among it, nor anything of a card. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `create table proxy.payment_cases (
    id uuid primary key,
    transaction_id text not null,
    purpose text not null,
    environment text not null,
    way text not null,
    process_name text not null,
    state text not null,
    amount bigint not null,
    currency text not null,
    fee bigint not null,
    destination text not null,
    customer_id text not null,
    provider_id text not null,
    payment_method text,
    stripe_customer text,
    saves_payment_method boolean not null,
    approved_by text not null,
    support_case text not null,
    deadline timestamptz not null,
    period_ms bigint not null,
    payment_intent_id text unique,
    seen_status text,
    seen_transitions integer not null default 0,
    sent_move text,
    sent_at timestamptz,
    ending text,
    needs text,
    outcome text,
    troubles integer not null default 0,
    trouble text,
    opened_at timestamptz not null,
    released_at timestamptz,
    closed_at timestamptz,
    checked_at timestamptz not null,
    next_at timestamptz not null,
    fence bigint not null default 0,
    lease_until timestamptz not null,
    unique (transaction_id, purpose)
  )`,
  'create index on proxy.payment_cases (next_at) where closed_at is null and needs is null',
  'create index on proxy.payment_cases (opened_at, id)',
  'create index on proxy.payment_cases (customer_id) where closed_at is null',
  'create index on proxy.payment_cases (provider_id) where closed_at is null',

  `create table proxy.money_ops (
    case_id uuid not null references proxy.payment_cases (id) on delete cascade,
    kind text not null,
    seq integer not null,
    generation integer not null,
    state text not null,
    transaction_id text not null,
    target text,
    amount bigint,
    currency text,
    planned_at timestamptz not null,
    first_sent_at timestamptz,
    last_sent_at timestamptz,
    attempts integer not null,
    is_saved boolean not null,
    missed_at timestamptz,
    object_id text,
    code text,
    released_at timestamptz,
    cancelled_at timestamptz,
    primary key (case_id, kind, seq)
  )`,
  // One thing at Stripe is what came of one wish.
  "create unique index on proxy.money_ops (kind, object_id) where object_id is not null and kind in ('create', 'refund', 'payout')",
  // Of the PaymentIntents that somebody may pay, there is one for each transaction.
  `create unique index money_ops_released on proxy.money_ops (transaction_id)
    where kind = 'create' and released_at is not null and cancelled_at is null`,

  `create table proxy.case_notes (
    id bigint generated always as identity primary key,
    case_id uuid not null references proxy.payment_cases (id) on delete cascade,
    at timestamptz not null,
    what text not null,
    detail jsonb not null
  )`,
  'create index on proxy.case_notes (case_id, id)',

  // What is switched while the service runs. A row is what was last said, and by whom.
  `create table proxy.switches (
    name text primary key,
    is_on boolean not null,
    by text not null,
    at timestamptz not null
  )`,
];
