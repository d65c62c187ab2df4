/** The platform's part of a payment, and what it gives back of it. */
import { post } from '../balance/post.ts';
import type { Charge } from '../charges/entity.ts';
import type { Cause } from '../events/write.ts';
import type { Transfer } from '../transfers/entity.ts';
import { newId, seconds } from '../world.ts';
import type { ApplicationFee } from './entity.ts';

export function collectFee(
  cause: Cause,
  charge: Charge,
  transfer: Transfer,
  terms: { amount: number; availableOn: number },
): ApplicationFee {
  const { world, account, livemode } = cause;
  const id = newId(cause, 'fee');
  const { currency } = charge;
  const fee: ApplicationFee = {
    id,
    payer: transfer.destination,
    account,
    livemode,
    created: seconds(world),
    amount: terms.amount,
    amountRefunded: 0,
    balanceTransaction: post(cause, { account, currency, source: id, type: 'application_fee', ...terms }).id,
    charge: transfer.destinationPayment,
    currency,
    originatingTransaction: charge.id,
    refunds: [],
  };
  world.applicationFees.set(id, fee);
  charge.applicationFee = id;
  world.charges.get(transfer.destinationPayment)!.applicationFee = id;
  return fee;
}

export function refundFee(cause: Cause, fee: ApplicationFee, amount: number): void {
  const { world, account } = cause;
  const { currency } = fee;
  const id = newId(cause, 'fr');
  const entry = post(cause, {
    account,
    amount: -amount,
    currency,
    source: id,
    type: 'application_fee_refund',
  });
  fee.amountRefunded += amount;
  fee.refunds.push({ id, amount, balanceTransaction: entry.id, created: seconds(world) });
}
