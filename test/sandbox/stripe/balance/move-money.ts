/**
 * Where the money goes. After each step the accounts add up:
 * captured minus refunded equals what the platform and the connected accounts hold and have paid out, plus Stripe's fees.
 */
import type { Charge } from '../charges/entity.ts';
import { writeEvent, type Cause } from '../events/write.ts';
import type { Refund } from '../refunds/entity.ts';
import { newId, newShortId, seconds, type StripeWorld } from '../world.ts';
import type { BalanceTransaction, Transfer } from './entity.ts';
import { applicationFeeWire, transferWire } from './wire.ts';

/** New money can be paid out two days later, the usual delay. */
const SETTLING_SECONDS = 2 * 24 * 60 * 60;

type Posting = Pick<BalanceTransaction, 'account' | 'amount' | 'currency' | 'source' | 'type'> &
  Partial<Pick<BalanceTransaction, 'fee' | 'feeKind' | 'availableOn'>>;

export function post(
  { world, livemode }: Pick<Cause, 'world' | 'livemode'>,
  posting: Posting,
): BalanceTransaction {
  const created = seconds(world);
  const entry = {
    id: newId(world, 'txn'),
    livemode,
    created,
    availableOn: created,
    fee: 0,
    feeKind: null,
    ...posting,
  };
  world.balanceTransactions.set(entry.id, entry);
  return entry;
}

/** Stripe's own price for a card payment: 2.9 % and 30 minor units, paid by the platform. */
const stripeFee = (amount: number) => Math.round(amount * 0.029) + 30;

/** Books a captured charge: money in, transfer to the destination, application fee back. */
export function settleCapture(cause: Cause, charge: Charge): void {
  const { world } = cause;
  const availableOn = seconds(world) + SETTLING_SECONDS;
  charge.balanceTransaction = post(cause, {
    account: charge.account,
    amount: charge.amountCaptured,
    fee: stripeFee(charge.amountCaptured),
    feeKind: 'stripe_fee',
    currency: charge.currency,
    source: charge.id,
    type: 'charge',
    availableOn,
  }).id;
  if (charge.transferData) settleTransfer(cause, charge, charge.transferData, availableOn);
}

function settleTransfer(
  cause: Cause,
  charge: Charge,
  transferData: { destination: string; amount: number | null },
  availableOn: number,
): void {
  const { world } = cause;
  const amount = transferData.amount ?? charge.amountCaptured;
  // The fee that is collected can not exceed what was captured.
  const fee = Math.min(charge.applicationFeeAmount ?? 0, charge.amountCaptured);
  const transfer: Transfer = {
    id: newId(world, 'tr'),
    account: charge.account,
    livemode: charge.livemode,
    created: seconds(world),
    amount,
    amountReversed: 0,
    balanceTransaction: '',
    currency: charge.currency,
    destination: transferData.destination,
    destinationPayment: newShortId(world, 'py'),
    sourceTransaction: charge.id,
    transferGroup: charge.transferGroup,
    reversals: [],
  };
  transfer.balanceTransaction = post(cause, {
    account: charge.account,
    amount: -amount,
    currency: charge.currency,
    source: transfer.id,
    type: 'transfer',
  }).id;
  world.transfers.set(transfer.id, transfer);
  charge.transfer = transfer.id;
  receiveTransfer(cause, charge, transfer, fee, availableOn);
  writeEvent(cause, 'transfer.created', transferWire(transfer));
  if (fee > 0) collectFee(cause, charge, transfer, fee);
}

/** On the provider's account the transfer is a payment of its own, the fee already taken off it. */
function receiveTransfer(
  cause: Cause,
  charge: Charge,
  transfer: Transfer,
  fee: number,
  availableOn: number,
): void {
  const { amount, currency, destination, destinationPayment } = transfer;
  const entry = post(cause, {
    account: destination,
    amount,
    fee,
    feeKind: fee > 0 ? 'application_fee' : null,
    currency,
    source: destinationPayment,
    type: 'payment',
    availableOn,
  });
  cause.world.charges.set(destinationPayment, {
    ...charge,
    id: destinationPayment,
    account: destination,
    amount,
    amountCaptured: amount,
    applicationFee: null,
    applicationFeeAmount: fee,
    balanceTransaction: entry.id,
    captureBefore: null,
    card: null,
    customer: null,
    metadata: {},
    onBehalfOf: null,
    paymentIntent: null,
    paymentMethod: null,
    sourceTransfer: transfer.id,
    transfer: null,
    transferData: null,
  });
}

function collectFee(cause: Cause, charge: Charge, transfer: Transfer, amount: number): void {
  const { world } = cause;
  const id = newId(world, 'fee');
  const fee = {
    id,
    payer: transfer.destination,
    account: charge.account,
    livemode: charge.livemode,
    created: seconds(world),
    amount,
    amountRefunded: 0,
    balanceTransaction: post(cause, {
      account: charge.account,
      amount,
      currency: charge.currency,
      source: id,
      type: 'application_fee',
    }).id,
    charge: charge.id,
    currency: charge.currency,
  };
  world.applicationFees.set(id, fee);
  charge.applicationFee = id;
  writeEvent(cause, 'application_fee.created', applicationFeeWire(fee));
}

/** Books a refund: out of the platform, and back from the provider as far as the caller asked for it. */
export function settleRefund(
  cause: Cause,
  charge: Charge,
  refund: Refund,
  flags: { reverseTransfer: boolean; refundApplicationFee: boolean },
): void {
  const { world } = cause;
  refund.balanceTransaction = post(cause, {
    account: charge.account,
    amount: -refund.amount,
    currency: charge.currency,
    source: refund.id,
    type: 'refund',
  }).id;
  const share = (whole: number, given: number, back: number) =>
    charge.amountRefunded === charge.amountCaptured ? whole - given : Math.min(whole - given, back);
  const proportion = refund.amount / charge.amountCaptured;

  const fee =
    flags.refundApplicationFee && charge.applicationFee
      ? world.applicationFees.get(charge.applicationFee)
      : undefined;
  const feeBack = fee ? share(fee.amount, fee.amountRefunded, Math.round(fee.amount * proportion)) : 0;
  if (fee && feeBack > 0) {
    fee.amountRefunded += feeBack;
    post(cause, {
      account: charge.account,
      amount: -feeBack,
      currency: fee.currency,
      source: fee.id,
      type: 'application_fee_refund',
    });
    writeEvent(cause, 'application_fee.refunded', applicationFeeWire(fee));
  }
  const transfer =
    flags.reverseTransfer && charge.transfer ? world.transfers.get(charge.transfer) : undefined;
  const transferBack = transfer
    ? share(transfer.amount, transfer.amountReversed, Math.round(transfer.amount * proportion))
    : 0;
  if (transfer && transferBack > 0) {
    transfer.amountReversed += transferBack;
    const reversal = {
      id: newId(world, 'trr'),
      amount: transferBack,
      created: seconds(world),
      sourceRefund: refund.id,
    };
    transfer.reversals.push(reversal);
    refund.transferReversal = reversal.id;
    post(cause, {
      account: charge.account,
      amount: transferBack,
      currency: charge.currency,
      source: reversal.id,
      type: 'transfer_refund',
    });
    writeEvent(cause, 'transfer.reversed', transferWire(transfer));
  }
  if (transferBack > 0 || feeBack > 0) {
    post(cause, {
      account: charge.transferData?.destination ?? charge.account,
      amount: -transferBack,
      fee: -feeBack,
      feeKind: feeBack > 0 ? 'application_fee' : null,
      currency: charge.currency,
      source: transfer?.destinationPayment ?? charge.id,
      type: 'payment_refund',
    });
  }
}

/** The bank sent a refund back: it is the platform's again. What the provider gave back stays given back. */
export function takeBackRefund(world: StripeWorld, charge: Charge, refund: Refund): void {
  const { account, livemode, currency } = charge;
  const posting = {
    account,
    amount: refund.amount,
    currency,
    source: refund.id,
    type: 'refund_failure',
  } as const;
  post({ world, livemode }, posting);
}

/** What an account holds, in minor units: settled, and still settling. */
export function balanceOf(
  { world, account, livemode }: Pick<Cause, 'world' | 'account' | 'livemode'>,
  currency: string,
): { available: number; pending: number } {
  const now = seconds(world);
  const sums = { available: 0, pending: 0 };
  for (const entry of world.balanceTransactions.values()) {
    if (entry.account !== account || entry.livemode !== livemode || entry.currency !== currency) continue;
    sums[entry.availableOn <= now ? 'available' : 'pending'] += entry.amount - entry.fee;
  }
  return sums;
}
