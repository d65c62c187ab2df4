/** Money from the platform to a connected account, and back. */
import { post } from '../balance/post.ts';
import type { Charge } from '../charges/entity.ts';
import type { Cause } from '../events/write.ts';
import { newId, newShortId, seconds } from '../world.ts';
import type { Transfer, TransferReversal } from './entity.ts';

export type TransferTerms = Pick<
  Transfer,
  'amount' | 'currency' | 'description' | 'destination' | 'metadata' | 'transferGroup'
> & {
  sourceTransaction: Charge | null;
  /** Taken off it on arrival, for the platform. */
  applicationFee: number;
  availableOn: number;
};

export function makeTransfer(cause: Cause, terms: TransferTerms): Transfer {
  const { world, account, livemode } = cause;
  const { applicationFee, availableOn, sourceTransaction, ...rest } = terms;
  const id = newId(cause, 'tr');
  const transfer: Transfer = {
    id,
    account,
    livemode,
    created: seconds(world),
    ...rest,
    amountReversed: 0,
    balanceTransaction: post(cause, {
      account,
      amount: -terms.amount,
      currency: terms.currency,
      source: id,
      type: 'transfer',
      availableOn,
    }).id,
    destinationPayment: newShortId(world, 'py'),
    sourceTransaction: sourceTransaction?.id ?? null,
    reversals: [],
  };
  world.transfers.set(id, transfer);
  receive(cause, transfer, applicationFee, availableOn);
  return transfer;
}

/** On the provider's account the transfer is a payment of its own, the fee already taken off it. */
function receive(cause: Cause, transfer: Transfer, fee: number, availableOn: number): void {
  const { world, livemode } = cause;
  const { amount, created, currency, destination, destinationPayment } = transfer;
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
  world.charges.set(destinationPayment, {
    id: destinationPayment,
    account: destination,
    livemode,
    created,
    amount,
    amountCaptured: amount,
    amountRefunded: 0,
    applicationFee: null,
    applicationFeeAmount: fee > 0 ? fee : null,
    balanceTransaction: entry.id,
    captured: true,
    currency,
    customer: null,
    description: null,
    disputed: false,
    failure: null,
    metadata: {},
    onBehalfOf: null,
    paymentIntent: null,
    paymentMethod: null,
    methodDetails: null,
    captureBefore: null,
    receiptEmail: null,
    shipping: null,
    statementDescriptorSuffix: null,
    status: 'succeeded',
    sourceTransfer: transfer.id,
    transfer: null,
    transferData: null,
    transferGroup: transfer.transferGroup,
  });
}

export function reverseTransfer(
  cause: Cause,
  transfer: Transfer,
  amount: number,
  given: Pick<TransferReversal, 'metadata' | 'sourceRefund'> & { feeBack: number },
): TransferReversal {
  const { world, account, livemode } = cause;
  const { currency } = transfer;
  const { feeBack, ...rest } = given;
  const id = newId(cause, 'trr');
  const reversal: TransferReversal = {
    id,
    account,
    livemode,
    created: seconds(world),
    amount,
    balanceTransaction: post(cause, { account, amount, currency, source: id, type: 'transfer_refund' }).id,
    ...rest,
  };
  transfer.reversals.push(reversal);
  transfer.amountReversed += amount;
  giveBack(cause, transfer, { amount, feeBack });
  return reversal;
}

/** What the provider gives back of a payment, and gets back of the fee on it. */
export function giveBack(
  cause: Cause,
  { currency, destination, destinationPayment }: Transfer,
  { amount, feeBack }: { amount: number; feeBack: number },
): void {
  const payment = cause.world.charges.get(destinationPayment)!;
  payment.amountRefunded += amount;
  post(cause, {
    account: destination,
    amount: -amount,
    fee: -feeBack,
    feeKind: feeBack > 0 ? 'application_fee' : null,
    currency,
    source: destinationPayment,
    type: 'payment_refund',
  });
}
