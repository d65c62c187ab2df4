/** Incidents of several instances: what each of them saw is taken in turn, so that one opens and closes for all. */
import { openIncidents, takeOpenIncidents, writeIncident } from '../store/incidents.ts';
import { timeOrderedId } from '../store/ids.ts';
import type { Db, IncidentRow } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import { next, type Incident, type IncidentEvent, type Incidents, type Seen } from './incidents.ts';

export type Noted = { open: Incidents; events: IncidentEvent[] };

/** Rejects while the database is away. Each event is told to one instance only. */
export async function noteTogether(
  { db, status }: Pick<Store, 'db' | 'status'>,
  seen: readonly Seen[],
): Promise<Noted> {
  if (!status().isUp) throw new Error('The database is away');
  const isAllGood = seen.every(({ cause }) => cause === null);
  // Most of the time all is well, and there is nothing to write.
  if (isAllGood && (await openIncidents(db)).length === 0) return { open: [], events: [] };
  return db.transaction().execute(async transaction => {
    const ids = new Map<string, string>();
    let open: Incidents = (await takeOpenIncidents(transaction)).map(row => {
      ids.set(keyOf(row), row.id);
      return incidentOf(row);
    });
    const before = new Set(open);
    const events: IncidentEvent[] = [];
    for (const one of seen) {
      const result = next(open, one);
      open = result.open;
      for (const event of result.events) {
        if (event.type === 'opened') ids.set(keyOfIncident(event.incident), timeOrderedId());
        else await write(transaction, ids, event.incident, event.closedAt);
        events.push(event);
      }
    }
    for (const incident of open) if (!before.has(incident)) await write(transaction, ids, incident, null);
    return { open, events };
  });
}

const keyOf = ({ cause, process_name: name }: Pick<IncidentRow, 'cause' | 'process_name'>) =>
  `${cause} ${name}`;
const keyOfIncident = ({ cause, processName }: Incident) => keyOf({ cause, process_name: processName });

const write = (transaction: Db, ids: Map<string, string>, incident: Incident, closedAt: number | null) =>
  writeIncident(transaction, {
    id: ids.get(keyOfIncident(incident))!,
    cause: incident.cause,
    process_name: incident.processName,
    opened_at: new Date(incident.openedAt),
    last_failure_at: new Date(incident.lastFailureAt),
    failures: incident.failures,
    good: incident.good,
    good_in_a_row: incident.goodInARow,
    transaction_ids: incident.transactionIds,
    closed_at: closedAt === null ? null : new Date(closedAt),
  });

const incidentOf = (row: IncidentRow): Incident => ({
  cause: row.cause,
  processName: row.process_name,
  openedAt: row.opened_at.getTime(),
  lastFailureAt: row.last_failure_at.getTime(),
  failures: row.failures,
  good: row.good,
  goodInARow: row.good_in_a_row,
  transactionIds: row.transaction_ids,
});
