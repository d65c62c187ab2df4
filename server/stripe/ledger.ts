/** Stripe's own books, for whoever compares them with ours. Only reads. */
import type Stripe from 'stripe';
import type { Intent } from '../domain/fallback/evidence.ts';
import type { Guard, Lookup } from './lookup.ts';
import { intentOf } from './money.ts';

const PAGE = 100;
/** Of one look: fifty thousand PaymentIntents. */
const MOST_PAGES = 500;

export type StripeLedger = {
  /** Made in the window, in milliseconds since the epoch, and wanted. A page at a time through the door. */
  intents(
    window: { from: number; to: number },
    isWanted: (intent: Intent) => boolean,
    signal?: AbortSignal,
  ): Promise<Lookup<{ intents: Intent[]; isComplete: boolean }>>;
};

export const createStripeLedger = (stripe: Stripe, ask: Guard['ask']): StripeLedger => ({
  async intents({ from, to }, isWanted, signal) {
    const created = { gte: Math.floor(from / 1000), lte: Math.ceil(to / 1000) };
    const intents: Intent[] = [];
    let last: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      if (signal?.aborted) break;
      const lookup = await ask(() =>
        stripe.paymentIntents.list({
          created,
          limit: PAGE,
          expand: ['data.latest_charge'],
          ...(last !== undefined && { starting_after: last }),
        }),
      );
      if (lookup.outcome !== 'found') return lookup;
      const { data, has_more: hasMore } = lookup.value;
      intents.push(...data.map(intentOf).filter(isWanted));
      last = data.at(-1)?.id;
      if (!hasMore || last === undefined) return { outcome: 'found', value: { intents, isComplete: true } };
    }
    return { outcome: 'found', value: { intents, isComplete: false } };
  },
});
