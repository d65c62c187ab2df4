/** What a refusal says of its cause. */
import { ownValue } from '../own-value.ts';
import type { ProxyError } from '../errors.ts';
import { flexCodes } from '../codes/flex.ts';
import { proxyCodes } from '../codes/proxy.ts';
import { declineCodes, stripeCodes } from '../codes/stripe.ts';
import type { Cause } from './causes.ts';
import type { RefusalEvidence } from './evidence.ts';
import type { Finding } from './rule.ts';

/** What of an error of ours may be known. */
export function refusalEvidence({ code, status, statusText, data }: ProxyError): RefusalEvidence {
  const errors = ownValue(data, 'errors');
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  const meta = ownValue(first, 'meta');
  return {
    code,
    status,
    statusText,
    flexCodes: Array.isArray(errors) ? errors.map(error => String(ownValue(error, 'code'))) : [],
    stripeCode: textOrNull(ownValue(meta, 'stripeCode')),
    stripeMessage: textOrNull(ownValue(meta, 'stripeMessage')),
  };
}

const textOrNull = (value: unknown) => (typeof value === 'string' ? value : null);

export type NamedCause = Finding & { cause: Cause };

/** The most telling of what the refusal holds: Stripe's words before Flex's code, Flex's before ours. */
export function causeOfRefusal(refusal: RefusalEvidence): NamedCause | null {
  return (
    (refusal.flexCodes.includes('transaction-payment-failed') && byStripe(refusal)) ||
    byFlex(refusal) ||
    byUs(refusal)
  );
}

/** Stripe's message where its code leaves open what it is about, or there is none. */
const MESSAGES: [RegExp, Cause][] = [
  [/exists in (live|test) mode/i, 'other-mode'],
  [/(invalid|expired|no) api key|publishable api key/i, 'flex-stripe-key-invalid'],
  [
    /does not have access to account|no such (destination|account)|connected to your platform/i,
    'other-account',
  ],
  [
    /cannot currently make charges|capabilit|requirements|account (is|has been) (restricted|rejected|disabled)/i,
    'provider-restricted',
  ],
  [
    /amount must|must convert to at least|invalid currency|invalid integer|application_fee/i,
    'amount-or-currency-refused',
  ],
  [/declined|insufficient funds|security code|expired card|authenticat/i, 'payment-declined'],
  [/unknown error|try again|rate limit|timed? ?out|connection|could not be reached/i, 'stripe-unavailable'],
];

function byStripe({ stripeCode, stripeMessage }: RefusalEvidence): NamedCause | null {
  const said = [
    ...(stripeCode === null ? [] : [`Stripe's code is ${stripeCode}.`]),
    ...(stripeMessage === null ? [] : [`Stripe says: ${stripeMessage}`]),
  ];
  const byMessage = MESSAGES.find(([pattern]) => pattern.test(stripeMessage ?? ''))?.[1];
  const explained =
    stripeCode === null ? undefined : (lookUp(stripeCodes, stripeCode) ?? lookUp(declineCodes, stripeCode));
  // This code says that something is not there; only the message says what.
  const byCode = stripeCode === 'resource_missing' ? (byMessage ?? 'other-account') : explained?.diagnosis;
  if (byCode) return { cause: byCode, confidence: 0.97, evidence: said };
  return byMessage ? { cause: byMessage, confidence: 0.85, evidence: said } : null;
}

function byFlex({ flexCodes: codes, status }: RefusalEvidence): NamedCause | null {
  for (const code of codes) {
    const explained = lookUp(flexCodes, code);
    if (explained?.diagnosis) {
      return {
        cause: explained.diagnosis,
        confidence: 0.95,
        evidence: [`Flex refused with ${status} ${code}: ${explained.cause}`],
      };
    }
  }
  return null;
}

function byUs({ code, status, statusText }: RefusalEvidence): NamedCause | null {
  if (code === 'param-not-allowed' && /stripePaymentIntent/.test(statusText)) {
    return {
      cause: 'client-writes-payment-intent',
      confidence: 0.97,
      evidence: [`The client sent it and was refused: ${statusText}`],
    };
  }
  const explained = lookUp(proxyCodes, code);
  return explained?.diagnosis
    ? {
        cause: explained.diagnosis,
        confidence: 0.9,
        evidence: [`The call ended with ${status} ${code}: ${statusText}`],
      }
    : null;
}

const lookUp = <T>(table: Record<string, T>, code: string): T | undefined =>
  Object.hasOwn(table, code) ? table[code] : undefined;
