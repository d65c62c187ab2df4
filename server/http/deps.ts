import type { Response } from 'express';
import type { Fallback } from '../fallback/fallback.ts';
import { refusalEvidence } from '../domain/diagnosis/refusals.ts';
import { ProxyError } from '../domain/errors.ts';
import type { Observer, RefusedCall } from '../domain/observer.ts';
import type { PrivilegedTransitions } from '../domain/privileged-transitions.ts';
import type { Processes } from '../domain/process.ts';
import type { FlexDoor, FlexSession } from '../flex/door.ts';
import { logCheck, logLookup } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Check, CheckSubject } from '../domain/verdict.ts';
import type { CallDeps } from '../transactions/privileged-call.ts';
import type { Budget } from '../transactions/unknown-outcome.ts';
import { requestIdOf, requestLogOf } from './middleware/request-log.ts';

/** What the endpoints of the web client work with. */
export type ApiDeps = {
  flex: FlexDoor;
  processes: Processes;
  privilegedTransitions: PrivilegedTransitions;
  transitVerbose: boolean;
  requestBudgetMs: number;
  metrics: Metrics;
  observer: Observer;
  claims: CallDeps['claims'];
  /** null where there is no fallback. */
  fallback: Fallback | null;
  /** Keeps a check. Never fails, and is never waited for. */
  recordCheck(check: Check, subject: CheckSubject, requestId: string): void;
};

/** Who asks for what, for those who hear of refusals. */
export type CallOf = { session: Pick<FlexSession, 'isProven'>; call: RefusedCall };

/** The same for one request: what is noticed goes to its own log. */
export const callDepsOf = (deps: ApiDeps, res: Response, { session, call }: CallOf): CallDeps => ({
  processes: deps.processes,
  privilegedTransitions: deps.privilegedTransitions,
  recordCheck: (check, subject) => {
    deps.metrics.check(check.verdict);
    logCheck(requestLogOf(res), check, subject);
    deps.observer.checked(check, subject);
    deps.recordCheck(check, subject, requestIdOf(res));
  },
  verify: deps.observer.verify,
  recordLookup: lookup => logLookup(requestLogOf(res), lookup),
  recordRefused: refusal => {
    const evidence = refusalEvidence(refusal);
    requestLogOf(res).warn(
      { ...call, flexCodes: evidence.flexCodes },
      'refused by Flex, and begun in the lane',
    );
    deps.observer.refused(evidence, call, session.isProven());
  },
  claims: deps.claims,
  carry: deps.fallback,
});

/** The same work; a refusal of it is heard of. */
export async function observed<T>(
  { observer }: ApiDeps,
  session: Pick<FlexSession, 'isProven'>,
  call: RefusedCall,
  work: Promise<T>,
): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ProxyError) observer.refused(refusalEvidence(error), call, session.isProven());
    throw error;
  }
}

/** Fires when the request has used up its time. */
export const timeOf = (deps: ApiDeps, res: Response): AbortSignal => after(deps.requestBudgetMs, res);

/** The last quarter is kept for looking for a command whose answer was lost. */
export function budgetOf({ requestBudgetMs }: ApiDeps, res: Response): Budget {
  const started = performance.now();
  let whole: AbortSignal | undefined;
  return {
    command: after(requestBudgetMs * 0.75, res),
    // Few requests come to need it.
    get whole() {
      whole ??= after(Math.max(0, started + requestBudgetMs - performance.now()), res);
      return whole;
    },
  };
}

/** Not `AbortSignal.timeout`: that one would live on, with all it holds, for seconds after the answer. */
function after(ms: number, res: Response): AbortSignal {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ms);
  res.on('close', () => clearTimeout(timer));
  return controller.signal;
}
