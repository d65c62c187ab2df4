/** The movements of money that cases want, each a row before it is sent. */
import { sql } from 'kysely';
import type { MoneyOp } from '../domain/fallback/case.ts';
import type { Db, MoneyOpRow } from './schema.ts';

export const opOf = (row: MoneyOpRow): MoneyOp => ({
  kind: row.kind,
  seq: row.seq,
  generation: row.generation,
  state: row.state,
  target: row.target,
  amount: row.amount,
  currency: row.currency,
  firstSentAt: row.first_sent_at?.getTime() ?? null,
  lastSentAt: row.last_sent_at?.getTime() ?? null,
  attempts: row.attempts,
  isSaved: row.is_saved,
  missedAt: row.missed_at?.getTime() ?? null,
  objectId: row.object_id,
  code: row.code,
});

const at = (ms: number | null) => (ms === null ? null : new Date(ms));

/** As part of a statement that has `held`, the row of a case that is still the writer's own; without it nothing is written. */
export const writeOp = (op: MoneyOp, isReleased: boolean) => sql`
  insert into proxy.money_ops (case_id, kind, seq, generation, state, transaction_id, target, amount, currency, planned_at,
    first_sent_at, last_sent_at, attempts, is_saved, missed_at, object_id, code, released_at)
  select id, ${op.kind}, ${op.seq}::int, ${op.generation}::int, ${op.state}, transaction_id, ${op.target}::text,
    ${op.amount}::bigint, ${op.currency}::text, proxy.app_now(), ${at(op.firstSentAt)}::timestamptz,
    ${at(op.lastSentAt)}::timestamptz, ${op.attempts}::int, ${op.isSaved}::boolean, ${at(op.missedAt)}::timestamptz,
    ${op.objectId}::text, ${op.code}::text, case when ${isReleased}::boolean then proxy.app_now() end
  from held
  on conflict (case_id, kind, seq) do update set
    generation = excluded.generation, state = excluded.state, first_sent_at = excluded.first_sent_at,
    last_sent_at = excluded.last_sent_at, attempts = excluded.attempts, is_saved = excluded.is_saved,
    missed_at = excluded.missed_at, object_id = excluded.object_id, code = excluded.code`;

/** Of a PaymentIntent that was seen cancelled: another may be handed out in its place. */
export const markCancelled = (paymentIntentId: string) => sql`
  update proxy.money_ops set cancelled_at = coalesce(money_ops.cancelled_at, proxy.app_now())
  from held
  where money_ops.case_id = held.id and money_ops.kind = 'create' and money_ops.object_id = ${paymentIntentId}`;

export const opsOf = (db: Db, caseId: string): Promise<MoneyOpRow[]> =>
  db
    .selectFrom('money_ops')
    .selectAll()
    .where('case_id', '=', caseId)
    .orderBy('planned_at')
    .orderBy('seq')
    .execute();
