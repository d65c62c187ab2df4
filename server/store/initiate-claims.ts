/** One row for each idempotency key of a session: whoever holds it may send the order, and everybody else waits for what comes of it. */
import { sql } from 'kysely';
import { appNow, fromNow } from './clock.ts';
import type { Db } from './schema.ts';

export type Wish = { scope: string; key: string; digest: string };

export type ClaimState =
  /** `isRepeated`: somebody held it before, and may have sent the order. */
  | { is: 'mine'; fence: number; isRepeated: boolean }
  | { is: 'another' }
  | { is: 'done'; transactionId: string }
  | { is: 'other-order' };

/** Longer than any request takes: a holder that has not said what came of it by then is dead. */
const HELD_MS = 30_000;
/** An order whose outcome is unknown may still come to be: it is not sent again before. */
const UNKNOWN_MS = 60_000;

export async function claimInitiate(db: Db, { scope, key, digest }: Wish): Promise<ClaimState> {
  const taken = await db
    .insertInto('initiate_claims')
    .values({ scope, key, digest, state: 'sent', fence: 1, until: fromNow(HELD_MS), claimed_at: appNow })
    .onConflict(conflict =>
      conflict
        .columns(['scope', 'key'])
        .doUpdateSet({
          state: 'sent',
          fence: sql<number>`initiate_claims.fence + 1`,
          until: fromNow(HELD_MS),
        })
        .where('initiate_claims.digest', '=', digest)
        .where('initiate_claims.state', '<>', 'done')
        .where('initiate_claims.until', '<=', appNow),
    )
    .returning('fence')
    .executeTakeFirst();
  if (taken) return { is: 'mine', fence: taken.fence, isRepeated: taken.fence > 1 };
  const row = await db
    .selectFrom('initiate_claims')
    .select(['digest', 'state', 'transaction_id'])
    .where('scope', '=', scope)
    .where('key', '=', key)
    .executeTakeFirst();
  if (row && row.digest !== digest) return { is: 'other-order' };
  if (row?.state === 'done') return { is: 'done', transactionId: row.transaction_id! };
  return { is: 'another' };
}

export type ClaimEnd = { is: 'refused' } | { is: 'unknown' } | { is: 'done'; transactionId: string };

/** Says what came of it. Nothing is changed by one who does not hold it any more. */
export async function settleInitiate(
  db: Db,
  { scope, key }: Wish,
  fence: number,
  end: ClaimEnd,
): Promise<void> {
  const own = { scope, key, fence };
  if (end.is === 'refused') {
    await db
      .deleteFrom('initiate_claims')
      .where(eb => eb.and(own))
      .execute();
    return;
  }
  await db
    .updateTable('initiate_claims')
    .set(
      end.is === 'done'
        ? { state: 'done', transaction_id: end.transactionId }
        : { state: 'unknown', until: fromNow(UNKNOWN_MS) },
    )
    .where(eb => eb.and(own))
    .execute();
}
