/** One thing that was recorded, in a line. */
import type { Cause } from '../../server/domain/diagnosis/causes.ts';
import { verdictOf, type Report } from '../../server/domain/report.ts';
import { paint } from '../lib/tables.ts';

export type Kind = 'checks' | 'refusals' | 'verifications';

type Common = {
  id: string;
  at: string;
  processName: string | null;
  transition: string;
  transactionId: string | null;
  cause: Cause;
};
export type Seen = Common &
  (
    | { kind: 'checks'; isSpeculative: boolean; verdict: string; reasons: string[] }
    | {
        kind: 'refusals';
        isSpeculative: boolean;
        status: number;
        code: string;
        flexCodes: string[];
        stripeCode: string | null;
      }
    | { kind: 'verifications'; paymentIntentId: string; genuineness: string; differing: string[] }
  );

/** What has been seen of it by itself says nothing is wrong, or something, or neither. */
export const verdictOn = (seen: Seen): Report['verdict'] => verdictOf(seen);

export function lineOf(seen: Seen): string {
  const verdict = verdictOn(seen);
  const mark = { fine: paint('green', '✓'), wrong: paint('red', '✗'), inconclusive: paint('yellow', '?') };
  return [
    seen.at,
    mark[verdict],
    (seen.processName ?? 'unknown process').padEnd(18),
    seen.transition.replace(/^transition\//, '').padEnd(16),
    whatOf(seen).padEnd(44),
    (seen.transactionId ?? 'no transaction').padEnd(36),
    verdict === 'fine' ? paint('dim', seen.cause) : paint('bold', seen.cause),
  ].join('  ');
}

function whatOf(seen: Seen): string {
  if (seen.kind === 'checks') return [seen.verdict, ...seen.reasons].join(' ');
  if (seen.kind === 'verifications') return `Stripe: ${[seen.genuineness, ...seen.differing].join(' ')}`;
  const codes = [...seen.flexCodes, seen.stripeCode].filter(code => code !== null);
  return `${seen.isSpeculative ? 'speculative, ' : ''}refused: ${seen.status} ${codes.length > 0 ? codes.join(' ') : seen.code}`;
}
