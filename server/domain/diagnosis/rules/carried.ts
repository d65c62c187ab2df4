/** Orders that are carried by the fallback: Flex knows nothing of their PaymentIntent, and what it answered first does not count any more. */
import type { LanePhase } from '../../lane.ts';
import type { Evidence } from '../evidence.ts';
import { answeredBy, hasExpired, isDeclined, transactionIn } from '../facts.ts';
import type { Rule } from '../rule.ts';
import * as samples from '../samples.ts';

/** Whether the money can be so while the order is in that phase. What was given back may have been held or taken before. */
const fits: Record<LanePhase, (statuses: string[]) => boolean> = {
  unpaid: () => true,
  authorised: statuses => statuses.includes('requires_capture') || statuses.includes('succeeded'),
  capturing: statuses => statuses.includes('requires_capture') || statuses.includes('succeeded'),
  captured: statuses => statuses.includes('succeeded'),
  earned: statuses => statuses.includes('succeeded'),
  'given-back': statuses => !statuses.includes('requires_capture'),
};

/** null where Stripe was not looked through. */
const statusesIn = (evidence: Evidence): string[] | null => {
  const answered = answeredBy(evidence);
  return answered?.complete ? (answered.ofTransaction?.map(({ status }) => status) ?? null) : null;
};

/** The fallback follows Flex, and Flex the fallback: not at the same moment. */
function isOutOfStep(evidence: Evidence): boolean {
  const carried = transactionIn(evidence)?.carried;
  const statuses = statusesIn(evidence);
  return Boolean(carried?.phase && !carried.justMoved && statuses !== null && !fits[carried.phase](statuses));
}

const shown = (evidence: Evidence): string => {
  const intents = answeredBy(evidence)?.ofTransaction ?? [];
  return intents.length === 0
    ? 'Stripe shows no PaymentIntent of it.'
    : `Stripe has ${intents.map(({ id, status }) => `${id}, ${status}`).join('; ')}.`;
};

const carriedSample = (phase: LanePhase, status: string): Evidence => ({
  ...samples.healthy,
  flex: samples.flex({ carried: { phase, justMoved: false } }),
  stripe: samples.stripe({ ofTransaction: [samples.intent({ status })] }),
});

export const carriedRules: Rule[] = [
  {
    cause: 'carried-by-fallback',
    find: evidence => {
      const transaction = transactionIn(evidence);
      // What became of the payment says more.
      if (!transaction?.carried || isOutOfStep(evidence) || hasExpired(evidence) || isDeclined(evidence))
        return null;
      return {
        confidence: 0.98,
        evidence: [
          `The fallback carries this order, which is in ${transaction.state}.`,
          ...(answeredBy(evidence) ? [shown(evidence)] : []),
        ],
      };
    },
    samples: { bad: carriedSample('captured', 'succeeded'), good: samples.healthy },
  },
  {
    cause: 'fallback-out-of-step',
    find: evidence =>
      isOutOfStep(evidence)
        ? {
            confidence: 0.97,
            evidence: [
              `The fallback carries this order, and in ${transactionIn(evidence)!.state} its money can not be so. ${shown(evidence)}`,
            ],
          }
        : null,
    samples: {
      bad: carriedSample('given-back', 'requires_capture'),
      good: carriedSample('authorised', 'requires_capture'),
    },
  },
];
