import { readFileSync } from 'node:fs';
import path from 'node:path';
import { awaitedPayment } from '../../../server/domain/awaited-payments.ts';
import { transactionEvidence } from '../../../server/domain/diagnosis/transaction-evidence.ts';
import { laneFindings, laneOf } from '../../../server/domain/lane-findings.ts';
import { assertPrivileged, privilegedTransitions } from '../../../server/domain/privileged-transitions.ts';
import { parseProcess } from '../../../server/domain/process.ts';

const edn = (name: string) =>
  readFileSync(
    path.join(import.meta.dirname, `../../../ext/transaction-processes/${name}/process.edn`),
    'utf8',
  );
const [booking, purchase] = [edn('default-booking'), edn('default-purchase')];
const parsed = (text: string) => parseProcess('p', text);
const findingsIn = (text: string) =>
  laneFindings(parsed(text)).map(
    ({ level, transition, what }) =>
      `${level} ${transition === null ? '' : `${transition.replace('transition/', '')}: `}${what}`,
  );

/** The file with one transition changed. */
function changed(text: string, name: string, change: (transition: string) => string): string {
  const begins = text.indexOf(`{:name :transition/${name}\n`);
  let ends = begins;
  let depth = 0;
  do {
    if (text[ends] === '{') depth += 1;
    if (text[ends] === '}') depth -= 1;
    ends += 1;
  } while (depth > 0 && ends < text.length);
  const transition = text.slice(begins, ends);
  const made = change(transition);
  if (begins === -1 || made === transition) throw new Error(`nothing changed in ${name}`);
  return text.slice(0, begins) + made + text.slice(ends);
}

/** A booking process that says something else in one transition. */
const instead = (name: string, from: string | RegExp, to: string, text = booking) =>
  changed(text, name, transition => transition.replace(from, to));
const without = (name: string) => changed(booking, name, () => '');
const HOURS = 3_600_000;

describe('laneOf', () => {
  it('says where the money is in each state of a booking', () => {
    expect(laneOf(parsed(booking))).toEqual({
      entries: new Map([
        ['transition/request-payment', 'transition/request-payment-fallback'],
        ['transition/request-payment-after-inquiry', 'transition/request-payment-after-inquiry-fallback'],
      ]),
      captures: 'when-accepted',
      paymentMs: HOURS / 4,
      phases: new Map([
        ['state/fallback-pending-payment', 'unpaid'],
        ['state/payment-expired', 'given-back'],
        ['state/fallback-preauthorized', 'authorised'],
        ['state/fallback-capturing', 'capturing'],
        ['state/declined', 'given-back'],
        ['state/expired', 'given-back'],
        ['state/fallback-accepted', 'captured'],
        ['state/cancelled', 'given-back'],
        ['state/delivered', 'earned'],
        ['state/reviewed-by-provider', 'earned'],
        ['state/reviewed-by-customer', 'earned'],
        ['state/reviewed', 'earned'],
      ]),
    });
  });

  it('says it of a purchase, which is captured at once', () => {
    const { captures, phases } = laneOf(parsed(purchase))!;

    expect(captures).toBe('when-confirmed');
    expect(Object.fromEntries(phases)).toMatchObject({
      'state/fallback-capturing': 'capturing',
      'state/fallback-purchased': 'captured',
      'state/fallback-delivered': 'captured',
      'state/fallback-disputed': 'captured',
      'state/canceled': 'given-back',
      'state/received': 'earned',
      'state/completed': 'earned',
      'state/reviewed': 'earned',
    });
  });

  it('goes by the names of its process, as long as that one has', () => {
    const day = booking.replaceAll('"PT15M"', '"PT1H"').replaceAll('fallback-preauthorized', 'fallback-held');

    expect(laneOf(parsed(day))).toMatchObject({ paymentMs: HOURS });
    expect(laneOf(parsed(day))!.phases.get('state/fallback-held')).toBe('authorised');
  });

  it.each(['default-download', 'default-negotiation', 'default-inquiry'])('is not in %s', name => {
    expect(laneOf(parsed(edn(name)))).toBeNull();
  });

  it('is none when anything is wrong with it', () => {
    expect(laneOf(parsed(without('enter-fallback')))).toBeNull();
  });
});

describe('laneFindings', () => {
  it.each(['default-booking', 'default-purchase'])('finds the whole lane in %s', name => {
    expect(findingsIn(edn(name))).toEqual(['ok It has the whole fallback lane.']);
  });

  it.each(['default-download', 'default-negotiation'])('says that %s has none', name => {
    expect(findingsIn(edn(name))).toEqual(['note It has no fallback lane.']);
  });

  it('says nothing of a process that takes no payment', () => {
    expect(findingsIn(edn('default-inquiry'))).toEqual([]);
  });

  it.each([
    ['request-payment-fallback'],
    ['request-payment-after-inquiry-fallback'],
    ['enter-fallback'],
    ['expire-payment-fallback'],
    ['operator-expire-payment-fallback'],
    ['confirm-payment-fallback'],
    ['captured-fallback'],
    ['capture-failed-fallback'],
  ])('misses %s', name => {
    expect(findingsIn(without(name))).toEqual([`wrong ${name}: It is missing in the fallback lane.`]);
  });

  it.each<[string, string, string[]]>([
    [
      'an entry anybody may make',
      instead('request-payment-fallback', ':privileged? true', ''),
      ['request-payment-fallback: It begins a payment of our own and is not privileged.'],
    ],
    [
      'an entry of the provider',
      instead('request-payment-fallback', 'role/customer', 'role/provider'),
      ['request-payment-fallback: Its actor is not that of transition/request-payment.'],
    ],
    [
      'an entry that sets no price',
      instead('request-payment-fallback', '{:name :action/privileged-set-line-items}', ''),
      [
        "request-payment-fallback: Its actions are not those of transition/request-payment without Stripe's: action/update-protected-data, action/create-pending-booking, action/privileged-set-line-items.",
      ],
    ],
    [
      "an entry with Flex's own PaymentIntent",
      instead(
        'request-payment-after-inquiry-fallback',
        'set-line-items}',
        'set-line-items} {:name :action/stripe-create-payment-intent}',
      ),
      [
        // It counts as a normal one by then, and would need a lane of its own.
        'request-payment-after-inquiry-fallback-fallback: It is missing in the fallback lane.',
      ],
    ],
    [
      'an entry from another state',
      instead('request-payment-after-inquiry-fallback', 'state/inquiry', 'state/declined'),
      [
        'request-payment-after-inquiry-fallback: It should lead from state/inquiry to state/fallback-pending-payment.',
        'request-payment-after-inquiry-fallback: state/fallback-pending-payment can be reached with the money not paid, and with it given back.',
      ],
    ],
    [
      'a confirmation by the customer',
      instead('confirm-payment-fallback', 'role/operator', 'role/customer'),
      [
        "confirm-payment-fallback: It is not the operator's.",
        "confirm-payment-fallback: It leaves state/fallback-pending-payment, and is not the operator's.",
      ],
    ],
    [
      'a way in for the customer',
      instead('enter-fallback', 'role/operator', 'role/customer'),
      ["enter-fallback: It is not the operator's."],
    ],
    [
      'a capture that the provider reports',
      instead('captured-fallback', 'role/operator', 'role/provider'),
      [
        "captured-fallback: It is not the operator's.",
        "captured-fallback: It leaves state/fallback-capturing, and is not the operator's.",
      ],
    ],
    [
      'time that ends a capture',
      instead(
        'capture-failed-fallback',
        ':actor :actor.role/operator',
        ':at {:fn/plus [{:fn/timepoint [:time/first-entered-state :state/fallback-capturing]} {:fn/period ["P1D"]}]}',
      ),
      [
        "capture-failed-fallback: It is not the operator's.",
        "capture-failed-fallback: It leaves state/fallback-capturing, and is not the operator's.",
      ],
    ],
    [
      "a way in with Flex's own refund",
      instead(
        'enter-fallback',
        ':to :state/fallback-pending-payment',
        ':to :state/fallback-pending-payment :actions [{:name :action/stripe-refund-payment}]',
      ),
      ['enter-fallback: It has action/stripe-refund-payment, and the lane leads through it.'],
    ],
    [
      "a cancellation by Flex's own refund",
      instead('cancel-fallback', 'action/calculate-full-refund', 'action/stripe-refund-payment'),
      ['cancel-fallback: It has action/stripe-refund-payment, and the lane leads through it.'],
    ],
    [
      "a completion with Flex's own payout",
      instead(
        'complete-fallback',
        ':to :state/delivered',
        ':to :state/delivered :actions [{:name :action/stripe-create-payout}]',
      ),
      ['complete-fallback: It has action/stripe-create-payout, and the lane leads through it.'],
    ],
    [
      "another end, with Flex's own payout behind it",
      instead('captured-fallback', 'state/fallback-accepted', 'state/accepted').replaceAll(
        'state/fallback-accepted',
        'state/accepted',
      ),
      [
        'captured-fallback: It leaves the lane.',
        'cancel: It has action/stripe-refund-payment, and the lane leads through it.',
        'complete: It has action/stripe-create-payout, and the lane leads through it.',
        'operator-complete: It has action/stripe-create-payout, and the lane leads through it.',
        'captured-fallback: It goes on as if the money had been taken.',
      ],
    ],
    [
      'another time to pay',
      instead('expire-payment-fallback', 'PT15M', 'PT20M'),
      ['expire-payment-fallback: The payment does not run out after the same time as in the normal way.'],
    ],
    [
      'a payment that the operator ends only',
      instead('expire-payment-fallback', /:at \{[^]*?\]\}\]\}\n/, ':actor :actor.role/operator\n'),
      ['expire-payment-fallback: The payment does not run out after the same time as in the normal way.'],
    ],
    [
      'an expiry that keeps the dates',
      instead('expire-payment-fallback', /:actions \[[^]*\]/, ''),
      [
        'expire-payment-fallback: It does not end the order and give back what it held.',
        'expire-payment-fallback: It goes on as if the money had been taken.',
        'operator-expire-payment-fallback: state/payment-expired can be reached with the money earned, and with it given back.',
      ],
    ],
    [
      'a cancellation that keeps the dates',
      instead('cancel-fallback', '{:name :action/cancel-booking}', ''),
      ['cancel-fallback: It does not give back what create-pending-booking took.'],
    ],
    [
      'a hold that outlives its card',
      instead('expire-fallback', 'P6D', 'P8D'),
      ['Nothing ends state/fallback-preauthorized before the hold on the card runs out.'],
    ],
    [
      'a failed capture that ends nothing',
      instead('capture-failed-fallback', 'state/declined', 'state/fallback-preauthorized'),
      [
        'capture-failed-fallback: It does not end the order and give back what it held.',
        'capture-failed-fallback: state/fallback-preauthorized can be reached with the money held on the card, and with it being taken.',
      ],
    ],
    [
      'money that is never taken',
      instead('accept-fallback', 'state/fallback-capturing', 'state/fallback-accepted').replace(
        ':from :state/fallback-preauthorized\n   :to :state/fallback-capturing',
        ':from :state/fallback-preauthorized\n   :to :state/fallback-accepted',
      ),
      [
        'Nothing ends state/fallback-accepted before the hold on the card runs out.',
        'Nothing leads to state/fallback-capturing.',
        'complete-fallback: It goes on as if the money had been taken.',
        'operator-complete-fallback: It goes on as if the money had been taken.',
      ],
    ],
    [
      'one end for the good and the bad',
      instead('decline-fallback', 'state/declined', 'state/delivered'),
      [
        'complete-fallback: state/delivered can be reached with the money given back, and with it earned.',
        'operator-complete-fallback: state/delivered can be reached with the money given back, and with it earned.',
      ],
    ],
    [
      'a state without a way out',
      instead('accept-fallback', 'state/fallback-capturing', 'state/fallback-waiting'),
      [
        'Nothing ends state/fallback-waiting before the hold on the card runs out.',
        'From state/fallback-waiting no way leads to an end.',
      ],
    ],
    [
      'a way in from elsewhere',
      instead('enter-fallback', 'state/pending-payment', 'state/preauthorized'),
      ['enter-fallback: It should lead from state/pending-payment to state/fallback-pending-payment.'],
    ],
  ])('%s is wrong', (_what, text, wrong) => {
    expect(findingsIn(text)).toEqual(wrong.map(what => `wrong ${what}`));
  });
});

describe('beside the lane', () => {
  const processes = new Map([['default-booking', parsed(booking)]]);

  it.each([
    ['by the files', {}],
    [
      'by a setting that names them',
      { 'default-booking': ['transition/request-payment', 'transition/request-payment-fallback'] },
    ],
  ])('a browser may not make its entries, %s', (_what, named) => {
    const allowed = privilegedTransitions(processes, named);

    assertPrivileged(allowed, 'default-booking', 'transition/request-payment');
    expect(() => assertPrivileged(allowed, 'default-booking', 'transition/request-payment-fallback')).toThrow(
      'transition/request-payment-fallback is not among the privileged transitions',
    );
  });

  it('an order counts as paid once this service has said so, and its money has a phase', () => {
    const at = new Date('2026-11-21T10:00:00Z');
    const evidenceAfter = (state: string, ...names: string[]) => {
      const transitions = names.map(name => ({ transition: `transition/${name}`, at }));
      const seen = {
        processName: 'default-booking',
        state: `state/${state}`,
        lastTransition: transitions.at(-1)!.transition,
        lastTransitionedAt: at,
        transitions,
        payinTotal: null,
        payoutTotal: null,
      };
      return transactionEvidence(processes, seen, at.getTime() + 3 * 60_000);
    };
    const begun = ['request-payment', 'enter-fallback'];

    expect(evidenceAfter('fallback-pending-payment', ...begun)).toMatchObject({
      created: true,
      confirmed: false,
      carried: { phase: 'unpaid', justMoved: false },
    });
    expect(evidenceAfter('fallback-preauthorized', ...begun, 'confirm-payment-fallback')).toMatchObject({
      confirmed: true,
      carried: { phase: 'authorised' },
    });
    expect(evidenceAfter('payment-expired', ...begun, 'expire-payment-fallback')).toMatchObject({
      expired: true,
      carried: { phase: 'given-back' },
    });
    expect(evidenceAfter('preauthorized', 'request-payment', 'confirm-payment')).not.toHaveProperty(
      'carried',
    );
  });

  it('a customer who pays in it has as long as in the normal way', () => {
    const since = new Date('2026-11-21T10:00:00Z');

    expect(awaitedPayment(parsed(booking), 'state/fallback-pending-payment', since)).toEqual({
      awaits: true,
      deadline: new Date('2026-11-21T10:15:00Z'),
    });
    expect(awaitedPayment(parsed(booking), 'state/fallback-preauthorized', since).awaits).toBe(false);
  });
});
