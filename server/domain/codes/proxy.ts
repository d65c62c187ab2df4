/** This service's own error codes, as they stand in `code` of an error answer. */
import type { ErrorCode } from '../errors.ts';
import type { Explained } from './code.ts';

const developer = (cause: string, fix: string): Explained => ({ who: 'developer', cause, fix });

export const proxyCodes: Record<ErrorCode, Explained> = {
  'bad-request': developer('The request can not be read; statusText names the field.', 'Correct the field.'),
  'unsupported-media-type': developer(
    'The body is neither transit nor JSON.',
    'Send Content-Type: application/transit+json.',
  ),
  'body-too-large': developer('The body is larger than any order.', 'Send less; statusText names the limit.'),
  'not-found': developer('There is nothing at this address.', 'Check the path.'),
  'method-not-allowed': developer('The address exists, the method does not.', 'See the Allow header.'),
  'origin-refused': developer(
    'The page that called is not one of the marketplace.',
    'Add its origin to CORS_ORIGINS, or set REACT_APP_MARKETPLACE_ROOT_URL.',
  ),
  'rate-limited': {
    who: 'time',
    cause: 'Too many requests from one address or session.',
    fix: 'Wait as long as Retry-After says. Behind a proxy set TRUST_PROXY, or all callers share one limit.',
  },
  'address-too-long': developer('The address is too long.', 'Send less in the query.'),
  'headers-too-large': developer('The headers are too large.', 'Look for cookies that pile up.'),
  'request-timeout': developer('The request did not come in time.', 'Send it again.'),
  'quantity-missing': developer(
    'Dates or quantity are missing.',
    'Send bookingStart and bookingEnd, or stockReservationQuantity.',
  ),
  'quantity-invalid': developer('The quantity can not be ordered.', 'Send a positive whole number.'),
  'dates-reversed': developer('The end is not after the start.', 'Send them in order.'),
  'dates-unlikely': developer(
    'The dates are too far away or apart.',
    'Check how the client makes its dates.',
  ),
  'amount-too-large': {
    who: 'operator',
    cause: 'The amount is too large to be exact.',
    fix: "Check the listing's price.",
    diagnosis: 'amount-or-currency-refused',
  },
  'currency-invalid': {
    who: 'operator',
    cause: 'The client showed the price in another currency than the listing has.',
    fix: 'Bring listing, marketplace and client to one currency.',
    diagnosis: 'amount-or-currency-refused',
  },
  'param-not-allowed': developer(
    'A browser may not send this parameter: Flex or this service writes it.',
    'Take it out of the client.',
  ),
  'query-not-allowed': developer('This query parameter can not be sent.', 'Take it out of the client.'),
  'process-unknown': {
    who: 'operator',
    cause: 'There is no process file for this process.',
    fix: 'Put its process.edn into the directory that TRANSACTION_PROCESSES_DIR names.',
    diagnosis: 'unknown-process',
  },
  'transition-not-privileged': {
    who: 'operator',
    cause: 'The process file does not call this transition privileged, or does not know it.',
    fix: 'Update the process file to the version that the alias points to, or list the transition in PRIVILEGED_TRANSITIONS.',
    diagnosis: 'unknown-process',
  },
  'offer-invalid': developer('The offer is none.', 'Send offerInSubunits and currency.'),
  'offer-unexpected': developer('This transition takes no offer.', 'Leave the offer out.'),
  'offer-history-invalid': developer(
    "The transaction's offers do not fit its transitions.",
    'Find what writes metadata.offers besides this service.',
  ),
  'login-as-read-only': {
    who: 'operator',
    cause: 'An operator is signed in as the user, and may only look.',
    fix: 'Let the user do it.',
  },
  'idempotency-key-invalid': developer('X-Idempotency-Key has another form than a key.', 'Send a UUID.'),
  'idempotency-key-reused': developer(
    'The key came before, with another order.',
    'Take a new key for a new order.',
  ),
  'outcome-unknown': {
    who: 'operator',
    cause: "Flex's answer was lost, and what came of the call could not be seen.",
    fix: 'Look for the transaction before anybody orders again, or repeat the request with the same X-Idempotency-Key.',
    diagnosis: 'flex-unavailable',
  },
  'payments-unfinished': {
    who: 'customer',
    cause: 'The account has payments under way.',
    fix: 'Wait until they are over.',
  },
  'price-missing': {
    who: 'provider',
    cause: 'The listing has no price.',
    fix: 'Set a price.',
    diagnosis: 'amount-or-currency-refused',
  },
  'shipping-price-missing': {
    who: 'provider',
    cause: 'The listing has no price for shipping this many.',
    fix: 'Set the shipping prices.',
    diagnosis: 'amount-or-currency-refused',
  },
  'commission-too-high': {
    who: 'operator',
    cause: "The provider's least commission is more than the price.",
    fix: 'Lower the minimum in Console, or raise the price.',
    diagnosis: 'amount-or-currency-refused',
  },
  'commission-missing': {
    who: 'operator',
    cause: 'There is no commission asset.',
    fix: 'Save the commission in Console > Build > Transactions > Commission.',
  },
  'commission-malformed': {
    who: 'operator',
    cause: 'The commission asset holds no numbers.',
    fix: 'Save the commission in Console again.',
  },
  'flex-refused': {
    who: 'developer',
    cause: 'Flex refused; its own code is in data.errors.',
    fix: 'Explain that code.',
  },
  'flex-unavailable': {
    who: 'time',
    cause: 'Flex could not be reached, or failed.',
    fix: 'See status.sharetribe.com; look for the booking before ordering again.',
    diagnosis: 'flex-unavailable',
  },
  'flex-timeout': {
    who: 'time',
    cause: 'Flex did not answer in time.',
    fix: 'Look for the booking before ordering again.',
    diagnosis: 'flex-unavailable',
  },
  'flex-answer-unreadable': {
    who: 'operator',
    cause: "Flex's answer could not be read.",
    fix: 'Look for a proxy between this service and Flex that changes answers.',
    diagnosis: 'flex-unavailable',
  },
  'flex-credentials-refused': {
    who: 'operator',
    cause: 'Flex takes the session, but not our client secret for it.',
    fix: 'Copy id and secret of one application from Console > Build > Applications.',
    diagnosis: 'credentials-mismatch',
  },
  'payment-not-prepared': {
    who: 'operator',
    cause:
      "Flex answered with a PaymentIntent that nobody can pay, and the customer's page does not say that it can finish a payment of the fallback. With 503: the order began in the fallback lane, and no case could be opened for it.",
    fix: 'Put the browser module into the web client: docs/fallback.md. With 503: the log says why, at "an order without a payment was left as it is".',
  },
  'payment-over': {
    who: 'customer',
    cause: 'The time to pay has run out, or the order is paid for already.',
    fix: 'Order again, if the order is not there as paid.',
  },
  'payment-not-authorised': {
    who: 'customer',
    cause: 'The card has not been authorised, as far as Stripe says.',
    fix: 'Finish the payment in the browser, then confirm again.',
  },
  'operator-refused': {
    who: 'operator',
    cause: 'The operator token is missing or wrong.',
    fix: 'Send Authorization: Bearer with one of OPERATOR_TOKENS.',
  },
  'case-unknown': {
    who: 'operator',
    cause: 'The fallback has no case of this transaction.',
    fix: 'Check the id; npm run explain tells of bookings without a case.',
  },
  'case-action-refused': {
    who: 'operator',
    cause: 'As the case stands now, this must not be done to it.',
    fix: 'statusText says why, and /ops/fallback/cases/<transaction id> what may be done.',
  },
  'case-changed': {
    who: 'operator',
    cause: 'The case has changed since the token was given, or the token is older than five minutes.',
    fix: 'Ask without a token what would be done now.',
  },
  'case-busy': {
    who: 'time',
    cause: 'The case is being worked on.',
    fix: 'Try again in a moment.',
  },
  'evidence-away': {
    who: 'time',
    cause: 'Flex or Stripe can not be asked, and nothing is done about money without both.',
    fix: 'Try again when they answer.',
  },
  'webhook-refused': {
    who: 'operator',
    cause:
      'What came to the webhook address is not signed with STRIPE_WEBHOOK_SECRET, is older than five minutes, or is of the other mode.',
    fix: "Copy the endpoint's signing secret from Stripe's dashboard, and use a key and a secret of one mode; check the clock.",
  },
  'only-looks-on': {
    who: 'operator',
    cause:
      'The service has Integration API credentials and no marketplace application: it looks on, and makes no calls.',
    fix: "Set REACT_APP_SHARETRIBE_SDK_CLIENT_ID and SHARETRIBE_SDK_CLIENT_SECRET, or send the web client's calls to the template's own server.",
  },
  'not-recorded': {
    who: 'time',
    cause: 'The database is away.',
    fix: 'Nothing: Stripe sends the event again. If it stays, see /readyz.',
  },
  'idempotency-key-in-use': {
    who: 'time',
    cause: 'The same order is being made by another request with the same X-Idempotency-Key.',
    fix: 'Send it again after Retry-After: the answer is the order that was made.',
  },
  overloaded: {
    who: 'time',
    cause: 'Too many calls are under way.',
    fix: 'Try again in a moment; more instances if it stays.',
    diagnosis: 'flex-unavailable',
  },
  internal: { who: 'developer', cause: 'An error in this service.', fix: 'Find the request id in the log.' },
};
