import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  parseProcess,
  paymentIntentCreation,
  processNameOf,
  type Processes,
} from '../../../server/domain/process.ts';

const file = path.join(import.meta.dirname, '../../../ext/transaction-processes/default-booking/process.edn');
const processes: Processes = new Map([
  ['default-booking', parseProcess('default-booking', readFileSync(file, 'utf8'))],
]);

describe('paymentIntentCreation', () => {
  it.each([
    ['transition/request-payment', 'creates'],
    ['transition/request-payment-after-inquiry', 'creates'],
    ['transition/inquire', 'creates-none'],
    ['transition/confirm-payment', 'creates-none'],
    ['transition/from-a-newer-version', 'unknown'],
  ])('%s %s', (transition, expected) => {
    expect(paymentIntentCreation(processes, 'default-booking', transition)).toBe(expected);
  });

  it('knows nothing of a process without a file', () => {
    expect(paymentIntentCreation(processes, 'other', 'transition/request-payment')).toBe('unknown');
  });
});

describe('parseProcess', () => {
  it('reads push payments, keyword booleans and comments', () => {
    const process = parseProcess(
      'push',
      `{:format :v3 :transitions [{:name :transition/pay ;; now
         :actor :actor.role/customer :privileged? :true, :to :state/paid
         :actions [{:name :action/stripe-create-payment-intent-push}]}
        {:name :transition/pay-out :at {:fn/timepoint [:time/booking-end]} :from :state/paid :to :state/over
         :actions [{:name :action/stripe-create-payout}]}]}`,
    );

    expect(process.transitions.get('transition/pay')).toEqual({
      name: 'transition/pay',
      from: null,
      to: 'state/paid',
      actor: 'customer',
      privileged: true,
      createsPaymentIntent: true,
      refundsPayment: false,
      createsPayout: false,
      actions: ['action/stripe-create-payment-intent-push'],
      at: null,
    });
    expect(process.transitions.get('transition/pay-out')).toMatchObject({
      from: 'state/paid',
      actor: null,
      createsPayout: true,
      at: { 'fn/timepoint': ['time/booking-end'] },
    });
  });

  it.each([
    '',
    '{',
    '{:format :v3}',
    '{:transitions []}',
    '[1 2]',
    '{:transitions [{:actor :actor.role/customer}]}',
    '{:transitions [{:name :transition/nowhere}]}',
    'nonsense {',
  ])('refuses %j', edn => {
    expect(() => parseProcess('broken', edn)).toThrow(/broken: /);
  });
});

it('takes the name of a process from its alias', () => {
  expect(['default-booking/release-1', 'plain'].map(processNameOf)).toEqual(['default-booking', 'plain']);
});
