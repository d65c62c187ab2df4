/**
 * Work that one instance does at a time. Whoever holds the lease says so with each write, by the fence: it rises whenever the
 * lease changes hands, so that one who slept through its lease can no longer write.
 */
import { sql } from 'kysely';
import type { Db } from './schema.ts';
import { fromNow } from './clock.ts';

export type Lease = { name: string; owner: string; fence: number };

/** Takes the lease or prolongs one's own; null while another holds it. */
export async function takeLease(db: Db, name: string, owner: string, ms: number): Promise<Lease | null> {
  const row = await db
    .insertInto('leases')
    .values({ name, owner, until: fromNow(ms), fence: 1 })
    .onConflict(conflict =>
      conflict
        .column('name')
        .doUpdateSet({
          owner,
          until: fromNow(ms),
          fence: sql<number>`leases.fence + (leases.owner <> excluded.owner)::int`,
        })
        .where(eb => eb.or([eb('leases.owner', '=', owner), eb('leases.until', '<=', fromNow(0))])),
    )
    .returning(['fence'])
    .executeTakeFirst();
  return row ? { name, owner, fence: row.fence } : null;
}

/** Inside a transaction that writes: whether the lease is still held. It can not change hands until the transaction ends. */
export async function holdsLease(transaction: Db, { name, fence }: Lease): Promise<boolean> {
  const row = await transaction
    .selectFrom('leases')
    .select('fence')
    .where('name', '=', name)
    .forUpdate()
    .executeTakeFirst();
  return row?.fence === fence;
}

/** For whoever waits to take over at once. */
export async function endLease(db: Db, { name, fence }: Lease): Promise<void> {
  await db
    .updateTable('leases')
    .set({ until: fromNow(0) })
    .where('name', '=', name)
    .where('fence', '=', fence)
    .execute();
}
