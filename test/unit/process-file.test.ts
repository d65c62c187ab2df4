/** What the sandbox's reader of process files refuses. It is not the server's: it must know the whole grammar. */
import { evaluate, parsePeriod } from '../sandbox/flex/process/time.ts';
import { readProcess } from '../sandbox/flex/process/read.ts';

const start = '{:name :transition/start :actor :actor.role/customer :to :state/open}';
const processOf = (...transitions: string[]) =>
  `{:format :v3\n :transitions [${[start, ...transitions].join('\n')}]}`;
const read = (source: string) => readProcess(source, 'some/process.edn', 'some');

describe('readProcess', () => {
  it('takes what is whole', () => {
    const process = read(
      processOf(
        '{:name :transition/end, :at {:fn/timepoint [:time/tx-initiated]}, :from :state/open :to :state/closed}',
      ),
    );

    expect(process.transitions).toEqual([
      {
        name: 'transition/start',
        from: null,
        to: 'state/open',
        trigger: { actor: 'customer' },
        privileged: false,
        actions: [],
      },
      {
        name: 'transition/end',
        from: 'state/open',
        to: 'state/closed',
        trigger: { at: { kind: 'timepoint', point: 'time/tx-initiated', argument: null } },
        privileged: false,
        actions: [],
      },
    ]);
  });

  it.each([
    ['no EDN', '{:format', /file: is not readable/],
    ['another format', '{:format :v2 :transitions []}', /:format: must be :v3/],
    ['no transitions', '{:format :v3 :transitions []}', /:transitions: must be a non-empty vector/],
    ['a name twice', processOf(start), /:transition\/start: stands twice/],
    [
      'a state out of reach',
      processOf('{:name :transition/x :actor :actor.role/customer :from :state/nowhere :to :state/open}'),
      /:state\/nowhere can not be reached/,
    ],
    [
      'both actor and time',
      processOf(
        '{:name :transition/x :actor :actor.role/customer :at {:fn/timepoint [:time/tx-initiated]} :from :state/open :to :state/open}',
      ),
      /exactly one of :actor and :at/,
    ],
    [
      'an unknown role',
      processOf('{:name :transition/x :actor :actor.role/king :from :state/open :to :state/open}'),
      /:actor.role\/king is not a role/,
    ],
    [
      'an unknown action',
      processOf(
        '{:name :transition/x :actor :actor.role/customer :from :state/open :to :state/open :actions [{:name :action/fly}]}',
      ),
      /:action\/fly is not a known action/,
    ],
    [
      'an unknown key',
      processOf('{:name :transition/x :actr :actor.role/customer :from :state/open :to :state/open}'),
      /:actr is not known/,
    ],
    [
      'a privileged action without privilege',
      processOf(
        '{:name :transition/x :actor :actor.role/customer :from :state/open :to :state/open :actions [{:name :action/privileged-set-line-items}]}',
      ),
      /must be :privileged\? true/,
    ],
    [
      'a time of a state that is not there',
      processOf(
        '{:name :transition/x :at {:fn/timepoint [:time/first-entered-state :state/x]} :from :state/open :to :state/open}',
      ),
      /refers to :state\/x/,
    ],
    [
      'a period that is none',
      processOf(
        '{:name :transition/x :at {:fn/plus [{:fn/timepoint [:time/tx-initiated]} {:fn/period ["soon"]}]} :from :state/open :to :state/open}',
      ),
      /a period must be/,
    ],
    [
      'a start by the operator',
      '{:format :v3 :transitions [{:name :transition/start :actor :actor.role/operator :to :state/open}]}',
      /must be customer or provider/,
    ],
    [
      'a notification on nothing',
      `{:format :v3 :transitions [${start}] :notifications [{:name :notification/n :on :transition/x :to :actor.role/customer :template :t}]}`,
      /is not a transition/,
    ],
  ])('refuses %s and says where', (_what, source, words) => {
    expect(() => read(source)).toThrow(words);
    expect(() => read(source)).toThrow(/^some\/process\.edn/);
  });

  it('gives the line where the thing is named', () => {
    expect(() => read(processOf(start))).toThrow(/process\.edn:2: /);
  });
});

describe('time', () => {
  const now = Date.UTC(2026, 0, 1);
  const point = { kind: 'timepoint', point: 'time/tx-initiated', argument: null } as const;
  const never = { kind: 'timepoint', point: 'time/booking-start', argument: null } as const;
  const moments = (name: string) => (name === 'time/tx-initiated' ? now : null);
  const plus = (...periods: string[]) => ({ kind: 'plus', base: point, periods }) as const;

  it.each([
    ['PT15M', 15 * 60_000],
    ['P1D', 86_400_000],
    ['P2W', 14 * 86_400_000],
    ['P1DT2H3M4S', 93_784_000],
  ])('%s', (text, ms) => {
    expect(evaluate(plus(text), moments, now)).toBe(now + ms);
  });

  it.each(['P', 'PT', '15M', 'P1X', ''])('%j is no period', text => {
    expect(parsePeriod(text)).toBeUndefined();
  });

  it('knows months, minus, the earliest of several, and what is past', () => {
    expect(evaluate(plus('P1M'), moments, now)).toBe(Date.UTC(2026, 1, 1));
    expect(evaluate({ kind: 'minus', base: point, periods: ['P1D'] }, moments, now)).toBe(now - 86_400_000);
    expect(evaluate({ kind: 'min', of: [plus('P2D'), plus('P1D'), never] }, moments, now)).toBe(
      now + 86_400_000,
    );
    expect(evaluate({ kind: 'ignore-if-past', of: point }, moments, now + 1)).toBeNull();
    expect(evaluate(never, moments, now)).toBeNull();
  });
});
