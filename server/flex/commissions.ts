/** The commission asset, kept for moments: it is the same for all, and Console changes it now and then. */
import type { Commissions } from '../domain/line-items.ts';
import { timedOut } from './errors.ts';

/** Milliseconds. Younger than `FRESH` it is used as it is; then it is asked for again behind the request; never used older than `BOUND`. */
export const FRESH = 5_000;
export const BOUND = 10_000;

export type ReadCommissions = (signal: AbortSignal) => Promise<Commissions>;

export function createCommissions(
  fetch: () => Promise<Commissions>,
  now = () => performance.now(),
): ReadCommissions {
  let kept: { value: Commissions; asked: number } | undefined;
  let pending: Promise<Commissions> | undefined;

  const load = (): Promise<Commissions> => {
    // From when it was asked: a slow answer is old when it comes.
    const asked = now();
    pending ??= fetch()
      .then(value => {
        kept = { value, asked };
        return value;
      })
      .finally(() => {
        pending = undefined;
      });
    return pending;
  };

  return signal => {
    const age = kept ? now() - kept.asked : Infinity;
    if (age < FRESH) return Promise.resolve(kept!.value);
    const loading = load();
    if (age >= BOUND) return untilAborted(loading, signal);
    loading.catch(() => undefined);
    return Promise.resolve(kept!.value);
  };
}

/** What is shared goes on for the others when one gives up. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(timedOut('query'));
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
