/**
 * Stripe's error and decline codes. Those that a booking meets are explained one by one, the others by the family that
 * their name begins with.
 */
import type { Explained, Who } from './code.ts';

const say = (who: Who, cause: string, fix: string, diagnosis?: Explained['diagnosis']): Explained => ({
  who,
  cause,
  fix,
  ...(diagnosis && { diagnosis }),
});
const declined = (cause: string, fix = 'The customer tries another card, or asks the bank.') =>
  say('customer', cause, fix, 'payment-declined');
const typed = (what: string) => declined(`${what} is wrong.`, 'The customer types it in again.');
const key = (cause: string, fix: string) => say('operator', cause, fix, 'flex-stripe-key-invalid');
const account = (cause: string) =>
  say(
    'provider',
    cause,
    'The provider finishes what Stripe asks for; the Dashboard shows it under Connect.',
    'provider-restricted',
  );
const amount = (cause: string, fix: string) => say('operator', cause, fix, 'amount-or-currency-refused');
const busy = (cause: string) =>
  say('time', cause, 'Ask again in a moment, with the same idempotency key.', 'stripe-unavailable');
const code = (cause: string, fix = 'Correct the call; param names the parameter.') =>
  say('developer', cause, fix);
const moved = (cause: string, fix: string) => say('developer', cause, fix);

export const stripeCodes: Record<string, Explained> = {
  // Keys, accounts and modes.
  api_key_expired: key(
    'The API key was rolled or has expired.',
    'Put the current secret key in its place: Console > Build > Integrations > Payments, or STRIPE_SECRET_KEY.',
  ),
  platform_api_key_expired: key(
    "The platform's API key has expired.",
    'Make a new key in the Stripe Dashboard and put it into Console.',
  ),
  secret_key_required: key(
    'A publishable key stands where the secret key belongs.',
    'Enter the key that begins with sk_ or rk_.',
  ),
  livemode_mismatch: say(
    'operator',
    'Key and object are of different modes.',
    'Use keys of one mode everywhere.',
    'other-mode',
  ),
  testmode_charges_only: say(
    'operator',
    'The account can only take test payments yet.',
    'Activate the account at Stripe, or use test keys everywhere.',
    'other-mode',
  ),
  account_invalid: say(
    'operator',
    'The account does not exist, or this key may not act for it.',
    'Check that the key is of the platform on which the account was made.',
    'other-account',
  ),
  platform_account_required: say(
    'operator',
    'Only a Connect platform can do this.',
    'Activate Connect on the account, or use the key of the platform.',
    'other-account',
  ),
  no_account: account('The bank account is not there.'),
  account_closed: account('The account was closed.'),
  insufficient_capabilities_for_transfer: account("The provider's account may not take transfers yet."),
  capability_not_active: account('The account lacks a capability that the payment needs.'),
  account_error_country_change_requires_additional_steps: account(
    'The country of the account can not simply be changed.',
  ),
  account_country_invalid_address: account('The address is not in the country of the account.'),
  account_information_mismatch: account("What the account says of its holder does not fit the bank's."),
  account_number_invalid: account('The bank account number is wrong.'),
  not_allowed_on_standard_account: say(
    'developer',
    'The call is not for accounts of this kind.',
    'Providers of Flex have Custom accounts; check which account the call acts for.',
  ),
  application_fees_not_allowed: amount(
    'An application fee is not possible here.',
    'Check that the charge has a destination in a country that Stripe allows.',
  ),
  // Amounts.
  amount_too_small: amount(
    "The amount is below Stripe's least for the currency.",
    'Raise the price, or set a least order value.',
  ),
  amount_too_large: amount(
    "The amount is above Stripe's most for the currency.",
    'Lower it; check whether minor units were counted twice.',
  ),
  invalid_charge_amount: amount('The amount is none.', 'It must be a positive whole number of minor units.'),
  charge_exceeds_source_limit: amount(
    'The amount is above what this payment method can do.',
    'The customer uses another.',
  ),
  charge_exceeds_transaction_limit: amount(
    'The amount is above a limit of the account.',
    'Ask Stripe to raise the limit.',
  ),
  payment_method_currency_mismatch: amount(
    'The payment method is for another currency.',
    'Use a card, or the currency of the method.',
  ),
  balance_insufficient: say(
    'operator',
    'The balance is too low for this payout, transfer or refund.',
    'Wait until payments settle, or top the balance up.',
  ),
  // Declines and what customers type.
  card_declined: declined('The bank declined the card; decline_code says why.'),
  expired_card: declined('The card has expired.'),
  incorrect_cvc: typed("The card's security code"),
  invalid_cvc: typed("The card's security code"),
  incorrect_number: typed('The card number'),
  invalid_number: typed('The card number'),
  invalid_expiry_month: typed('The month of expiry'),
  invalid_expiry_year: typed('The year of expiry'),
  incorrect_zip: typed('The postal code'),
  incorrect_postal_code: typed('The postal code'),
  incorrect_address: typed('The address'),
  postal_code_invalid: typed('The postal code'),
  processing_error: declined(
    'The card could not be processed.',
    'The customer tries again in a moment, or another card.',
  ),
  authentication_required: declined(
    'The bank wants to see the customer (3D Secure).',
    'The customer pays again on the page and answers the bank.',
  ),
  payment_intent_authentication_failure: declined(
    "The customer failed the bank's question (3D Secure).",
    'The customer pays again, or with another card.',
  ),
  setup_intent_authentication_failure: declined(
    "The customer failed the bank's question (3D Secure) when the card was saved.",
  ),
  payment_intent_payment_attempt_failed: declined('The attempt to pay failed.'),
  payment_intent_payment_attempt_expired: say(
    'customer',
    'The attempt to pay was not finished in time.',
    'The customer pays again.',
    'payment-expired',
  ),
  payment_intent_action_required: declined(
    'The customer has something to do before the payment goes on.',
    'The customer finishes it on the page.',
  ),
  card_decline_rate_limit_exceeded: declined(
    'The card was declined too often.',
    'The customer waits a day, or uses another card.',
  ),
  payment_method_customer_decline: declined('The customer said no.'),
  payment_method_provider_decline: declined('The provider of the payment method said no.'),
  payment_method_provider_timeout: declined(
    'The provider of the payment method did not answer in time.',
    'The customer tries again.',
  ),
  invalid_card_type: declined('This kind of card is not taken.'),
  insufficient_funds: declined('The card does not hold enough.'),
  expired_payment_method: declined('The payment method has expired.'),
  debit_not_authorized: declined('The customer disputes to have agreed to the debit.'),
  refer_to_customer: declined('The bank asks for the customer.'),
  // States.
  payment_intent_unexpected_state: say(
    'developer',
    'The PaymentIntent is in another status than the call needs: it may have been confirmed, captured or cancelled already.',
    'Read it again and go on from its status; what you wanted may be done.',
    'confirmed-already',
  ),
  intent_invalid_state: say(
    'developer',
    'The intent is in another status than the call needs.',
    'Read it again.',
    'confirmed-already',
  ),
  setup_intent_unexpected_state: moved(
    'The SetupIntent is in another status than the call needs.',
    'Read it again.',
  ),
  payment_method_unexpected_state: moved(
    'The payment method is in another state than the call needs.',
    'Read it again, or ask for a new one.',
  ),
  charge_already_captured: moved('The charge is captured.', 'Nothing to do.'),
  charge_already_refunded: moved('The charge is refunded in full.', 'Nothing to do.'),
  charge_disputed: say(
    'operator',
    'The customer disputes the charge.',
    'Answer the dispute in the Dashboard; it can not be refunded meanwhile.',
  ),
  refund_disputed_payment: say(
    'operator',
    'A disputed payment can not be refunded.',
    'Answer the dispute in the Dashboard.',
  ),
  charge_expired_for_capture: say(
    'operator',
    'The hold on the card has run out.',
    'The customer has to pay again.',
    'payment-expired',
  ),
  capture_charge_authorization_expired: say(
    'operator',
    'The hold on the card has run out.',
    'The customer has to pay again.',
    'payment-expired',
  ),
  charge_not_refundable: say(
    'operator',
    'The charge can not be refunded any more.',
    'Give the money back in another way.',
  ),
  // Calls.
  resource_missing: say(
    'operator',
    'There is no such object on the account and in the mode of the key.',
    'Check that the keys in Console and in STRIPE_SECRET_KEY are of one account and one mode.',
    'other-account',
  ),
  idempotency_key_in_use: busy('The same call is under way.'),
  lock_timeout: busy('Another call is changing the object.'),
  rate_limit: busy('Too many calls.'),
  payment_intent_rate_limit_exceeded: busy('Too many calls about one PaymentIntent.'),
  parameter_missing: code('A parameter is missing.'),
  parameter_unknown: code('A parameter is not known to this version of the API.'),
  parameter_invalid_empty: code('A parameter is empty.'),
  parameter_invalid_integer: amount(
    'A whole number is expected.',
    'Amounts are whole minor units; param names the parameter.',
  ),
  parameters_exclusive: code('Two parameters exclude each other.'),
  payment_method_types_no_longer_supported: code(
    'payment_method_types can not be written any more.',
    'Use allowed_payment_method_types; in Flex, choose the Stripe API version in Console.',
  ),
  payment_intent_incompatible_payment_method: declined(
    'The payment method can not be used for this PaymentIntent.',
    'The customer uses a card.',
  ),
  payment_intent_invalid_parameter: code(
    'A parameter does not fit the PaymentIntent, such as a client secret of another one.',
  ),
  payment_method_unactivated: say(
    'operator',
    'The kind of payment method is not switched on.',
    'Switch it on in the Dashboard under Settings > Payment methods.',
  ),
  request_blocked: say(
    'stripe support',
    'Stripe blocked the call.',
    'Ask Stripe support, with the request id.',
  ),
};

/** Decline codes stand in `decline_code` beside `card_declined`. */
export const declineCodes: Record<string, Explained> = Object.fromEntries(
  Object.entries({
    approve_with_id: 'The payment can not be authorised.',
    authentication_not_handled: "The bank's question was not answered.",
    call_issuer: 'The bank declined without a reason.',
    card_not_supported: 'The card can not be used for this.',
    card_velocity_exceeded: 'The card is over its limit.',
    currency_not_supported: 'The card does not do this currency.',
    do_not_honor: 'The bank declined without a reason.',
    do_not_try_again: 'The bank declined and does not want to be asked again.',
    duplicate_transaction: 'The same amount was paid a moment ago: look whether the booking is there.',
    fraudulent: 'Stripe takes it for fraud. Tell the customer no more than that it was declined.',
    generic_decline: 'The bank declined without a reason, or Radar blocked it.',
    incorrect_pin: 'The PIN is wrong.',
    invalid_account: 'The card, or its account, is not valid.',
    invalid_amount: 'The amount is not possible with this card.',
    invalid_pin: 'The PIN is wrong.',
    issuer_not_available: 'The bank could not be reached.',
    lost_card: 'The card is reported lost. Tell the customer no more than that it was declined.',
    merchant_blacklist: 'The customer is on your block list at Stripe.',
    mobile_device_authentication_required: 'The wallet wants to see the customer.',
    new_account_information_available: 'The card, or its account, is not valid.',
    no_action_taken: 'The bank declined without a reason.',
    not_permitted: 'The payment is not permitted.',
    offline_pin_required: 'The card wants a PIN.',
    online_or_offline_pin_required: 'The card wants a PIN.',
    pickup_card: 'The card can not be used; it may be reported lost.',
    pin_try_exceeded: 'The PIN was wrong too often.',
    reenter_transaction: 'The bank could not process it for a reason unknown.',
    restricted_card: 'The card can not be used; it may be reported lost.',
    revocation_of_all_authorizations: 'The bank declined without a reason.',
    revocation_of_authorization: 'The bank declined without a reason.',
    security_violation: 'The bank declined without a reason.',
    service_not_allowed: 'The bank declined without a reason.',
    stolen_card: 'The card is reported stolen. Tell the customer no more than that it was declined.',
    stop_payment_order: 'The bank declined without a reason.',
    testmode_decline: 'A test card was used with live keys.',
    transaction_not_allowed: 'The bank declined without a reason.',
    try_again_later: 'The bank declined without a reason; it may work later.',
    withdrawal_count_limit_exceeded: 'The card is over its limit.',
  }).map(([name, cause]) => [name, declined(cause)]),
);

/** By the beginning of the code; the longest that fits is taken. */
const families: Record<string, Explained> = {
  account: account('Something about the connected account is not in order.'),
  amount: amount(
    'The amount, or its parts, can not be charged as they are.',
    'Check price, line items and currency.',
  ),
  bank_account: say(
    'provider',
    'The bank account can not be used.',
    'The provider corrects the bank account.',
  ),
  billing: code('Something about billing is not in order.'),
  capture: code('The charge can not be captured.', 'Read the PaymentIntent and go on from its status.'),
  card: declined('Something about the card is not in order.'),
  charge: code('The charge does not allow this.', 'Read the charge and go on from its state.'),
  customer: code('Something about the Stripe customer is not in order.'),
  financial: say(
    'operator',
    "Something about Stripe's financial accounts is not in order.",
    'See the Dashboard.',
  ),
  forwarding_api: say(
    'developer',
    "Something about Stripe's forwarding is not in order.",
    'Flex does not use it.',
  ),
  instant_payouts: say('operator', 'The instant payout is not possible.', 'Pay out in the usual way.'),
  invalid: code('A value is not valid.'),
  invoice: code('Something about an invoice is not in order.'),
  parameter: code('A parameter is not as it must be.'),
  payment_intent: code('The PaymentIntent does not allow this.', 'Read it and go on from its status.'),
  payment_method: declined('The payment method can not be used as it is.', 'The customer uses another.'),
  payout: say(
    'operator',
    'The payout is not possible.',
    'See the balance and the bank account in the Dashboard.',
  ),
  setup: code('Something about a SetupIntent is not in order.', 'Save the card again.'),
  tax: code('Something about tax is not in order.'),
  transfer: say(
    'operator',
    'The transfer is not possible.',
    "See the balance and the provider's account in the Dashboard.",
  ),
};

export function familyOf(name: string): Explained | undefined {
  const fitting = Object.keys(families)
    .filter(beginning => name.startsWith(`${beginning}_`) || name.startsWith(`${beginning}s_`))
    .toSorted((one, other) => other.length - one.length);
  return fitting[0] === undefined ? undefined : families[fitting[0]];
}
