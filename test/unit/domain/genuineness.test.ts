import {
  compareWithStripe,
  type ClaimedPaymentIntent,
  type StripePaymentIntent,
} from '../../../server/domain/genuineness.ts';

const claimed: ClaimedPaymentIntent = {
  id: 'pi_3QhWaB7WZ01zgkWS0jxsAJo3',
  transactionId: '16c6a4b8-88ee-429b-835a-6725206cd08c',
  amount: 15_750,
  currency: 'EUR',
  livemode: false,
};
const actual: StripePaymentIntent = {
  id: claimed.id,
  amount: 15_750,
  currency: 'eur',
  livemode: false,
  status: 'requires_payment_method',
  captureMethod: 'manual',
  destination: 'acct_1',
  onBehalfOf: 'acct_1',
  applicationFeeAmount: 2_250,
  sharetribeTransactionId: claimed.transactionId,
  secretMatches: true,
  created: 1_780_000_000,
  amountReceived: 0,
  lastPaymentError: null,
  cancellationReason: null,
};

describe('compareWithStripe', () => {
  it('finds it genuine when Stripe says the same', () => {
    expect(compareWithStripe(claimed, actual)).toEqual({ genuineness: 'genuine', differing: [] });
  });

  it.each<[string, Partial<StripePaymentIntent>]>([
    ['id', { id: 'pi_other' }],
    ['clientSecret', { secretMatches: false }],
    ['amount', { amount: 15_749 }],
    ['currency', { currency: 'usd' }],
    ['livemode', { livemode: true }],
    ['sharetribe-transaction-id', { sharetribeTransactionId: null }],
  ])('names %s when it differs', (name, difference) => {
    expect(compareWithStripe(claimed, { ...actual, ...difference })).toEqual({
      genuineness: 'mismatch',
      differing: [name],
    });
  });

  const strict: ClaimedPaymentIntent = {
    ...claimed,
    applicationFeeAmount: 2_250,
    captureMethod: 'manual',
    destination: 'acct_1',
  };

  it('lets none of thirty pass that differ in one field', () => {
    const forged: Partial<StripePaymentIntent>[] = [
      ...['pi_other', 'pi_3QhWaB7WZ01zgkWS0jxsAJo4', 'PI_3QhWaB7WZ01zgkWS0jxsAJo3', ''].map(id => ({ id })),
      { secretMatches: false },
      ...[0, -15_750, 1, 15_749, 15_751, 157.5, 1_575_000].map(amount => ({ amount })),
      ...['usd', 'eu', '', 'euro'].map(currency => ({ currency })),
      { livemode: true },
      ...['acct_2', 'ACCT_1', '', null].map(destination => ({ destination, onBehalfOf: destination })),
      { onBehalfOf: null },
      { onBehalfOf: 'acct_2' },
      ...[0, null, 2_249, 22_500].map(applicationFeeAmount => ({ applicationFeeAmount })),
      ...['automatic', 'automatic_async', ''].map(captureMethod => ({ captureMethod })),
      ...[null, '', '16c6a4b8-88ee-429b-835a-6725206cd08d', claimed.transactionId.toUpperCase()].map(
        sharetribeTransactionId => ({ sharetribeTransactionId }),
      ),
    ];

    expect(forged.length).toBeGreaterThanOrEqual(30);
    expect(compareWithStripe(strict, actual).genuineness).toBe('genuine');
    for (const difference of forged)
      expect([difference, compareWithStripe(strict, { ...actual, ...difference }).genuineness]).toEqual([
        difference,
        'mismatch',
      ]);
  });

  it('takes both of the ways in which Stripe captures by itself, where that is what Flex asks for', () => {
    const pushed = { ...strict, captureMethod: 'automatic' as const };

    expect(
      ['automatic', 'automatic_async', 'manual'].map(
        captureMethod => compareWithStripe(pushed, { ...actual, captureMethod }).genuineness,
      ),
    ).toEqual(['genuine', 'genuine', 'mismatch']);
  });

  it('any destination will do where the provider is not known, but none will not', () => {
    const other = { destination: 'acct_9', onBehalfOf: 'acct_9' };

    expect(compareWithStripe(claimed, { ...actual, ...other }).genuineness).toBe('genuine');
    expect(compareWithStripe(claimed, { ...actual, destination: null, onBehalfOf: null }).differing).toEqual([
      'destination',
    ]);
  });

  it('tells one that our account does not have from one that could not be looked at', () => {
    expect(
      [compareWithStripe(claimed, null), compareWithStripe(claimed, undefined)].map(
        ({ genuineness }) => genuineness,
      ),
    ).toEqual(['foreign', 'unverified']);
  });
});
