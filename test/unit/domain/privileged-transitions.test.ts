import path from 'node:path';
import { assertPrivileged, privilegedTransitions } from '../../../server/domain/privileged-transitions.ts';
import { parseProcess } from '../../../server/domain/process.ts';
import { loadProcesses } from '../../../server/flex/process-files.ts';

const { processes } = loadProcesses(path.join(import.meta.dirname, '../../../ext/transaction-processes'));
const names = (allowed: ReturnType<typeof privilegedTransitions>, process: string) =>
  [...(allowed.get(process) ?? [])].map(name => name.replace('transition/', '')).toSorted();

describe('privilegedTransitions', () => {
  it.each<[string, string[]]>([
    ['default-booking', ['request-payment', 'request-payment-after-inquiry']],
    ['default-purchase', ['request-payment', 'request-payment-after-inquiry']],
    ['default-download', ['request-payment', 'request-payment-after-inquiry']],
    [
      'default-negotiation',
      [
        'customer-make-counter-offer',
        'customer-withdraw-counter-offer',
        'make-offer',
        'make-offer-after-inquiry',
        'make-offer-from-request',
        'provider-make-counter-offer',
        'provider-reject-counter-offer',
        'update-from-update-pending',
        'update-offer',
      ],
    ],
    ['default-inquiry', []],
  ])('are read from the file of %s', (process, transitions) => {
    expect(names(privilegedTransitions(processes, {}), process)).toEqual(transitions);
  });

  it('are those that a user can make', () => {
    const file = `{:transitions [{:name :transition/a :actor :actor.role/operator :privileged? true :to :state/a}
      {:name :transition/b :at {:fn/timepoint [:time/tx-initiated]} :privileged? true :to :state/a}
      {:name :transition/c :actor :actor.role/provider :privileged? true :to :state/a}]}`;
    const allowed = privilegedTransitions(new Map([['mine', parseProcess('mine', file)]]), {});

    expect(names(allowed, 'mine')).toEqual(['c']);
  });

  it('are what is named, for a process that is named', () => {
    const allowed = privilegedTransitions(processes, {
      'default-booking': ['transition/request-payment'],
      mine: ['transition/pay'],
    });

    expect(names(allowed, 'default-booking')).toEqual(['request-payment']);
    expect(names(allowed, 'mine')).toEqual(['pay']);
    expect(names(allowed, 'default-purchase')).toHaveLength(2);
  });
});

describe('assertPrivileged', () => {
  const allowed = privilegedTransitions(processes, {});

  it('lets a privileged transition through', () => {
    expect(() => assertPrivileged(allowed, 'default-booking', 'transition/request-payment')).not.toThrow();
  });

  it.each([
    ['a process without a file', 'mine', 'transition/pay', 'process-unknown', 'process file for mine. '],
    ['a name that is a method', '__proto__', 'toString', 'process-unknown', 'process file for __proto__. '],
    ['a name that is none', 'a b\n', 'transition/pay', 'process-unknown', 'process file for what was sent. '],
    [
      'a transition that is not privileged',
      'default-booking',
      'transition/accept',
      'transition-not-privileged',
      'transition/accept is not among the privileged transitions of default-booking',
    ],
    [
      'one that is none',
      'default-booking',
      'x'.repeat(200),
      'transition-not-privileged',
      'what was sent is not among',
    ],
  ])('refuses %s and names the setting', (_what, process, transition, code, words) => {
    const refuse = () => assertPrivileged(allowed, process, transition);

    expect(refuse).toThrow(words);
    expect(refuse).toThrow('PRIVILEGED_TRANSITIONS');
    expect(refuse).toThrow(expect.objectContaining({ status: 403, code }));
  });
});
