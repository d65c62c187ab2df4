/** Cases as operators look at them: lists and counts. */
import { sql } from 'kysely';
import { opsOf } from './money-ops.ts';
import type { Db, MoneyOpRow, PaymentCaseRow } from './schema.ts';

export type CaseFilter = { states?: PaymentCaseRow['state'][]; needs?: boolean };

/** `[openedAt, id]` of the last one of the page before. */
export type CaseKey = readonly [openedAt: string, id: string];

/** The newest first. */
export async function listCases(
  db: Db,
  { states, needs }: CaseFilter,
  { limit, after }: { limit: number; after: CaseKey | null },
): Promise<{ rows: PaymentCaseRow[]; next: CaseKey | null }> {
  const rows = await db
    .selectFrom('payment_cases')
    .selectAll()
    .$if(states !== undefined, query => query.where('state', 'in', states!))
    .$if(needs !== undefined, query =>
      // One that is closed needs nobody any more.
      needs
        ? query.where('needs', 'is not', null).where('closed_at', 'is', null)
        : query.where(eb => eb.or([eb('needs', 'is', null), eb('closed_at', 'is not', null)])),
    )
    .$if(after !== null, query =>
      query.where(sql<boolean>`(opened_at, id) < (${after![0]}::timestamptz, ${after![1]}::uuid)`),
    )
    .orderBy('opened_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  const last = rows.length === limit ? rows.at(-1) : undefined;
  return { rows, next: last ? [last.opened_at.toISOString(), last.id] : null };
}

export type OpenCases = {
  byState: Partial<Record<PaymentCaseRow['state'], number>>;
  needOperator: number;
  oldest: PaymentCaseRow | null;
};

export async function countOpenCases(db: Db): Promise<OpenCases> {
  const [counts, oldest] = await Promise.all([
    db
      .selectFrom('payment_cases')
      .select(['state', sql<number>`count(*)`.as('cases'), sql<number>`count(needs)`.as('needing')])
      .where('closed_at', 'is', null)
      .groupBy('state')
      .execute(),
    db
      .selectFrom('payment_cases')
      .selectAll()
      .where('closed_at', 'is', null)
      .orderBy('opened_at')
      .orderBy('id')
      .limit(1)
      .executeTakeFirst(),
  ]);
  return {
    byState: Object.fromEntries(counts.map(({ state, cases }) => [state, cases])),
    needOperator: counts.reduce((sum, { needing }) => sum + needing, 0),
    oldest: oldest ?? null,
  };
}

export type AuditedCase = { row: PaymentCaseRow; ops: MoneyOpRow[] };

/** Those that were opened or closed since then, and those that are open. */
export async function casesSince(db: Db, from: Date): Promise<string[]> {
  const rows = await db
    .selectFrom('payment_cases')
    .select('id')
    .where(eb =>
      eb.or([eb('closed_at', 'is', null), eb('opened_at', '>=', from), eb('closed_at', '>=', from)]),
    )
    .orderBy('opened_at')
    .execute();
  return rows.map(({ id }) => id);
}

/** Of these cases. */
export async function transactionsOf(db: Db, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await db
    .selectFrom('payment_cases')
    .select('transaction_id')
    .where('id', 'in', [...ids])
    .execute();
  return new Set(rows.map(({ transaction_id: id }) => id));
}

export async function auditedCase(db: Db, id: string): Promise<AuditedCase | null> {
  const row = await db.selectFrom('payment_cases').selectAll().where('id', '=', id).executeTakeFirst();
  return row ? { row, ops: await opsOf(db, id) } : null;
}

/** Of these ids, those that are cases. */
export async function knownCases(db: Db, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await db
    .selectFrom('payment_cases')
    .select('id')
    .where(sql<boolean>`id::text = any(${ids})`)
    .execute();
  return new Set(rows.map(({ id }) => id));
}
