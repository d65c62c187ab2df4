import type { WireObject } from '../shapes.ts';
import type { Account } from './entity.ts';

/** The one bank account that an account pays out to. */
export const bankAccountOf = (account: string): string =>
  `ba_3Bank0${account.slice(-10)}${account.slice(-8)}`;

/** A connected account as its platform sees it, or the platform's own. */
export function accountWire(account: Account, connected: boolean): WireObject {
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
    controller: connected
      ? {
          fees: { payer: 'application_custom' },
          is_controller: true,
          losses: { payments: 'application' },
          requirement_collection: 'application',
          stripe_dashboard: { type: 'none' },
          type: 'application',
        }
      : { type: 'account' },
    country: account.country,
    created: account.created,
    default_currency: account.defaultCurrency,
    details_submitted: true,
    email: account.email,
    external_accounts: {
      object: 'list',
      data: [bankAccountWire(account)],
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
        statement_descriptor_prefix_kana: null,
        statement_descriptor_prefix_kanji: null,
      },
      dashboard: { display_name: null, timezone: 'Etc/UTC' },
      payments: {
        statement_descriptor: null,
        statement_descriptor_kana: null,
        statement_descriptor_kanji: null,
        statement_descriptor_prefix_kana: null,
        statement_descriptor_prefix_kanji: null,
      },
      // Sharetribe's connected accounts pay out by hand.
      payouts: {
        debit_negative_balances: false,
        schedule: { delay_days: 2, interval: connected ? 'manual' : 'daily' },
        statement_descriptor: null,
      },
    },
    tos_acceptance: { date: account.created },
    type: connected ? 'custom' : 'standard',
  };
}

const bankAccountWire = (account: Account): WireObject => ({
  id: bankAccountOf(account.id),
  object: 'bank_account',
  account: account.id,
  account_holder_name: null,
  account_holder_type: null,
  account_type: null,
  available_payout_methods: ['standard'],
  bank_name: 'SANDBOX BANK',
  country: account.country,
  currency: account.defaultCurrency,
  customer: null,
  default_for_currency: true,
  fingerprint: null,
  future_requirements: noRequirements,
  last4: '6789',
  metadata: {},
  requirements: noRequirements,
  routing_number: null,
  status: 'new',
});

const noRequirements: WireObject = {
  currently_due: [],
  errors: [],
  past_due: [],
  pending_verification: [],
};
