/** What rules ask of the evidence, each said once. */
import type { StripePaymentIntent } from '../genuineness.ts';
import { isIncident } from '../verdict.ts';
import type { Evidence, StripeEvidence, TransactionEvidence } from './evidence.ts';

export const isReal = ({ call, check }: Evidence): boolean =>
  call?.isSpeculative !== true && check?.verdict !== 'simulated';

export const answeredBy = ({
  stripe,
}: Evidence): Extract<StripeEvidence, { asked: 'answered' }> | undefined =>
  stripe?.asked === 'answered' ? stripe : undefined;

/** null: Flex has none of that id; undefined: nobody asked, or Flex did not answer. */
export const transactionIn = ({ flex }: Evidence): TransactionEvidence | null | undefined =>
  flex?.asked === 'answered' ? flex.transaction : undefined;

/** By the fallback: what Flex answered is not what the customer pays with. */
export const isCarried = (evidence: Evidence): boolean => transactionIn(evidence)?.carried !== undefined;

/** The PaymentIntent of the booking at Stripe: the one that Flex named, or the only one with the transaction's id. */
export function intentOf(evidence: Evidence): StripePaymentIntent | undefined {
  const answered = answeredBy(evidence);
  const [only, ...others] = answered?.ofTransaction ?? [];
  return answered?.intent ?? (others.length === 0 ? only : undefined);
}

/** Something is wrong with the PaymentIntent itself, whatever became of the booking since. */
export const hasWrongIntent = (evidence: Evidence): boolean =>
  (evidence.check !== undefined && isReal(evidence) && isIncident(evidence.check.verdict)) ||
  ['foreign', 'mismatch'].includes(answeredBy(evidence)?.genuineness ?? '');

const PAID = ['requires_capture', 'succeeded', 'processing'];

export const isPaid = (intent: StripePaymentIntent | undefined): boolean =>
  PAID.includes(intent?.status ?? '');

export const isDeclined = (evidence: Evidence): boolean => {
  const intent = intentOf(evidence);
  return intent !== undefined && intent.lastPaymentError !== null && !isPaid(intent);
};

const RUN_OUT = ['automatic', 'expired'];

export const hasExpired = (evidence: Evidence): boolean =>
  transactionIn(evidence)?.expired === true ||
  (intentOf(evidence)?.status === 'canceled' &&
    RUN_OUT.includes(intentOf(evidence)!.cancellationReason ?? ''));

/** Stripe has the money, or a hold on it, and Flex waits for the customer still. */
export const isPaidUnconfirmed = (evidence: Evidence): boolean => {
  const transaction = transactionIn(evidence);
  return (
    isPaid(intentOf(evidence)) &&
    transaction?.created === true &&
    !transaction.confirmed &&
    !transaction.expired &&
    !transaction.refunded
  );
};

/** All of Stripe's window was seen, and there is nothing of this transaction in it. */
export const hasNoneAtStripe = (evidence: Evidence): boolean => {
  const answered = answeredBy(evidence);
  return answered?.complete === true && answered.ofTransaction?.length === 0 && !answered.intent;
};

/** Those that carry the transaction's id besides its own: Flex makes one. */
export const furtherIntents = (evidence: Evidence): StripePaymentIntent[] => {
  const all = answeredBy(evidence)?.ofTransaction ?? [];
  const own = evidence.check?.paymentIntentId ?? answeredBy(evidence)?.intent?.id ?? all.at(-1)?.id;
  return all.filter(({ id }) => id !== own);
};

export const isRestricted = (evidence: Evidence): boolean =>
  answeredBy(evidence)?.providerAccount?.chargesEnabled === false &&
  intentOf(evidence)?.status !== 'succeeded';
