/** A booking of the fallback, step by step, and what is there of it. */
import assert from 'node:assert/strict';
import flexSdk from 'sharetribe-flex-sdk';
import { findCase } from '../../server/store/payment-cases.ts';
import type { FallbackWorld } from './fallback-world.ts';

export type Booked = { id: string; paymentIntentId: string };

export const uuid = (id: string) => new flexSdk.types.UUID(id);
export const transactionIn = (answer: any) => answer.body.data.data;
export const paymentIn = (answer: any) =>
  transactionIn(answer).attributes.protectedData.stripePaymentIntents.default;

/** `world`: the one that there is when a step is taken. */
export function stepsIn(world: () => FallbackWorld) {
  const stateOf = (id: string) => world().sandbox.flex().transactions.get(id)!.state;

  async function booked(): Promise<Booked> {
    const answer = await world().book();
    return {
      id: transactionIn(answer).id.uuid,
      paymentIntentId: paymentIn(answer).stripePaymentIntentId,
    };
  }
  /** And known to Flex as paid. */
  async function paid(card = 'pm_card_visa'): Promise<Booked> {
    const own = await booked();
    await world().stripe.paymentIntents.confirm(own.paymentIntentId, { payment_method: card });
    const { status } = await world().alice.post('confirm-payment', { transactionId: uuid(own.id) });
    assert.equal(status, 200);
    return own;
  }
  const byPetra = (id: string, transition: string) =>
    world().petra.sdk.transactions.transition({ id: uuid(id), transition, params: {} });
  /** And captured. */
  async function accepted(card?: string): Promise<Booked> {
    const own = await paid(card);
    await byPetra(own.id, 'transition/accept-fallback');
    await world().later(2 * 60_000);
    await world().sweep();
    assert.equal(stateOf(own.id), 'state/fallback-accepted');
    return own;
  }
  return {
    booked,
    paid,
    accepted,
    byPetra,
    stateOf,
    intentOf: (id: string) => world().sandbox.stripe().paymentIntents.get(id)!,
    caseOf: async (id: string) => (await findCase(world().store.db, id))!,
  };
}
