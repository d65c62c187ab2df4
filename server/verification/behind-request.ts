/**
 * Behind a request, never before its answer: is the PaymentIntent that Flex named the one at Stripe? What could not be
 * asked is asked again later. Nobody waits for any of it, and under a flood the rest is dropped and counted.
 */
import type { Claim } from '../domain/claim.ts';
import { diagnose, type Diagnosis } from '../domain/diagnosis/diagnose.ts';
import { processEvidence } from '../domain/diagnosis/transaction-evidence.ts';
import { compareWithStripe, type Genuineness, type StripePaymentIntent } from '../domain/genuineness.ts';
import type { Processes } from '../domain/process.ts';
import type { CheckSubject } from '../domain/verdict.ts';
import { digestOfSecret } from '../stripe/describe-intent.ts';
import type { Lookup, StripeDoor } from '../stripe/door.ts';
import { claimed } from './claimed.ts';

/** What one look came to. */
export type Verification = {
  subject: CheckSubject;
  /** null when none was found. */
  paymentIntentId: string | null;
  genuineness: Genuineness;
  differing: string[];
  /** Its status at Stripe, when it was found. */
  status: string | null;
  diagnosis: Diagnosis;
  /** 1 for the first look. */
  attempt: number;
  /** When it will be looked at again; null when this was the last time. */
  nextInMs: number | null;
};

/** Takes note of it. Must not fail, and is not waited for. */
export type RecordVerification = (verification: Verification) => void;

export type VerifierDeps = {
  stripe: Pick<StripeDoor, 'paymentIntent' | 'livemode'>;
  processes: Processes;
  /** The provider's connected account; left out without Integration API credentials. Rejects when it can not be learnt. */
  providerAccount?: (userId: string) => Promise<string | null>;
  record: RecordVerification;
  /** Hears of a fault of ours: nobody waits for a look, and it must end nothing else. */
  broken: (fault: unknown) => void;
  /** Keeps a look for later where it survives this process; rejects when that can not be done, and it waits in memory. */
  putOff?: (waiting: WaitingLook, ms: number) => Promise<void>;
  limits?: Partial<Limits>;
};

export type Limits = {
  /** Looks that may wait, those that wait for another try included. */
  waiting: number;
  perSecond: number;
  /** Before each further try, in milliseconds. */
  pauses: number[];
};

export type Verifier = {
  /** Returns at once. */
  verify(claim: Claim): void;
  /** Looks now at what was put off. Rejects when it has to be looked at once more and that could not be kept. */
  lookAgain(waiting: WaitingLook): Promise<void>;
  counts(): { waiting: number; dropped: number };
  /** Gives away what waits in memory. */
  settle(): Promise<void>;
  [Symbol.dispose](): void;
};

const LIMITS: Limits = {
  waiting: 1_000,
  perSecond: 20,
  pauses: [30_000, 5 * 60_000, 30 * 60_000, 2 * 3_600_000, 12 * 3_600_000, 24 * 3_600_000],
};

/** What waits holds a digest in the client secret's place. */
export type WaitingLook = Omit<Claim, 'clientSecret'> & { secretDigest: string; attempt: number };

export function createVerifier(deps: VerifierDeps): Verifier {
  const limits = { ...LIMITS, ...deps.limits };
  const { putOff = () => Promise.reject(new Error('There is no database')) } = deps;
  const queue: WaitingLook[] = [];
  const later = new Map<NodeJS.Timeout, WaitingLook>();
  let dropped = 0;
  let ticking: NodeJS.Timeout | undefined;

  const enqueue = (waiting: WaitingLook) => {
    if (queue.length + later.size >= limits.waiting) {
      dropped += 1;
      return;
    }
    queue.push(waiting);
    ticking ??= setInterval(next, 1_000 / limits.perSecond).unref();
  };

  const next = () => {
    const waiting = queue.shift();
    if (waiting) lookFirst(waiting).catch(deps.broken);
    else {
      clearInterval(ticking);
      ticking = undefined;
    }
  };

  const lookFirst = async (waiting: WaitingLook) => {
    const again = await lookAndRecord(waiting);
    if (again) await putOff(...again).catch(() => wait(...again));
  };

  const wait = (waiting: WaitingLook, ms: number) => {
    const timer = setTimeout(() => {
      later.delete(timer);
      enqueue(waiting);
    }, ms).unref();
    later.set(timer, waiting);
  };

  /** What is to be looked at again, and when. */
  const lookAndRecord = async (
    waiting: WaitingLook,
  ): Promise<[again: WaitingLook, inMs: number] | undefined> => {
    const looked = await look(deps, waiting);
    const pause = looked.genuineness === 'unverified' ? limits.pauses[waiting.attempt - 1] : undefined;
    deps.record({
      ...looked,
      subject: waiting.subject,
      paymentIntentId: waiting.paymentIntentId,
      attempt: waiting.attempt,
      nextInMs: pause ?? null,
    });
    return pause === undefined ? undefined : [{ ...waiting, attempt: waiting.attempt + 1 }, pause];
  };

  const stop = () => {
    clearInterval(ticking);
    ticking = undefined;
    for (const timer of later.keys()) clearTimeout(timer);
    const waiting = [...queue, ...later.values()];
    queue.length = 0;
    later.clear();
    return waiting;
  };

  return {
    verify: ({ clientSecret, ...claim }) => {
      // There is nothing at Stripe to a simulation.
      if (claim.subject.isSpeculative) return;
      enqueue({ ...claim, secretDigest: digestOfSecret(clientSecret), attempt: 1 });
    },
    async lookAgain(waiting) {
      const again = await lookAndRecord(waiting);
      if (again) await putOff(...again);
    },
    counts: () => ({ waiting: queue.length + later.size, dropped }),
    async settle() {
      await Promise.allSettled(stop().map(waiting => putOff(waiting, 0)));
    },
    [Symbol.dispose]: () => void stop(),
  };
}

type Looked = Pick<Verification, 'genuineness' | 'differing' | 'status' | 'diagnosis'>;

async function look(deps: VerifierDeps, waiting: WaitingLook): Promise<Looked> {
  const [lookup, destination] = await Promise.all([
    deps.stripe
      .paymentIntent(waiting.paymentIntentId, waiting.secretDigest)
      .catch((): Lookup<StripePaymentIntent> => ({ outcome: 'unknown', trouble: 'unavailable' })),
    providerAccount(deps, waiting.providerId),
  ]);
  const comparison = compare(deps, waiting, lookup, destination);
  const { processName, transition } = waiting.subject;
  const diagnosis = diagnose({
    call: { isSpeculative: false, processName, transition },
    check: { verdict: 'valid', reasons: [], path: null, paymentIntentId: waiting.paymentIntentId },
    process: processEvidence(deps.processes, processName, transition),
    stripe:
      lookup.outcome === 'unknown'
        ? { asked: lookup.trouble }
        : {
            asked: 'answered',
            intent: lookup.outcome === 'found' ? lookup.value : null,
            inOtherMode: lookup.outcome === 'absent' && lookup.inOtherMode,
            ...comparison,
            complete: false,
          },
  });
  return { ...comparison, status: lookup.outcome === 'found' ? lookup.value.status : null, diagnosis };
}

function compare(
  { stripe, processes }: VerifierDeps,
  waiting: WaitingLook,
  lookup: Lookup<StripePaymentIntent>,
  destination: string | null | undefined,
) {
  const { subject, payinTotal, payoutTotal } = waiting;
  if (lookup.outcome === 'absent') return compareWithStripe(NOTHING, null);
  if (lookup.outcome === 'unknown' || !payinTotal || subject.transactionId === null)
    return compareWithStripe(NOTHING, undefined);
  const claim = claimed(processes, {
    id: waiting.paymentIntentId,
    transactionId: subject.transactionId,
    processName: subject.processName,
    transition: subject.transition,
    payinTotal,
    payoutTotal,
    livemode: stripe.livemode,
    destination,
  });
  return compareWithStripe(claim, lookup.value);
}

/** Where there is nothing to compare with. */
const NOTHING = { id: '', transactionId: '', amount: 0, currency: '', livemode: false };

const providerAccount = (
  { providerAccount: ask }: VerifierDeps,
  providerId: string | null,
): Promise<string | null | undefined> =>
  ask && providerId !== null ? ask(providerId).catch(() => undefined) : Promise.resolve(undefined);
