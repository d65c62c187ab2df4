/** The tables as TypeScript sees them; `migrations/` makes them. */
import type { ColumnType, Generated, JSONColumnType, Kysely, Selectable, Transaction } from 'kysely';
import type { Cause } from '../domain/diagnosis/causes.ts';
import type { Break } from '../domain/fallback/audit.ts';
import type { Case, MoneyOp } from '../domain/fallback/case.ts';
import type { Genuineness } from '../domain/genuineness.ts';
import type { StripeEventState } from '../domain/stripe-event.ts';
import type { Check, CheckSubject } from '../domain/verdict.ts';

/** Ours alone in a database that may have other tenants. */
export const SCHEMA = 'proxy';

/** The whole database, or one transaction of it: what functions over tables take first. */
export type Db = Kysely<Database> | Transaction<Database>;

export type Database = {
  checks: ChecksTable;
  refusals: RefusalsTable;
  verifications: VerificationsTable;
  check_counts: CheckCountsTable;
  transactions: TransactionsTable;
  transaction_events: TransactionEventsTable;
  feeds: FeedsTable;
  leases: LeasesTable;
  stripe_events: StripeEventsTable;
  payment_intents: PaymentIntentsTable;
  initiate_claims: InitiateClaimsTable;
  payment_cases: PaymentCasesTable;
  money_ops: MoneyOpsTable;
  case_notes: CaseNotesTable;
  switches: SwitchesTable;
  fallback_audits: FallbackAuditsTable;
  incidents: IncidentsTable;
  audit: AuditTable;
};

type ChecksTable = {
  id: string;
  at: Date;
  request_id: string;
  call: CheckSubject['call'];
  is_speculative: boolean;
  process_name: string;
  transition: string;
  transaction_id: string | null;
  verdict: Check['verdict'];
  reasons: string[];
  path: string | null;
  looks_like_pi: boolean;
  secret_looks_right: boolean;
  payment_intent_id: string | null;
  /** When it was written, if that was long after `at`. */
  late_at: Generated<Date | null>;
};
export type CheckRow = Selectable<ChecksTable>;

type RefusalsTable = {
  id: string;
  at: Date;
  call: CheckSubject['call'];
  is_speculative: boolean;
  /** null when it was refused before that was known. */
  process_name: string | null;
  transition: string;
  transaction_id: string | null;
  code: string;
  status: number;
  flex_codes: string[];
  stripe_code: string | null;
  stripe_message: string | null;
  status_text: string;
  /** Flex had taken the session; without that it may be anybody who asked. */
  is_proven: boolean;
  late_at: Generated<Date | null>;
};
export type RefusalRow = Selectable<RefusalsTable>;

type VerificationsTable = {
  id: string;
  at: Date;
  process_name: string;
  transition: string;
  transaction_id: string | null;
  /** null when none was found. */
  payment_intent_id: string | null;
  genuineness: Genuineness;
  differing: string[];
  /** Of the PaymentIntent, where it was found. */
  status: string | null;
  cause: string;
  confidence: number;
  attempt: number;
  late_at: Generated<Date | null>;
};
export type VerificationRow = Selectable<VerificationsTable>;

type CheckCountsTable = {
  hour: Date;
  process_name: string;
  transition: string;
  is_speculative: boolean;
  verdict: Check['verdict'];
  checks: number;
};

export type MadeTransition = { transition: string; at: string; by: string };

type TransactionsTable = {
  id: string;
  process_name: string;
  process_version: number | null;
  state: string | null;
  last_transition: string | null;
  created_at: Date;
  last_transitioned_at: Date;
  listing_id: string | null;
  customer_id: string | null;
  provider_id: string | null;
  payin_amount: number | null;
  payin_currency: string | null;
  payout_amount: number | null;
  transitions: JSONColumnType<MadeTransition[]>;
  /** In a state in which the customer's payment is under way. */
  awaits_payment: boolean;
  /** When Flex gives it up; null when it does not, or the process file does not say. */
  payment_deadline: Date | null;
  is_deleted: Generated<boolean>;
  /** When Flex said so. */
  read_at: Date;
};
export type TransactionRow = Selectable<TransactionsTable>;

type TransactionEventsTable = {
  id: string;
  sequence_id: number;
  at: Date;
  type: string;
  source: string;
  transaction_id: string;
  transition: string | null;
  made_by: string | null;
  state: string | null;
  /** Names of what changed besides the transition. */
  changed: string[];
};
export type TransactionEventRow = Selectable<TransactionEventsTable>;

type FeedsTable = {
  source: string;
  sequence_id: number | null;
  last_event_at: Date | null;
  polled_at: Date | null;
  /** When there was last nothing more to read. */
  caught_up_at: Date | null;
  events: Generated<number>;
  /** Events between these times may have been gone before they were read. */
  gap_from: Date | null;
  gap_to: Date | null;
  problem: string | null;
};
export type FeedRow = Selectable<FeedsTable>;

type LeasesTable = { name: string; owner: string; until: Date; fence: number };

type StripeEventsTable = {
  id: string;
  type: string;
  account: string | null;
  livemode: boolean;
  api_version: string | null;
  created: Date;
  /** Events with the same one are worked on in order. */
  object_key: string;
  object_type: string;
  object_id: string | null;
  payment_intent_id: string | null;
  transaction_id: string | null;
  /** Of the event's object, what `webhooks/summary.ts` lets through. */
  summary: JSONColumnType<Record<string, unknown>>;
  via: 'webhook' | 'pull';
  received_at: Date;
  deliveries: number;
  state: StripeEventState;
  attempts: Generated<number>;
  next_attempt_at: Date | null;
  processed_at: Date | null;
  problem: string | null;
};
export type StripeEventRow = Selectable<StripeEventsTable>;

type PaymentIntentsTable = {
  id: string;
  transaction_id: string | null;
  account: string | null;
  livemode: boolean;
  status: string;
  amount: number;
  currency: string;
  amount_capturable: number | null;
  amount_received: number | null;
  capture_method: string | null;
  destination: string | null;
  on_behalf_of: string | null;
  application_fee_amount: number | null;
  created: Date;
  canceled_at: Date | null;
  error_code: string | null;
  decline_code: string | null;
  /** When Stripe said so. */
  as_of: Date;
  source: 'asked' | 'event';
};
export type PaymentIntentRow = Selectable<PaymentIntentsTable>;

/** `sent`: under way, or its holder died. `unknown`: its answer was lost. `done`: the transaction is known. */
type InitiateClaimsTable = {
  scope: string;
  key: string;
  digest: string;
  state: 'sent' | 'unknown' | 'done';
  fence: number;
  until: Date;
  transaction_id: string | null;
  claimed_at: ColumnType<Date, Date, never>;
};

/** Of each cause and process one is open at most. */
type IncidentsTable = {
  id: string;
  cause: Cause;
  process_name: string;
  opened_at: Date;
  last_failure_at: Date;
  failures: number;
  good: number;
  good_in_a_row: number;
  transaction_ids: string[];
  /** null while it is open. */
  closed_at: Date | null;
};
export type IncidentRow = Selectable<IncidentsTable>;

/** What operators changed. Kept for good: it names no customer. */
type AuditTable = {
  id: string;
  at: Date;
  /** Of the token in OPERATOR_TOKENS, and the beginning of its digest: places change with rotation. */
  token_place: number;
  token_digest: string;
  request_id: string;
  action: string;
  details: JSONColumnType<Record<string, unknown>>;
  /** null when it did not come to an end. */
  outcome: JSONColumnType<Record<string, unknown>> | null;
};
export type AuditRow = Selectable<AuditTable>;

/** A booking carried on a PaymentIntent of ours. */
type PaymentCasesTable = {
  id: string;
  transaction_id: string;
  /** What is paid for: a transaction has one payment of each kind. */
  purpose: 'booking';
  environment: Case['environment'];
  way: Case['way'];
  process_name: string;
  state: Case['state'];
  amount: number;
  currency: string;
  fee: number;
  destination: string;
  customer_id: string;
  provider_id: string;
  payment_method: string | null;
  stripe_customer: string | null;
  saves_payment_method: boolean;
  approved_by: string;
  support_case: string;
  deadline: Date;
  period_ms: number;
  payment_intent_id: string | null;
  seen_status: string | null;
  /** How many Flex had made when it was last asked. */
  seen_transitions: Generated<number>;
  sent_move: NonNullable<Case['sent']>['move'] | null;
  sent_at: Date | null;
  ending: Case['ending'];
  needs: string | null;
  outcome: string | null;
  troubles: Generated<number>;
  trouble: string | null;
  opened_at: Date;
  released_at: Date | null;
  closed_at: Date | null;
  /** When it was last worked on. */
  checked_at: Date;
  next_at: Date;
  fence: Generated<number>;
  lease_until: Date;
};
export type PaymentCaseRow = Selectable<PaymentCasesTable>;

type MoneyOpsTable = {
  case_id: string;
  kind: MoneyOp['kind'];
  seq: number;
  generation: number;
  state: MoneyOp['state'];
  transaction_id: string;
  target: string | null;
  amount: number | null;
  currency: string | null;
  planned_at: Date;
  first_sent_at: Date | null;
  last_sent_at: Date | null;
  attempts: number;
  is_saved: boolean;
  missed_at: Date | null;
  object_id: string | null;
  code: string | null;
  /** Of a PaymentIntent: since when somebody may pay it, and since when nobody can. */
  released_at: Date | null;
  cancelled_at: Date | null;
};
export type MoneyOpRow = Selectable<MoneyOpsTable>;

/** What was done about a case, in order. */
type CaseNotesTable = {
  id: Generated<number>;
  case_id: string;
  at: Date;
  what: string;
  detail: JSONColumnType<Record<string, unknown>>;
};
export type CaseNoteRow = Selectable<CaseNotesTable>;

type SwitchesTable = { name: string; is_on: boolean; by: string; at: Date };
export type SwitchRow = Selectable<SwitchesTable>;

/** What a comparison of Stripe, Flex and our cases came to. */
type FallbackAuditsTable = {
  id: string;
  at: Date;
  window_from: Date;
  window_to: Date;
  compared: number;
  breaks: JSONColumnType<Break[]>;
  /** Why it is not complete; null when it is. */
  problem: string | null;
};
export type FallbackAuditRow = Selectable<FallbackAuditsTable>;
