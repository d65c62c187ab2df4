import type { WireObject } from '../shapes.ts';
import type { Customer } from './entity.ts';

/** A deleted customer still answers, with next to nothing. */
export const customerWire = (customer: Customer): WireObject =>
  customer.deleted
    ? { id: customer.id, object: 'customer', deleted: true }
    : {
        id: customer.id,
        object: 'customer',
        address: customer.address,
        balance: 0,
        created: customer.created,
        currency: null,
        customer_account: null,
        default_source: null,
        delinquent: false,
        description: customer.description,
        discount: null,
        email: customer.email,
        invoice_prefix: customer.id.slice(-8).toUpperCase(),
        invoice_settings: {
          custom_fields: null,
          default_payment_method: customer.defaultPaymentMethod,
          footer: null,
          rendering_options: null,
        },
        livemode: customer.livemode,
        metadata: { ...customer.metadata },
        name: customer.name,
        next_invoice_sequence: 1,
        phone: customer.phone,
        preferred_locales: customer.preferredLocales,
        shipping: customer.shipping,
        tax_exempt: customer.taxExempt,
        test_clock: null,
      };
