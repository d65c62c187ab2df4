import type { WireObject } from '../shapes.ts';
import type { Transfer, TransferReversal } from './entity.ts';

export function transferWire(transfer: Transfer): WireObject {
  return {
    id: transfer.id,
    object: 'transfer',
    amount: transfer.amount,
    amount_reversed: transfer.amountReversed,
    balance_transaction: transfer.balanceTransaction,
    created: transfer.created,
    currency: transfer.currency,
    description: transfer.description,
    destination: transfer.destination,
    destination_payment: transfer.destinationPayment,
    livemode: transfer.livemode,
    metadata: { ...transfer.metadata },
    reversals: {
      object: 'list',
      data: transfer.reversals.toReversed().map(reversal => reversalWire(transfer, reversal)),
      has_more: false,
      url: `/v1/transfers/${transfer.id}/reversals`,
    },
    reversed: transfer.amountReversed === transfer.amount,
    source_transaction: transfer.sourceTransaction,
    source_type: 'card',
    transfer_group: transfer.transferGroup,
  };
}

export const reversalWire = (transfer: Transfer, reversal: TransferReversal): WireObject => ({
  id: reversal.id,
  object: 'transfer_reversal',
  amount: reversal.amount,
  balance_transaction: reversal.balanceTransaction,
  created: reversal.created,
  currency: transfer.currency,
  destination_payment_refund: null,
  metadata: { ...reversal.metadata },
  source_refund: reversal.sourceRefund,
  transfer: transfer.id,
});
