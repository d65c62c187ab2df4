import { sql } from 'kysely';
import type { Check, CheckSubject } from '../domain/verdict.ts';
import { idAt } from './ids.ts';
import { lateAt } from './late-records.ts';
import type { Db } from './schema.ts';

export type NewCheck = CheckSubject & Check & { id: string; at: Date; requestId: string };

/** All of them or none, and counted by the hour in the same statement. Those that are there already are not counted again. */
export async function insertChecks(db: Db, checks: readonly NewCheck[]): Promise<void> {
  await sql`
    with inserted as (
      insert into proxy.checks (id, at, request_id, call, is_speculative, process_name, transition, transaction_id,
        verdict, reasons, path, looks_like_pi, secret_looks_right, payment_intent_id,
        late_at)
      select id, at, "requestId", call, "isSpeculative", "processName", transition, "transactionId",
        verdict, array(select jsonb_array_elements_text(reasons)), path, "looksLikePI", "secretLooksRight", "paymentIntentId",
        ${lateAt}
      from jsonb_to_recordset(${JSON.stringify(checks)}::jsonb) as batch (id uuid, at timestamptz, "requestId" text,
        call text, "isSpeculative" boolean, "processName" text, transition text, "transactionId" text, verdict text,
        reasons jsonb, path text, "looksLikePI" boolean, "secretLooksRight" boolean, "paymentIntentId" text)
      on conflict (id) do nothing
      returning at, process_name, transition, is_speculative, verdict
    )
    insert into proxy.check_counts as counts (hour, process_name, transition, is_speculative, verdict, checks)
    select date_trunc('hour', at, 'UTC'), process_name, transition, is_speculative, verdict, count(*)
    from inserted
    group by 1, 2, 3, 4, 5
    order by 1, 2, 3, 4, 5
    on conflict (hour, process_name, transition, is_speculative, verdict)
      do update set checks = counts.checks + excluded.checks`.execute(db);
}

/** Whether a customer has got a PaymentIntent since then. */
export async function hasValidChecks(db: Db, since: Date): Promise<boolean> {
  const found = await db
    .selectFrom('checks')
    .select('id')
    .where('verdict', '=', 'valid')
    .where('id', '>=', idAt(since))
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}
