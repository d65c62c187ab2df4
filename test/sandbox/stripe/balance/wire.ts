import type { WireObject } from '../shapes.ts';
import type { ApplicationFee, BalanceTransaction, Payout, Transfer } from './entity.ts';

export function transferWire(transfer: Transfer): WireObject {
  return {
    id: transfer.id,
    object: 'transfer',
    amount: transfer.amount,
    amount_reversed: transfer.amountReversed,
    balance_transaction: transfer.balanceTransaction,
    created: transfer.created,
    currency: transfer.currency,
    description: null,
    destination: transfer.destination,
    destination_payment: transfer.destinationPayment,
    livemode: transfer.livemode,
    metadata: {},
    reversals: {
      object: 'list',
      data: transfer.reversals.map(reversal => ({
        id: reversal.id,
        object: 'transfer_reversal',
        amount: reversal.amount,
        balance_transaction: null,
        created: reversal.created,
        currency: transfer.currency,
        destination_payment_refund: null,
        metadata: {},
        source_refund: reversal.sourceRefund,
        transfer: transfer.id,
      })),
      has_more: false,
      url: `/v1/transfers/${transfer.id}/reversals`,
    },
    reversed: transfer.amountReversed === transfer.amount,
    source_transaction: transfer.sourceTransaction,
    source_type: 'card',
    transfer_group: transfer.transferGroup,
  };
}

export function applicationFeeWire(fee: ApplicationFee): WireObject {
  return {
    id: fee.id,
    object: 'application_fee',
    account: fee.payer,
    amount: fee.amount,
    amount_refunded: fee.amountRefunded,
    application: null,
    balance_transaction: fee.balanceTransaction,
    charge: fee.charge,
    created: fee.created,
    currency: fee.currency,
    fee_source: { charge: fee.charge, type: 'charge' },
    livemode: fee.livemode,
    originating_transaction: null,
    refunded: fee.amountRefunded === fee.amount,
    refunds: { object: 'list', data: [], has_more: false, url: `/v1/application_fees/${fee.id}/refunds` },
  };
}

export function balanceTransactionWire(entry: BalanceTransaction, now: number): WireObject {
  return {
    id: entry.id,
    object: 'balance_transaction',
    amount: entry.amount,
    available_on: entry.availableOn,
    balance_type: 'payments',
    created: entry.created,
    currency: entry.currency,
    description: null,
    exchange_rate: null,
    fee: entry.fee,
    fee_details: entry.feeKind
      ? [
          {
            amount: entry.fee,
            application: null,
            currency: entry.currency,
            description: null,
            type: entry.feeKind,
          },
        ]
      : [],
    net: entry.amount - entry.fee,
    reporting_category: entry.type,
    source: entry.source,
    status: entry.availableOn <= now ? 'available' : 'pending',
    type: entry.type,
  };
}

export function payoutWire(payout: Payout): WireObject {
  return {
    id: payout.id,
    object: 'payout',
    amount: payout.amount,
    application_fee: null,
    application_fee_amount: null,
    arrival_date: payout.created,
    automatic: false,
    balance_transaction: payout.balanceTransaction,
    created: payout.created,
    currency: payout.currency,
    description: payout.description,
    destination: payout.destination,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    livemode: payout.livemode,
    metadata: { ...payout.metadata },
    method: 'standard',
    original_payout: null,
    payout_method: null,
    reconciliation_status: 'not_applicable',
    reversed_by: null,
    source_type: 'card',
    statement_descriptor: null,
    status: payout.status,
    trace_id: null,
    type: 'bank_account',
  };
}
