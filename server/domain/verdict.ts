/**
 * What to think of the PaymentIntent in a Flex response.
 *
 * A speculative response is a simulation: Flex does not call Stripe for it and puts two UUIDs where the PaymentIntent's
 * id and client secret would be. That is expected and never an alarm. The same UUIDs in the response to a real call that
 * creates a PaymentIntent are the incident this service exists for.
 */
import { ownValue } from './own-value.ts';
import { judgeClientSecret, judgePair, judgePaymentIntentId, type Reason } from './payment-intent.ts';

export const verdicts = [
  'valid',
  'simulated',
  'invalid',
  'missing',
  'not-expected',
  'unknown-process',
] as const;
export type Verdict = (typeof verdicts)[number];

/** One look at one response. Holds ids, never a client secret. */
export type Check = {
  verdict: Verdict;
  reasons: Reason[];
  /** Where the PaymentIntent was found in the transaction's attributes; null when it was nowhere. */
  path: string | null;
  looksLikePI: boolean;
  secretLooksRight: boolean;
  /** Only when it looks like one: another value might be a secret in the wrong place. */
  paymentIntentId: string | null;
};

/** What a check is about. */
export type CheckSubject = {
  call: 'initiate' | 'transition';
  isSpeculative: boolean;
  processName: string;
  transition: string;
  transactionId: string | null;
};

export type CheckedCall = {
  isSpeculative: boolean;
  /** What the process file says of the transition. */
  creation: 'creates' | 'creates-none' | 'unknown';
  /** `attributes` of the transaction in the response. */
  attributes: unknown;
};

export function check(call: CheckedCall): Check {
  const found = locate(call.attributes);
  const id = judgePaymentIntentId(found?.id);
  const secret = judgeClientSecret(found?.clientSecret);
  return {
    ...judge(call, found),
    path: found?.path ?? null,
    looksLikePI: id.valid,
    secretLooksRight: secret.valid,
    paymentIntentId: id.valid ? (found?.id as string) : null,
  };
}

/** A wrong or absent PaymentIntent where a real one was due. */
export const isIncident = (verdict: Verdict): boolean => verdict === 'invalid' || verdict === 'missing';

function judge(call: CheckedCall, found: Located | undefined): Pick<Check, 'verdict' | 'reasons'> {
  if (call.isSpeculative) return { verdict: 'simulated', reasons: [] };
  if (call.creation === 'unknown') return { verdict: 'unknown-process', reasons: [] };
  if (call.creation === 'creates-none') return { verdict: 'not-expected', reasons: [] };
  if (!found) return { verdict: 'missing', reasons: [] };
  const { reasons } = judgePair({ id: found.id, clientSecret: found.clientSecret });
  const all: Reason[] = found.path === CLIENT_PATH ? reasons : ['misplaced', ...reasons];
  return { verdict: all.length === 0 ? 'valid' : 'invalid', reasons: all };
}

export type Located = { path: string; id: unknown; clientSecret: unknown };

/** The only place the web client reads. */
const CLIENT_PATH = 'protectedData.stripePaymentIntents.default';

/** Where else a PaymentIntent has been seen: written by forks, or by server code that meant to write protected data. */
const paths = [CLIENT_PATH, 'protectedData', 'metadata', 'metadata.stripePaymentIntents.default'];

/** Finds the PaymentIntent in a transaction's attributes: the first path that holds an id or a secret. */
export function locate(attributes: unknown): Located | undefined {
  for (const path of paths) {
    const place = path.split('.').reduce(ownValue, attributes);
    const id = ownValue(place, 'stripePaymentIntentId');
    const clientSecret = ownValue(place, 'stripePaymentIntentClientSecret');
    if (isThere(id) || isThere(clientSecret)) return { path, id, clientSecret };
  }
  return undefined;
}

const isThere = (value: unknown) => value !== undefined && value !== null;

/** What it means and what to do about it, for the log and for people. */
export function adviceFor({ verdict, reasons }: Pick<Check, 'verdict' | 'reasons'>): {
  meaning: string;
  next: string;
} {
  if (verdict === 'invalid') return adviceForInvalid(reasons);
  return advice[verdict];
}

const advice: Record<Exclude<Verdict, 'invalid'>, { meaning: string; next: string }> = {
  valid: {
    meaning: 'Flex returned a well-formed PaymentIntent id and its client secret.',
    next: 'Nothing to do.',
  },
  simulated: {
    meaning:
      'A speculative call is a simulation: Flex calls no Stripe and puts UUIDs where a PaymentIntent would be.',
    next: 'Nothing to do.',
  },
  'not-expected': {
    meaning: 'This transition creates no PaymentIntent.',
    next: 'Nothing to do.',
  },
  'unknown-process': {
    meaning:
      'There is no process file that knows this transition, so nothing can be said about its PaymentIntent.',
    next: "Put the marketplace's process.edn into the directory that TRANSACTION_PROCESSES_DIR names, in a folder with the process's name.",
  },
  missing: {
    meaning: 'The transition creates a PaymentIntent, and the response to a real call has none.',
    next: "Check that the alias points to a process version with stripe-create-payment-intent, then that Stripe is connected in Console; with both right, give this transaction's id to Sharetribe support.",
  },
};

function adviceForInvalid(reasons: Reason[]): { meaning: string; next: string } {
  if (reasons.includes('misplaced')) {
    return {
      meaning: 'A PaymentIntent was found where the web client does not look.',
      next: `Find what writes it there (a fork of the server, a process action): the client reads ${CLIENT_PATH} only.`,
    };
  }
  if (reasons.includes('uuid')) {
    return {
      meaning:
        'Flex answered a real call with the placeholder UUIDs of a simulation: there is no such PaymentIntent at Stripe.',
      next: "The customer can not pay. Check in Console that the marketplace's Stripe keys are set and current, and that no fork writes protectedData.stripePaymentIntents itself; with both right, give this transaction's id to Sharetribe support.",
    };
  }
  if (reasons.includes('secret-of-another-payment-intent')) {
    return {
      meaning: 'Id and client secret are of two different PaymentIntents.',
      next: 'Do not let the customer pay with it. Find what writes protectedData besides Flex; otherwise give the transaction id to Sharetribe support.',
    };
  }
  return {
    meaning: `What stands where the PaymentIntent should be is none (${reasons.join(', ')}).`,
    next: 'Find what changes the response between Flex and this service, or writes protectedData besides Flex.',
  };
}
