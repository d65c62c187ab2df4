/**
 * Every fault of the sandbox at every call to Flex that our endpoints make: the right class of answer, none that hangs, the
 * session as it was, and never a command sent twice.
 */
import { scenarioKinds } from '../sandbox/scenarios.ts';
import { run } from '../setup/processes.ts';
import type { FaultResult } from './faults.ts';

/** However busy the machine is: longer than that, a request hangs. */
const HANGING_MS = 30_000;

let results: FaultResult[] = [];

beforeAll(async () => {
  await using faults = run(['test/reliability/faults.ts']);
  if ((await faults.exit) !== 0 || faults.stderr() !== '')
    throw new Error(`It broke off: ${faults.stderr()}`);
  results = faults
    .stdout()
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as FaultResult);
}, 120_000);

const nameOf = ({ job, route, scenario }: FaultResult) => `${job}, ${scenario} at ${route}`;
const answerOf = ({ status, code }: FaultResult) => `${status} ${code ?? 'ok'}`;
const those = (is: (result: FaultResult) => boolean) => results.filter(is).map(nameOf);

/**
 * What a lost answer means: a query is no more than a failure. An order may have been made, and is looked up; a deletion
 * may have been made too, and nobody is left to look.
 */
type Kind = 'query' | 'token' | 'order' | 'deletion';
const kindOf = (route: string): Kind => {
  if (route.startsWith('POST /v1/auth/')) return 'token';
  if (route.endsWith('/current_user/delete')) return 'deletion';
  return /transactions\/(initiate|transition)$/.test(route) ? 'order' : 'query';
};

const OK = '200 ok';
const REFUSED = '401 flex-refused';
const LOST = '502 flex-unavailable';
const UNREADABLE = '502 flex-answer-unreadable';
const UNKNOWN = '502 outcome-unknown';
const same = (answer: string) => ({ query: [answer], token: [answer], order: [answer] });

/** By scenario: the answers that are right for each kind of call; a deletion's are a query's where it has none. */
const classes: Record<string, Record<Exclude<Kind, 'deletion'>, string[]> & { deletion?: string[] }> = {
  slow: same(OK),
  hang: { ...same('504 flex-timeout'), order: ['504 outcome-unknown'], deletion: ['504 outcome-unknown'] },
  status: { ...same('500 flex-unavailable'), order: [UNKNOWN], deletion: [UNKNOWN] },
  'rate-limited': same('429 flex-refused'),
  'empty-error': { ...same(LOST), order: [UNKNOWN], deletion: [UNKNOWN] },
  'html-error': { ...same(LOST), order: [UNKNOWN], deletion: [UNKNOWN] },
  'reset-before': { ...same(LOST), order: [UNKNOWN], deletion: [UNKNOWN] },
  // These carry it out: an order is found again.
  'reset-after': { ...same(LOST), order: [OK], deletion: [UNKNOWN] },
  'drop-after-commit': { query: [OK], token: [LOST], order: [OK], deletion: [UNKNOWN] },
  truncate: { ...same(UNREADABLE), order: [OK], deletion: [UNKNOWN] },
  'malformed-transit': { ...same(UNREADABLE), order: [OK], deletion: [UNKNOWN] },
  // A thing of another kind has no price and no commission, and is told apart by that at the latest.
  'wrong-entity': {
    query: [UNREADABLE],
    token: [UNREADABLE],
    order: [OK],
    deletion: [OK],
  },
  // Assets and tokens are given without one.
  'expired-token': { query: [REFUSED, OK], token: [OK], order: [REFUSED], deletion: [REFUSED] },
  'anonymous-token-fails-once': { ...same(OK), token: [OK, '503 flex-unavailable'] },
};

it('there is no fault without an expectation, and every endpoint works without one', () => {
  const healthy = results.filter(({ scenario }) => scenario === null);
  expect(healthy.map(answerOf)).toEqual(healthy.map(() => '200 ok'));
  expect(healthy.map(({ job }) => job)).toHaveLength(6);
  expect(new Set(results.map(({ scenario }) => scenario ?? 'none'))).toEqual(
    new Set(['none', ...Object.keys(scenarioKinds)]),
  );
});

it.each(Object.entries(classes))('%s: the right class at every call', (name, expected) => {
  const wrong = results
    .filter(({ scenario }) => scenario === name)
    .filter(result => {
      const { [kindOf(result.route!)]: answers = expected.query } = expected;
      return !answers.includes(answerOf(result));
    })
    .map(result => `${nameOf(result)}: ${answerOf(result)}`);

  expect(wrong).toEqual([]);
});

it('what is wrong with the payment itself is an answer of 200 or a refusal of Flex', () => {
  const others = results.filter(({ scenario }) => scenario !== null && !Object.hasOwn(classes, scenario));

  expect(
    others.filter(({ status, code }) => status !== 200 && !(status < 500 && code === 'flex-refused')),
  ).toEqual([]);
  expect(others.length).toBeGreaterThan(50);
});

describe('whatever goes wrong, and wherever', () => {
  it('no request hangs', () => {
    expect(those(({ overBudgetMs }) => overBudgetMs > HANGING_MS)).toEqual([]);
  });

  it('an error has the shape that the web client reads', () => {
    expect(those(({ status, isLocalApiError }) => status >= 400 && !isLocalApiError)).toEqual([]);
  });

  it('the session in the cookie stays as good as it was', () => {
    expect(those(({ sessionIntact, accountDeleted }) => !sessionIntact && !accountDeleted)).toEqual([]);
  });

  it('no command is sent twice, and there is one PaymentIntent at most', () => {
    const commands = (calls: Record<string, number>) =>
      Object.entries(calls)
        .filter(([route]) => ['order', 'deletion'].includes(kindOf(route)))
        .reduce((sum, [, count]) => sum + count, 0);

    expect(those(({ calls, paymentIntents }) => commands(calls) > 1 || paymentIntents > 1)).toEqual([]);
  });

  it('every rejection is handled', () => {
    expect(results.flatMap(({ unhandled }) => unhandled)).toEqual([]);
  });

  it('no log line holds a secret', () => {
    expect(those(({ secretsInLog }) => secretsInLog.length > 0)).toEqual([]);
  });
});
