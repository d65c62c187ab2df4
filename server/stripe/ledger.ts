/** Stripe's own books, for whoever compares them with ours. Only reads. */
import type Stripe from 'stripe';
import type { Intent } from '../domain/fallback/evidence.ts';
import { intentsIn } from './lists.ts';
import type { Guard, Lookup } from './lookup.ts';
import { intentOf } from './money.ts';
import type { Window } from './pages.ts';

/** Of one look: fifty thousand PaymentIntents. */
const MOST_PAGES = 500;

export type StripeLedger = {
  /** Made in the window, and wanted. A page at a time through the door. */
  intents(
    window: Window,
    isWanted: (intent: Intent) => boolean,
    signal?: AbortSignal,
  ): Promise<Lookup<{ intents: Intent[]; isComplete: boolean }>>;
};

export const createStripeLedger = (stripe: Stripe, ask: Guard['ask']): StripeLedger => ({
  intents: (window, isWanted, signal) =>
    intentsIn(stripe, ask, window, data => data.map(intentOf).filter(isWanted), {
      most: MOST_PAGES,
      expand: ['data.latest_charge'],
      signal,
    }),
});
