import path from 'node:path';
import { loadProcesses } from '../../../server/flex/process-files.ts';
import { parseProcess } from '../../../server/domain/process.ts';
import { unfinishedPaymentStates } from '../../../server/domain/unfinished-payments.ts';

const { processes } = loadProcesses(path.join(import.meta.dirname, '../../../ext/transaction-processes'));

describe('unfinishedPaymentStates', () => {
  it.each<[string, string[]]>([
    [
      'default-booking',
      ['pending-payment', 'preauthorized', 'accepted', 'delivered'].concat(
        ['pending-payment', 'preauthorized', 'capturing', 'accepted'].map(state => `fallback-${state}`),
      ),
    ],
    [
      'default-purchase',
      ['pending-payment', 'purchased', 'delivered', 'disputed', 'received'].concat(
        ['pending-payment', 'capturing', 'purchased', 'delivered', 'disputed'].map(
          state => `fallback-${state}`,
        ),
      ),
    ],
    [
      'default-negotiation',
      ['pending-payment', 'offer-accepted', 'delivered', 'changes-requested', 'completed'],
    ],
    ['default-download', ['pending-payment', 'purchased', 'reported', 'completed']],
    ['default-inquiry', []],
  ])('of %s', (name, states) => {
    expect(unfinishedPaymentStates(processes.get(name)!).toSorted()).toEqual(
      states.map(state => `state/${state}`).toSorted(),
    );
  });

  it('goes round a loop once, and past no refund and no payout', () => {
    const process = parseProcess(
      'loop',
      `{:transitions [
        {:name :transition/pay :to :state/paid :actions [{:name :action/stripe-create-payment-intent}]}
        {:name :transition/change :from :state/paid :to :state/changed}
        {:name :transition/change-back :from :state/changed :to :state/paid}
        {:name :transition/refund :from :state/paid :to :state/refunded :actions [{:name :action/stripe-refund-payment}]}
        {:name :transition/pay-out :from :state/paid :to :state/paid-out :actions [{:name :action/stripe-create-payout}]}
        {:name :transition/review :from :state/paid-out :to :state/reviewed}
        {:name :transition/forget :from :state/refunded :to :state/forgotten}]}`,
    );

    expect(unfinishedPaymentStates(process)).toEqual(['state/paid', 'state/changed', 'state/paid-out']);
  });
});
