/** What an operator may do, over every combination of what can be known. */
import { actions, judge, needsInWords, type Known } from '../../../server/domain/fallback/actions.ts';
import {
  caseStates,
  newOp,
  type Case,
  type MoneyOp,
  type OpKind,
} from '../../../server/domain/fallback/case.ts';
import type { Intent, Phase } from '../../../server/domain/fallback/evidence.ts';

const PHASES: Phase[] = [
  'before-lane',
  'awaiting',
  'confirmed',
  'capturing',
  'accepted',
  'delivered',
  'dead',
  'elsewhere',
  'unknown',
];
const base: Case = {
  id: 'case',
  transactionId: 'transaction',
  environment: 'test',
  way: 'repair',
  state: 'advanced',
  amount: 1_000,
  currency: 'EUR',
  fee: 100,
  destination: 'acct_1',
  customerId: 'customer',
  providerId: 'provider',
  deadline: 0,
  periodMs: 0,
  paymentIntentId: 'pi_1',
  seenStatus: null,
  sent: null,
  ending: null,
  needs: null,
  troubles: 0,
};
const intent = (status: string, amountRefunded = 0): Intent => ({
  id: 'pi_1',
  status,
  amount: 1_000,
  currency: 'eur',
  fee: 100,
  destination: 'acct_1',
  amountReceived: status === 'succeeded' ? 1_000 : 0,
  amountRefunded,
  caseId: 'case',
  transactionId: 'transaction',
  authorisedAt: null,
});
const op = (kind: OpKind, state: MoneyOp['state']): MoneyOp => ({
  ...newOp(kind, 1, { target: 'pi_1', amount: 900, currency: 'eur' }),
  state,
  code: state === 'refused' ? 'because' : null,
});

const NEEDS = [null, 'state-unknown', 'refund-refused: because', 'payout-refused: because'];
const INTENTS = [
  null,
  intent('requires_payment_method'),
  intent('requires_capture'),
  intent('succeeded'),
  intent('succeeded', 400),
  intent('succeeded', 1_000),
  intent('canceled'),
];
const OPS: MoneyOp[][] = [
  [],
  ...(['cancel', 'capture', 'refund', 'payout'] as const).flatMap(kind =>
    (['planned', 'sent', 'confirmed', 'refused'] as const).map(state => [op(kind, state)]),
  ),
];

/** Everything, with what may be done then. */
function* all() {
  for (const state of caseStates)
    for (const needs of NEEDS)
      for (const phase of PHASES)
        for (const own of INTENTS)
          for (const ops of OPS) {
            const c: Case = { ...base, state, needs };
            const known: Known = { phase, intent: own, strays: [] };
            for (const action of actions)
              yield { c, ops, known, action, judged: judge(action, c, ops, known) };
          }
}
const isUnderWay = (ops: readonly MoneyOp[]) =>
  ops.some(({ state }) => state === 'planned' || state === 'sent');
const isDone = (ops: readonly MoneyOp[], kind: OpKind) =>
  ops.some(one => one.kind === kind && one.state === 'confirmed');

it('nothing makes two of what there must be one of, in any combination', () => {
  const wrong: unknown[] = [];
  const wished: Record<string, number> = {};
  for (const { c, ops, known, action, judged } of all()) {
    if ('why' in judged) continue;
    const say = (why: string) => wrong.push({ why, action, c, ops, known });
    if (c.state === 'closed') say('closed');
    const { op: wish } = judged;
    if (!wish) continue;
    wished[wish.kind] = (wished[wish.kind] ?? 0) + 1;
    if (wish.kind === 'create' || wish.kind === 'capture') say('releases or captures');
    if (isUnderWay(ops)) say('beside something under way');
    if (ops.some(({ kind, seq }) => kind === wish.kind && seq === wish.seq)) say('in the place of another');
    if (wish.state !== 'planned' || wish.firstSentAt !== null) say('not a new wish');
    if ((wish.kind === 'refund' || wish.kind === 'payout') && isDone(ops, wish.kind)) say('twice');
    if (wish.kind === 'refund' && isDone(ops, 'payout')) say('after the provider was paid');
    if (wish.kind === 'refund' && wish.amount !== 1_000 - known.intent!.amountRefunded) say('too much');
    if (wish.kind === 'refund' && !['dead', 'elsewhere', 'unknown'].includes(known.phase)) say('it stands');
    if (wish.kind === 'payout' && known.phase !== 'delivered') say('before it is done');
    if (wish.kind === 'cancel' && !['capturing', 'unknown'].includes(known.phase)) say('of a booking');
    if (wish.kind === 'cancel' && known.intent?.status === 'succeeded') say('of what was captured');
  }

  expect(wrong).toEqual([]);
  expect(Object.keys(wished).toSorted()).toEqual(['cancel', 'payout', 'refund']);
});

it('no case is closed by hand while money may be held or something is under way', () => {
  const resolved = [...all()].filter(({ judged }) => 'outcome' in judged);
  const isQuiet = resolved.every(
    ({ c, ops, known }) =>
      c.needs !== null &&
      !isUnderWay(ops) &&
      (known.intent === null || ['canceled', 'succeeded'].includes(known.intent.status)),
  );

  expect([resolved.length > 0, isQuiet]).toEqual([true, true]);
  const stray = { ...intent('requires_payment_method'), id: 'pi_2' };
  expect(
    judge('resolve', { ...base, needs: 'state-unknown' }, [], {
      phase: 'unknown',
      intent: intent('canceled'),
      strays: [stray],
    }),
  ).toEqual({ why: 'pi_2 is requires_payment_method: money may be held. Cancel it first.' });
});

it.each<[string, Partial<Case>]>([
  ['counts as paid for', { state: 'advanced' }],
  ['is being counted as paid for', { state: 'authorised', sent: { move: 'advance', at: 0 } }],
  ['is being ended already', { state: 'released', ending: 'ran-out' }],
])('a booking that %s is not given up here', (_what, values) => {
  const known = { phase: 'awaiting' as const, intent: intent('requires_capture'), strays: [] };

  expect(judge('cancel', { ...base, ...values }, [], known)).toHaveProperty('why');
  expect(judge('cancel', { ...base, state: 'released' }, [], known)).toMatchObject({
    change: { needs: null, ending: 'operator' },
  });
});

it('why it needs somebody is said in words, and what is not known as it is', () => {
  expect(needsInWords(null)).toBeNull();
  expect(needsInWords('payout-refused: payouts_not_allowed')).toBe(
    "Stripe refuses the payout on the provider's account.",
  );
  expect(needsInWords('something-else')).toBe('something-else');
});
