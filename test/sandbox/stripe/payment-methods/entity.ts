import type { Owned } from '../shapes.ts';

export type PaymentMethod = Owned & {
  customer: string | null;
  card: { brand: string; last4: string };
  /** What happens when it is charged. */
  behaviour: PaymentBehaviour;
  /** It was authenticated for payments without its owner. */
  setUpForOffSession: boolean;
};

export type PaymentBehaviour =
  | { kind: 'succeeds'; later?: 'dispute' | 'refund-fails' }
  | { kind: 'declines'; code: string; declineCode?: string }
  /** `always`: set up or not, it asks. */
  | { kind: 'wants-authentication'; always: boolean; offSession: 'asks' | 'declines' }
  /** Settles days later. */
  | { kind: 'delayed'; outcome: 'succeeds' | 'fails' };
