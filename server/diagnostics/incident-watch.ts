/** Tells people of incidents: one log line when one opens and one when it closes, and the same to a chat. */
import { advice } from '../domain/diagnosis/causes.ts';
import { diagnose, type Diagnosis } from '../domain/diagnosis/diagnose.ts';
import type { Evidence, RefusalEvidence } from '../domain/diagnosis/evidence.ts';
import { processEvidence } from '../domain/diagnosis/transaction-evidence.ts';
import type { Genuineness } from '../domain/genuineness.ts';
import type { RefusedCall } from '../domain/observer.ts';
import type { Processes } from '../domain/process.ts';
import { isIncident, type Check, type CheckSubject } from '../domain/verdict.ts';
import type { IncidentEvent, Incidents } from './incidents.ts';
import { createNotebook, type NoteTogether } from './seen-together.ts';

/** What is written of it. */
export type IncidentLine = {
  cause: string;
  processName: string;
  openedAt: string;
  failures: number;
  good: number;
  transactionIds: string[];
  closedAt?: string;
  meaning: string;
  next: string;
};

export type WatchDeps = {
  processes: Processes;
  now: () => number;
  /** Without a Stripe key the form of an answer is all there is, and has to do for good. */
  verifies: boolean;
  write: (event: 'opened' | 'closed', line: IncidentLine) => void;
  /** With the other instances; left out without a database. */
  together?: NoteTogether;
  /** To a chat, in its common form. Must not fail. */
  post?: (message: { text: string }) => void;
};

export type IncidentWatch = {
  checked(check: Check, subject: CheckSubject): void;
  refused(refusal: RefusalEvidence, subject: RefusedCall): void;
  verified(verification: { subject: CheckSubject; genuineness: Genuineness; diagnosis: Diagnosis }): void;
  /** As this instance last knew them. */
  open(): Incidents;
  /** Resolves when what was seen is written. */
  settle(): Promise<void>;
};

export function createIncidentWatch(deps: WatchDeps): IncidentWatch {
  const notebook = createNotebook(event => tell(deps, event), deps.together);
  const note = (subject: RefusedCall, cause: Diagnosis['cause'] | null) =>
    notebook.note({
      at: deps.now(),
      processName: subject.processName ?? 'unknown',
      transactionId: subject.transactionId,
      cause,
    });
  const evidenceOf = (subject: RefusedCall): Evidence => ({
    call: { isSpeculative: false, processName: subject.processName ?? '', transition: subject.transition },
    ...(subject.processName !== null && {
      process: processEvidence(deps.processes, subject.processName, subject.transition),
    }),
  });

  return {
    checked(check, subject) {
      if (subject.isSpeculative) return;
      if (isIncident(check.verdict)) note(subject, diagnose({ ...evidenceOf(subject), check }).cause);
      else if (check.verdict === 'valid' && !deps.verifies) note(subject, null);
    },
    refused(refusal, subject) {
      if (subject.isSpeculative) return;
      const { cause } = diagnose({ ...evidenceOf(subject), refusal });
      if (PLATFORM.includes(cause)) note(subject, cause);
    },
    verified({ subject, genuineness, diagnosis }) {
      // Paid in another way: it says nothing of whether Flex can have an order paid again.
      if (CARRIED.includes(diagnosis.cause)) return;
      if (genuineness === 'genuine') note(subject, null);
      else if (genuineness !== 'unverified') note(subject, diagnosis.cause);
    },
    open: notebook.open,
    settle: notebook.settle,
  };
}

const CARRIED: Diagnosis['cause'][] = ['carried-by-fallback', 'fallback-out-of-step'];

/**
 * Refusals that the next customer would meet as well. One provider's account or one listing's price is not among them, nor a
 * process or an alias that there is not: a browser may ask for any.
 */
const PLATFORM: Diagnosis['cause'][] = [
  'flex-stripe-not-configured',
  'flex-stripe-key-invalid',
  'other-account',
  'other-mode',
  'process-without-create-action',
  'credentials-mismatch',
];

function tell({ write, post }: WatchDeps, event: IncidentEvent): void {
  const { cause, processName, openedAt, failures, good, transactionIds } = event.incident;
  const { meaning, next: whatToDo } = advice[cause];
  const closedAt = event.type === 'closed' ? new Date(event.closedAt).toISOString() : undefined;
  write(event.type, {
    cause,
    processName,
    openedAt: new Date(openedAt).toISOString(),
    failures,
    good,
    transactionIds,
    ...(closedAt !== undefined && { closedAt }),
    meaning,
    next: whatToDo,
  });
  const text =
    event.type === 'opened'
      ? `Payments of ${processName} began to fail: ${cause}. ${meaning} ${whatToDo}`
      : `Payments of ${processName} work again (${cause}): ${failures} failed since ${new Date(openedAt).toISOString()}.`;
  post?.({ text });
}
