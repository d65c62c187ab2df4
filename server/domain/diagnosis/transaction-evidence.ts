/** What a transaction's transitions say of its payment, read with the file of its process. */
import { entersLane, LANE } from '../lane.ts';
import { laneOf } from '../lane-findings.ts';
import {
  confirmsPayment,
  expiryOf,
  isExpiry,
  lacksCreation,
  mayShowEarlierPayment,
} from '../payment-path.ts';
import { paymentIntentCreation, type Processes } from '../process.ts';
import type { Money } from '../money.ts';
import type { ProcessEvidence, TransactionEvidence } from './evidence.ts';

export type SeenTransaction = {
  processName: string;
  state: string;
  lastTransition: string;
  lastTransitionedAt: Date;
  transitions: { transition: string; at: Date }[];
  payinTotal: Money | null;
  payoutTotal: Money | null;
};

/** Flex is late by a moment; then it should have happened. */
const GRACE_MS = 2 * 60_000;

export function transactionEvidence(
  processes: Processes,
  seen: SeenTransaction,
  now: number,
): TransactionEvidence {
  const { processName, state, lastTransition, payinTotal, payoutTotal } = seen;
  const process = processes.get(processName);
  const made = seen.transitions.flatMap(({ transition }) => process?.transitions.get(transition) ?? []);
  const created = process ? made.some(({ createsPaymentIntent }) => createsPaymentIntent) : null;
  const confirmed = made.some(transition => confirmsPayment(transition) || transition.name === LANE.confirm);
  const isCarried = process !== undefined && made.some(entersLane);
  const expiry = process && expiryOf(process, state);
  const waitedMs = now - seen.lastTransitionedAt.getTime();
  return {
    processName,
    state,
    lastTransition,
    payinTotal,
    payoutTotal,
    created,
    confirmed,
    expired: made.some(isExpiry),
    refunded: made.some(transition => transition.refundsPayment && !isExpiry(transition)),
    ...(isCarried && {
      carried: { phase: laneOf(process)?.phases.get(state) ?? null, justMoved: waitedMs <= GRACE_MS },
    }),
    overdue:
      created === true && !confirmed && typeof expiry?.ms === 'number' && waitedMs > expiry.ms + GRACE_MS,
  };
}

/** When the payment was asked for: Stripe's PaymentIntent was made about then. */
export const creationTime = (
  processes: Processes,
  { processName, transitions }: SeenTransaction,
): Date | undefined =>
  transitions.find(
    ({ transition }) => processes.get(processName)?.transitions.get(transition)?.createsPaymentIntent,
  )?.at;

/** When Flex was to pay the provider; undefined while it was not. */
export const payoutTime = (
  processes: Processes,
  { processName, transitions }: SeenTransaction,
): Date | undefined =>
  transitions.find(({ transition }) => processes.get(processName)?.transitions.get(transition)?.createsPayout)
    ?.at;

export function processEvidence(
  processes: Processes,
  processName: string,
  transition: string,
): ProcessEvidence {
  const process = processes.get(processName);
  const creation = paymentIntentCreation(processes, processName, transition);
  return {
    known: creation !== 'unknown',
    creates: creation === 'creates',
    lacksCreation: process !== undefined && lacksCreation(process, transition),
    mayShowEarlier: process !== undefined && mayShowEarlierPayment(process, transition),
  };
}
