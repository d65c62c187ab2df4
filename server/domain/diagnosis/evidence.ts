/**
 * All that may be known of one booking on both sides. What nobody asked is left out; what was asked and could not be
 * learnt says so. Holds no secret.
 */
import type { Genuineness, StripePaymentIntent } from '../genuineness.ts';
import type { LanePhase } from '../lane.ts';
import type { Money } from '../money.ts';
import type { Check } from '../verdict.ts';
import type { ProviderPayout } from './provider-payouts.ts';

export type Evidence = {
  /** The call through this service, if it was one. */
  call?: CallEvidence;
  /** Our look at Flex's answer to it. */
  check?: CheckEvidence;
  /** Its refusal, when there was no answer to look at. */
  refusal?: RefusalEvidence;
  /** What the process files say of it. */
  process?: ProcessEvidence;
  flex?: FlexEvidence;
  stripe?: StripeEvidence;
  settings?: SettingsEvidence;
};

export type CallEvidence = { isSpeculative: boolean; processName: string; transition: string };

export type CheckEvidence = Pick<Check, 'verdict' | 'reasons' | 'path' | 'paymentIntentId'>;

export type RefusalEvidence = {
  /** Ours, such as `flex-refused`. */
  code: string;
  status: number;
  /** Flex's own, such as `stripe-missing-api-key`. */
  flexCodes: string[];
  /** What Stripe said to Flex. */
  stripeCode: string | null;
  stripeMessage: string | null;
  /** Our words, or Flex's reason phrase. */
  statusText: string;
};

export type ProcessEvidence = {
  /** Is there a file, and does it know the transition? */
  known: boolean;
  creates: boolean;
  /** What Flex itself says of the transition, where it was asked. */
  createsInFlex?: boolean;
  /** The file leads through it to actions that need a payment which nothing makes. */
  lacksCreation: boolean;
  /** A PaymentIntent made earlier may still be shown. */
  mayShowEarlier: boolean;
};

export type FlexEvidence =
  | { asked: 'answered'; transaction: TransactionEvidence | null }
  | { asked: 'unavailable' | 'credentials-refused' };

/** As the operator sees it, read with the process's file. */
export type TransactionEvidence = {
  processName: string;
  state: string;
  lastTransition: string;
  payinTotal: Money | null;
  payoutTotal: Money | null;
  /** A transition that creates a PaymentIntent was made; null without a process file. */
  created: boolean | null;
  /** As paid: by Flex's own transition, or by the fallback's. */
  confirmed: boolean;
  expired: boolean;
  /** Given back for another reason than time. */
  refunded: boolean;
  /** The time to pay is over, and the transaction still stands there. */
  overdue: boolean;
  /** By the fallback: what its money is to do (null: no file knows the state), and whether it moved a moment ago. Left out of any other. */
  carried?: { phase: LanePhase | null; justMoved: boolean };
  /** The provider's connected account: null for none, left out when it was not asked. */
  providerAccount?: string | null;
};

export type StripeEvidence =
  | {
      asked: 'answered';
      /** The one that Flex named: null when our key sees none, left out when Flex named none. */
      intent?: StripePaymentIntent | null;
      /** Stripe says that it is there in the other mode. */
      inOtherMode: boolean;
      genuineness: Genuineness;
      differing: string[];
      /** By the transaction's id in their metadata; left out when nobody looked. */
      ofTransaction?: StripePaymentIntent[];
      /** All of the window was seen. */
      complete: boolean;
      /** Can the provider's account take money? Left out when it was not asked. */
      providerAccount?: { chargesEnabled: boolean; payoutsEnabled: boolean; disabledReason: string | null };
      /** The payout of this booking's amount that the provider's bank did not take; null for none, left out when it was not asked. */
      sentBack?: ProviderPayout | null;
    }
  | { asked: StripeTrouble };

/** Why Stripe could not be asked. */
export type StripeTrouble = 'unavailable' | 'key-refused' | 'not-permitted' | 'no-key';

export type SettingsEvidence = {
  /** Flex exchanged a good session for a trusted token with our client secret. */
  secretAccepted?: boolean;
};
