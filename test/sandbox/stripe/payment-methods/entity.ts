export type PaymentMethod = {
  id: string;
  account: string;
  created: number;
  customer: string | null;
  card: { brand: string; last4: string };
  /** What happens when it is charged. */
  behaviour: CardBehaviour;
};

export type CardBehaviour =
  | { kind: 'succeeds' }
  | { kind: 'declines'; code: string; declineCode?: string }
  | { kind: 'wants-authentication'; offSession: 'asks' | 'declines' };
