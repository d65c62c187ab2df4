import { jest } from '@jest/globals';
import type { Claim } from '../../../server/domain/claim.ts';
import type { StripePaymentIntent } from '../../../server/domain/genuineness.ts';
import { intent } from '../../../server/domain/diagnosis/samples.ts';
import type { Lookup } from '../../../server/stripe/door.ts';
import { createVerifier, type Verification } from '../../../server/verification/behind-request.ts';
import { rememberedAccounts } from '../../../server/verification/provider-accounts.ts';

const claim: Claim = {
  subject: {
    call: 'initiate',
    isSpeculative: false,
    processName: 'default-booking',
    transition: 'transition/request-payment',
    transactionId: '16c6a4b8-88ee-429b-835a-6725206cd08c',
  },
  paymentIntentId: 'pi_3QhWaB7WZ01zgkWS0jxsAJo3',
  clientSecret: 'pi_3QhWaB7WZ01zgkWS0jxsAJo3_secret_Dm43xiq1k0ywrRRjDoi8y1gkM',
  payinTotal: { amount: 15_750, currency: 'EUR' },
  payoutTotal: { amount: 13_500, currency: 'EUR' },
  providerId: 'p1',
};

const down: Lookup<StripePaymentIntent> = { outcome: 'unknown', trouble: 'unavailable' };
const there: Lookup<StripePaymentIntent> = { outcome: 'found', value: intent() };

/** Stripe as it answers, one after the other; the last answer stays. */
function start(answers: Lookup<StripePaymentIntent>[], limits = {}, providerAccount?: () => Promise<string>) {
  jest.useFakeTimers();
  const asked: [id: string, digest: string | undefined][] = [];
  const seen: Verification[] = [];
  const broken: unknown[] = [];
  const verifier = createVerifier({
    stripe: {
      livemode: false,
      paymentIntent: (id, digest) => {
        asked.push([id, digest]);
        return Promise.resolve(answers.length > 1 ? answers.shift()! : answers[0]!);
      },
    },
    processes: new Map(),
    record: verification => seen.push(verification),
    broken: fault => broken.push(fault),
    limits: { perSecond: 100, ...limits },
    ...(providerAccount && { providerAccount }),
  });
  return { verifier, asked, seen, broken };
}

describe('the verifier', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('asks again after each pause until it knows, and says when', async () => {
    const { verifier, seen } = start([down, down, there], { pauses: [1_000, 60_000] });

    verifier.verify(claim);
    await jest.advanceTimersByTimeAsync(61_500);

    expect(seen.map(({ genuineness, attempt, nextInMs }) => [genuineness, attempt, nextInMs])).toEqual([
      ['unverified', 1, 1_000],
      ['unverified', 2, 60_000],
      ['genuine', 3, null],
    ]);
    expect(verifier.counts()).toEqual({ waiting: 0, dropped: 0 });
  });

  it('gives up after the last pause', async () => {
    const { verifier, seen } = start([down], { pauses: [1_000] });

    verifier.verify(claim);
    await jest.advanceTimersByTimeAsync(3_600_000);

    expect(seen.map(({ attempt, nextInMs }) => [attempt, nextInMs])).toEqual([
      [1, 1_000],
      [2, null],
    ]);
  });

  it('asks no faster than it may, and drops and counts what is too much', async () => {
    const { verifier, asked } = start([there], { perSecond: 10, waiting: 20 });

    for (let times = 0; times < 50; times += 1) verifier.verify(claim);
    await jest.advanceTimersByTimeAsync(1_000);

    expect(asked).toHaveLength(10);
    expect(verifier.counts()).toEqual({ waiting: 10, dropped: 30 });
  });

  it('asks nothing for a simulation, and nothing after it is closed', async () => {
    const { verifier, asked } = start([down], { pauses: [10] });

    verifier.verify({ ...claim, subject: { ...claim.subject, isSpeculative: true } });
    await jest.advanceTimersByTimeAsync(1_000);
    expect(asked).toEqual([]);

    verifier.verify(claim);
    await jest.advanceTimersByTimeAsync(15);
    verifier[Symbol.dispose]();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(1);
  });

  it('tells of a fault of its own, and goes on', async () => {
    // Of a shape that Stripe never has: whatever reads it breaks.
    const odd = { outcome: 'found', value: null } as unknown as Lookup<StripePaymentIntent>;
    const { verifier, seen, broken } = start([odd, there]);

    verifier.verify(claim);
    verifier.verify(claim);
    await jest.advanceTimersByTimeAsync(1_000);

    expect(broken).toEqual([expect.any(TypeError)]);
    expect(seen.map(({ genuineness }) => genuineness)).toEqual(['genuine']);
  });

  it('holds and hands on a digest, never the client secret', async () => {
    const { verifier, asked, seen } = start([there]);

    verifier.verify(claim);
    await jest.advanceTimersByTimeAsync(100);

    expect(asked).toEqual([[claim.paymentIntentId, expect.stringMatching(/^[\da-f]{64}$/)]]);
    expect(JSON.stringify(seen)).not.toContain('Dm43');
  });

  it("compares the provider's account where it is known, and does without where it is not", async () => {
    const known = start([there], {}, () => Promise.resolve('acct_of_another'));
    known.verifier.verify(claim);
    await jest.advanceTimersByTimeAsync(100);
    const unknown = start([there], {}, () => Promise.reject(new Error('Flex is away')));
    unknown.verifier.verify(claim);
    await jest.advanceTimersByTimeAsync(100);

    expect(known.seen).toMatchObject([
      {
        genuineness: 'mismatch',
        differing: ['destination'],
        diagnosis: { cause: 'client-writes-payment-intent' },
      },
    ]);
    expect(unknown.seen).toMatchObject([{ genuineness: 'genuine' }]);
  });
});

it('a provider account is asked for once an hour; that there is none is not remembered', async () => {
  let now = 0;
  const answers = [null, 'acct_1', 'acct_2'];
  const accounts = rememberedAccounts(
    { providerAccount: () => Promise.resolve(answers.shift()!) },
    () => now,
  );

  expect([await accounts('p1'), await accounts('p1'), await accounts('p1')]).toEqual([
    null,
    'acct_1',
    'acct_1',
  ]);
  now = 3_600_000;
  expect(await accounts('p1')).toBe('acct_2');
});
