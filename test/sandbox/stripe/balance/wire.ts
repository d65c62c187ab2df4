import type { WireObject } from '../shapes.ts';
import type { BalanceTransaction } from './entity.ts';

/** What the entries are counted under in reports. */
const categories: Record<BalanceTransaction['type'], string> = {
  adjustment: 'dispute',
  application_fee: 'platform_earning',
  application_fee_refund: 'platform_earning_refund',
  charge: 'charge',
  payment: 'charge',
  payment_refund: 'refund',
  payout: 'payout',
  payout_cancel: 'payout_reversal',
  payout_failure: 'payout_reversal',
  refund: 'refund',
  refund_failure: 'refund_failure',
  transfer: 'transfer',
  transfer_refund: 'transfer_reversal',
};

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
    reporting_category: categories[entry.type],
    source: entry.source,
    status: entry.availableOn <= now ? 'available' : 'pending',
    type: entry.type,
  };
}
