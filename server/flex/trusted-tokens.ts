/**
 * Trusted tokens that were just used, for the next call of the same checkout: it asks for a price several times before it
 * books. They are found by a digest of the user's own token, and nobody gets at one without showing that.
 */
import { hash } from 'node:crypto';
import type { Token } from 'sharetribe-flex-sdk';

export type TrustedTokens = {
  get(accessToken: string): string | undefined;
  keep(accessToken: string, trusted: Token): void;
  forget(accessToken: string): void;
};

const LONGEST_KEPT_MS = 60_000;
/** Its seconds were counted when it left Flex. */
const EARLIER_MS = 10_000;
const MOST_KEPT = 1_000;

export function createTrustedTokens(now = () => performance.now()): TrustedTokens {
  // The oldest first.
  const kept = new Map<string, { token: string; until: number }>();

  return {
    get(accessToken) {
      const found = kept.get(keyOf(accessToken));
      return found && found.until > now() ? found.token : undefined;
    },
    keep(accessToken, { access_token: token, expires_in: seconds }) {
      const ms = Math.min(LONGEST_KEPT_MS, seconds * 1000 - EARLIER_MS);
      if (!(ms > 0)) return;
      const key = keyOf(accessToken);
      kept.delete(key);
      kept.set(key, { token, until: now() + ms });
      for (const [oldest, { until }] of kept) {
        if (kept.size <= MOST_KEPT && until > now()) break;
        kept.delete(oldest);
      }
    },
    forget: accessToken => void kept.delete(keyOf(accessToken)),
  };
}

const keyOf = (accessToken: string) => hash('sha256', accessToken, 'base64');
