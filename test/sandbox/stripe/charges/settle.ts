/** Booking a captured charge: the money comes in, the provider's part goes on to its account, the fee comes back off that. */
import { collectFee } from '../application-fees/move.ts';
import type { ApplicationFee } from '../application-fees/entity.ts';
import { applicationFeeWire } from '../application-fees/wire.ts';
import { post } from '../balance/post.ts';
import { writeEvent, type Cause } from '../events/write.ts';
import type { Transfer } from '../transfers/entity.ts';
import { makeTransfer } from '../transfers/move.ts';
import { transferWire } from '../transfers/wire.ts';
import { seconds } from '../world.ts';
import type { Charge } from './entity.ts';

/** New money can be paid out two days later, the usual delay. */
const SETTLING_SECONDS = 2 * 24 * 60 * 60;

/** Stripe's own price for a card payment: 2.9 % and 30 minor units, paid by the platform. */
const stripeFee = (amount: number) => Math.round(amount * 0.029) + 30;

export type Settled = { transfer: Transfer | null; fee: ApplicationFee | null };

export function settle(cause: Cause, charge: Charge): Settled {
  const availableOn = seconds(cause.world) + SETTLING_SECONDS;
  const { account, amountCaptured, currency, transferData } = charge;
  charge.balanceTransaction = post(cause, {
    account,
    amount: amountCaptured,
    fee: stripeFee(amountCaptured),
    feeKind: 'stripe_fee',
    currency,
    source: charge.id,
    type: 'charge',
    availableOn,
  }).id;
  if (!transferData) return { transfer: null, fee: null };
  // Neither can exceed what was captured.
  const applicationFee = Math.min(charge.applicationFeeAmount ?? 0, amountCaptured);
  const transfer = makeTransfer(cause, {
    amount: Math.min(transferData.amount ?? amountCaptured, amountCaptured),
    currency,
    description: null,
    destination: transferData.destination,
    metadata: {},
    transferGroup: charge.transferGroup,
    sourceTransaction: charge,
    applicationFee,
    availableOn,
  });
  charge.transfer = transfer.id;
  const fee =
    applicationFee > 0 ? collectFee(cause, charge, transfer, { amount: applicationFee, availableOn }) : null;
  return { transfer, fee };
}

export function announce(cause: Cause, { transfer, fee }: Settled): void {
  if (transfer) writeEvent(cause, 'transfer.created', transferWire(transfer));
  if (fee) writeEvent(cause, 'application_fee.created', applicationFeeWire(fee));
}
