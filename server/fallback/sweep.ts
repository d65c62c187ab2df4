/** What is due is worked on, whoever began it: webhooks, Flex's events and jobs only make it sooner. */
import { dueCases } from '../store/payment-cases.ts';
import { runCase, type RunDeps } from './run.ts';

/** In one sweep; the next one goes on. */
const MOST = 100;

export async function sweep(deps: RunDeps, signal?: AbortSignal): Promise<number> {
  const due = await dueCases(deps.db, MOST);
  for (const id of due) {
    if (signal?.aborted) break;
    await runCase(deps, id, signal ? { signal } : {});
  }
  return due.length;
}
