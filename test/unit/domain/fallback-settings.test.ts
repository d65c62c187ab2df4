import { randomUUID } from 'node:crypto';
import { refusalEvidence } from '../../../server/domain/diagnosis/refusals.ts';
import { ProxyError } from '../../../server/domain/errors.ts';
import {
  inScope,
  isUnusable,
  outsideScope,
  platformRefusal,
  usualAnswers,
  usualCurrencies,
  usualRefusals,
  type FallbackSettings,
} from '../../../server/domain/fallback-settings.ts';
import type { Check } from '../../../server/domain/verdict.ts';

const settings: FallbackSettings = {
  wanted: true,
  live: false,
  approvedBy: null,
  supportCase: null,
  processes: null,
  share: 100,
  maxAmount: null,
  currencies: usualCurrencies,
  refusals: usualRefusals,
  answers: usualAnswers,
};
const order = {
  process: 'default-booking',
  amount: 10_000,
  currency: 'EUR',
  transactionId: '3f0c6c5e-6d0d-4a51-9b7e-0d7f3b3c6f11',
};

describe('scope', () => {
  it.each<[string, Partial<FallbackSettings>, string | null]>([
    ['nothing is narrowed', {}, null],
    ['the process is named', { processes: ['default-purchase', 'default-booking'] }, null],
    [
      'another process is named',
      { processes: ['default-purchase'] },
      'default-booking is not among PI_FALLBACK_PROCESSES',
    ],
    ['the amount is the most', { maxAmount: 10_000 }, null],
    [
      'the amount is above the most',
      { maxAmount: 9_999 },
      'the amount is above PI_FALLBACK_MAX_AMOUNT (9999)',
    ],
    ['the currency is not named', { currencies: ['USD'] }, 'EUR is not among PI_FALLBACK_CURRENCIES'],
    ['the share is nothing', { share: 0 }, 'it is not in the 0 per cent of PI_FALLBACK_SHARE'],
  ])('where %s', (_what, narrowed, because) => {
    expect(outsideScope({ ...settings, ...narrowed }, order)).toBe(because);
    expect(inScope({ ...settings, ...narrowed }, order)).toBe(because === null);
  });

  it('takes its share of all ids, the same ones each time, and keeps them when the share grows', () => {
    const ids = Array.from({ length: 4_000 }, () => randomUUID());
    const within = (share: number) =>
      ids.filter(transactionId => inScope({ ...settings, share }, { ...order, transactionId }));
    const [ten, thirty] = [within(10), within(30)];

    // Three standard deviations of 4,000 draws.
    expect(Math.abs(ten.length - 400)).toBeLessThan(60);
    expect(Math.abs(thirty.length - 1_200)).toBeLessThan(90);
    expect(within(10)).toEqual(ten);
    expect(ten.filter(id => !thirty.includes(id))).toEqual([]);
    expect(within(100)).toEqual(ids);
  });

  it('spreads ids that differ in one place only, and puts an id where it was put yesterday', () => {
    const ids = Array.from(
      { length: 100 },
      (_, n) => `00000000-0000-4000-8000-0000000000${String(n).padStart(2, '0')}`,
    );
    const taken = ids.filter(transactionId =>
      inScope({ ...settings, share: 50 }, { ...order, transactionId }),
    );

    expect(taken.length).toBeGreaterThan(35);
    expect(taken.length).toBeLessThan(65);
    expect(inScope({ ...settings, share: SHARE_OF_ORDER }, order)).toBe(false);
    expect(inScope({ ...settings, share: SHARE_OF_ORDER + 1 }, order)).toBe(true);
    expect(
      inScope(
        { ...settings, share: SHARE_OF_ORDER + 1 },
        { ...order, transactionId: order.transactionId.toUpperCase() },
      ),
    ).toBe(true);
  });
});

/** A fixed figure: another hash would move bookings in and out at a deployment. */
const SHARE_OF_ORDER = 7;

describe('platformRefusal', () => {
  const refused = (code: string, meta?: { stripeCode?: string; stripeMessage?: string }) =>
    refusalEvidence(
      new ProxyError('flex-refused', {
        status: 409,
        statusText: 'Conflict',
        data: { errors: [{ code, ...(meta && { meta }) }] },
      }),
    );

  it.each([
    ['no key in Flex', refused('stripe-missing-api-key'), 'stripe-missing-api-key'],
    [
      'a key that has expired',
      refused('transaction-payment-failed', { stripeCode: 'api_key_expired' }),
      'flex-stripe-key-invalid',
    ],
    [
      'a key that Stripe does not know, of which it gives no code',
      refused('transaction-payment-failed', { stripeMessage: 'Invalid API Key provided: sk_test_***' }),
      'flex-stripe-key-invalid',
    ],
    ['a decline', refused('transaction-payment-failed', { stripeCode: 'card_declined' }), null],
    ['a provider without an account', refused('transaction-missing-stripe-account'), null],
    ['an amount that is refused', refused('transaction-charge-zero-payin'), null],
    [
      'keys of two modes, unless it is asked for',
      refused('transaction-payment-failed', { stripeCode: 'livemode_mismatch' }),
      null,
    ],
  ])('%s', (_what, refusal, name) => {
    expect(platformRefusal(settings, refusal)).toBe(name);
  });

  it('never is one where the outcome is not known, nor what no setting may name', () => {
    const lost = refusalEvidence(
      new ProxyError('flex-unavailable', {
        status: 502,
        statusText: 'lost',
        data: { errors: [{ code: 'stripe-missing-api-key' }] },
        outcome: 'unknown',
      }),
    );
    const greedy = { ...settings, refusals: ['card_declined', 'payment-declined'] };

    expect(platformRefusal(settings, lost)).toBeNull();
    expect(
      platformRefusal(greedy, refused('transaction-payment-failed', { stripeCode: 'card_declined' })),
    ).toBeNull();
  });

  it('goes by what the settings name', () => {
    const mode = refused('transaction-payment-failed', { stripeCode: 'livemode_mismatch' });

    expect(platformRefusal({ ...settings, refusals: ['livemode_mismatch'] }, mode)).toBe('livemode_mismatch');
    expect(platformRefusal({ ...settings, refusals: [] }, refused('stripe-missing-api-key'))).toBeNull();
  });
});

describe('isUnusable', () => {
  const checked = (verdict: Check['verdict'], reasons: Check['reasons'] = []): Check => ({
    verdict,
    reasons,
    path: null,
    looksLikePI: false,
    secretLooksRight: false,
    paymentIntentId: null,
  });

  it.each<[string[], Check, boolean]>([
    [usualAnswers, checked('missing'), true],
    [usualAnswers, checked('invalid', ['uuid']), true],
    [['invalid'], checked('missing'), false],
    [['missing'], checked('invalid', ['uuid']), false],
    [['invalid:uuid'], checked('invalid', ['uuid']), true],
    [['invalid:uuid'], checked('invalid', ['uuid', 'misplaced']), false],
    [['invalid:uuid', 'invalid:misplaced'], checked('invalid', ['uuid', 'misplaced']), true],
    [usualAnswers, checked('valid'), false],
    [usualAnswers, checked('simulated'), false],
    [usualAnswers, checked('not-expected'), false],
    [usualAnswers, checked('unknown-process'), false],
    [[], checked('invalid', ['uuid']), false],
  ])('%j, %j', (answers, check, unusable) => {
    expect(isUnusable({ ...settings, answers }, check)).toBe(unusable);
  });
});
