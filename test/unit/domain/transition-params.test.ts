import fc from 'fast-check';
import { ProxyError } from '../../../server/domain/errors.ts';
import { paramsFromBrowser, queryFromBrowser } from '../../../server/domain/transition-params.ts';

const KNOWN = [
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
];
const RESERVED = [
  'stripePaymentIntents',
  'stripePaymentIntentId',
  'stripePaymentIntentClientSecret',
  'attemptId',
  'attemptDigest',
];

describe('paramsFromBrowser', () => {
  it('hands on all that the web client sends', () => {
    const params = Object.fromEntries(
      KNOWN.map(name => [name, name === 'protectedData' ? { unitType: 'night' } : 1]),
    );

    expect(paramsFromBrowser(params)).toEqual(params);
  });

  it('leaves out what is null, and line items, which the server sets', () => {
    expect(
      paramsFromBrowser({ seats: null, metadata: null, lineItems: [{}], protectedData: undefined }),
    ).toEqual({});
  });

  it.each([
    ['metadata', {}],
    ['offer', 1],
    ['application_fee', 0],
    ['transfer_data', { destination: 'acct_1' }],
    ['payinTotal', 1],
    ['stripePaymentIntents', {}],
    ['customParam', 'x'],
    ['__proto__', {}],
    ['constructor', {}],
  ])('refuses %s and names it', (name, value) => {
    const params = JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`) as Record<
      string,
      unknown
    >;

    expect(() => paramsFromBrowser(params)).toThrow(
      expect.objectContaining({
        status: 400,
        code: 'param-not-allowed',
        statusText: expect.stringContaining(`params.${name} can not be sent. What can be sent: listingId, `),
      }),
    );
  });

  it.each(RESERVED)('refuses protectedData.%s, whatever is in it', name => {
    for (const value of [{}, 'x', null]) {
      expect(() => paramsFromBrowser({ protectedData: { [name]: value } })).toThrow(
        `params.protectedData.${name} can not be sent.`,
      );
    }
  });

  it.each(['text', [1], 7])('refuses protected data that is no map: %j', protectedData => {
    expect(() => paramsFromBrowser({ protectedData })).toThrow('params.protectedData must be a map.');
  });

  it('lets nothing through besides what is known, whatever is sent', () => {
    const names = fc.oneof(fc.constantFrom(...KNOWN, 'lineItems', 'metadata', 'offer'), fc.string());
    const protectedNames = fc.oneof(fc.constantFrom(...RESERVED), fc.string());
    const params = fc.dictionary(
      names,
      fc.oneof(fc.dictionary(protectedNames, fc.anything()), fc.anything()),
    );
    fc.assert(
      fc.property(params, given => {
        try {
          const sent = paramsFromBrowser(given);
          return (
            Object.keys(sent).every(name => KNOWN.includes(name) && Object.is(sent[name], given[name])) &&
            RESERVED.every(name => !Object.hasOwn(sent['protectedData'] ?? {}, name))
          );
        } catch (error) {
          return error instanceof ProxyError && error.status === 400 && error.statusText.length < 400;
        }
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('queryFromBrowser', () => {
  it.each([
    { include: ['booking', 'provider'], expand: true },
    { include: 'booking,provider' },
    { 'fields.user': ['profile.displayName'], 'limit.messages': 10, 'imageVariant.my-one': 'w:400;h:400' },
  ])('hands on %j', query => {
    expect(queryFromBrowser({ ...query, expand: true })).toEqual({ ...query, expand: true });
  });

  it.each<Record<string, unknown>>([
    { 'include=x&id': 'y' },
    { id: 'y' },
    { include: { a: 1 } },
    { include: [['a']] },
    { include: true },
    { expand: 'true' },
  ])('refuses %j', query => {
    expect(() => queryFromBrowser(query)).toThrow(
      expect.objectContaining({ status: 400, code: 'query-not-allowed' }),
    );
  });
});
