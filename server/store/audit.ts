/** Who changed what. Written before it is done, so that nothing is done unseen. */
import { appNow } from './clock.ts';
import { timeOrderedId } from './ids.ts';
import type { PageOf } from './listed-records.ts';
import type { AuditRow, Db } from './schema.ts';

export type AuditEntry = {
  tokenPlace: number;
  tokenDigest: string;
  requestId: string;
  action: string;
  details: Record<string, unknown>;
};

/** Its id, for what comes of it. */
export async function noteChange(db: Db, entry: AuditEntry): Promise<string> {
  const id = timeOrderedId();
  await db
    .insertInto('audit')
    .values({
      id,
      at: appNow,
      token_place: entry.tokenPlace,
      token_digest: entry.tokenDigest,
      request_id: entry.requestId,
      action: entry.action,
      details: JSON.stringify(entry.details),
    })
    .execute();
  return id;
}

export async function noteOutcome(db: Db, id: string, outcome: Record<string, unknown>): Promise<void> {
  await db
    .updateTable('audit')
    .set({ outcome: JSON.stringify(outcome) })
    .where('id', '=', id)
    .execute();
}

export const listAudit = (db: Db, { limit, after }: PageOf<string>): Promise<AuditRow[]> =>
  db
    .selectFrom('audit')
    .selectAll()
    .$if(after !== null, query => query.where('id', '<', after!))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
