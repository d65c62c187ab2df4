/** What Flex said of a PaymentIntent in its answer to a call of ours, to be compared with Stripe. */
import type { Money } from './money.ts';
import type { CheckSubject } from './verdict.ts';

export type Claim = {
  subject: CheckSubject;
  paymentIntentId: string;
  clientSecret: string;
  payinTotal: Money | null;
  payoutTotal: Money | null;
  /** null where the answer does not say. */
  providerId: string | null;
};
