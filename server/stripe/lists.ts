/** Lists that several read, each in its own words: all that was made in a window, a page at a time through the door. */
import type Stripe from 'stripe';
import { mapFound, type Guard, type Lookup } from './lookup.ts';
import { allPages, createdIn, type Reading, type Window } from './pages.ts';

/** `expand`: for whoever needs their charges; a key may be good for PaymentIntents and not for these. */
export const intentsIn = async <Read>(
  stripe: Stripe,
  ask: Guard['ask'],
  window: Window,
  read: (data: Stripe.PaymentIntent[]) => Read[],
  { expand, ...reading }: Reading & { expand?: ['data.latest_charge'] },
): Promise<Lookup<{ intents: Read[]; isComplete: boolean }>> =>
  mapFound(
    await allPages(
      page =>
        ask(() =>
          stripe.paymentIntents.list({ ...page, created: createdIn(window), ...(expand && { expand }) }),
        ),
      read,
      reading,
    ),
    ({ items, isComplete }) => ({ intents: items, isComplete }),
  );

/** Of a connected account. */
export const payoutsIn = async <Read>(
  stripe: Stripe,
  ask: Guard['ask'],
  account: string,
  window: Window,
  read: (payout: Stripe.Payout) => Read,
  reading: Reading = {},
): Promise<Lookup<Read[]>> =>
  mapFound(
    await allPages(
      page =>
        ask(() => stripe.payouts.list({ ...page, created: createdIn(window) }, { stripeAccount: account })),
      data => data.map(read),
      reading,
    ),
    ({ items }) => items,
  );
