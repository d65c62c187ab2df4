/**
 * Stripe's idempotency keys, for POST only. A key belongs to an account; it remembers status and body of its first run
 * once the endpoint began its work (a decline and a stored 500 too) and gives them again, frozen, for 24 hours.
 * What is refused before that (authentication, parameters, a key in use) uses nothing up.
 */
import type { SandboxResponse } from '../core/http.ts';
import { badRequest, StripeRefusal } from './errors.ts';
import type { StripeWorld } from './world.ts';

export type StoredAnswer = {
  fingerprint: string;
  /** Absent while the first run is under way. */
  response?: SandboxResponse;
  requestId: string;
  storedAt: number;
};

const KEPT_MS = 24 * 60 * 60 * 1000;

export type IdempotentRun = { key: string; scope: string; fingerprint: string; requestId: string };

/** Runs the endpoint once for a key; a repeat gets the first run's answer. */
export async function runOnce(
  world: StripeWorld,
  run: IdempotentRun,
  endpoint: () => Promise<SandboxResponse>,
): Promise<SandboxResponse> {
  if (run.key === '' || run.key.length > 255) {
    throw badRequest('Idempotency keys must be between 1 and 255 characters.', { param: 'Idempotency-Key' });
  }
  const name = `${run.scope} ${run.key}`;
  const known = world.answers.get(name);
  if (known && world.clock.now() - known.storedAt < KEPT_MS) return repeat(known, run);

  const record: StoredAnswer = {
    fingerprint: run.fingerprint,
    requestId: run.requestId,
    storedAt: world.clock.now(),
  };
  world.answers.set(name, record);
  try {
    const response = await endpoint();
    record.response = response;
    return response;
  } catch (error) {
    world.answers.delete(name);
    throw error;
  }
}

function repeat(known: StoredAnswer, run: IdempotentRun): SandboxResponse {
  if (known.fingerprint !== run.fingerprint) {
    throw new StripeRefusal(400, {
      type: 'idempotency_error',
      message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${run.key}' if you meant to execute a different request.`,
    });
  }
  if (!known.response) throw keyInUse(run.key);
  return {
    ...known.response,
    headers: {
      ...known.response.headers,
      'idempotent-replayed': 'true',
      'original-request': known.requestId,
      'request-id': run.requestId,
    },
  };
}

export const keyInUse = (key: string) =>
  new StripeRefusal(409, {
    code: 'idempotency_key_in_use',
    message: `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Try again later.`,
  });
