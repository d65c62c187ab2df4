/** A command whose answer was lost may have been carried out: it is never sent again, but looked for. */
import { setTimeout as pause } from 'node:timers/promises';
import { ProxyError } from '../domain/errors.ts';
import { ownValue } from '../domain/own-value.ts';

/** The time of a request: a command is given up early enough that there is time left to look for what became of it. */
export type Budget = { readonly command: AbortSignal; readonly whole: AbortSignal };

/** What a lost answer came to, for the log. */
export type RecordLookup = (lookup: {
  code: string;
  found: boolean;
  looks: number;
  attemptId?: string;
}) => void;

/** Milliseconds before each look: Flex may still be at it. */
const PAUSES = [0, 250, 500, 1_000, 2_000];

/**
 * Sends a command. When it can not be known whether it was carried out, looks for its result, a few times; when that can
 * not be found either, rejects with `outcome-unknown`, which is not the same as failed.
 */
export async function sendOnce<T>(
  send: () => Promise<T>,
  lookup: {
    look: () => Promise<T | undefined>;
    record: RecordLookup;
    advice: string;
    data: Record<string, unknown> & { attemptId?: string };
  },
  budget: Budget,
): Promise<T> {
  try {
    return await send();
  } catch (failure) {
    if (!(failure instanceof ProxyError) || failure.outcome !== 'unknown') throw failure;
    const { result, looks } = await lookRepeatedly(lookup.look, budget.whole);
    const { attemptId } = lookup.data;
    lookup.record({
      code: failure.code,
      found: result !== undefined,
      looks,
      ...(attemptId !== undefined && { attemptId }),
    });
    if (result !== undefined) return result;
    throw outcomeUnknown(failure, lookup);
  }
}

/** `advice` is for the caller, who has to go on from here. */
export function outcomeUnknown(
  failure: ProxyError,
  { advice, data = {} }: { advice: string; data?: Record<string, unknown> },
): ProxyError {
  const errors = ownValue(failure.data, 'errors');
  return new ProxyError('outcome-unknown', {
    status: failure.status === 504 ? 504 : 502,
    statusText: `The Marketplace API's answer was lost, and it is not known whether it did what was asked. ${advice}`,
    data: { ...(errors !== undefined && { errors }), ...data },
    outcome: 'unknown',
    cause: failure,
  });
}

/** Until it is found, the looks are used up, or the time is. */
async function lookRepeatedly<T>(
  look: () => Promise<T | undefined>,
  signal: AbortSignal,
): Promise<{ result?: T; looks: number }> {
  let looks = 0;
  for (const ms of PAUSES) {
    const waited = await pause(ms, true, { signal }).catch(() => false);
    if (!waited) break;
    looks += 1;
    try {
      const result = await look();
      if (result !== undefined) return { result, looks };
    } catch (failure) {
      // A look that fails has seen nothing, and there may be time for another. A refusal of ours is an answer.
      if (!(failure instanceof ProxyError) || failure.code === 'idempotency-key-reused') throw failure;
    }
  }
  return { looks };
}
