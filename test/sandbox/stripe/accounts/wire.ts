import type { WireObject } from '../shapes.ts';
import type { Account } from './entity.ts';

export function accountWire(account: Account): WireObject {
  const requirements = {
    alternatives: [],
    current_deadline: null,
    currently_due: account.requirements.currentlyDue,
    disabled_reason: account.requirements.disabledReason,
    errors: [],
    eventually_due: account.requirements.currentlyDue,
    past_due: account.requirements.disabledReason ? account.requirements.currentlyDue : [],
    pending_verification: [],
  };
  return {
    id: account.id,
    object: 'account',
    business_profile: null,
    business_type: 'individual',
    capabilities: account.capabilities,
    charges_enabled: account.chargesEnabled,
    controller: { type: 'application' },
    country: account.country,
    created: account.created,
    default_currency: account.defaultCurrency,
    details_submitted: true,
    email: account.email,
    external_accounts: {
      object: 'list',
      data: [],
      has_more: false,
      url: `/v1/accounts/${account.id}/external_accounts`,
    },
    future_requirements: {
      ...requirements,
      currently_due: [],
      disabled_reason: null,
      eventually_due: [],
      past_due: [],
    },
    metadata: {},
    payouts_enabled: account.payoutsEnabled,
    requirements,
    settings: {
      branding: { icon: null, logo: null, primary_color: null, secondary_color: null },
      card_payments: {
        decline_on: { avs_failure: false, cvc_failure: false },
        statement_descriptor_prefix: null,
      },
      dashboard: { display_name: null, timezone: 'Etc/UTC' },
      payments: { statement_descriptor: null },
      // Sharetribe's connected accounts pay out by hand.
      payouts: {
        debit_negative_balances: false,
        schedule: { delay_days: 2, interval: 'manual' },
        statement_descriptor: null,
      },
    },
    tos_acceptance: { date: account.created },
    type: 'custom',
  };
}
