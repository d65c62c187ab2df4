import { linesOf, type RunningState } from '../../../scripts/doctor/running.ts';

const NOW = Date.UTC(2026, 10, 21, 10);
const well: RunningState = {
  records: { waiting: 3, dropped: 0 },
  feeds: [{ source: 'flex https://a b', lagSeconds: 130, problem: null }],
  inbox: { gaveUp: 0, oldestReceivedAt: new Date(NOW - 60_000).toISOString() },
  queues: [{ name: 'stripe-events', failed: 0 }],
  openIncidents: 0,
};

it('finds nothing wrong with a service that does well, nor with one that records nothing', () => {
  const nothing = { ...well, feeds: [], inbox: null, queues: [], openIncidents: null };

  const before = { source: 'flex https://a before', lagSeconds: 86_400, problem: null };

  for (const state of [well, nothing, { ...well, feeds: [before, ...well.feeds] }])
    expect(linesOf(state, NOW).filter(line => line.state !== 'good')).toEqual([]);
});

it.each<[string, Partial<RunningState>, RegExp]>([
  ['service: incidents', { openIncidents: 2 }, /^2 open/],
  ['service: records', { records: { waiting: 0, dropped: 7 } }, /^7 could not be kept$/],
  ['service: feed of flex', { feeds: [{ ...well.feeds[0]!, lagSeconds: 301 }] }, /^late by 301 s$/],
  [
    'service: feed of flex',
    { feeds: [{ ...well.feeds[0]!, lagSeconds: null }] },
    /^late by an unknown time$/,
  ],
  ['service: feed of flex', { feeds: [{ ...well.feeds[0]!, problem: 'flex-timeout' }] }, /^flex-timeout$/],
  ['service: inbox', { inbox: { gaveUp: 1, oldestReceivedAt: null } }, /^1 events of Stripe were given up$/],
  [
    'service: inbox',
    { inbox: { gaveUp: 0, oldestReceivedAt: new Date(NOW - 601_000).toISOString() } },
    /has waited since/,
  ],
  ['service: jobs', { queues: [{ name: 'retention', failed: 2 }] }, /^failed: 2 retention$/],
])('%s: bad with %j, with a mend, and never fails the command', (name, change, says) => {
  const wrong = linesOf({ ...well, ...change }, NOW).filter(({ state }) => state !== 'good');

  expect(wrong).toEqual([
    { name, state: 'bad', says: expect.stringMatching(says), mend: expect.any(String), optional: true },
  ]);
});
