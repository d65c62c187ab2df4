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

  it('tells one that our account does not have from one that could not be looked at', () => {
    expect(
      [compareWithStripe(claimed, null), compareWithStripe(claimed, undefined)].map(
        ({ genuineness }) => genuineness,
      ),
    ).toEqual(['foreign', 'unverified']);
  });
});
