/**
 * Cases of the fallback. Whoever works on one holds its lease and writes with the fence that came with it: one who slept
 * through the lease can write no more. No transaction of the database is open while Flex or Stripe is asked.
 */
import { sql, type RawBuilder } from 'kysely';
import type { Case, MoneyOp } from '../domain/fallback/case.ts';
import { appNow, fromNow } from './clock.ts';
import { markCancelled, opOf, opsOf, writeOp } from './money-ops.ts';
import type { CaseNoteRow, Db, MoneyOpRow, PaymentCaseRow } from './schema.ts';

export type NewCase = Pick<
  PaymentCaseRow,
  | 'id'
  | 'transaction_id'
  | 'environment'
  | 'way'
  | 'process_name'
  | 'amount'
  | 'currency'
  | 'fee'
  | 'destination'
  | 'customer_id'
  | 'provider_id'
  | 'payment_method'
  | 'stripe_customer'
  | 'saves_payment_method'
  | 'approved_by'
  | 'support_case'
  | 'deadline'
  | 'period_ms'
>;

export const FALLBACK_SWITCH = 'fallback';

/** The case of that transaction: this one, or the one that was there already. null while the fallback is switched off. */
export async function openCase(db: Db, opened: NewCase): Promise<PaymentCaseRow | null> {
  await sql`
    with opened as (
      insert into proxy.payment_cases (id, transaction_id, purpose, environment, way, process_name, state, amount, currency,
        fee, destination, customer_id, provider_id, payment_method, stripe_customer, saves_payment_method, approved_by, support_case,
        deadline, period_ms, opened_at, checked_at, next_at, lease_until)
      select ${opened.id}::uuid, ${opened.transaction_id}, 'booking', ${opened.environment}, ${opened.way},
        ${opened.process_name}, 'claimed', ${opened.amount}::bigint, ${opened.currency}, ${opened.fee}::bigint,
        ${opened.destination}, ${opened.customer_id}, ${opened.provider_id}, ${opened.payment_method}::text,
        ${opened.stripe_customer}::text, ${opened.saves_payment_method}::boolean, ${opened.approved_by}, ${opened.support_case}, ${opened.deadline}::timestamptz,
        ${opened.period_ms}::bigint, proxy.app_now(), proxy.app_now(), proxy.app_now(), proxy.app_now()
      where not exists (select 1 from proxy.switches where name = ${FALLBACK_SWITCH} and not is_on)
      on conflict (transaction_id, purpose) do nothing
      returning id
    )
    insert into proxy.case_notes (case_id, at, what, detail)
    select id, proxy.app_now(), 'opened', jsonb_build_object('way', ${opened.way}::text, 'approvedBy',
      ${opened.approved_by}::text, 'supportCase', ${opened.support_case}::text) from opened`.execute(db);
  return (await findCase(db, opened.transaction_id)) ?? null;
}

export const findCase = (db: Db, transactionId: string): Promise<PaymentCaseRow | undefined> =>
  db
    .selectFrom('payment_cases')
    .selectAll()
    .where('transaction_id', '=', transactionId)
    .where('purpose', '=', 'booking')
    .executeTakeFirst();

/** With the database's time. There must be one. */
export async function caseById(db: Db, id: string): Promise<{ row: PaymentCaseRow; now: number }> {
  const { now, ...row } = await db
    .selectFrom('payment_cases')
    .selectAll()
    .select(appNow.as('now'))
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return { row, now: now.getTime() };
}

export type Held = {
  row: PaymentCaseRow;
  case: Case;
  ops: MoneyOp[];
  /** The database's time at the last write. */
  now: number;
};

/** null while another holds it, and of one that is closed. */
export async function takeCase(db: Db, id: string, leaseMs: number): Promise<Held | null> {
  const row = await db
    .updateTable('payment_cases')
    .set({ fence: sql<number>`fence + 1`, lease_until: fromNow(leaseMs) })
    .where('id', '=', id)
    .where('closed_at', 'is', null)
    .where('lease_until', '<=', appNow)
    .returningAll()
    .returning(appNow.as('now'))
    .executeTakeFirst();
  if (!row) return null;
  const ops = await opsOf(db, id);
  return { row, case: caseOf(row), ops: ops.map(opOf), now: row.now.getTime() };
}

export type CaseChange = Partial<
  Pick<
    PaymentCaseRow,
    | 'state'
    | 'payment_intent_id'
    | 'seen_status'
    | 'seen_transitions'
    | 'sent_move'
    | 'sent_at'
    | 'deadline'
    | 'period_ms'
    | 'ending'
    | 'needs'
    | 'outcome'
    | 'troubles'
    | 'trouble'
  >
>;

export type Write = {
  change?: CaseChange;
  op?: MoneyOp;
  /** The op is a PaymentIntent that the customer can pay already. */
  isReleased?: boolean;
  /** A PaymentIntent that was seen cancelled. */
  cancelled?: string;
  note?: { what: string; detail?: Record<string, unknown> };
};

/** All of it or none: null when the case is another's by now. */
export async function writeCase(db: Db, held: Held, write: Write, leaseMs: number): Promise<Held | null> {
  const { op, cancelled, note } = write;
  const parts: RawBuilder<unknown>[] = [
    sql`held as (
      update proxy.payment_cases set ${sql.join([
        sql`lease_until = ${fromNow(leaseMs)}`,
        ...(write.isReleased ? [sql`released_at = coalesce(released_at, proxy.app_now())`] : []),
        ...assignments(write.change ?? {}),
      ])}
      where id = ${held.row.id} and fence = ${held.row.fence}
      returning *)`,
    ...(op ? [sql`op as (${writeOp(op, write.isReleased ?? false)})`] : []),
    ...(cancelled !== undefined ? [sql`cancelled as (${markCancelled(cancelled)})`] : []),
    ...(note
      ? [
          sql`noted as (
            insert into proxy.case_notes (case_id, at, what, detail)
            select id, proxy.app_now(), ${note.what}, ${JSON.stringify(note.detail ?? {})}::jsonb from held)`,
        ]
      : []),
  ];
  const { rows } = await sql<PaymentCaseRow & { now: Date }>`
    with ${sql.join(parts)} select held.*, proxy.app_now() as now from held`.execute(db);
  const [row] = rows;
  if (!row) return null;
  const ops = op ? [...held.ops.filter(one => one.kind !== op.kind || one.seq !== op.seq), op] : held.ops;
  return { row, case: caseOf(row), ops, now: row.now.getTime() };
}

const assignments = (change: CaseChange) =>
  Object.entries(change).map(([column, value]) => sql`${sql.ref(column)} = ${value}`);

/** As if it had never been taken. */
export async function giveBackCase(db: Db, { row }: Held): Promise<void> {
  await db
    .updateTable('payment_cases')
    .set({ lease_until: appNow })
    .where('id', '=', row.id)
    .where('fence', '=', row.fence)
    .execute();
}

/** Lets go of it. */
export async function leaveCase(
  db: Db,
  held: Held,
  { nextAt, trouble }: { nextAt: number; trouble: string | null },
): Promise<void> {
  await db
    .updateTable('payment_cases')
    .set({
      lease_until: appNow,
      checked_at: appNow,
      next_at: new Date(nextAt),
      trouble,
      troubles: trouble === null ? 0 : sql<number>`troubles + 1`,
    })
    .where('id', '=', held.row.id)
    .where('fence', '=', held.row.fence)
    .execute();
}

export async function closeCase(db: Db, held: Held, outcome: string): Promise<boolean> {
  const { rows } = await sql`
    with held as (
      update proxy.payment_cases set state = 'closed', outcome = ${outcome}, closed_at = proxy.app_now(),
        lease_until = proxy.app_now(), checked_at = proxy.app_now()
      where id = ${held.row.id} and fence = ${held.row.fence} returning id)
    insert into proxy.case_notes (case_id, at, what, detail)
    select id, proxy.app_now(), 'closed', jsonb_build_object('outcome', ${outcome}::text) from held
    returning id`.execute(db);
  return rows.length > 0;
}

/**
 * The one dangerous step: from here on somebody may pay. Before `until` only, not once the case is to end, and never where
 * another PaymentIntent of the transaction may still be paid.
 */
export async function releaseCase(db: Db, held: Held, until: number): Promise<boolean> {
  const { id, fence, payment_intent_id: paymentIntentId } = held.row;
  return db.transaction().execute(async transaction => {
    const released = await transaction
      .updateTable('payment_cases')
      .set({ state: 'released', released_at: sql<Date>`coalesce(released_at, proxy.app_now())` })
      .where('id', '=', id)
      .where('fence', '=', fence)
      .where('state', '=', 'linked')
      .where('ending', 'is', null)
      .where('needs', 'is', null)
      .where('payment_intent_id', '=', paymentIntentId)
      .where(appNow, '<', new Date(until))
      .executeTakeFirst();
    if (released.numUpdatedRows !== 1n) return false;
    const op = await transaction
      .updateTable('money_ops')
      .set({ released_at: appNow })
      .where('case_id', '=', id)
      .where('kind', '=', 'create')
      .where('object_id', '=', paymentIntentId)
      .where('cancelled_at', 'is', null)
      .executeTakeFirst();
    if (op.numUpdatedRows !== 1n)
      throw new Error('a PaymentIntent was to be released that no row of ours has made');
    await transaction
      .insertInto('case_notes')
      .values({ case_id: id, at: appNow, what: 'released', detail: JSON.stringify({ paymentIntentId }) })
      .execute();
    return true;
  });
}

/** What is due, the most urgent first: its time has come, or Flex or Stripe has been heard of it since. */
export async function dueCases(db: Db, limit: number): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from proxy.payment_cases as cases
    where closed_at is null and needs is null and lease_until <= proxy.app_now()
      and (next_at <= proxy.app_now()
        or exists (select 1 from proxy.transactions where transactions.id = cases.transaction_id
          and transactions.read_at > cases.checked_at)
        or exists (select 1 from proxy.payment_intents where payment_intents.id = cases.payment_intent_id
          and payment_intents.as_of > cases.checked_at))
    order by next_at limit ${limit}`.execute(db);
  return rows.map(({ id }) => id);
}

/** As customer or as provider. */
export async function hasOpenCase(db: Db, userId: string): Promise<boolean> {
  const row = await db
    .selectFrom('payment_cases')
    .select('id')
    .where('closed_at', 'is', null)
    .where(eb => eb.or([eb('customer_id', '=', userId), eb('provider_id', '=', userId)]))
    .executeTakeFirst();
  return row !== undefined;
}

export type CaseReport = { row: PaymentCaseRow; ops: MoneyOpRow[]; notes: CaseNoteRow[] };

/** Everything that is known of it, for people. */
export async function reportOf(db: Db, transactionId: string): Promise<CaseReport | null> {
  const row = await findCase(db, transactionId);
  if (!row) return null;
  const [ops, notes] = await Promise.all([
    opsOf(db, row.id),
    db.selectFrom('case_notes').selectAll().where('case_id', '=', row.id).orderBy('id').execute(),
  ]);
  return { row, ops, notes };
}

export const caseOf = (row: PaymentCaseRow): Case => ({
  id: row.id,
  transactionId: row.transaction_id,
  environment: row.environment,
  way: row.way,
  state: row.state,
  amount: row.amount,
  currency: row.currency,
  fee: row.fee,
  destination: row.destination,
  customerId: row.customer_id,
  providerId: row.provider_id,
  deadline: row.deadline.getTime(),
  periodMs: row.period_ms,
  paymentIntentId: row.payment_intent_id,
  seenStatus: row.seen_status,
  sent: row.sent_move === null ? null : { move: row.sent_move, at: row.sent_at!.getTime() },
  ending: row.ending,
  needs: row.needs,
  troubles: row.troubles,
});
