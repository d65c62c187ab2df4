/** What the comparisons of Stripe, Flex and our cases came to. */
import type { Break } from '../domain/fallback/audit.ts';
import { appNow, fromNow } from './clock.ts';
import { timeOrderedId } from './ids.ts';
import type { Db, FallbackAuditRow } from './schema.ts';

export type FallbackAudit = {
  from: Date;
  to: Date;
  compared: number;
  breaks: Break[];
  problem: string | null;
};

const KEPT_MS = 400 * 86_400_000;

export async function keepFallbackAudit(db: Db, audit: FallbackAudit): Promise<FallbackAuditRow> {
  await db.deleteFrom('fallback_audits').where('at', '<', fromNow(-KEPT_MS)).execute();
  return db
    .insertInto('fallback_audits')
    .values({
      id: timeOrderedId(),
      at: appNow,
      window_from: audit.from,
      window_to: audit.to,
      compared: audit.compared,
      breaks: JSON.stringify(audit.breaks),
      problem: audit.problem,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export const lastFallbackAudit = (db: Db): Promise<FallbackAuditRow | undefined> =>
  db
    .selectFrom('fallback_audits')
    .selectAll()
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
