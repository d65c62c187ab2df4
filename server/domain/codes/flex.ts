/** Error codes of the Marketplace, Integration and Authentication APIs. */
import type { Explained } from './code.ts';

export const flexCodes: Record<string, Explained> = {
  'stripe-missing-api-key': {
    who: 'operator',
    cause: 'No Stripe secret key is set in Console.',
    fix: 'Enter the secret key in Console > Build > Integrations > Payments.',
    diagnosis: 'flex-stripe-not-configured',
  },
  'transaction-payment-failed': {
    who: 'customer',
    cause: 'Stripe refused to make or confirm the payment; meta.stripeCode and meta.stripeMessage say why.',
    fix: 'Explain the Stripe code that came with it.',
  },
  'transaction-missing-stripe-account': {
    who: 'provider',
    cause: 'The provider has no Stripe account to be paid to.',
    fix: 'The provider enters payout details in the marketplace.',
    diagnosis: 'provider-without-account',
  },
  'stripe-account-not-found': {
    who: 'provider',
    cause: 'The Stripe account that Flex knows of the user is not there.',
    fix: 'The provider enters payout details again; check that the Stripe key in Console is of the platform on which the account was made.',
    diagnosis: 'provider-without-account',
  },
  'user-missing-stripe-account': {
    who: 'provider',
    cause: 'The user has no Stripe account.',
    fix: 'The provider enters payout details in the marketplace.',
    diagnosis: 'provider-without-account',
  },
  'transaction-stripe-account-disabled-charges': {
    who: 'provider',
    cause: "Stripe does not let the provider's account take payments.",
    fix: 'The provider answers what Stripe asks; the requirements are in the Stripe Dashboard under Connect.',
    diagnosis: 'provider-restricted',
  },
  'transaction-stripe-account-disabled-payouts': {
    who: 'provider',
    cause: "Stripe does not pay out from the provider's account.",
    fix: 'The provider answers what Stripe asks, or corrects the bank account.',
    diagnosis: 'provider-restricted',
  },
  'transaction-charge-zero-payin': {
    who: 'operator',
    cause: 'What the customer would pay is zero, and Stripe charges no zero.',
    fix: "Check the listing's price and the line items; a free booking needs a process without payment.",
    diagnosis: 'amount-or-currency-refused',
  },
  'transaction-charge-zero-payout': {
    who: 'operator',
    cause: 'What the provider would be paid is zero.',
    fix: 'Check the commission: with its minimum it takes all of the price.',
    diagnosis: 'amount-or-currency-refused',
  },
  'transaction-zero-payin': {
    who: 'operator',
    cause: 'What the customer would pay is zero.',
    fix: "Check the listing's price and the line items.",
    diagnosis: 'amount-or-currency-refused',
  },
  'transaction-missing-listing-price': {
    who: 'provider',
    cause: 'The transaction has no price: neither line items nor a price on the listing.',
    fix: 'Set a price on the listing; check that the transition sets line items before it creates the PaymentIntent.',
    diagnosis: 'amount-or-currency-refused',
  },
  'old-total-mismatch': {
    who: 'customer',
    cause: 'The total that the client named is not the current one.',
    fix: 'Load the page again and order at the new price.',
    diagnosis: 'amount-or-currency-refused',
  },
  'transaction-unknown-alias': {
    who: 'operator',
    cause: 'Flex knows no process with this alias.',
    fix: "Create the alias in Console or with flex-cli, or correct the alias in the listing's or the client's configuration.",
    diagnosis: 'unknown-process',
  },
  'stripe-invalid-payment-intent-status': {
    who: 'customer',
    cause:
      'The PaymentIntent is not in a status that can be confirmed: not paid yet, cancelled, or confirmed before.',
    fix: 'See its status at Stripe (npm run verify-pi). Not paid: pay again. Paid and confirmed: nothing to do.',
    diagnosis: 'confirmed-already',
  },
  'transaction-invalid-action-sequence': {
    who: 'developer',
    cause: 'An action needs something that no action before it has made, such as a payment to confirm.',
    fix: 'Check the process with npm run process-doctor: a transition on the way must create the PaymentIntent.',
    diagnosis: 'process-without-create-action',
  },
  'transaction-invalid-transition': {
    who: 'developer',
    cause: 'The transition is not possible in the state that the transaction is in, or has another name.',
    fix: 'Read the transaction and go on from its state. After a lost answer the transition may have been made already.',
  },
  'transaction-locked': {
    who: 'time',
    cause: 'Another transition of the same transaction is under way.',
    fix: 'Wait a moment, read the transaction, and only then try again.',
    diagnosis: 'flex-unavailable',
  },
  'too-many-requests': {
    who: 'time',
    cause:
      'The rate limit of a dev or test environment (a query a second, a command in two), or of the endpoint.',
    fix: 'Ask less often; live environments have no general limit.',
    diagnosis: 'flex-unavailable',
  },
  'internal-error': {
    who: 'sharetribe support',
    cause: 'Flex failed by itself.',
    fix: 'Look whether the call was carried out, then try again; if it stays, give the request to Sharetribe support.',
    diagnosis: 'flex-unavailable',
  },
  forbidden: {
    who: 'developer',
    cause:
      'The token may not do this: a privileged transition needs a trusted token, and each transition its own actor.',
    fix: 'Check that client id and secret are of one application, that the user is a party, and which actor the transition has.',
  },
  unauthorized: {
    who: 'developer',
    cause: 'The Authentication API does not take the credentials: client id, secret, user token or code.',
    fix: 'Let the user sign in again; if all users meet it, check client id and secret with npm run doctor.',
  },
  'auth-missing-access-token': {
    who: 'developer',
    cause: 'The call had no token.',
    fix: 'Send the session along: cookies need credentials: include and one site.',
  },
  'auth-invalid-access-token': {
    who: 'customer',
    cause: 'The token has expired or was revoked.',
    fix: 'Sign in again; the SDK refreshes by itself while the refresh token lives.',
  },
  'permission-denied-initiate-transactions': {
    who: 'operator',
    cause: 'The user may not begin transactions.',
    fix: "Change the user's permissions in Console, if they should.",
  },
  'permission-denied-pending-approval': {
    who: 'operator',
    cause: 'The user waits for approval.',
    fix: 'Approve the user in Console.',
  },
  'permission-denied-read': {
    who: 'operator',
    cause: 'The user may not see this.',
    fix: "Change the user's permissions in Console.",
  },
  'permission-denied-post-listings': {
    who: 'operator',
    cause: 'The user may not post listings.',
    fix: "Change the user's permissions in Console.",
  },
  'user-pending-approval': {
    who: 'operator',
    cause: 'The user waits for approval.',
    fix: 'Approve the user in Console.',
  },
  'user-is-banned': {
    who: 'operator',
    cause: 'The user is banned.',
    fix: 'Lift the ban in Console, if it was a mistake.',
  },
  'user-not-found': {
    who: 'developer',
    cause: 'There is no such user.',
    fix: 'Check the id, and that it is of this environment.',
  },
  'not-found': {
    who: 'developer',
    cause: 'There is nothing with this id in this marketplace, or the caller may not see it.',
    fix: 'Check the id and the environment: a speculative call gives ids of nothing.',
  },
  conflict: {
    who: 'developer',
    cause:
      'The request contradicts what is there, such as a second PaymentIntent, or a payin below the payout.',
    fix: 'Read the transaction, and the title of the error.',
  },
  'bad-request': {
    who: 'developer',
    cause: 'The request is malformed.',
    fix: 'Compare it with the API reference.',
  },
  'unsupported-content-type': {
    who: 'developer',
    cause: 'The body has another type than transit or JSON.',
    fix: 'Send Content-Type: application/transit+json.',
  },
  'validation-disallowed-key': {
    who: 'developer',
    cause: 'A parameter is not known.',
    fix: 'Take out the parameter that source.path names.',
  },
  'validation-invalid-value': {
    who: 'developer',
    cause: 'A parameter has a value that it can not have.',
    fix: 'Correct the parameter that source.path names.',
  },
  'validation-invalid-params': {
    who: 'developer',
    cause: "The transition's parameters are not what its actions take.",
    fix: 'Compare them with the actions of the transition.',
  },
  'validation-missing-key': {
    who: 'developer',
    cause: 'A parameter is missing.',
    fix: 'Add the parameter that source.path names.',
  },
  'image-invalid-content': {
    who: 'customer',
    cause: 'The file is no image that can be read.',
    fix: 'Choose another file.',
  },
  'image-invalid': { who: 'developer', cause: 'The image can not be used.', fix: 'Upload it again.' },
  'request-larger-than-content-length': {
    who: 'developer',
    cause: 'The body is longer than its header says.',
    fix: 'Correct what is between the client and Flex.',
  },
  'request-upload-over-limit': {
    who: 'customer',
    cause: 'The file is too large.',
    fix: 'Choose a smaller file.',
  },
  'delete-stripe-account-failed': {
    who: 'provider',
    cause: 'The Stripe account can not be deleted: it holds money, or Stripe refused.',
    fix: 'Pay the balance out first.',
  },
  'transaction-not-found': {
    who: 'developer',
    cause: 'There is no such transaction: a speculative call gives ids of nothing.',
    fix: 'Check the id and the environment.',
  },
  'transaction-listing-not-found': {
    who: 'customer',
    cause: 'The listing is closed, deleted or not approved.',
    fix: 'Choose another listing.',
  },
  'transaction-same-author-and-customer': {
    who: 'customer',
    cause: 'The author of a listing can not order it.',
    fix: 'Order as another user.',
  },
  'transaction-provider-banned-or-deleted': {
    who: 'operator',
    cause: 'The provider is gone.',
    fix: 'Close the listing.',
  },
  'transaction-customer-banned-or-deleted': {
    who: 'operator',
    cause: 'The customer is gone.',
    fix: 'Nothing to do, unless the ban was a mistake.',
  },
  'transaction-booking-time-not-available': {
    who: 'customer',
    cause: 'The time is taken, or not offered.',
    fix: 'Choose another time. A booking that waits for its payment holds its time too.',
  },
  'transaction-booking-state-not-pending': {
    who: 'developer',
    cause: 'The booking is not pending.',
    fix: 'Read the transaction: the transition may have been made already.',
  },
  'transaction-booking-state-not-accepted': {
    who: 'developer',
    cause: 'The booking is not accepted.',
    fix: 'Check the order of actions in the process.',
  },
  'transaction-listing-insufficient-stock': {
    who: 'customer',
    cause: 'There is not enough in stock.',
    fix: 'Order less.',
  },
  'transaction-already-reviewed-by-customer': {
    who: 'customer',
    cause: 'The review was written before.',
    fix: 'Nothing to do.',
  },
  'transaction-already-reviewed-by-provider': {
    who: 'provider',
    cause: 'The review was written before.',
    fix: 'Nothing to do.',
  },
  'stripe-customer-not-found': {
    who: 'customer',
    cause: 'The customer has no saved payment method.',
    fix: 'Save a card first, or pay with a new one.',
  },
  'stripe-multiple-payment-methods-not-supported': {
    who: 'developer',
    cause: 'Flex keeps one saved payment method for each user.',
    fix: 'Delete the old one first.',
  },
  'stripe-payment-method-type-not-supported': {
    who: 'developer',
    cause: 'This kind of payment method can not be used here.',
    fix: 'Choose a kind that the action takes and that Stripe has switched on.',
    diagnosis: 'amount-or-currency-refused',
  },
  'email-taken': {
    who: 'customer',
    cause: 'Another user has this e-mail address.',
    fix: 'Sign in, or take another address.',
  },
  'email-not-found': {
    who: 'customer',
    cause: 'No user has this e-mail address.',
    fix: 'Check the address.',
  },
  'email-too-many-verification-requests': {
    who: 'time',
    cause: 'The verification mail was asked for too often.',
    fix: 'Wait half an hour.',
  },
  'listing-not-found': {
    who: 'developer',
    cause: 'There is no such listing.',
    fix: 'Check the id and the environment.',
  },
  'listing-invalid-state': {
    who: 'developer',
    cause: 'The listing is in another state than this needs.',
    fix: 'Read the listing.',
  },
};
