/**
 * The fallback lane: the transitions of a process that carry an order on a PaymentIntent of our own. They have no Stripe
 * action; this service moves the money, and tells Flex as the operator. Its names are the same in every process, its
 * shape is read from the file: `laneOf` in `lane-findings.ts`.
 */
import type { Process, ProcessTransition } from './process.ts';

/** What this service makes itself. By what is left the parties and time go on, under the normal name with `-fallback`. */
export const LANE = {
  /** Privileged entries, instead of the normal one without `-fallback`. */
  request: 'transition/request-payment-fallback',
  requestAfterInquiry: 'transition/request-payment-after-inquiry-fallback',
  /** Moves an order in that began the normal way. */
  enter: 'transition/enter-fallback',
  /** By time: the same as in the normal way. */
  expirePayment: 'transition/expire-payment-fallback',
  /** The same, made by us when it is known that nobody will pay. */
  endPayment: 'transition/operator-expire-payment-fallback',
  /** The card was seen authorised. */
  confirm: 'transition/confirm-payment-fallback',
  captured: 'transition/captured-fallback',
  captureFailed: 'transition/capture-failed-fallback',
} as const;

export const LANE_STATES = {
  /** The customer may pay. */
  unpaid: 'state/fallback-pending-payment',
  /** To be captured now. Only who has asked Stripe leaves it. */
  capturing: 'state/fallback-capturing',
} as const;

/** What the money is to do while a transaction that came through the lane is in a state. */
export type LanePhase =
  /** Not released, or waiting for the customer. */
  | 'unpaid'
  /** Held on the card, waiting for the provider. */
  | 'authorised'
  /** To be taken, now. */
  | 'capturing'
  /** Taken, and not earned yet. */
  | 'captured'
  /** The order is dead: what is held is released, what was taken is refunded. */
  | 'given-back'
  /** The provider is to be paid out. */
  | 'earned';

export type Lane = {
  /** The lane's privileged entries, by the name of the normal one. */
  entries: Map<string, string>;
  /** Whether the provider is waited for between authorised and captured. */
  captures: 'when-accepted' | 'when-confirmed';
  /** How long the customer has to pay; null when the file leaves it open. */
  paymentMs: number | null;
  /** Of each state that a transaction in the lane can be in. */
  phases: Map<string, LanePhase>;
};

const PREFIX = 'state/fallback-';
const GIVES_BACK = [
  'action/calculate-full-refund',
  'action/decline-booking',
  'action/cancel-booking',
  'action/decline-stock-reservation',
  'action/cancel-stock-reservation',
];

export const isLaneState = (state: string | null): boolean => state !== null && state.startsWith(PREFIX);

/** Whether it ends the order inside the lane, and how: null when it goes on. Afterwards the normal states follow. */
export function leavesLane({ from, to, actions }: ProcessTransition): 'given-back' | 'earned' | null {
  if (!isLaneState(from) || isLaneState(to)) return null;
  return actions.some(action => GIVES_BACK.includes(action)) ? 'given-back' : 'earned';
}

/** Whether it begins a payment of ours: never a browser's to ask for. */
export const entersLane = ({ to, from }: ProcessTransition): boolean =>
  to === LANE_STATES.unpaid && !isLaneState(from);

/** Whether it was begun in the lane by what was last done with it, which only we may do. */
export function isBegunInLane({ transitions }: Process, lastTransition: unknown): boolean {
  const transition = transitions.get(String(lastTransition));
  return transition !== undefined && transition.privileged && entersLane(transition);
}

/** `transition/request-payment` to `transition/request-payment-fallback`. */
export const laneNameOf = (transition: string): string => `${transition}-fallback`;
