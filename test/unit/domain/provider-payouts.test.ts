import { sentBack, type ProviderPayout } from '../../../server/domain/diagnosis/provider-payouts.ts';

const payout = (given: Partial<ProviderPayout> = {}): ProviderPayout => ({
  id: 'po_1',
  amount: 13_500,
  currency: 'eur',
  status: 'paid',
  created: 1_000,
  failureCode: null,
  ...given,
});
const failed = payout({ id: 'po_failed', status: 'failed', failureCode: 'account_closed', created: 500 });
const total = { amount: 13_500, currency: 'EUR' };

it.each<[string, ProviderPayout[], ProviderPayout | null]>([
  ['nothing was paid out', [], null],
  ['it arrived', [payout()], null],
  ['it came back', [failed, payout({ created: 400 })], failed],
  ['another amount came back', [{ ...failed, amount: 13_400 }], null],
  ['another currency came back', [{ ...failed, currency: 'usd' }], null],
  ['it came back, and was paid out again', [failed, payout()], null],
  [
    'it came back, and was paid out again with more',
    [failed, payout({ amount: 20_000, status: 'in_transit' })],
    null,
  ],
  ['it came back, and less was paid out since', [failed, payout({ amount: 13_499 })], failed],
  ['it came back, and the next was cancelled', [failed, payout({ status: 'canceled' })], failed],
])('knows when %s', (_what, payouts, expected) => {
  expect(sentBack(payouts, total)).toEqual(expected);
});

it('takes the newest of several that came back', () => {
  const again = { ...failed, id: 'po_again', created: 600 };
  expect(sentBack([failed, again], total)).toEqual(again);
});

it('says nothing of a booking without a payout', () => {
  expect(sentBack([failed], null)).toBe(null);
});
