/** Incidents of all instances, the newest first. */
import type { PageOf } from './listed-records.ts';
import type { Db, IncidentRow } from './schema.ts';

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
