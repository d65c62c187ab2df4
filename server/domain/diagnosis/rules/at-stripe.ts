/** Causes that show at Stripe, or in what became of the booking there. */
import type { Evidence } from '../evidence.ts';
import {
  answeredBy,
  furtherIntents,
  hasExpired,
  hasNoneAtStripe,
  hasWrongIntent,
  intentOf,
  isDeclined,
  isPaidUnconfirmed,
  isReal,
  isRestricted,
  transactionIn,
} from '../facts.ts';
import type { Finding, Rule } from '../rule.ts';
import * as samples from '../samples.ts';

const found = (confidence: number, ...evidence: string[]): Finding => ({ confidence, evidence });

/** Amounts that Flex and Stripe each have their own of. */
const AMOUNTS = ['amount', 'currency', 'applicationFeeAmount'];
/** What Flex sets in one way only. */
const HANDWRITING = ['destination', 'onBehalfOf', 'captureMethod'];

const differing = (evidence: Evidence, names: string[]) =>
  (answeredBy(evidence)?.differing ?? []).filter(name => names.includes(name));

const mismatch = (...names: string[]): Evidence => ({
  ...samples.healthy,
  stripe: samples.stripe({ genuineness: 'mismatch', differing: names }),
});

export const stripeRules: Rule[] = [
  {
    cause: 'other-mode',
    find: evidence => {
      const answered = answeredBy(evidence);
      if (answered?.intent === null && answered.inOtherMode)
        return found(
          0.97,
          'Stripe says that the PaymentIntent is there in the other mode than that of our key.',
        );
      return differing(evidence, ['livemode']).length > 0
        ? found(0.95, 'The PaymentIntent is of another mode than our key.')
        : null;
    },
    samples: {
      bad: { stripe: samples.stripe({ intent: null, inOtherMode: true, genuineness: 'foreign' }) },
      good: { stripe: samples.stripe({ intent: null, genuineness: 'foreign' }) },
    },
  },
  {
    cause: 'other-account',
    find: evidence => {
      const answered = answeredBy(evidence);
      return answered?.intent === null && !answered.inOtherMode
        ? found(
            0.9,
            'The PaymentIntent is well-formed, and Stripe has none of that id on the account of our key.',
          )
        : null;
    },
    samples: {
      bad: { stripe: samples.stripe({ intent: null, genuineness: 'foreign' }) },
      good: { stripe: samples.stripe({ intent: null, inOtherMode: true, genuineness: 'foreign' }) },
    },
  },
  {
    cause: 'secret-of-another-intent',
    find: evidence =>
      differing(evidence, ['clientSecret']).length > 0
        ? found(0.95, 'The client secret that Flex gave is not that of the PaymentIntent at Stripe.')
        : null,
    samples: { bad: mismatch('clientSecret'), good: samples.healthy },
  },
  {
    cause: 'client-writes-payment-intent',
    find: evidence => {
      if (differing(evidence, ['sharetribe-transaction-id', 'id']).length > 0)
        return found(
          0.93,
          'The PaymentIntent was not made for this transaction: its metadata names another, or none.',
        );
      const names = differing(evidence, HANDWRITING);
      if (names.length > 0) return found(0.9, `It differs from what Flex makes in: ${names.join(', ')}.`);
      const second = furtherIntents(evidence);
      return second.length > 0
        ? found(
            0.9,
            `Stripe has more than one PaymentIntent with this transaction's id (${second.map(({ id }) => id).join(', ')}); Flex makes one.`,
          )
        : null;
    },
    samples: { bad: mismatch('sharetribe-transaction-id', 'amount'), good: samples.healthy },
  },
  {
    cause: 'amount-or-currency-refused',
    find: evidence => {
      const names = differing(evidence, AMOUNTS);
      return names.length > 0
        ? found(0.85, `Flex and Stripe do not have the same ${names.join(', ')} for this payment.`)
        : null;
    },
    samples: { bad: mismatch('amount'), good: samples.healthy },
  },
  {
    cause: 'confirmed-already',
    find: evidence =>
      isPaidUnconfirmed(evidence) && !hasWrongIntent(evidence)
        ? found(
            0.9,
            `The PaymentIntent is ${intentOf(evidence)!.status} at Stripe, and the transaction still waits in ${transactionIn(evidence)!.state}.`,
          )
        : null,
    samples: {
      bad: {
        flex: samples.flex(),
        stripe: samples.stripe({ intent: samples.intent({ status: 'requires_capture' }) }),
      },
      good: samples.healthy,
    },
  },
  {
    cause: 'payment-declined',
    find: evidence =>
      isDeclined(evidence)
        ? found(
            hasWrongIntent(evidence) ? 0.6 : 0.92,
            `The last attempt to pay ended with ${intentOf(evidence)!.lastPaymentError}.`,
          )
        : null,
    samples: {
      bad: { stripe: samples.stripe({ intent: samples.intent({ lastPaymentError: 'card_declined' }) }) },
      good: samples.healthy,
    },
  },
  {
    cause: 'payment-expired',
    find: evidence => {
      if (!hasExpired(evidence)) return null;
      const transaction = transactionIn(evidence);
      const said = transaction?.expired
        ? `${transaction.lastTransition} happened by itself: the time was over.`
        : 'Stripe cancelled the payment by itself: the hold on the card had run out.';
      return found(hasWrongIntent(evidence) ? 0.6 : 0.96, said);
    },
    samples: { bad: { flex: samples.flex({ expired: true }) }, good: samples.healthy },
  },
  {
    cause: 'provider-restricted',
    find: evidence => {
      if (!isReal(evidence)) return null;
      const answered = answeredBy(evidence);
      const payout = answered?.sentBack;
      if (payout)
        return found(
          0.85,
          `The customer's payment is as it should be. The provider's bank sent ${payout.id} back (${payout.failureCode ?? 'without a reason'}): it is of this booking's amount, and nothing as large was paid out since.`,
        );
      return isRestricted(evidence)
        ? found(
            0.8,
            `Stripe lets the provider's account take no payments (${answered!.providerAccount!.disabledReason ?? 'without a reason'}).`,
          )
        : null;
    },
    samples: {
      bad: {
        stripe: samples.stripe({
          providerAccount: { chargesEnabled: false, payoutsEnabled: false, disabledReason: null },
        }),
      },
      good: samples.healthy,
    },
  },
  {
    cause: 'stripe-unavailable',
    find: ({ stripe }) => {
      if (!stripe || stripe.asked === 'answered' || stripe.asked === 'no-key') return null;
      const why = {
        unavailable: 'Stripe did not answer.',
        'key-refused': 'Stripe does not take our key.',
        'not-permitted': 'Our key may not read PaymentIntents.',
      }[stripe.asked];
      return found(0.65, why);
    },
    samples: { bad: { stripe: { asked: 'unavailable' } }, good: samples.healthy },
  },
  {
    cause: 'healthy',
    find: evidence => healthOf(evidence),
    samples: {
      bad: samples.healthy,
      good: { ...samples.healthy, stripe: samples.stripe({ intent: null, genuineness: 'foreign' }) },
    },
  },
];

/** How sure it is that nothing is wrong, or null when something is. */
function healthOf(evidence: Evidence): Finding | null {
  const { check, refusal, stripe, process } = evidence;
  const ended =
    [hasExpired, isDeclined, isPaidUnconfirmed, isRestricted].some(holds => holds(evidence)) ||
    Boolean(answeredBy(evidence)?.sentBack) ||
    furtherIntents(evidence).length > 0;
  if (refusal || !isReal(evidence) || hasWrongIntent(evidence) || ended) return null;
  const answered = answeredBy(evidence);
  const intent = intentOf(evidence);
  if (intent && answered!.genuineness === 'genuine') {
    return check?.verdict === 'valid'
      ? found(0.97, `Flex and Stripe say the same of ${intent.id}, which is ${intent.status}.`)
      : found(0.85, `Stripe has ${intent.id} for this transaction, as Flex would make it: ${intent.status}.`);
  }
  if (check?.verdict === 'not-expected' && check.path === null && !process?.lacksCreation)
    return found(0.85, 'This transition creates no PaymentIntent, and none came.');
  if (check?.verdict === 'not-expected' && process?.mayShowEarlier)
    return found(0.8, 'The PaymentIntent was made by an earlier transition and is still shown.');
  if (transactionIn(evidence)?.created === false && !process?.lacksCreation)
    return hasNoneAtStripe(evidence)
      ? found(0.9, 'No transition that creates a PaymentIntent was made yet, and Stripe has none.')
      : found(0.75, 'No transition that creates a PaymentIntent was made yet.');
  const unasked = !stripe || stripe.asked === 'no-key';
  return check?.verdict === 'valid' && unasked
    ? found(0.7, 'Id and client secret are well-formed and belong together; Stripe was not asked.')
    : null;
}
