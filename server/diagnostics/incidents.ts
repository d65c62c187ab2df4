/**
 * When real calls begin to fail, and when that is over. Pure: a state, what was seen, and what follows from both.
 *
 * One incident for each cause and process. It opens with the first failure, because a customer could not pay; it closes
 * when so many of the same process in a row were good, or with the first good one after a quiet while.
 */
import type { Cause } from '../domain/diagnosis/causes.ts';

export type Seen = {
  /** Milliseconds since the epoch. */
  at: number;
  processName: string;
  transactionId: string | null;
  /** null: it was good. */
  cause: Cause | null;
};

export type Incident = {
  cause: Cause;
  processName: string;
  openedAt: number;
  lastFailureAt: number;
  failures: number;
  /** Good ones while it was open. */
  good: number;
  goodInARow: number;
  /** The first few, to look at. */
  transactionIds: string[];
};

/** The open ones. */
export type Incidents = readonly Incident[];

export type IncidentEvent =
  | { type: 'opened'; incident: Incident }
  | { type: 'closed'; incident: Incident; closedAt: number };

export type ClosingRule = { goodInARow: number; quietMs: number };

export const CLOSING: ClosingRule = { goodInARow: 3, quietMs: 15 * 60_000 };
const SHOWN = 10;

export function next(
  open: Incidents,
  seen: Seen,
  closing: ClosingRule = CLOSING,
): { open: Incidents; events: IncidentEvent[] } {
  return seen.cause === null
    ? afterGood(open, seen, closing)
    : afterFailure(open, { ...seen, cause: seen.cause });
}

function afterFailure(open: Incidents, seen: Seen & { cause: Cause }) {
  const { at, cause, processName, transactionId } = seen;
  const known = open.find(incident => incident.cause === cause && incident.processName === processName);
  if (!known) {
    const incident: Incident = {
      cause,
      processName,
      openedAt: at,
      lastFailureAt: at,
      failures: 1,
      good: 0,
      goodInARow: 0,
      transactionIds: transactionId === null ? [] : [transactionId],
    };
    return { open: [...open, incident], events: [{ type: 'opened' as const, incident }] };
  }
  const grown: Incident = {
    ...known,
    lastFailureAt: Math.max(at, known.lastFailureAt),
    failures: known.failures + 1,
    goodInARow: 0,
    transactionIds:
      transactionId === null || known.transactionIds.length >= SHOWN
        ? known.transactionIds
        : [...new Set([...known.transactionIds, transactionId])],
  };
  return { open: open.map(incident => (incident === known ? grown : incident)), events: [] };
}

function afterGood(open: Incidents, { at, processName }: Seen, { goodInARow, quietMs }: ClosingRule) {
  const events: IncidentEvent[] = [];
  const stillOpen = open.flatMap(incident => {
    if (incident.processName !== processName) return [incident];
    const better = { ...incident, good: incident.good + 1, goodInARow: incident.goodInARow + 1 };
    const isOver = better.goodInARow >= goodInARow || at - incident.lastFailureAt >= quietMs;
    if (isOver) events.push({ type: 'closed', incident: better, closedAt: at });
    return isOver ? [] : [better];
  });
  return { open: stillOpen, events };
}
