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
    ['a bracket that is never closed', '{:format :v3\n :transitions [', /:2:15: \[ is never closed/],
    [
      'a wrong bracket',
      `{:format :v3\n :transitions [${start})}`,
      /:2:85: \) where \[ of line 2 must end with \]/,
    ],
    ['one bracket too many', `{:format :v3 :transitions [${start}]}]`, /Nothing may follow the map/],
    ['a text without end', '{:format :v3 :transitions "x}', /:1:27: This text .* is never closed/],
    ['a map of three', '{:format :v3 :transitions}', /:1:1: A map needs a value for each key/],
    ['a key twice', '{:format :v3 :format :v3}', /:format stands twice/],
    ['a key that is no keyword', '{"format" :v3}', /key of a map must be a keyword/],
    ['a tag', '{:format #inst "2026-01-01"}', /#inst can not be read here/],
    ['no map', '[]', /the file: must hold a map/],
    ['nothing', '; only words', /The file ends too early/],
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
      'a state where a time needs a transition',
      processOf(
        '{:name :transition/x :at {:fn/timepoint [:time/first-transitioned :state/open]} :from :state/open :to :state/open}',
      ),
      /refers to :state\/open/,
    ],
    [
      'a time without its argument',
      processOf(
        '{:name :transition/x :at {:fn/timepoint [:time/first-transitioned]} :from :state/open :to :state/open}',
      ),
      /needs a transition/,
    ],
    [
      'no period at all',
      processOf(
        '{:name :transition/x :at {:fn/plus [{:fn/timepoint [:time/tx-initiated]}]} :from :state/open :to :state/open}',
      ),
      /:fn\/plus needs a time and one period or more/,
    ],
    [
      'a text for a keyword',
      processOf('{:name :transition/x :actor :actor.role/customer :from "state/open" :to :state/open}'),
      /:from must be a keyword, and is "state\/open"/,
    ],
    [
      'a word for a truth',
      processOf(
        '{:name :transition/x :actor :actor.role/customer :from :state/open :to :state/open :privileged? "yes"}',
      ),
      /:privileged\? must be true or false/,
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
    [
      'a notification to the operator',
      `{:format :v3 :transitions [${start}] :notifications [{:name :notification/n :on :transition/start :to :actor.role/operator :template :t}]}`,
      /only customer and provider/,
    ],
    [
      'a notification at a time that refers to nothing',
      `{:format :v3 :transitions [${start}] :notifications [{:name :notification/n :on :transition/start :to :actor.role/provider :template :t :at {:fn/timepoint [:time/first-entered-state :state/x]}}]}`,
      /refers to :state\/x/,
    ],
  ])('refuses %s and says where', (_what, source, words) => {
    expect(() => read(source)).toThrow(words);
    expect(() => read(source)).toThrow(/^some\/process\.edn/);
  });

  it('gives the line where the thing is named', () => {
    expect(() => read(processOf(start))).toThrow(/process\.edn:3:1: :transition\/start: stands twice/);
  });

  it('takes comments, discarded forms, lists, foreign keys, the initializer and configuration as plain data', () => {
    const process = read(`; a process
      {:format :v3, :acme/owner "Petra"
       :transitions (#_{:name :not/read}
         {:name :transition/start ; the first
          :actor :actor.role/customer :to :state/open :acme/note [:x]
          :actions [{:name :action.initializer/init-listing-tx}
                    {:name :action/create-pending-booking :config {:type :time, :min {:amount 2.5M :currency "EUR"}}}]})}`);

    expect(process.transitions[0]!.actions).toEqual([
      {
        name: 'action/create-pending-booking',
        config: { type: 'time', min: { amount: 2.5, currency: 'EUR' } },
      },
    ]);
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
    expect(evaluate(plus('P1M'), () => Date.UTC(2026, 0, 31), now)).toBe(Date.UTC(2026, 1, 28));
    expect(evaluate({ kind: 'minus', base: point, periods: ['P1D'] }, moments, now)).toBe(now - 86_400_000);
    expect(evaluate({ kind: 'min', of: [plus('P2D'), plus('P1D'), never] }, moments, now)).toBe(
      now + 86_400_000,
    );
    expect(evaluate({ kind: 'ignore-if-past', of: point }, moments, now + 1)).toBeNull();
    expect(evaluate(never, moments, now)).toBeNull();
  });
});
