/** The claims on idempotency keys as requests use them: the one thing in the database that a request waits for, and not for long. */
import { hash } from 'node:crypto';
import {
  claimInitiate,
  settleInitiate,
  type ClaimEnd,
  type ClaimState,
  type Wish,
} from './initiate-claims.ts';
import type { Store } from './store.ts';

/** A database that takes longer is as good as away. */
const LONGEST_MS = 500;

/** A key is whatever its sender made up: its digest tells it from others as well. */
const kept = (wish: Wish): Wish => ({ ...wish, key: hash('sha256', wish.key, 'base64url') });

export const claimsIn = (store: Pick<Store, 'db' | 'status'>) => ({
  async claim(wish: Wish): Promise<ClaimState | null> {
    if (!store.status().isUp) return null;
    const claim = claimInitiate(store.db, kept(wish)).catch(() => null);
    const { promise: late, resolve } = Promise.withResolvers<null>();
    const timer = setTimeout(() => {
      resolve(null);
      // Who claimed it has gone on without.
      void claim.then(state => state?.is === 'mine' && this.settle(wish, state.fence, { is: 'refused' }));
    }, LONGEST_MS);
    const state = await Promise.race([claim, late]);
    clearTimeout(timer);
    return state;
  },
  settle(wish: Wish, fence: number, end: ClaimEnd): void {
    settleInitiate(store.db, kept(wish), fence, end).catch(() => 'it runs out');
  },
});
