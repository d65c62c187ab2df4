import type { Owned } from '../shapes.ts';

export type PaymentMethod = Owned & {
  customer: string | null;
  details: MethodDetails;
  /** What happens when it is charged. */
  behaviour: PaymentBehaviour;
  /** It was authenticated for payments without its owner. */
  setUpForOffSession: boolean;
  /** The PaymentIntent whose authentication its owner has passed, until that is confirmed again. */
  authenticatedFor: string | null;
};

export type MethodDetails = { type: 'card' | 'us_bank_account'; brand: string; last4: string };

export type PaymentBehaviour =
  | { kind: 'succeeds'; later?: 'dispute' | 'refund-fails' }
  | { kind: 'declines'; code: string; declineCode?: string }
  /** `always`: set up or not, it asks. */
  | { kind: 'wants-authentication'; always: boolean; offSession: 'asks' | 'declines' }
  /** Settles days later. */
  | { kind: 'delayed'; outcome: 'succeeds' | 'fails' };
