/** Where a refund's money comes from: the platform, and the provider as far as the caller asked for it. */
import { refundFee } from '../application-fees/move.ts';
import { applicationFeeWire } from '../application-fees/wire.ts';
import { post } from '../balance/post.ts';
import type { Charge } from '../charges/entity.ts';
import { writeEvent, type Cause } from '../events/write.ts';
import { giveBack, reverseTransfer } from '../transfers/move.ts';
import { transferWire } from '../transfers/wire.ts';
import type { Refund } from './entity.ts';

export type RefundFlags = { reverseTransfer: boolean; refundApplicationFee: boolean };

/** Books a refund. `amountRefunded` of the charge holds it already. */
export function giveBackMoney(cause: Cause, charge: Charge, refund: Refund, flags: RefundFlags): void {
  const { transfers, applicationFees } = cause.world;
  const { account, currency } = charge;
  refund.balanceTransaction = post(cause, {
    account,
    amount: -refund.amount,
    currency,
    source: refund.id,
    type: 'refund',
  }).id;
  const transfer = transfers.get(charge.transfer ?? '');
  const fee = flags.refundApplicationFee ? applicationFees.get(charge.applicationFee ?? '') : undefined;
  const feeBack = fee ? shareOf(charge, refund, fee.amount, fee.amountRefunded) : 0;
  const amountBack =
    transfer && flags.reverseTransfer ? shareOf(charge, refund, transfer.amount, transfer.amountReversed) : 0;
  if (fee && feeBack > 0) refundFee(cause, fee, feeBack);
  if (transfer && amountBack > 0) {
    const given = { metadata: {}, sourceRefund: refund.id, feeBack };
    refund.transferReversal = reverseTransfer(cause, transfer, amountBack, given).id;
  } else if (transfer && feeBack > 0) giveBack(cause, transfer, { amount: 0, feeBack });
}

/** In proportion. What rounding left over goes with the last of the money. */
function shareOf(charge: Charge, refund: Refund, whole: number, given: number): number {
  const rest = whole - given;
  const share = Math.round((whole * refund.amount) / charge.amountCaptured);
  const isLast = charge.amountRefunded === charge.amountCaptured;
  return isLast && Math.abs(rest - share) <= 1 ? rest : Math.min(rest, share);
}

export function announceGivenBack(cause: Cause, charge: Charge, refund: Refund, flags: RefundFlags): void {
  const { transfers, applicationFees } = cause.world;
  if (refund.transferReversal !== null)
    writeEvent(cause, 'transfer.reversed', transferWire(transfers.get(charge.transfer!)!));
  const fee = applicationFees.get(charge.applicationFee ?? '');
  if (fee && flags.refundApplicationFee)
    writeEvent(cause, 'application_fee.refunded', applicationFeeWire(fee));
}

/** The bank sent a refund back: it is the platform's again. What the provider gave back stays given back. */
export function takeBack(cause: Cause, charge: Charge, refund: Refund): void {
  const { account, currency } = charge;
  charge.amountRefunded -= refund.amount;
  refund.status = 'failed';
  refund.failureBalanceTransaction = post(cause, {
    account,
    amount: refund.amount,
    currency,
    source: refund.id,
    type: 'refund_failure',
  }).id;
}
