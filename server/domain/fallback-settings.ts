/** What the fallback is told to do, and to what it applies. Whether it may do it at all is decided in `fallback-readiness.ts`. */
import { causeOfRefusal } from './diagnosis/refusals.ts';
import type { RefusalEvidence } from './diagnosis/evidence.ts';
import { textFaults } from './payment-intent.ts';
import { stripeCurrencies } from './stripe-currencies.ts';
import type { Check } from './verdict.ts';

export type FallbackSettings = {
  /** Asked for; more is needed for it to be on. */
  wanted: boolean;
  /** Also where the Stripe key is a live one. */
  live: boolean;
  approvedBy: string | null;
  supportCase: string | null;
  /** Names of processes; null for all that have the lane. */
  processes: string[] | null;
  /** Of a hundred transactions, how many. */
  share: number;
  /** In minor units, whatever the currency; null for any amount. */
  maxAmount: number | null;
  currencies: string[];
  /** Refusals of Flex upon which an order is placed by the lane's own entry. Of `platformRefusals`. */
  refusals: string[];
  /** Answers with which nobody can pay, upon which an order is moved into the lane. Of `unusableAnswers`. */
  answers: string[];
};

/**
 * All that can be asked for: a refusal of the platform's own, by Flex's code, Stripe's code, or a cause where Stripe gives none.
 * A decline, or what the customer or the provider has to mend, is not among them and can not be added.
 */
export const platformRefusals = [
  'stripe-missing-api-key',
  'flex-stripe-key-invalid',
  'api_key_expired',
  'platform_api_key_expired',
  'secret_key_required',
  'livemode_mismatch',
  'other-mode',
];

export const usualRefusals = platformRefusals.slice(0, 5);

/** A verdict, or the verdict `invalid` for one reason only. */
export const unusableAnswers = ['missing', 'invalid', ...textFaults.map(reason => `invalid:${reason}`)];

export const usualAnswers = ['missing', 'invalid'];

export const usualCurrencies = stripeCurrencies;

/** The name among the settings by which this refusal is the platform's; null for any other, and when the outcome is not known. */
export function platformRefusal({ refusals }: FallbackSettings, refusal: RefusalEvidence): string | null {
  if (refusal.code !== 'flex-refused') return null;
  const names = [...refusal.flexCodes, refusal.stripeCode, causeOfRefusal(refusal)?.cause];
  return refusals.find(name => platformRefusals.includes(name) && names.includes(name)) ?? null;
}

/** Whether an answer is one upon which the order is moved into the lane. A simulated or unknown one never is. */
export function isUnusable({ answers }: FallbackSettings, { verdict, reasons: found }: Check): boolean {
  if (verdict === 'missing') return answers.includes('missing');
  if (verdict !== 'invalid') return false;
  return answers.includes('invalid') || found.every(reason => answers.includes(`invalid:${reason}`));
}

export type ScopeSubject = {
  process: string;
  /** In minor units. */
  amount: number;
  currency: string;
  /** Where there is no transaction yet, the id of the attempt: what counts is that it stays the same. */
  transactionId: string;
};

/** Why the fallback leaves this order alone, in words; null when it does not. */
export function outsideScope(settings: FallbackSettings, subject: ScopeSubject): string | null {
  const { processes, currencies, maxAmount, share } = settings;
  const { process, amount, currency, transactionId } = subject;
  if (processes !== null && !processes.includes(process))
    return `${process} is not among PI_FALLBACK_PROCESSES`;
  if (!currencies.includes(currency)) return `${currency} is not among PI_FALLBACK_CURRENCIES`;
  if (maxAmount !== null && amount > maxAmount)
    return `the amount is above PI_FALLBACK_MAX_AMOUNT (${maxAmount})`;
  return placeOf(transactionId) < share ? null : `it is not in the ${share} per cent of PI_FALLBACK_SHARE`;
}

export const inScope = (settings: FallbackSettings, subject: ScopeSubject): boolean =>
  outsideScope(settings, subject) === null;

/** From 0 to below 100, and always the same for one id: whoever asks, and after any restart. */
function placeOf(id: string): number {
  let hash = 0x811c9dc5;
  for (const character of id.toLowerCase())
    hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193) >>> 0;
  // The last characters alone would decide otherwise.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) >>> 0;
  return (((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000) * 100;
}
