import type { WireObject } from '../shapes.ts';
import type { ApplicationFee } from './entity.ts';

/** The platform's Connect application. */
const APPLICATION = 'ca_SandboxMarketplaceApplication000';

export function applicationFeeWire(fee: ApplicationFee): WireObject {
  return {
    id: fee.id,
    object: 'application_fee',
    account: fee.payer,
    amount: fee.amount,
    amount_refunded: fee.amountRefunded,
    application: APPLICATION,
    balance_transaction: fee.balanceTransaction,
    charge: fee.charge,
    created: fee.created,
    currency: fee.currency,
    fee_source: { charge: fee.charge, type: 'charge' },
    livemode: fee.livemode,
    originating_transaction: fee.originatingTransaction,
    refunded: fee.amountRefunded === fee.amount,
    refunds: {
      object: 'list',
      data: fee.refunds.toReversed().map(refund => ({
        id: refund.id,
        object: 'fee_refund',
        amount: refund.amount,
        balance_transaction: refund.balanceTransaction,
        created: refund.created,
        currency: fee.currency,
        fee: fee.id,
        metadata: {},
      })),
      has_more: false,
      url: `/v1/application_fees/${fee.id}/refunds`,
    },
  };
}
