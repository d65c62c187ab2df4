/**
 * Which parameters of a transition a browser may send along. All of them would arrive with a trusted token, and some
 * decide what is paid, to whom, and what the transaction says of it: those are the server's to set.
 */
import { badRequest } from './errors.ts';

/** What Flex's actions take from a browser. `cardToken` and `priceVariantName` are no parameters of Flex's, but the web client sends them. */
const KNOWN = new Set([
  'listingId',
  'protectedData',
  'bookingStart',
  'bookingEnd',
  'bookingDisplayStart',
  'bookingDisplayEnd',
  'seats',
  'stockReservationQuantity',
  'paymentMethod',
  'paymentMethodTypes',
  'setupPaymentMethodForSaving',
  'cardToken',
  'priceVariantName',
]);

/** Set anew by us in any case, as the web template does, so it does no harm to send it. */
const OVERWRITTEN = new Set(['lineItems']);

/** Written by Flex, or by us. */
const RESERVED_PROTECTED_DATA = [
  'stripePaymentIntents',
  'stripePaymentIntentId',
  'stripePaymentIntentClientSecret',
  'attemptId',
  'attemptDigest',
];

export type Params = Record<string, unknown>;

/** The parameters that go on to Flex. Throws a refusal that names what can not be sent: nothing is left out in silence. */
export function paramsFromBrowser(params: Params): Params {
  const sent = Object.entries(params).filter(
    ([name, value]) => value !== undefined && value !== null && !OVERWRITTEN.has(name),
  );
  for (const [name] of sent) {
    if (!KNOWN.has(name))
      throw refused(`params.${shown(name)}`, `What can be sent: ${[...KNOWN].join(', ')}`);
  }
  const known = Object.fromEntries(sent);
  if (known['protectedData'] !== undefined) assertProtectedData(known['protectedData']);
  return known;
}

function assertProtectedData(value: unknown): asserts value is Params {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isMap) throw badRequest('bad-request', 'params.protectedData must be a map.');
  const reserved = RESERVED_PROTECTED_DATA.find(name => Object.hasOwn(value, name));
  if (reserved !== undefined)
    throw refused(`params.protectedData.${reserved}`, 'Flex or this server writes it');
}

const refused = (name: string, why: string) =>
  badRequest('param-not-allowed', `${name} can not be sent. ${why}.`);

/** A name comes from the browser: an answer repeats only what can be one. */
const shown = (name: string) => (/^[\w.-]{1,60}$/.test(name) ? name : '(a name of other characters)');

/** Only what the real query of the web client can hold; the names go into an address as they are. */
const QUERY = /^(include|expand|(fields|limit|imageVariant)\.[\w.-]{1,60})$/;

export function queryFromBrowser(query: Params): Params {
  const sent = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  for (const [name, value] of sent) {
    if (!QUERY.test(name))
      throw badRequest('query-not-allowed', `queryParams.${shown(name)} can not be sent.`);
    const fits = name === 'expand' ? typeof value === 'boolean' : isTextOrTexts(value);
    if (!fits) {
      throw badRequest(
        'query-not-allowed',
        `queryParams.${name} must be ${name === 'expand' ? 'true or false' : 'a text or a list of texts'}.`,
      );
    }
  }
  return Object.fromEntries(sent);
}

const isTextOrTexts = (value: unknown) =>
  typeof value === 'string' ||
  typeof value === 'number' ||
  (Array.isArray(value) && value.every(item => typeof item === 'string'));
