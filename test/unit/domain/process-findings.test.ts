import { readFileSync } from 'node:fs';
import path from 'node:path';
import { lacksCreation, mayShowEarlierPayment, periodMs } from '../../../server/domain/payment-path.ts';
import { processFindings } from '../../../server/domain/process-findings.ts';
import { parseProcess } from '../../../server/domain/process.ts';

const edn = (name: string) =>
  readFileSync(
    path.join(import.meta.dirname, `../../../ext/transaction-processes/${name}/process.edn`),
    'utf8',
  );
const booking = edn('default-booking');
const wrongIn = (text: string) =>
  processFindings(parseProcess('p', text))
    .filter(({ level }) => level === 'wrong')
    .map(({ transition, what }) => `${transition}: ${what}`);
const without = (action: string) => booking.replaceAll(`{:name :action/${action}}`, '');

describe('processFindings', () => {
  it.each([
    'default-booking',
    'default-purchase',
    'default-download',
    'default-negotiation',
    'default-inquiry',
  ])('finds nothing wrong with %s', name => {
    expect(wrongIn(edn(name))).toEqual([]);
  });

  it('says of a good process who creates, ends, confirms, captures, gives back and pays out', () => {
    expect(
      processFindings(parseProcess('p', booking))
        .filter(({ transition }) => transition === 'transition/request-payment')
        .map(({ level, what }) => `${level} ${what}`),
    ).toEqual([
      'ok Creates the PaymentIntent, and is privileged.',
      'ok Runs out by expire-payment after PT15M.',
      'ok Confirmed by confirm-payment.',
      'ok Captured by accept, operator-accept.',
      'ok Given back by expire-payment, decline, operator-decline, expire, cancel.',
      'ok Paid out by complete, operator-complete.',
    ]);
  });

  it.each<[string, string, string]>([
    [
      'nothing creates the payment',
      without('stripe-create-payment-intent'),
      'transition/confirm-payment: It works on a payment that nothing before it creates.',
    ],
    [
      'nothing confirms it',
      without('stripe-confirm-payment-intent'),
      'transition/request-payment: Nothing confirms the payment.',
    ],
    [
      'nothing captures it',
      without('stripe-capture-payment-intent'),
      'transition/request-payment: Nothing captures the payment.',
    ],
    [
      'nothing gives it back',
      without('stripe-refund-payment'),
      'transition/request-payment: Nothing gives the money back.',
    ],
    [
      'nobody is paid',
      without('stripe-create-payout'),
      'transition/request-payment: Nothing pays the provider out.',
    ],
    [
      'it never runs out',
      without('stripe-refund-payment'),
      'transition/request-payment: A payment that nobody makes never runs out.',
    ],
    [
      'dates stay taken',
      without('decline-booking'),
      'transition/expire-payment: It does not give back what create-pending-booking took.',
    ],
    [
      'a price anybody may set',
      booking.replaceAll(':privileged? true', ''),
      'transition/request-payment: Sets line items and is not privileged.',
    ],
    [
      'the hold outlives nothing',
      booking.replaceAll('["P6D"]', '["P30D"]'),
      'transition/confirm-payment: Nothing ends state/preauthorized before the hold on the card runs out.',
    ],
    [
      'a price set too late',
      booking.replace(
        /\{:name :action\/privileged-set-line-items\}\s+\{:name :action\/stripe-create-payment-intent\}/,
        '{:name :action/stripe-create-payment-intent} {:name :action/privileged-set-line-items}',
      ),
      'transition/request-payment: The line items are set after the PaymentIntent is created.',
    ],
  ])('finds it when %s', (_what, text, expected) => {
    expect(wrongIn(text)).toContain(expected);
  });
});

describe('the way of a payment', () => {
  const process = parseProcess('p', booking);
  const broken = parseProcess('p', without('stripe-create-payment-intent'));

  it('lacks its creation from the transition that should make it on', () => {
    expect(lacksCreation(broken, 'transition/request-payment')).toBe(true);
    expect(lacksCreation(broken, 'transition/confirm-payment')).toBe(true);
    expect(lacksCreation(broken, 'transition/nonsense')).toBe(false);
    expect(lacksCreation(process, 'transition/request-payment')).toBe(false);
  });

  it('shows an earlier payment until it is confirmed', () => {
    expect(mayShowEarlierPayment(process, 'transition/expire-payment')).toBe(true);
    expect(mayShowEarlierPayment(process, 'transition/confirm-payment')).toBe(false);
    expect(mayShowEarlierPayment(process, 'transition/request-payment')).toBe(false);
    expect(mayShowEarlierPayment(process, 'transition/accept')).toBe(false);
  });

  it.each([
    ['PT15M', 900_000],
    ['P1D', 86_400_000],
    ['P1DT2H', 93_600_000],
    ['P1M', null],
    ['P', null],
    ['nonsense', null],
  ])('%s is %j ms', (period, ms) => {
    expect(periodMs(period)).toBe(ms);
  });
});
