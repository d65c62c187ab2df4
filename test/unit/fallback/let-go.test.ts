import { jest } from '@jest/globals';
import { Kysely, PostgresDialect } from 'kysely';
import path from 'node:path';
import { loadConfig } from '../../../server/config.ts';
import { createFallback, type FallbackDeps } from '../../../server/fallback/fallback.ts';
import { lanesOf } from '../../../server/fallback/flex-port.ts';
import { loadProcesses } from '../../../server/flex/process-files.ts';

const { processes } = loadProcesses(path.join(import.meta.dirname, '../../../ext/transaction-processes'));
const { config } = loadConfig({
  REACT_APP_SHARETRIBE_SDK_CLIENT_ID: 'id',
  SHARETRIBE_SDK_CLIENT_SECRET: 'secret',
  PI_FALLBACK: 'on',
});

it('a fault behind the answer to a client that could not finish is told, and ends nothing', async () => {
  const fault = new TypeError('a fault');
  const onLeft = jest.fn<FallbackDeps['onLeft']>();
  const fallback = createFallback({
    db: new Kysely({ dialect: new PostgresDialect({ pool: () => Promise.reject(new Error('away')) }) }),
    settings: config.fallback,
    lanes: lanesOf(processes),
    isOn: () => true,
    isUp: () => true,
    onLeft,
    flex: { move: () => Promise.reject(fault) },
    stripe: { intentsOf: () => Promise.resolve({ outcome: 'unknown', trouble: 'unavailable' }) },
    integration: {
      transaction: () =>
        Promise.resolve({
          id: 'a-transaction',
          processName: 'default-booking',
          payinTotal: { amount: 15_750, currency: 'EUR' },
          payoutTotal: { amount: 13_500, currency: 'EUR' },
          lastTransitionedAt: new Date(),
        }),
    },
  } as unknown as FallbackDeps);

  const order = {
    transactionId: 'a-transaction',
    lastTransition: 'transition/request-payment',
    check: { verdict: 'missing', reasons: [] } as never,
    isAble: false,
    paymentMethod: null,
    savesPaymentMethod: false,
  };
  await expect(fallback.payFor(order, AbortSignal.timeout(5_000))).rejects.toMatchObject({
    code: 'payment-not-prepared',
  });

  expect(onLeft.mock.calls).toEqual([
    ['a-transaction', 'refused to the client; it broke off when it was to be ended', fault],
  ]);
});
