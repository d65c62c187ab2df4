import type { WireObject } from '../shapes.ts';
import type { MethodDetails, PaymentMethod } from './entity.ts';

export function paymentMethodWire(method: PaymentMethod): WireObject {
  return {
    id: method.id,
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    ...detailsOf(method.details),
    created: method.created,
    customer: method.customer,
    customer_account: null,
    livemode: method.livemode,
    metadata: {},
    type: method.details.type,
  };
}

const detailsOf = ({ type, brand, last4 }: MethodDetails): WireObject => {
  if (type === 'us_bank_account') {
    return {
      us_bank_account: {
        account_holder_type: 'individual',
        account_type: 'checking',
        bank_name: 'SANDBOX BANK',
        financial_connections_account: null,
        fingerprint: null,
        last4,
        networks: { preferred: 'ach', supported: ['ach'] },
        routing_number: null,
        status_details: {},
      },
    };
  }
  return {
    card: {
      brand,
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
      country: 'US',
      display_brand: brand,
      exp_month: 12,
      exp_year: 2034,
      fingerprint: null,
      funding: 'credit',
      generated_from: null,
      last4,
      networks: { available: [brand], preferred: null },
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
  };
};
