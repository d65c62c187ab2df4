/** Who hears of what the calls through this service came to. None of it may fail, and none is waited for. */
import type { Claim } from './claim.ts';
import type { RefusalEvidence } from './diagnosis/evidence.ts';
import type { Check, CheckSubject } from './verdict.ts';

export type Observer = {
  checked(check: Check, subject: CheckSubject): void;
  /** `isProven`: Flex had taken the session. Else it may be anybody's, and what it says of itself is nobody's word. */
  refused(refusal: RefusalEvidence, call: RefusedCall, isProven: boolean): void;
  /** A well-formed PaymentIntent in the answer to a real call, to be compared with Stripe. */
  verify(claim: Claim): void;
};

/** A call may be refused before its process is known. */
export type RefusedCall = Omit<CheckSubject, 'processName'> & { processName: string | null };
