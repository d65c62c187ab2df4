/** Asking Stripe for its events, so that everything comes to the same end without a single webhook. */
import type { StripeDoor } from '../stripe/door.ts';
import { readFeed, writeFeed } from '../store/feeds.ts';
import type { Store } from '../store/store.ts';
import type { Inbox } from './inbox.ts';

export type PullDeps = {
  store: Pick<Store, 'db'>;
  stripe: Pick<StripeDoor, 'events'>;
  inbox: Pick<Inbox, 'take'>;
  now: () => number;
};

export type Pulled = { events: number; missed: number; problem: string | null };

export const STRIPE_FEED = 'stripe';

/** Stripe's lists are a little behind, and its seconds are whole. */
const OVERLAP_MS = 2 * 60_000;
/** For the first time; Stripe keeps them 30 days. */
const FIRST_MS = 3 * 86_400_000;
/** In pieces, from the oldest on, so that what was read need not be read again after a failure. */
const PIECE_MS = 6 * 3_600_000;

/** What has happened since the last time. */
export async function pullNew(deps: PullDeps, signal: AbortSignal): Promise<Pulled> {
  const feed = await readFeed(deps.store.db, STRIPE_FEED);
  const now = deps.now();
  const from = feed?.caught_up_at ? feed.caught_up_at.getTime() - OVERLAP_MS : now - FIRST_MS;
  const total: Pulled = { events: 0, missed: 0, problem: null };
  for (let start = from; start < now && !signal.aborted; start += PIECE_MS) {
    const end = Math.min(start + PIECE_MS, now);
    const piece = await pullBetween(deps, { from: start, to: end });
    total.events += piece.events;
    total.missed += piece.missed;
    await writeFeed(deps.store.db, STRIPE_FEED, {
      polled_at: new Date(deps.now()),
      problem: piece.problem,
      added: piece.missed,
      ...(piece.problem === null && { caught_up_at: new Date(end) }),
    });
    if (piece.problem !== null) return { ...total, problem: piece.problem };
  }
  return total;
}

/** All between two times, for `pull-missed`. */
export async function pullBetween(
  { stripe, inbox }: PullDeps,
  window: { from: number; to: number },
): Promise<Pulled> {
  const pulled: Pulled = { events: 0, missed: 0, problem: null };
  let after: string | undefined;
  for (;;) {
    const lookup = await stripe.events(window, after);
    if (lookup.outcome !== 'found')
      return { ...pulled, problem: lookup.outcome === 'unknown' ? lookup.trouble : 'unavailable' };
    const { events, next } = lookup.value;
    for (const event of events) if ((await inbox.take(event, 'pull')).isNew) pulled.missed += 1;
    pulled.events += events.length;
    if (next === null) return pulled;
    after = next;
  }
}
