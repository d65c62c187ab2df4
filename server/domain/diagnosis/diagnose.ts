/** From all that is known of one booking to the probable cause, and what to do next. Pure. */
import { explainCode } from '../codes/explain.ts';
import { advice, type Cause } from './causes.ts';
import type { Evidence } from './evidence.ts';
import type { Finding, Rule } from './rule.ts';
import { carriedRules } from './rules/carried.ts';
import { answeredRules } from './rules/answered.ts';
import { refusedRules } from './rules/refused.ts';
import { stripeRules } from './rules/at-stripe.ts';

export type Diagnosis = {
  cause: Cause;
  /** From 0 to 1. */
  confidence: number;
  /** In words, the most telling first. */
  evidence: string[];
  next: string;
  docs: string;
  /** Other causes that the evidence allows, the likelier first. */
  alternatives: { cause: Cause; confidence: number }[];
};

export type Diagnose = (evidence: Evidence) => Diagnosis;

/** Less than this is a guess. */
const LEAST_CONFIDENCE = 0.5;

type Named = Finding & { cause: Cause };

/** A rule that does not find what it must, or finds what is not there, is set aside; without it nothing is called healthy. */
export function createDiagnose(rules: Rule[]): Diagnose {
  let tested: { sound: Rule[]; unsound: Rule[] } | undefined;
  return evidence => {
    tested ??= { sound: rules.filter(isSound), unsound: rules.filter(rule => !isSound(rule)) };
    const findings = tested.sound
      .flatMap((rule): Named[] => {
        const finding = rule.find(evidence);
        return finding ? [{ cause: rule.cause, ...finding }] : [];
      })
      .toSorted((one, other) => other.confidence - one.confidence);
    const best = findings[0];
    const blind = [...new Set(tested.unsound.map(({ cause }) => cause))].map(
      cause => `${cause} could not be looked for: its diagnostic failed its own test.`,
    );
    const isKnown =
      best && best.confidence >= LEAST_CONFIDENCE && !(best.cause === 'healthy' && blind.length > 0);
    const named: Named = isKnown
      ? best
      : { cause: 'inconclusive', confidence: 0, evidence: [...blind, ...gaps(evidence)] };
    const { next, docs } = advice[named.cause];
    return { ...named, next, docs, alternatives: alternativesTo(named.cause, findings) };
  };
}

function isSound({ find, samples }: Rule): boolean {
  try {
    return find(samples.bad) !== null && find(samples.good) === null;
  } catch {
    return false;
  }
}

function alternativesTo(cause: Cause, findings: Named[]): Diagnosis['alternatives'] {
  const seen = new Set<Cause>([cause]);
  return findings.flatMap(finding => {
    if (seen.has(finding.cause)) return [];
    seen.add(finding.cause);
    return [{ cause: finding.cause, confidence: finding.confidence }];
  });
}

/** What would have to be known. */
function gaps({ check, refusal, flex, stripe, process }: Evidence): string[] {
  const codes = refusal ? [...refusal.flexCodes, refusal.stripeCode, refusal.code] : [];
  const explained = codes.flatMap(code => (code === null ? [] : explainCode(code)));
  return [
    ...explained.slice(0, 1).map(({ code, cause, fix }) => `${code}: ${cause} ${fix}`),
    ...(!check && !refusal ? ["There is no look of ours at Flex's answer."] : []),
    ...(flex ? [] : ['Flex was not asked: that needs Integration API credentials.']),
    ...(flex?.asked === 'answered' && flex.transaction === null
      ? ['Flex has no such transaction: it may be of a speculative call, or of another environment.']
      : []),
    ...(stripe && stripe.asked !== 'no-key' ? [] : ['Stripe was not asked: that needs STRIPE_SECRET_KEY.']),
    ...(stripe?.asked === 'answered' && stripe.ofTransaction?.length === 0
      ? [
          stripe.complete
            ? 'Stripe has no PaymentIntent of this transaction on the account of our key.'
            : 'There were more PaymentIntents in the time than could be looked through.',
        ]
      : []),
    ...(process?.known === false ? ['There is no process file for it.'] : []),
  ];
}

export const rules: Rule[] = [...refusedRules, ...answeredRules, ...carriedRules, ...stripeRules];

export const diagnose: Diagnose = createDiagnose(rules);
