/** Pages of what was recorded, the newest first. Ids are in the order of time, so the last one of a page leads to the next. */
import { sql, type RawBuilder } from 'kysely';
import type { Genuineness } from '../domain/genuineness.ts';
import { verdicts as allVerdicts, type Verdict } from '../domain/verdict.ts';
import { idAt } from './ids.ts';
import { writtenWithin } from './late-records.ts';
import type { CheckRow, Db, RefusalRow, VerificationRow } from './schema.ts';

/** `after`: the last id of the page before. */
export type PageOf<Key> = { limit: number; after: Key | null };

type Common = {
  processName?: string | undefined;
  transactionId?: string | undefined;
  since?: Date | undefined;
  /** In the last so many seconds, however long before that they were made. */
  recordedWithin?: number | undefined;
};
export type CheckFilter = Common & {
  verdicts?: readonly Verdict[] | undefined;
  paymentIntentId?: string | undefined;
};
export type RefusalFilter = Common & { code?: string | undefined };
export type VerificationFilter = Common & {
  genuineness?: Genuineness | undefined;
  paymentIntentId?: string | undefined;
};

export async function listChecks(
  db: Db,
  filter: CheckFilter,
  { limit, after }: PageOf<string>,
): Promise<CheckRow[]> {
  const { verdicts, paymentIntentId, ...common } = filter;
  const conditions = [
    ...conditionsOf(common, after),
    ...(paymentIntentId === undefined ? [] : [sql<boolean>`payment_intent_id = ${paymentIntentId}`]),
  ];
  const isNarrow =
    filter.transactionId !== undefined ||
    paymentIntentId !== undefined ||
    filter.recordedWithin !== undefined;
  if (isNarrow || (verdicts === undefined && filter.processName === undefined)) {
    const ofVerdicts = verdicts ? [sql<boolean>`verdict = any(${[...verdicts]}::text[])`] : [];
    return rows<CheckRow>(db, 'checks', [...conditions, ...ofVerdicts], limit, filter.recordedWithin);
  }
  // A page of each verdict, and of them the newest: an index has each in order, and none has several.
  const ofProcess = filter.processName === undefined ? {} : { process_name: filter.processName };
  const from = filter.since ? idAt(filter.since) : FIRST_ID;
  const pages = [...new Set(verdicts ?? allVerdicts)].map(
    verdict => sql`(${pageWithin({ ...ofProcess, verdict }, from, after ?? LAST_ID, limit)})`,
  );
  const { rows: found } = await sql<CheckRow>`
    select * from (${sql.join(pages, sql` union all `)}) as each order by id desc limit ${limit}`.execute(db);
  return found;
}

/**
 * A page of one stretch of an index. Written as a stretch, not as equal columns: what the planner believes of how often values
 * come together may be wrong, and then it would go through the whole table backwards.
 */
function pageWithin(given: Record<string, string>, from: string, before: string, limit: number) {
  const columns = [...Object.keys(given), 'id'].map(column => sql.ref(column));
  const place = (id: string) =>
    sql.join([...Object.values(given).map(value => sql`${value}`), sql`${id}::uuid`]);
  return sql`select * from proxy.checks
    where (${sql.join(columns)}) >= (${place(from)}) and (${sql.join(columns)}) < (${place(before)})
    order by ${sql.join(columns.map(column => sql`${column} desc`))} limit ${limit}`;
}

const FIRST_ID = '00000000-0000-0000-0000-000000000000';
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

export const listRefusals = (
  db: Db,
  { code, ...common }: RefusalFilter,
  { limit, after }: PageOf<string>,
): Promise<RefusalRow[]> =>
  rows(
    db,
    'refusals',
    [...conditionsOf(common, after), ...(code === undefined ? [] : [sql<boolean>`code = ${code}`])],
    limit,
    common.recordedWithin,
  );

export const listVerifications = (
  db: Db,
  { genuineness, paymentIntentId, ...common }: VerificationFilter,
  { limit, after }: PageOf<string>,
): Promise<VerificationRow[]> =>
  rows(
    db,
    'verifications',
    [
      ...conditionsOf(common, after),
      ...(genuineness === undefined ? [] : [sql<boolean>`genuineness = ${genuineness}`]),
      ...(paymentIntentId === undefined ? [] : [sql<boolean>`payment_intent_id = ${paymentIntentId}`]),
    ],
    limit,
    common.recordedWithin,
  );

const conditionsOf = (
  { processName, transactionId, since }: Common,
  after: string | null,
): RawBuilder<boolean>[] => [
  ...(transactionId === undefined ? [] : [sql<boolean>`transaction_id = ${transactionId}`]),
  ...(processName === undefined ? [] : [sql<boolean>`process_name = ${processName}`]),
  ...(since === undefined ? [] : [sql<boolean>`id >= ${idAt(since)}::uuid`]),
  ...(after === null ? [] : [sql<boolean>`id < ${after}::uuid`]),
];

const allOf = (conditions: RawBuilder<boolean>[]): RawBuilder<boolean> =>
  conditions.length === 0 ? sql<boolean>`true` : sql.join(conditions, sql` and `);

async function rows<Row>(
  db: Db,
  table: 'checks' | 'refusals' | 'verifications',
  conditions: RawBuilder<boolean>[],
  limit: number,
  recordedWithin: number | undefined,
): Promise<Row[]> {
  const page = (further: RawBuilder<boolean>[]) => sql<Row>`
    select * from ${sql.table(`proxy.${table}`)} where ${allOf([...conditions, ...further])}
    order by id desc limit ${limit}`;
  if (recordedWithin === undefined) return (await page([]).execute(db)).rows;
  const { from, isLate } = writtenWithin(recordedWithin);
  const { rows: found } = await sql<Row>`
    with late as materialized (
      select * from ${sql.table(`proxy.${table}`)} where ${allOf([...conditions, isLate, sql`id < ${from}`])}
    )
    select * from ((${page([sql`id >= ${from}`])}) union all (select * from late)) as each
    order by id desc limit ${limit}`.execute(db);
  return found;
}
