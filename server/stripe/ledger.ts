/** Stripe's own books, for whoever compares them with ours. Only reads. */
import type Stripe from 'stripe';
import type { Intent } from '../domain/fallback/evidence.ts';
import { mapFound, type Guard, type Lookup } from './lookup.ts';
import { intentOf } from './money.ts';
import { allPages, createdIn, type Window } from './pages.ts';

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
  intents: async (window, isWanted, signal) =>
    mapFound(
      await allPages(
        page =>
          ask(() =>
            stripe.paymentIntents.list({
              ...page,
              created: createdIn(window),
              expand: ['data.latest_charge'],
            }),
          ),
        data => data.map(intentOf).filter(isWanted),
        { most: MOST_PAGES, signal },
      ),
      ({ items, isComplete }) => ({ intents: items, isComplete }),
    ),
});
