/** What the service saw and learnt. No table holds a client secret, a token, a name or a card. */
import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  // The one clock of everything that is stored. Tests put another in its place.
  `create function proxy.app_now() returns timestamptz language sql stable as 'select now()'`,

  `create table proxy.checks (
    id uuid primary key,
    at timestamptz not null,
    request_id text not null,
    call text not null,
    is_speculative boolean not null,
    process_name text not null,
    transition text not null,
    transaction_id text,
    verdict text not null,
    reasons text[] not null,
    path text,
    looks_like_pi boolean not null,
    secret_looks_right boolean not null,
    payment_intent_id text
  )`,
  'create index on proxy.checks (verdict, id)',
  'create index on proxy.checks (transaction_id, id) where transaction_id is not null',
  'create index on proxy.checks (payment_intent_id, id) where payment_intent_id is not null',
  `create table proxy.check_counts (
    hour timestamptz not null,
    process_name text not null,
    transition text not null,
    is_speculative boolean not null,
    verdict text not null,
    checks bigint not null,
    primary key (hour, process_name, transition, is_speculative, verdict)
  )`,

  `create table proxy.transactions (
    id text primary key,
    process_name text not null,
    process_version integer,
    state text,
    last_transition text,
    created_at timestamptz not null,
    last_transitioned_at timestamptz not null,
    listing_id text,
    customer_id text,
    provider_id text,
    payin_amount bigint,
    payin_currency text,
    payout_amount bigint,
    transitions jsonb not null,
    awaits_payment boolean not null,
    is_deleted boolean not null default false,
    read_at timestamptz not null
  )`,
  'create index on proxy.transactions (last_transitioned_at, id)',
  'create index on proxy.transactions (last_transitioned_at) where awaits_payment',
  'create index on proxy.transactions (customer_id)',
  'create index on proxy.transactions (provider_id)',
  `create table proxy.transaction_events (
    id text primary key,
    sequence_id bigint not null,
    at timestamptz not null,
    type text not null,
    source text not null,
    transaction_id text not null,
    transition text,
    made_by text,
    state text,
    changed text[] not null
  )`,
  'create index on proxy.transaction_events (transaction_id, sequence_id)',
  'create index on proxy.transaction_events (at)',
  `create table proxy.feeds (
    source text primary key,
    sequence_id bigint,
    last_event_at timestamptz,
    polled_at timestamptz,
    caught_up_at timestamptz,
    events bigint not null default 0,
    gap_from timestamptz,
    gap_to timestamptz,
    problem text
  )`,
  `create table proxy.leases (
    name text primary key,
    owner text not null,
    until timestamptz not null,
    fence bigint not null
  )`,

  `create table proxy.stripe_events (
    id text primary key,
    type text not null,
    account text,
    livemode boolean not null,
    api_version text,
    created timestamptz not null,
    object_key text not null,
    object_type text not null,
    object_id text,
    payment_intent_id text,
    transaction_id text,
    summary jsonb not null,
    via text not null,
    received_at timestamptz not null,
    deliveries integer not null,
    state text not null,
    attempts integer not null default 0,
    next_attempt_at timestamptz,
    processed_at timestamptz,
    problem text
  )`,
  `create index on proxy.stripe_events (object_key, created, id) where state in ('received', 'waiting')`,
  'create index on proxy.stripe_events (state, received_at, id)',
  'create index on proxy.stripe_events (received_at, id)',
  'create index on proxy.stripe_events (transaction_id) where transaction_id is not null',
  'create index on proxy.stripe_events (payment_intent_id) where payment_intent_id is not null',
  `create table proxy.payment_intents (
    id text primary key,
    transaction_id text,
    account text,
    livemode boolean not null,
    status text not null,
    amount bigint not null,
    currency text not null,
    amount_capturable bigint,
    amount_received bigint,
    capture_method text,
    destination text,
    on_behalf_of text,
    application_fee_amount bigint,
    created timestamptz not null,
    canceled_at timestamptz,
    error_code text,
    decline_code text,
    as_of timestamptz not null,
    source text not null
  )`,
  'create index on proxy.payment_intents (transaction_id) where transaction_id is not null',
  'create index on proxy.payment_intents (as_of)',

  `create table proxy.initiate_claims (
    scope text not null,
    key text not null,
    digest text not null,
    state text not null,
    fence bigint not null,
    until timestamptz not null,
    transaction_id text,
    claimed_at timestamptz not null,
    primary key (scope, key)
  )`,
  'create index on proxy.initiate_claims (claimed_at)',
];
