/** Stripe's events as its servers send them at their worst: some several times, and in no order. */
import Stripe from 'stripe';
import type { SandboxInfo } from '../sandbox/sandbox.ts';
import { stripeClient } from './flex-sdks.ts';

/** The same every time. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state % below;
  };
}

/** As Flex makes them, to be told of. */
export async function makeIntents(info: SandboxInfo, count: number): Promise<Stripe.PaymentIntent[]> {
  const stripe = stripeClient(info);
  const made: Stripe.PaymentIntent[] = [];
  for (let index = 0; index < count; index++)
    made.push(
      await stripe.paymentIntents.create({
        amount: 1_000 + index,
        currency: 'eur',
        metadata: { 'sharetribe-transaction-id': `transaction-${index}` },
      }),
    );
  return made;
}

/** Bodies of events, so many of each PaymentIntent; `mark` is part of their ids. */
export function eventBodies(intents: readonly Stripe.PaymentIntent[], ofEach: number, mark = ''): string[] {
  const created = Math.floor(Date.now() / 1000);
  return intents.flatMap((intent, index) =>
    Array.from({ length: ofEach }, (_, step) =>
      JSON.stringify({
        id: `evt_${mark}${index}_${step}`,
        object: 'event',
        type: 'payment_intent.created',
        api_version: Stripe.API_VERSION,
        created: created - ofEach + step,
        livemode: false,
        data: { object: intent },
      }),
    ),
  );
}

/** Each up to five times. */
export function repeatedAndShuffled(bodies: readonly string[], random: (below: number) => number): string[] {
  const deliveries = bodies.flatMap(body => Array.from({ length: 1 + random(5) }, () => body));
  for (let last = deliveries.length - 1; last > 0; last--) {
    const other = random(last + 1);
    [deliveries[last], deliveries[other]] = [deliveries[other]!, deliveries[last]!];
  }
  return deliveries;
}

export const signatureOf = (payload: string, secret: string): string =>
  Stripe.webhooks.generateTestHeaderString({ payload, secret });
