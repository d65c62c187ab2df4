/** Causes that show in Flex's answer. */
import type { Reason } from '../../payment-intent.ts';
import type { Evidence } from '../evidence.ts';
import { answeredBy, hasNoneAtStripe, intentOf, isCarried, isReal, transactionIn } from '../facts.ts';
import type { Finding, Rule } from '../rule.ts';
import * as samples from '../samples.ts';

const found = (confidence: number, ...evidence: string[]): Finding => ({ confidence, evidence });

/** True, and no matter any more: the fallback has found another way. */
const MENDED = 0.4;

const hasReason = ({ check }: Evidence, reason: Reason) => check?.reasons.includes(reason) ?? false;
const isMissing = (evidence: Evidence) => isReal(evidence) && evidence.check?.verdict === 'missing';

/** Each says enough by itself. */
const NAMED_REASONS: Reason[] = ['uuid', 'misplaced', 'secret-of-another-payment-intent'];

const uuids = samples.check({ verdict: 'invalid', reasons: ['uuid'], paymentIntentId: null });
const missing = samples.check({ verdict: 'missing', path: null, paymentIntentId: null });
const notExpected = samples.check({ verdict: 'not-expected', path: null, paymentIntentId: null });

export const answeredRules: Rule[] = [
  {
    cause: 'simulated-response',
    find: evidence =>
      !isReal(evidence) && !evidence.refusal ? found(0.99, 'The call was speculative: a simulation.') : null,
    samples: {
      bad: { call: { ...samples.call, isSpeculative: true }, check: samples.check({ verdict: 'simulated' }) },
      good: samples.healthy,
    },
  },
  {
    cause: 'flex-returned-placeholder',
    find: evidence => {
      if (!isReal(evidence) || !hasReason(evidence, 'uuid')) return null;
      const real = intentOf(evidence);
      return found(
        isCarried(evidence) ? MENDED : 0.92,
        'The answer to a real call has UUIDs where the PaymentIntent should be.',
        ...(real ? [`Stripe has the real one: ${real.id}, ${real.status}.`] : []),
        ...(hasNoneAtStripe(evidence) ? ['Stripe has no PaymentIntent of this transaction.'] : []),
      );
    },
    samples: { bad: { call: samples.call, check: uuids }, good: samples.healthy },
  },
  {
    cause: 'flex-returned-nothing',
    find: evidence => {
      if (!isMissing(evidence) || transactionIn(evidence)?.confirmed) return null;
      const late = intentOf(evidence);
      return found(
        isCarried(evidence) ? MENDED : 0.8,
        'The transition creates a PaymentIntent, and the answer to a real call has none.',
        ...(late ? [`Stripe has one: ${late.id}, ${late.status}.`] : []),
        ...(hasNoneAtStripe(evidence) ? ['Stripe has no PaymentIntent of this transaction.'] : []),
      );
    },
    samples: {
      bad: { call: samples.call, check: missing },
      good: { call: samples.call, check: missing, flex: samples.flex({ confirmed: true }) },
    },
  },
  {
    cause: 'confirmed-already',
    find: evidence =>
      isReal(evidence) &&
      transactionIn(evidence)?.confirmed &&
      evidence.check?.path === null &&
      (isMissing(evidence) || (evidence.check.verdict === 'not-expected' && evidence.process?.creates))
        ? found(
            0.92,
            'No PaymentIntent is shown any more, and the transaction has made the transition that confirms it.',
          )
        : null,
    samples: {
      bad: { call: samples.call, check: missing, flex: samples.flex({ confirmed: true }) },
      good: { call: samples.call, check: missing, flex: samples.flex() },
    },
  },
  {
    cause: 'secret-of-another-intent',
    find: evidence =>
      isReal(evidence) && hasReason(evidence, 'secret-of-another-payment-intent')
        ? found(0.96, 'The client secret does not begin with the id beside it.')
        : null,
    samples: {
      bad: { check: samples.check({ verdict: 'invalid', reasons: ['secret-of-another-payment-intent'] }) },
      good: samples.healthy,
    },
  },
  {
    cause: 'client-writes-payment-intent',
    find: evidence => {
      const { check, process } = evidence;
      if (!check || !isReal(evidence)) return null;
      if (hasReason(evidence, 'misplaced'))
        return found(0.94, `A PaymentIntent stands at ${check.path}, where Flex never writes one.`);
      if (hasReason(evidence, 'uuid') && process?.createsInFlex === false)
        return found(0.95, "UUIDs stand in the answer although Flex's process creates nothing there.");
      const appeared = check.verdict === 'not-expected' && check.path !== null;
      if (appeared && process?.known && !process.creates && !process.mayShowEarlier)
        return found(0.88, `A PaymentIntent stands at ${check.path}, and no transition so far has made one.`);
      return null;
    },
    samples: {
      bad: { check: samples.check({ verdict: 'invalid', reasons: ['misplaced'], path: 'metadata' }) },
      good: samples.healthy,
    },
  },
  {
    cause: 'client-writes-payment-intent',
    find: evidence => {
      const { check } = evidence;
      const strange =
        check?.verdict === 'invalid' && !NAMED_REASONS.some(reason => hasReason(evidence, reason));
      return strange && isReal(evidence)
        ? found(
            0.65,
            `What stands there is no PaymentIntent of Stripe's (${check.reasons.join(', ')}), and Flex passes Stripe's on unchanged.`,
          )
        : null;
    },
    samples: {
      bad: { check: samples.check({ verdict: 'invalid', reasons: ['masked'] }) },
      good: { check: uuids },
    },
  },
  {
    cause: 'process-without-create-action',
    find: evidence => {
      const { check, process } = evidence;
      if (isMissing(evidence) && process?.createsInFlex === false)
        return found(
          0.95,
          'In Flex the transition has no create action; our process file is not what the alias points to.',
        );
      const nothing = check === undefined || (check.verdict === 'not-expected' && check.path === null);
      return isReal(evidence) && nothing && !evidence.refusal && process?.lacksCreation
        ? found(0.9, 'The process goes on to confirm a payment that none of its transitions creates.')
        : null;
    },
    samples: {
      bad: {
        call: samples.call,
        check: notExpected,
        process: samples.process({ creates: false, lacksCreation: true }),
      },
      good: { call: samples.call, check: notExpected, process: samples.process({ creates: false }) },
    },
  },
  {
    cause: 'process-without-create-action',
    find: evidence =>
      transactionIn(evidence)?.overdue &&
      hasNoneAtStripe(evidence) &&
      (evidence.check === undefined || isMissing(evidence))
        ? found(
            0.85,
            'The time to pay is over, Flex could not end the transaction, and Stripe has no payment: there is none that could be ended.',
          )
        : null,
    samples: {
      bad: { flex: samples.flex({ overdue: true }), stripe: samples.noneAtStripe },
      good: { flex: samples.flex(), stripe: samples.noneAtStripe },
    },
  },
  {
    cause: 'unknown-process',
    find: evidence =>
      isReal(evidence) && evidence.check?.verdict === 'unknown-process'
        ? found(0.9, `No process file knows ${evidence.call?.transition ?? 'the transition'}.`)
        : null,
    samples: {
      bad: { call: samples.call, check: samples.check({ verdict: 'unknown-process' }) },
      good: samples.healthy,
    },
  },
  {
    cause: 'unknown-process',
    find: evidence =>
      evidence.check === undefined && evidence.process?.known === false && !intentOf(evidence)
        ? found(0.6, 'No process file knows the process of this transaction.')
        : null,
    samples: {
      bad: { process: samples.process({ known: false }), stripe: samples.noneAtStripe },
      good: { process: samples.process(), stripe: samples.noneAtStripe },
    },
  },
  {
    cause: 'provider-without-account',
    find: evidence =>
      transactionIn(evidence)?.providerAccount === null && hasNoneAtStripe(evidence) && isReal(evidence)
        ? found(0.85, 'The provider has no Stripe account, and Stripe has no payment of this transaction.')
        : null,
    samples: {
      bad: { flex: samples.flex({ providerAccount: null }), stripe: samples.noneAtStripe },
      good: { flex: samples.flex({ providerAccount: 'acct_1' }), stripe: samples.noneAtStripe },
    },
  },
  {
    cause: 'credentials-mismatch',
    find: ({ flex, settings }) => {
      if (settings?.secretAccepted === false) return found(0.96, 'Flex does not take our client secret.');
      return flex?.asked === 'credentials-refused'
        ? found(0.9, 'Flex does not take the credentials of the Integration API.')
        : null;
    },
    samples: { bad: { settings: { secretAccepted: false } }, good: { settings: { secretAccepted: true } } },
  },
  {
    cause: 'flex-unavailable',
    find: evidence =>
      evidence.flex?.asked === 'unavailable' && !answeredBy(evidence)?.intent
        ? found(0.6, 'Flex could not be asked about the transaction.')
        : null,
    samples: { bad: { flex: { asked: 'unavailable' } }, good: samples.healthy },
  },
];
