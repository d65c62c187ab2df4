/**
 * Refreshes of sessions, each made once. Requests that come with the same expired cookie share one refresh, and those that
 * are a moment late get its result: where Flex gives a new refresh token each time, a second refresh would be refused.
 */
import { hash } from 'node:crypto';
import type { Token } from 'sharetribe-flex-sdk';

export type Renewals = {
  renew(refreshToken: string, refresh: () => Promise<Token | null>): Promise<Token | null>;
  /** What it led to is no good any more. */
  forget(refreshToken: string): void;
};

/** The browser has the new cookie by then. */
const KEPT_MS = 30_000;

export function createRenewals(now = () => performance.now()): Renewals {
  const renewals = new Map<string, { since: number; token: Promise<Token | null> }>();

  const forgetOld = () => {
    for (const [key, { since }] of renewals) {
      if (now() - since < KEPT_MS) return;
      renewals.delete(key);
    }
  };

  return {
    renew(refreshToken, refresh) {
      forgetOld();
      const key = keyOf(refreshToken);
      const known = renewals.get(key);
      if (known) return known.token;
      const token = refresh();
      renewals.set(key, { since: now(), token });
      // What was refused or failed may be tried again at once.
      const forget = () => renewals.delete(key);
      token.then(renewed => renewed ?? forget(), forget);
      return token;
    },
    forget: refreshToken => void renewals.delete(keyOf(refreshToken)),
  };
}

const keyOf = (refreshToken: string) => hash('sha256', refreshToken, 'base64');
