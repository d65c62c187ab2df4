/** Times when payments failed, of all instances together. */
import { sql } from 'kysely';
import type { PageOf } from './listed-records.ts';
import type { Db, IncidentRow } from './schema.ts';

export const openIncidents = (db: Db): Promise<IncidentRow[]> =>
  db.selectFrom('incidents').selectAll().where('closed_at', 'is', null).orderBy('id').execute();

/** The same inside a transaction, for whoever changes them: nobody else does until it ends. */
export async function takeOpenIncidents(transaction: Db): Promise<IncidentRow[]> {
  await sql`select pg_advisory_xact_lock(hashtextextended('incidents', 0))`.execute(transaction);
  return openIncidents(transaction);
}

/** Writes one that is open, or was until now. */
export async function writeIncident(transaction: Db, incident: IncidentRow): Promise<void> {
  const { id: _id, ...values } = incident;
  await transaction
    .insertInto('incidents')
    .values(incident)
    .onConflict(conflict => conflict.column('id').doUpdateSet(values))
    .execute();
}

/** Open and closed, the newest first. */
export const listIncidents = (
  db: Db,
  { isOpen }: { isOpen?: boolean },
  { limit, after }: PageOf<string>,
): Promise<IncidentRow[]> =>
  db
    .selectFrom('incidents')
    .selectAll()
    .$if(isOpen !== undefined, query => query.where('closed_at', isOpen ? 'is' : 'is not', null))
    .$if(after !== null, query => query.where('id', '<', after!))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
