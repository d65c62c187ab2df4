/** Which cases something is about that was heard of Flex or of Stripe. Only hints: what is true is asked. */
import { sql } from 'kysely';
import { appNow, fromNow } from './clock.ts';
import { opOf } from './money-ops.ts';
import type { MoneyOp } from '../domain/fallback/case.ts';
import type { Db, PaymentCaseRow } from './schema.ts';

/** Of these transactions, the cases that can be worked on. */
export async function casesOf(db: Db, transactionIds: readonly string[]): Promise<string[]> {
  if (transactionIds.length === 0) return [];
  const rows = await db
    .selectFrom('payment_cases')
    .select('id')
    .where('transaction_id', 'in', [...transactionIds])
    .where('closed_at', 'is', null)
    .where('needs', 'is', null)
    .execute();
  return rows.map(({ id }) => id);
}

/** Undefined for one that is closed or needs somebody. */
export const caseInLine = (db: Db, id: string): Promise<{ isDue: boolean; isHeld: boolean } | undefined> =>
  db
    .selectFrom('payment_cases')
    .select([
      sql<boolean>`next_at <= ${appNow}`.as('isDue'),
      sql<boolean>`lease_until > ${appNow}`.as('isHeld'),
    ])
    .where('id', '=', id)
    .where('closed_at', 'is', null)
    .where('needs', 'is', null)
    .executeTakeFirst();

/** More of one transaction would be something else than Flex being late. */
const MOST_HEARD = 3;

/** PaymentIntents of the transaction beside the case's own that may be alive, the paid ones first. */
export async function heardOf(
  db: Db,
  { transaction_id: transactionId, payment_intent_id: own }: PaymentCaseRow,
): Promise<string[]> {
  const rows = await db
    .selectFrom('payment_intents')
    .select('id')
    .where('transaction_id', '=', transactionId)
    .where('status', 'not in', ['canceled', 'succeeded'])
    .$if(own !== null, query => query.where('id', '<>', own!))
    .orderBy(sql`status = 'requires_capture'`, 'desc')
    .orderBy('created', 'desc')
    .limit(MOST_HEARD)
    .execute();
  return rows.map(({ id }) => id);
}

/** A payout or a refund that was made. */
export type MovedOp = { caseId: string; transactionId: string; op: MoneyOp };

/** Those that were sent in the last so many milliseconds; of one case where one is given. Not where people have settled it. */
export async function movedSince(
  db: Db,
  ms: { payout: number; refund: number },
  caseId?: string,
): Promise<MovedOp[]> {
  const rows = await db
    .selectFrom('money_ops')
    .innerJoin('payment_cases', 'payment_cases.id', 'money_ops.case_id')
    .selectAll('money_ops')
    .where(eb =>
      eb.or(
        (['payout', 'refund'] as const).map(kind =>
          eb.and([eb('money_ops.kind', '=', kind), eb('money_ops.last_sent_at', '>=', fromNow(-ms[kind]))]),
        ),
      ),
    )
    .where('money_ops.state', '=', 'confirmed')
    .where('payment_cases.outcome', 'is distinct from', 'resolved')
    .$if(caseId !== undefined, query => query.where('money_ops.case_id', '=', caseId!))
    .orderBy('money_ops.last_sent_at')
    .execute();
  return rows.map(row => ({ caseId: row.case_id, transactionId: row.transaction_id, op: opOf(row) }));
}

/** The case whose payout or refund it is. */
export async function caseThatMoved(db: Db, objectId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('money_ops')
    .select('case_id')
    .where('kind', 'in', ['payout', 'refund'])
    .where('object_id', '=', objectId)
    .executeTakeFirst();
  return row?.case_id;
}

/** It came back: the case is open again, for somebody. False when that is known already. */
export async function reopenCase(
  db: Db,
  { caseId, op }: Pick<MovedOp, 'caseId' | 'op'>,
  { code, needs }: { code: string; needs: string },
): Promise<boolean> {
  const { rows } = await sql`
    with held as (
      update proxy.payment_cases set state = 'captured', closed_at = null, outcome = null, needs = ${needs}, fence = fence + 1,
        checked_at = proxy.app_now(), next_at = proxy.app_now()
      where id = ${caseId}::uuid and outcome is distinct from 'resolved' and exists (
        select 1 from proxy.money_ops where case_id = ${caseId}::uuid and kind = ${op.kind} and seq = ${op.seq}::int and state = 'confirmed')
      returning id
    ), op as (
      update proxy.money_ops set state = 'refused', code = ${code} from held
      where money_ops.case_id = held.id and kind = ${op.kind} and seq = ${op.seq}::int
    )
    insert into proxy.case_notes (case_id, at, what, detail)
    select id, proxy.app_now(), 'needs-operator', jsonb_build_object('why', ${needs}::text) from held
    returning id`.execute(db);
  return rows.length > 0;
}
