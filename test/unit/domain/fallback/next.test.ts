import { keyOf, newOp, type Case, type MoneyOp } from '../../../../server/domain/fallback/case.ts';
import {
  noEvidence,
  type Evidence,
  type FlexEvidence,
  type Intent,
} from '../../../../server/domain/fallback/evidence.ts';
import { ladderOf } from '../../../../server/domain/fallback/ladder.ts';
import { next } from '../../../../server/domain/fallback/next.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = Date.UTC(2026, 5, 1);
const PI = 'pi_3QhWaB7WZ01zgkWS0jxsAJo3';

const aCase = (given: Partial<Case> = {}): Case => ({
  id: 'a-case',
  transactionId: 'a-transaction',
  environment: 'test',
  way: 'repair',
  state: 'released',
  amount: 15_750,
  currency: 'EUR',
  fee: 2_250,
  destination: 'acct_1',
  customerId: 'customer',
  providerId: 'provider',
  deadline: NOW + 15 * MINUTE,
  periodMs: 15 * MINUTE,
  paymentIntentId: PI,
  seenStatus: null,
  sent: null,
  ending: null,
  needs: null,
  troubles: 0,
  ...given,
});
const intent = (given: Partial<Intent> = {}): Intent => ({
  id: PI,
  status: 'requires_payment_method',
  amount: 15_750,
  currency: 'eur',
  fee: 2_250,
  destination: 'acct_1',
  amountReceived: 0,
  amountRefunded: 0,
  caseId: 'a-case',
  transactionId: 'a-transaction',
  authorisedAt: null,
  ...given,
});
const flex = (phase: FlexEvidence['phase']): FlexEvidence => ({
  phase,
  transitions: 2,
  deadline: NOW + 15 * MINUTE,
  periodMs: 15 * MINUTE,
  note: null,
});
const seen = (phase: FlexEvidence['phase'], own: Intent, more: Partial<Evidence> = {}): Evidence => ({
  ...noEvidence(),
  flex: flex(phase),
  intents: { [own.id]: own },
  listed: { at: NOW, intents: [own] },
  ...more,
});
const sent = (kind: MoneyOp['kind'], given: Partial<MoneyOp> = {}): MoneyOp => ({
  ...newOp(kind, 1, { target: PI, amount: 100, currency: 'eur' }),
  state: 'sent',
  firstSentAt: NOW,
  lastSentAt: NOW,
  attempts: 1,
  ...given,
});

describe('keys', () => {
  it('are the same for the same wish, and hold no clock and no chance', () => {
    expect(keyOf(aCase(), { kind: 'refund', seq: 2, generation: 1 })).toBe('v1:test:a-case:refund:2:g1');
  });
});

describe('the ladder', () => {
  it('stops five minutes, warns three and cancels one before a quarter of an hour is over', () => {
    const deadline = NOW + 15 * MINUTE;
    expect(ladderOf({ deadline, periodMs: 15 * MINUTE })).toEqual({
      stopRelease: NOW + 10 * MINUTE,
      warn: NOW + 12 * MINUTE,
      cancel: NOW + 14 * MINUTE,
    });
    expect(ladderOf({ deadline: NOW + 3 * MINUTE, periodMs: 3 * MINUTE }).stopRelease).toBe(NOW + 2 * MINUTE);
  });
});

describe('what is next', () => {
  it.each<[string, Case, MoneyOp[], Evidence, number, object]>([
    ['Flex is asked first', aCase(), [], noEvidence(), 0, { do: 'ask-flex' }],
    [
      'a customer is waited for',
      aCase(),
      [],
      seen('awaiting', intent()),
      0,
      { do: 'wait', until: NOW + 15_000 },
    ],
    [
      'what is held is counted as paid',
      aCase({ state: 'authorised' }),
      [],
      seen('awaiting', intent({ status: 'requires_capture', authorisedAt: NOW })),
      0,
      { do: 'move', move: 'advance' },
    ],
    [
      'what is held at another amount is not',
      aCase({ state: 'authorised' }),
      [],
      seen('awaiting', intent({ status: 'requires_capture', amount: 1 })),
      0,
      { do: 'change', change: { ending: 'mismatch' } },
    ],
    [
      'a minute before the end it is given up',
      aCase(),
      [],
      seen('awaiting', intent()),
      14 * MINUTE,
      { do: 'change', change: { ending: 'ran-out' } },
    ],
    [
      'also when Flex can not be asked',
      aCase(),
      [],
      { ...noEvidence(), flex: 'away' },
      14 * MINUTE,
      { do: 'change', change: { ending: 'ran-out' } },
    ],
    [
      'but not when the booking may have come to be',
      aCase({ state: 'authorised', sent: { move: 'advance', at: NOW } }),
      [],
      { ...noEvidence(), flex: 'away' },
      14 * MINUTE,
      { do: 'wait', until: NOW + 14 * MINUTE + 1_000, trouble: 'flex can not be asked' },
    ],
    [
      'the hold of a dead booking is cancelled',
      aCase({ state: 'advanced' }),
      [],
      seen('dead', intent({ status: 'requires_capture' })),
      0,
      { do: 'plan', op: newOp('cancel', 1, { target: PI, amount: null, currency: null }) },
    ],
    [
      'what was taken for it is given back',
      aCase({ state: 'captured' }),
      [],
      seen('dead', intent({ status: 'succeeded', amountReceived: 15_750 })),
      0,
      { do: 'plan', op: newOp('refund', 1, { target: PI, amount: 15_750, currency: 'eur' }) },
    ],
    [
      'what was seen held is not believed to be unpaid',
      aCase({ state: 'advanced', seenStatus: 'requires_capture' }),
      [],
      seen('dead', intent()),
      0,
      { do: 'wait', until: NOW + 1_000, trouble: 'stripe can not be asked' },
    ],
    [
      'nobody is told twice what an operator has to decide',
      aCase({ needs: 'state-unknown' }),
      [],
      noEvidence(),
      0,
      { do: 'rest' },
    ],
  ])('%s', (_what, c, ops, evidence, after, step) => {
    expect(next(c, ops, evidence, NOW + after)).toEqual(step);
  });
});

describe('a booking that Flex does not let into the lane', () => {
  const known = aCase({ state: 'known' });
  const tried = (lane: 'open' | 'refused') => seen('before-lane', intent(), { lane, failedMoves: ['enter'] });

  it('is asked about again while Flex has not refused, until no more is handed out', () => {
    expect(next(known, [], tried('open'), NOW)).toEqual({
      do: 'wait',
      until: NOW + 1_000,
      trouble: 'flex does not make the transition: enter',
    });
    const late = { ...tried('open'), listed: { at: NOW + 10 * MINUTE, intents: [intent()] } };
    expect(next(known, [], late, NOW + 10 * MINUTE)).toEqual({ do: 'change', change: { ending: 'ran-out' } });
  });

  it('stays with Flex when it has refused, unless what was sent before may yet come to be', () => {
    const sentBefore = aCase({ state: 'known', sent: { move: 'enter', at: NOW } });
    expect(next(known, [], tried('refused'), NOW)).toEqual({
      do: 'change',
      change: { ending: 'lane-refused' },
    });
    expect(next(sentBefore, [], tried('refused'), NOW)).toMatchObject({ do: 'wait' });
  });
});

describe('a wish whose answer was lost', () => {
  const delivered = aCase({ state: 'captured' });
  const op = sent('payout');
  const evidence = seen('delivered', intent({ status: 'succeeded' }));

  it('is sent again with its key for 23 hours', () => {
    expect(next(delivered, [op], evidence, NOW + 22 * HOUR)).toEqual({ do: 'send', op });
  });

  it('is looked for after that, and at once when Stripe keeps an error under the key', () => {
    expect(next(delivered, [op], evidence, NOW + 23 * HOUR)).toEqual({ do: 'list-payouts', op });
    const saved = sent('payout', { isSaved: true });
    expect(next(delivered, [saved], evidence, NOW)).toEqual({ do: 'list-payouts', op: saved });
  });

  it('is what the list has of it', () => {
    const listed = { at: NOW, moved: [{ id: 'po_1', amount: 100, status: 'paid', op: 'a-case:payout:1' }] };
    expect(next(delivered, [op], { ...evidence, payouts: listed }, NOW + 24 * HOUR)).toEqual({
      do: 'settle',
      op: { ...op, state: 'confirmed', objectId: 'po_1' },
    });
  });

  it('is told as what came back where the list has it as failed', () => {
    const failed = { id: 'po_1', amount: 100, status: 'failed', op: 'a-case:payout:1', code: 'no_account' };
    const step = next(
      delivered,
      [op],
      { ...evidence, payouts: { at: NOW, moved: [failed] } },
      NOW + 24 * HOUR,
    );
    const settled = { ...op, state: 'refused' as const, objectId: 'po_1', code: 'no_account' };
    expect(step).toEqual({ do: 'settle', op: settled });
    expect(next(delivered, [settled], evidence, NOW)).toEqual({
      do: 'need-operator',
      why: 'payout-failed: no_account',
    });
    expect(next(delivered, [{ ...settled, objectId: null }], evidence, NOW)).toEqual({
      do: 'need-operator',
      why: 'payout-refused: no_account',
    });
  });

  it('is wished anew only when two looks a minute apart have not found it', () => {
    const at = NOW + 24 * HOUR;
    const looked = (from: number) => ({ ...evidence, payouts: { at: from, moved: [] } });
    const once = next(delivered, [op], looked(at), at);
    expect(once).toEqual({ do: 'settle', op: { ...op, missedAt: at } });
    const missed = { ...op, missedAt: at };
    expect(next(delivered, [missed], looked(at + 59_000), at + 59_000)).toEqual({
      do: 'wait',
      until: at + MINUTE,
    });
    expect(next(delivered, [missed], looked(at + MINUTE), at + MINUTE)).toMatchObject({
      do: 'settle',
      op: { state: 'planned', generation: 1, firstSentAt: null },
    });
  });

  it('is left alone after two tries in one run', () => {
    expect(next(delivered, [op], { ...evidence, unanswered: 2 }, NOW)).toMatchObject({ do: 'wait' });
  });
});

describe('a booking that Flex counts as paid for', () => {
  it.each(['confirmed', 'capturing', 'accepted', 'delivered'] as const)(
    'is noted as that before anything else: %s',
    phase => {
      const c = aCase({ state: 'authorised', sent: { move: 'advance', at: NOW } });

      expect(next(c, [], { ...noEvidence(), flex: flex(phase) }, NOW)).toEqual({
        do: 'change',
        change: { state: 'advanced', sent: null },
      });
    },
  );

  it('is not given back by the clock while Flex can not be asked, whatever was sent last', () => {
    const late = NOW + 2 * HOUR;
    const away = { ...noEvidence(), flex: 'away' as const };
    const captured = aCase({ state: 'advanced', sent: { move: 'captured', at: NOW } });

    expect(next(captured, [], away, late)).toMatchObject({ do: 'wait', trouble: 'flex can not be asked' });
    expect(next(aCase({ state: 'authorised' }), [], away, late)).toEqual({
      do: 'change',
      change: { ending: 'ran-out' },
    });
  });
});

describe("a PaymentIntent of Flex's own that comes late", () => {
  const flexs = intent({ id: 'pi_3QhWaB7WZ01zgkWS0jxsZZZZ', caseId: null });
  const own = (given: Partial<Intent> = {}) => intent(given);
  const both = (one: Intent, other: Intent) =>
    seen('awaiting', one, { listed: { at: NOW, intents: [one, other] } });

  it('leaves the booking with Flex while it is not in the lane', () => {
    const known = aCase({ state: 'known' });
    expect(next(known, [], { ...both(own(), flexs), flex: flex('before-lane') }, NOW)).toEqual({
      do: 'change',
      change: { ending: 'superseded' },
    });
  });

  it('is cancelled in the lane while nobody has paid it', () => {
    expect(next(aCase(), [], both(own(), flexs), NOW)).toMatchObject({
      do: 'plan',
      op: { kind: 'cancel', target: flexs.id },
    });
  });

  it('wins when it was paid first, after ours is seen cancelled', () => {
    const paid = { ...flexs, status: 'requires_capture', authorisedAt: NOW };
    expect(next(aCase(), [], both(own(), paid), NOW)).toMatchObject({ op: { kind: 'cancel', target: PI } });
    expect(next(aCase(), [], both(own({ status: 'canceled' }), paid), NOW)).toEqual({
      do: 'adopt',
      intent: paid,
    });
  });

  it('is cancelled too when the booking is paid for already, for as long as one may come', () => {
    const c = aCase({ state: 'advanced', seenStatus: 'requires_capture' });
    const held = intent({ status: 'requires_capture', authorisedAt: NOW });
    const late = intent({ id: 'pi_late', caseId: null, status: 'requires_capture', authorisedAt: NOW + 1 });
    const evidence = seen('confirmed', held, { listed: { at: NOW, intents: [held, late] } });

    const notLooked = { ...noEvidence(), flex: flex('confirmed') };
    expect(next(c, [], notLooked, NOW)).toEqual({ do: 'list-intents' });
    expect(next(c, [], evidence, NOW)).toMatchObject({
      do: 'plan',
      op: { kind: 'cancel', target: 'pi_late' },
    });
    const over = NOW + 75 * MINUTE;
    expect(next(c, [], notLooked, over)).toEqual({ do: 'wait', until: over + MINUTE });
  });

  it('is cancelled too when the booking is accepted already', () => {
    const c = aCase({ state: 'captured', seenStatus: 'succeeded' });
    const taken = intent({ status: 'succeeded' });
    const late = { ...flexs, status: 'requires_capture', authorisedAt: NOW + 1 };
    const others = (listed: Intent[]) => seen('accepted', taken, { listed: { at: NOW, intents: listed } });
    const notLooked = { ...noEvidence(), flex: flex('accepted') };

    expect(next(c, [], notLooked, NOW)).toEqual({ do: 'list-intents' });
    expect(next(c, [], others([taken, late]), NOW)).toMatchObject({
      op: { kind: 'cancel', target: flexs.id },
    });
    expect(next(c, [], others([taken]), NOW)).toEqual({ do: 'wait', until: NOW + MINUTE });
    const over = NOW + 75 * MINUTE;
    expect(next(c, [], notLooked, over)).toEqual({ do: 'wait', until: over + 60 * MINUTE });
    expect(next({ ...c, way: 'clean' }, [], notLooked, NOW)).toEqual({
      do: 'wait',
      until: NOW + 60 * MINUTE,
    });
  });

  it('is looked for though the booking has ended, until none can be listed any more', () => {
    const c = aCase({ state: 'released', ending: 'ran-out' });
    const ended = (others: Intent[]) =>
      seen('dead', own({ status: 'canceled' }), { listed: { at: NOW, intents: others }, notesWritten: 1 });
    const late = { ...flexs, status: 'requires_capture' };
    const until = NOW + 20 * MINUTE;

    expect(next(c, [], ended([late]), NOW)).toMatchObject({ op: { kind: 'cancel', target: flexs.id } });
    expect(next(c, [], ended([]), NOW)).toEqual({ do: 'wait', until: NOW + MINUTE });
    expect(next(c, [], ended([]), until - 1)).toEqual({ do: 'wait', until });
    expect(next(c, [], ended([late]), until)).toMatchObject({ op: { kind: 'cancel', target: flexs.id } });
    expect(next(c, [], ended([]), until)).toEqual({ do: 'close', outcome: 'ran-out' });
    expect(next({ ...c, way: 'clean' }, [], ended([]), NOW)).toEqual({ do: 'close', outcome: 'ran-out' });
  });

  it('loses when ours was paid first', () => {
    const paid = { ...flexs, status: 'requires_capture', authorisedAt: NOW + 1 };
    const ours = own({ status: 'requires_capture', authorisedAt: NOW });
    expect(next(aCase(), [], both(ours, paid), NOW)).toMatchObject({ op: { target: flexs.id } });
  });
});
