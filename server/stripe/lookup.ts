/** What came of asking Stripe: an answer, the answer that there is no such thing, or no answer. */
import {
  BrokenCircuitError,
  bulkhead,
  BulkheadRejectedError,
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  handleWhen,
  wrap,
} from 'cockatiel';
import Stripe from 'stripe';

export type Lookup<T> =
  | { outcome: 'found'; value: T }
  /** On the account and in the mode of our key. `inOtherMode`: Stripe says that the other mode has it. */
  | { outcome: 'absent'; inOtherMode: boolean }
  | { outcome: 'unknown'; trouble: Trouble };

/** The same lookup, with something made of what was found. */
export const mapFound = <T, V>(lookup: Lookup<T>, read: (value: T) => V): Lookup<V> =>
  lookup.outcome === 'found' ? { outcome: 'found', value: read(lookup.value) } : lookup;

export type Trouble = 'unavailable' | 'key-refused' | 'not-permitted';

export type Guard = {
  ask<T>(work: () => Promise<T>): Promise<Lookup<T>>;
  /** Stripe has failed, and is left alone for a while. */
  isResting(): boolean;
};

/** Calls under way at one time, and those that may wait. */
const CONCURRENT = 10;
const WAITING = 1_000;
/** So many failures in a row, and Stripe is left alone for a while. */
const FAILURES = 5;
const REST_MS = 10_000;

export function createGuard(): Guard {
  const breaker = circuitBreaker(
    handleWhen(error => troubleOf(error) === 'unavailable'),
    { halfOpenAfter: REST_MS, breaker: new ConsecutiveBreaker(FAILURES) },
  );
  const policy = wrap(bulkhead(CONCURRENT, WAITING), breaker);
  return {
    async ask(work) {
      try {
        return { outcome: 'found', value: await policy.execute(work) };
      } catch (error) {
        if (isMissing(error))
          return {
            outcome: 'absent',
            inOtherMode: /exists in (live|test) mode/.test((error as Error).message),
          };
        const trouble = troubleOf(error);
        if (trouble === undefined) throw error;
        return { outcome: 'unknown', trouble };
      }
    },
    isResting: () => breaker.state === CircuitState.Open,
  };
}

const isMissing = (error: unknown) =>
  error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing';

/** undefined for what is no trouble of Stripe's: an answer, or a fault of ours. */
function troubleOf(error: unknown): Trouble | undefined {
  if (error instanceof BrokenCircuitError || error instanceof BulkheadRejectedError) return 'unavailable';
  if (!(error instanceof Stripe.errors.StripeError) || isMissing(error)) return undefined;
  if (error instanceof Stripe.errors.StripeAuthenticationError) return 'key-refused';
  return error instanceof Stripe.errors.StripePermissionError ? 'not-permitted' : 'unavailable';
}
