import type { Response } from 'express';
import type { Processes } from '../domain/process.ts';
import type { FlexDoor } from '../flex/door.ts';
import { logCheck } from '../log.ts';
import type { CheckDeps } from '../transactions/privileged-call.ts';
import { requestLogOf } from './middleware/request-log.ts';

/** What the endpoints of the web client work with. */
export type ApiDeps = {
  flex: FlexDoor;
  processes: Processes;
  transitVerbose: boolean;
  requestBudgetMs: number;
};

/** The same for one request: its checks go to its own log. */
export const checkDepsOf = (deps: ApiDeps, res: Response): CheckDeps => ({
  processes: deps.processes,
  recordCheck: (check, subject) => logCheck(requestLogOf(res), check, subject),
});

/** Fires when the request has used up its time. */
export const budgetOf = (deps: ApiDeps): AbortSignal => AbortSignal.timeout(deps.requestBudgetMs);
