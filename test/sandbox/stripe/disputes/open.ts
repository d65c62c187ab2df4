/** The cardholder's bank takes a payment back: the money is gone at once, and a fee with it. */
import { post } from '../balance/post.ts';
import type { Charge } from '../charges/entity.ts';
import { writeEvent, type Cause } from '../events/write.ts';
import { newId, seconds } from '../world.ts';
import type { Dispute } from './entity.ts';
import { disputeWire } from './wire.ts';

const FEE = 1500;

export function openDispute(cause: Cause, charge: Charge): void {
  const amount = charge.amountCaptured - charge.amountRefunded;
  if (amount === 0 || charge.disputed) return;
  const { world, account, livemode } = cause;
  const { currency, paymentIntent } = charge;
  const id = newId(cause, 'dp');
  const entry = post(cause, {
    account,
    amount: -amount,
    fee: FEE,
    feeKind: 'stripe_fee',
    currency,
    source: id,
    type: 'adjustment',
  });
  const dispute: Dispute = {
    id,
    account,
    livemode,
    created: seconds(world),
    amount,
    balanceTransaction: entry.id,
    charge: charge.id,
    currency,
    paymentIntent,
    card: { brand: charge.methodDetails?.brand ?? 'visa' },
    status: 'needs_response',
  };
  charge.disputed = true;
  world.disputes.set(id, dispute);
  writeEvent(cause, 'charge.dispute.created', disputeWire(dispute, world));
  writeEvent(cause, 'charge.dispute.funds_withdrawn', disputeWire(dispute, world));
}
