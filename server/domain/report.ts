/** What was found out about one booking, on both sides. Holds no secret. */
import { advice } from './diagnosis/causes.ts';
import type { Diagnosis } from './diagnosis/diagnose.ts';
import type {
  CallEvidence,
  CheckEvidence,
  FlexEvidence,
  RefusalEvidence,
  StripeEvidence,
} from './diagnosis/evidence.ts';
import type { Genuineness, StripePaymentIntent } from './genuineness.ts';
import type { Money } from './money.ts';

/** What this service saw of a call itself. */
export type OwnRecord = {
  at: Date;
  call: CallEvidence;
  check?: CheckEvidence;
  refusal?: RefusalEvidence;
};

export type Report = {
  subject: string;
  verdict: 'fine' | 'wrong' | 'inconclusive';
  genuineness: Genuineness;
  diagnosis: Diagnosis;
  flex: FlexReport;
  stripe: StripeReport;
};

/** Times are ISO texts. */
export type FlexReport = {
  asked: FlexEvidence['asked'] | 'not-asked';
  transactionId: string | null;
  found: boolean | null;
  processName: string | null;
  processVersion: number | null;
  state: string | null;
  lastTransition: string | null;
  lastTransitionedAt: string | null;
  createdAt: string | null;
  transitions: { transition: string; by: string; at: string }[];
  payinTotal: Money | null;
  payoutTotal: Money | null;
  providerAccount: string | null;
  check: CheckEvidence | null;
  refusal: RefusalEvidence | null;
};

export type StripeReport = {
  asked: StripeEvidence['asked'] | 'not-asked';
  livemode: boolean | null;
  paymentIntents: StripePaymentIntent[];
  differing: string[];
  /** Found by search alone, which proves nothing. */
  hints: string[];
};

/** `fine` for what needs nobody, `wrong` for what somebody has to mend or to bear, else it is not known. */
export function verdictOf({ cause }: Pick<Diagnosis, 'cause'>): Report['verdict'] {
  if (cause === 'flex-unavailable' || cause === 'stripe-unavailable') return 'inconclusive';
  const { concern } = advice[cause];
  return concern === 'fine' ? 'fine' : concern === 'unknown' ? 'inconclusive' : 'wrong';
}
