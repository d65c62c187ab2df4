import { refusal } from '../../../server/domain/diagnosis/samples.ts';
import { createLog } from '../../../server/log.ts';
import { watchPayments } from '../../../server/payment-watch.ts';
import { collectLog } from '../../setup/log-lines.ts';
import { next, type Incidents, type Seen } from '../../../server/diagnostics/incidents.ts';
import type { Cause } from '../../../server/domain/diagnosis/causes.ts';

const MINUTE = 60_000;

/** `bad` and `good` ones of default-booking, a minute apart unless said otherwise. */
function play(...seen: (Partial<Seen> | Cause | 'good')[]) {
  let open: Incidents = [];
  const events: string[] = [];
  seen.forEach((given, index) => {
    const one: Seen = {
      at: index * MINUTE,
      processName: 'default-booking',
      transactionId: `t${index}`,
      cause: null,
      ...(typeof given === 'string' ? { cause: given === 'good' ? null : given } : given),
    };
    const result = next(open, one);
    open = result.open;
    events.push(
      ...result.events.map(
        ({ type, incident }) => `${type} ${incident.cause} ${incident.failures}/${incident.good}`,
      ),
    );
  });
  return { open, events };
}

describe('incidents', () => {
  it('open with the first failure, count, and close after three good ones in a row', () => {
    const { events, open } = play(
      'flex-returned-placeholder',
      'flex-returned-placeholder',
      'good',
      'good',
      'flex-returned-placeholder',
      'good',
      'good',
      'good',
      'good',
    );

    expect(events).toEqual(['opened flex-returned-placeholder 1/0', 'closed flex-returned-placeholder 3/5']);
    expect(open).toEqual([]);
  });

  it('close with the first good one after a quiet while', () => {
    const { events } = play('other-mode', { at: 14 * MINUTE, cause: null }, { at: 15 * MINUTE, cause: null });

    expect(events).toEqual(['opened other-mode 1/0', 'closed other-mode 1/2']);
  });

  it('are one for each cause and process, and a good one of another process closes nothing', () => {
    const { events, open } = play(
      'other-mode',
      'flex-returned-nothing',
      { cause: 'other-mode', processName: 'default-purchase' },
      { processName: 'default-download' },
      { processName: 'default-download' },
      { processName: 'default-download' },
    );

    expect(events).toHaveLength(3);
    expect(open).toHaveLength(3);
  });

  it('remember the first ten transactions, when they began and when they last failed', () => {
    const { open } = play(...Array.from({ length: 15 }, () => 'other-account' as const));

    expect(open).toEqual([
      {
        cause: 'other-account',
        processName: 'default-booking',
        openedAt: 0,
        lastFailureAt: 14 * MINUTE,
        failures: 15,
        good: 0,
        goodInARow: 0,
        transactionIds: Array.from({ length: 10 }, (_, index) => `t${index}`),
      },
    ]);
  });

  it('never open for what is good', () => {
    expect(play('good', 'good', 'good')).toEqual({ open: [], events: [] });
  });
});

it('what is refused to somebody whom Flex does not know opens none', () => {
  const watch = watchPayments({
    log: createLog({ level: 'info', secrets: [], destination: collectLog().destination }),
    processes: new Map(),
    integration: null,
    stripe: null,
    incidentWebhookUrl: null,
    store: null,
  });
  const call = {
    call: 'initiate' as const,
    isSpeculative: false,
    processName: 'default-booking',
    transition: 'transition/request-payment',
    transactionId: null,
  };
  const notConfigured = refusal({ flexCodes: ['stripe-missing-api-key'] }).refusal!;

  watch.observer.refused(notConfigured, call, false);
  expect(watch.incidents.open()).toEqual([]);

  watch.observer.refused(notConfigured, call, true);
  expect(watch.incidents.open()).toMatchObject([{ cause: 'flex-stripe-not-configured' }]);
});
