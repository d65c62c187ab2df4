/** Any error code of Flex, Stripe or this service, in words. Asks nobody. */
import { advice, type Cause, type Concern } from '../diagnosis/causes.ts';
import type { Explained, Who } from './code.ts';
import { flexCodes } from './flex.ts';
import { proxyCodes } from './proxy.ts';
import { stripeCodeNames } from './stripe-names.ts';
import { declineCodes, familyOf, stripeCodes } from './stripe.ts';

export type Explanation = Explained & {
  code: string;
  source: 'flex' | 'stripe' | 'stripe decline' | 'this service' | 'diagnosis';
  docs: string;
  /** False when only what the code's name begins with is known. */
  exact: boolean;
};

const FLEX_DOCS = 'https://www.sharetribe.com/api-reference/#errors';
const OWN_DOCS = 'README.md';
const stripeDocs = (code: string) => `https://docs.stripe.com/error-codes#${code.replaceAll('_', '-')}`;
const DECLINE_DOCS = 'https://docs.stripe.com/declines/codes';

const inTable = (table: Record<string, Explained>, code: string) =>
  Object.hasOwn(table, code) ? table[code] : undefined;

/** Most often one; a code that two of them have is explained twice. */
export function explainCode(code: string): Explanation[] {
  const known: [Explained | undefined, Pick<Explanation, 'source' | 'docs' | 'exact'>][] = [
    [inTable(flexCodes, code), { source: 'flex', docs: FLEX_DOCS, exact: true }],
    [inTable(stripeCodes, code), { source: 'stripe', docs: stripeDocs(code), exact: true }],
    [inTable(declineCodes, code), { source: 'stripe decline', docs: DECLINE_DOCS, exact: true }],
    [inTable(proxyCodes, code), { source: 'this service', docs: OWN_DOCS, exact: true }],
  ];
  const found = known.flatMap(([explained, place]) => (explained ? [{ code, ...explained, ...place }] : []));
  if (found.length > 0) return found;
  return stripeCodeNames.has(code)
    ? [
        {
          code,
          ...(familyOf(code) ?? OTHER),
          source: 'stripe',
          docs: stripeDocs(code),
          exact: false,
        },
      ]
    : [];
}

const OTHER: Explained = {
  who: 'developer',
  cause: 'A code of Stripe that bookings do not usually meet.',
  fix: 'See its entry in the documentation, and the request in the Dashboard under Developers > Logs.',
};

const WHO: Record<Concern, Who> = {
  fine: 'nobody',
  customer: 'customer',
  operator: 'operator',
  unknown: 'operator',
};

/** What our own diagnoses are called in incidents, reports and `tail`, in the same words. */
export function explainCause(code: string): Explanation[] {
  if (!Object.hasOwn(advice, code)) return [];
  const { concern, meaning, next, docs } = advice[code as Cause];
  return [{ code, source: 'diagnosis', who: WHO[concern], cause: meaning, fix: next, docs, exact: true }];
}
