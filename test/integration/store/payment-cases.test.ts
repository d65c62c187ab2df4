/** The tables of the fallback, on both databases: who may write, what is written together, and what can not be written at all. */
import { sql } from 'kysely';
import { nextOp, type MoneyOp } from '../../../server/domain/fallback/case.ts';
import {
  caseInLine,
  caseThatMoved,
  casesOf,
  heardOf,
  movedSince,
  reopenCase,
} from '../../../server/store/case-hints.ts';
import { casesSince, countOpenCases, knownCases, listCases } from '../../../server/store/case-lists.ts';
import { keepFallbackAudit, lastFallbackAudit } from '../../../server/store/fallback-audits.ts';
import {
  caseById,
  closeCase,
  dueCases,
  FALLBACK_SWITCH,
  findCase,
  hasOpenCase,
  leaveCase,
  openCase,
  releaseCase,
  reportOf,
  takeCase,
  writeCase,
  type Held,
  type NewCase,
} from '../../../server/store/payment-cases.ts';
import type { Db } from '../../../server/store/schema.ts';
import { readSwitch, writeSwitch } from '../../../server/store/switches.ts';
import { moveClock, onBothDatabases } from '../../setup/databases.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const LEASE = 30_000;
const within = (ms: number) => ({ payout: ms, refund: ms });
const idOf = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

const aCase = (number = 1, given: Partial<NewCase> = {}): NewCase => ({
  id: idOf(number),
  transaction_id: `transaction-${number}`,
  environment: 'test',
  way: 'repair',
  process_name: 'default-booking',
  amount: 15_750,
  currency: 'EUR',
  fee: 2_250,
  destination: 'acct_1',
  customer_id: 'alice',
  provider_id: 'petra',
  payment_method: null,
  stripe_customer: null,
  saves_payment_method: false,
  approved_by: 'Ada',
  support_case: '4711',
  deadline: new Date(Date.UTC(2030, 0, 1)),
  period_ms: 15 * MINUTE,
  ...given,
});
const held = async (db: Db, number = 1): Promise<Held> => (await takeCase(db, idOf(number), LEASE))!;
const opened = async (db: Db, number = 1, given: Partial<NewCase> = {}) => {
  await openCase(db, aCase(number, given));
  return held(db, number);
};
const made = (ops: readonly MoneyOp[], paymentIntentId: string): MoneyOp => ({
  ...nextOp(ops, 'create', { target: null, amount: 15_750, currency: 'EUR' }),
  state: 'confirmed',
  objectId: paymentIntentId,
});
/** With a PaymentIntent that Flex knows of. */
const linked = async (db: Db, number = 1) => {
  const one = await opened(db, number);
  const change = { state: 'linked', payment_intent_id: `pi_${number}` } as const;
  return (await writeCase(db, one, { op: made(one.ops, `pi_${number}`), change }, LEASE))!;
};
const closedBy = async (db: Db, kind: 'payout' | 'refund') => {
  const one = await linked(db);
  const op: MoneyOp = {
    ...nextOp([], kind, { target: 'acct_1', amount: 13_500, currency: 'eur' }),
    state: 'confirmed',
    firstSentAt: one.now,
    lastSentAt: one.now,
    objectId: 'moved_1',
  };
  const written = (await writeCase(db, one, { op }, LEASE))!;
  await closeCase(db, written, kind === 'payout' ? 'paid-out' : 'refunded');
  return op;
};
const noteNames = async (db: Db, number = 1) =>
  (await reportOf(db, `transaction-${number}`))!.notes.map(({ what }) => what);

onBothDatabases(databases => {
  const dbOf = async () => (await databases.store()).db;

  describe('opening', () => {
    it('is done once for a transaction, with its first note', async () => {
      const db = await dbOf();
      const [first, second] = await Promise.all([
        openCase(db, aCase(1)),
        openCase(db, aCase(1, { id: idOf(2) })),
      ]);

      expect(first).toEqual(second);
      expect(first).toMatchObject({ ...aCase(1, { id: first!.id }), state: 'claimed', fence: 0 });
      expect(await noteNames(db)).toEqual(['opened']);
      expect([
        await hasOpenCase(db, 'alice'),
        await hasOpenCase(db, 'petra'),
        await hasOpenCase(db, 'rico'),
      ]).toEqual([true, true, false]);
    });

    it('is not done while it is switched off, by whoever switched last', async () => {
      const db = await dbOf();
      await writeSwitch(db, FALLBACK_SWITCH, false, 'Ada');
      expect(await openCase(db, aCase())).toBeNull();
      expect(await readSwitch(db, FALLBACK_SWITCH)).toMatchObject({ is_on: false, by: 'Ada' });

      await writeSwitch(db, FALLBACK_SWITCH, true, 'Bea');
      expect(await openCase(db, aCase())).toMatchObject({ state: 'claimed' });
    });
  });

  describe('lease and fence', () => {
    it('belong to one at a time, and one who slept through the lease writes nothing', async () => {
      const store = await databases.store();
      const { db } = store;
      const sleeper = await opened(db);
      expect(await takeCase(db, idOf(1), LEASE)).toBeNull();

      await moveClock(store, LEASE + 1_000);
      const next = await held(db);
      expect(next.row.fence).toBe(sleeper.row.fence + 1);
      const late = { op: made([], 'pi_late'), change: { state: 'known' }, note: { what: 'late' } } as const;

      expect(await writeCase(db, sleeper, late, LEASE)).toBeNull();
      expect(await releaseCase(db, sleeper, Date.now() + DAY)).toBe(false);
      expect(await closeCase(db, sleeper, 'late')).toBe(false);
      await leaveCase(db, sleeper, { nextAt: 0, trouble: 'late' });

      expect(await reportOf(db, 'transaction-1')).toMatchObject({
        row: { state: 'claimed', trouble: null, closed_at: null },
        ops: [],
        notes: [{ what: 'opened' }],
      });
      expect(await writeCase(db, next, { change: { state: 'known' } }, LEASE)).toMatchObject({
        case: { state: 'known' },
      });
    });

    it('end when it is left: its troubles are counted, and forgotten when there are none', async () => {
      const { db } = await databases.store();
      const one = await opened(db);
      await leaveCase(db, one, { nextAt: one.now, trouble: 'away' });
      const two = await held(db);
      await leaveCase(db, two, { nextAt: two.now, trouble: 'away' });
      expect(await findCase(db, 'transaction-1')).toMatchObject({ troubles: 2, trouble: 'away' });
      const three = await held(db);
      await leaveCase(db, three, { nextAt: three.now, trouble: null });
      expect(await findCase(db, 'transaction-1')).toMatchObject({ troubles: 0, trouble: null });
    });

    it('are not given for a case that is closed', async () => {
      const db = await dbOf();
      expect(await closeCase(db, await opened(db), 'cancelled')).toBe(true);
      expect(await takeCase(db, idOf(1), LEASE)).toBeNull();
      expect(await noteNames(db)).toEqual(['opened', 'closed']);
      expect(await hasOpenCase(db, 'alice')).toBe(false);
    });
  });

  describe('releasing', () => {
    it('is done once Flex knows which it is, in time, and noted', async () => {
      const db = await dbOf();
      const one = await linked(db);
      expect(await releaseCase(db, one, one.now - 1_000)).toBe(false);
      expect(await releaseCase(db, one, one.now + MINUTE)).toBe(true);
      expect(await releaseCase(db, one, one.now + MINUTE)).toBe(false);
      const { row, ops } = (await reportOf(db, 'transaction-1'))!;
      expect([row.state, ops[0]!.released_at]).toEqual(['released', row.released_at]);
      expect(await noteNames(db)).toEqual(['opened', 'released']);
    });

    it.each([
      ['it is not linked', { state: 'known' }],
      ['it is to end', { ending: 'ran-out' }],
      ['it needs somebody', { needs: 'somebody' }],
    ] as const)('is not done where %s', async (_why, change) => {
      const db = await dbOf();
      const one = (await writeCase(db, await linked(db), { change }, LEASE))!;
      expect(await releaseCase(db, one, one.now + MINUTE)).toBe(false);
    });

    it('is not done of what no row has made, nor of what was seen cancelled', async () => {
      const db = await dbOf();
      const one = await linked(db);
      const strange = (await writeCase(db, one, { change: { payment_intent_id: 'pi_strange' } }, LEASE))!;
      await expect(releaseCase(db, strange, one.now + MINUTE)).rejects.toThrow('no row of ours');
      const again = (await writeCase(
        db,
        strange,
        { change: { payment_intent_id: 'pi_1' }, cancelled: 'pi_1' },
        LEASE,
      ))!;
      await expect(releaseCase(db, again, one.now + MINUTE)).rejects.toThrow('no row of ours');
      expect(await findCase(db, 'transaction-1')).toMatchObject({ state: 'linked', released_at: null });
    });

    it('of a second one is refused by the database itself, until the first is seen cancelled', async () => {
      const db = await dbOf();
      const one = await linked(db);
      await releaseCase(db, one, one.now + MINUTE);
      const second = made(one.ops, 'pi_second');

      await expect(writeCase(db, one, { op: second, isReleased: true }, LEASE)).rejects.toThrow(
        'money_ops_released',
      );

      const seen = (await writeCase(db, one, { cancelled: 'pi_1' }, LEASE))!;
      expect(await writeCase(db, seen, { op: second, isReleased: true }, LEASE)).toMatchObject({
        row: { released_at: expect.any(Date) },
      });
    });
  });

  it('one thing at Stripe is what came of one wish, and pays for one case', async () => {
    const db = await dbOf();
    await linked(db, 1);
    const other = await opened(db, 2);
    await expect(writeCase(db, other, { op: made([], 'pi_1') }, LEASE)).rejects.toThrow('unique');
    await expect(writeCase(db, other, { change: { payment_intent_id: 'pi_1' } }, LEASE)).rejects.toThrow(
      'unique',
    );
  });

  it('an op is written again under its number, with all that is known of it', async () => {
    const db = await dbOf();
    const one = await opened(db);
    const planned = nextOp([], 'refund', { target: 'pi_1', amount: 100, currency: 'eur' });
    const first = (await writeCase(db, one, { op: planned }, LEASE))!;
    const sent: MoneyOp = {
      ...planned,
      state: 'sent',
      generation: 1,
      firstSentAt: one.now,
      lastSentAt: one.now + 1,
      attempts: 2,
      isSaved: true,
      missedAt: one.now + 2,
      code: 'why',
    };
    const second = (await writeCase(db, first, { op: sent }, LEASE))!;

    expect(second.ops).toEqual([sent]);
    await leaveCase(db, second, { nextAt: one.now, trouble: null });
    expect((await held(db)).ops).toEqual([sent]);
  });

  describe('what is due', () => {
    it('is what its time has come for, what is not held, and what was heard of since', async () => {
      const store = await databases.store();
      const { db } = store;
      await opened(db, 1);
      for (const number of [2, 3, 4, 5]) {
        const one = await opened(db, number);
        await leaveCase(db, one, { nextAt: one.now + (number === 2 ? 0 : DAY), trouble: null });
      }
      const needy = await opened(db, 6);
      await leaveCase(db, (await writeCase(db, needy, { change: { needs: 'somebody' } }, LEASE))!, {
        nextAt: 0,
        trouble: null,
      });
      await db
        .updateTable('payment_cases')
        .set({ payment_intent_id: 'pi_3' })
        .where('id', '=', idOf(3))
        .execute();
      await sql`insert into proxy.payment_intents (id, livemode, status, amount, currency, created, as_of, source)
        values ('pi_3', false, 'requires_capture', 1, 'eur', now(), now() + interval '1 second', 'event')`.execute(
        db,
      );

      expect(await dueCases(db, 10)).toEqual([idOf(2), idOf(3)]);
      expect(await caseInLine(db, idOf(1))).toEqual({ isDue: true, isHeld: true });
      expect(await caseInLine(db, idOf(2))).toEqual({ isDue: true, isHeld: false });
      expect(await caseInLine(db, idOf(4))).toEqual({ isDue: false, isHeld: false });
      expect(await caseInLine(db, idOf(6))).toBeUndefined();
      expect(await casesOf(db, ['transaction-6', 'transaction-4', 'none'])).toEqual([idOf(4)]);
      expect(await casesOf(db, [])).toEqual([]);

      await moveClock(store, 2 * DAY);
      expect((await dueCases(db, 10)).toSorted()).toEqual([1, 2, 3, 4, 5].map(idOf));
      expect(await dueCases(db, 1)).toEqual([idOf(1)]);
      expect((await caseById(db, idOf(1))).now).toBeGreaterThan(Date.now() + DAY);
    });
  });

  it('what events told of is heard: alive, and not its own', async () => {
    const db = await dbOf();
    const { row } = await linked(db);
    const tell = (id: string, status: string, transaction = 'transaction-1') =>
      sql`insert into proxy.payment_intents (id, transaction_id, livemode, status, amount, currency, created, as_of, source)
        values (${id}, ${transaction}, false, ${status}, 1, 'eur', now(), now(), 'event')`.execute(db);
    await tell('pi_1', 'requires_capture');
    await tell('pi_flexs', 'requires_payment_method');
    await tell('pi_paid', 'requires_capture');
    await tell('pi_over', 'canceled');
    await tell('pi_elsewhere', 'requires_capture', 'transaction-2');

    expect(await heardOf(db, row)).toEqual(['pi_paid', 'pi_flexs']);
    expect(await heardOf(db, { ...row, payment_intent_id: null })).toHaveLength(3);
  });

  describe.each(['payout', 'refund'] as const)('a %s', kind => {
    it('that came back opens its case again, once', async () => {
      const store = await databases.store();
      const { db } = store;
      const op = await closedBy(db, kind);
      expect(await movedSince(db, within(DAY))).toEqual([
        { caseId: idOf(1), transactionId: 'transaction-1', op },
      ]);
      expect(await movedSince(db, within(DAY), idOf(2))).toEqual([]);
      expect([await caseThatMoved(db, 'moved_1'), await caseThatMoved(db, 'moved_2')]).toEqual([
        idOf(1),
        undefined,
      ]);
      const back = { code: 'account_closed', needs: `${kind}-failed: account_closed` };

      const tries = await Promise.all([1, 2].map(() => reopenCase(db, { caseId: idOf(1), op }, back)));

      expect(tries.toSorted()).toEqual([false, true]);
      expect(await reportOf(db, 'transaction-1')).toMatchObject({
        row: { state: 'captured', closed_at: null, outcome: null, needs: back.needs },
        ops: [{ kind: 'create' }, { kind, state: 'refused', code: 'account_closed', object_id: 'moved_1' }],
      });
      expect(await noteNames(db)).toEqual(['opened', 'closed', 'needs-operator']);
      expect(await movedSince(db, within(DAY))).toEqual([]);
    });

    it('is asked about for a while only, and not where people have settled it', async () => {
      const store = await databases.store();
      const { db } = store;
      const op = await closedBy(db, kind);
      await moveClock(store, 2 * DAY);
      expect(await movedSince(db, within(DAY))).toEqual([]);
      expect(await movedSince(db, { ...within(DAY), [kind]: 3 * DAY })).toHaveLength(1);
      await db.updateTable('payment_cases').set({ outcome: 'resolved' }).execute();
      expect(await reopenCase(db, { caseId: idOf(1), op }, { code: 'c', needs: 'n' })).toBe(false);
    });
  });

  describe('lists', () => {
    it('go from page to page, the newest first, by state and need', async () => {
      const store = await databases.store();
      const { db } = store;
      for (const number of [1, 2, 3]) {
        await moveClock(store, number * MINUTE);
        await openCase(db, aCase(number));
      }
      await closeCase(db, await held(db, 2), 'cancelled');
      await writeCase(db, await held(db, 3), { change: { needs: 'somebody' } }, LEASE);
      const ids = ({ rows }: Awaited<ReturnType<typeof listCases>>) => rows.map(({ id }) => id);

      const first = await listCases(db, {}, { limit: 2, after: null });
      const second = await listCases(db, {}, { limit: 2, after: first.next });

      expect([ids(first), ids(second), second.next]).toEqual([[idOf(3), idOf(2)], [idOf(1)], null]);
      expect(ids(await listCases(db, { needs: true }, { limit: 5, after: null }))).toEqual([idOf(3)]);
      expect(ids(await listCases(db, { needs: false }, { limit: 5, after: null }))).toEqual([
        idOf(2),
        idOf(1),
      ]);
      expect(ids(await listCases(db, { states: ['closed'] }, { limit: 5, after: null }))).toEqual([idOf(2)]);
      expect(await countOpenCases(db)).toMatchObject({
        byState: { claimed: 2 },
        needOperator: 1,
        oldest: { id: idOf(1) },
      });
      expect(await knownCases(db, [idOf(1), idOf(9), 'no-case'])).toEqual(new Set([idOf(1)]));
      expect(await casesSince(db, new Date(Date.now() + DAY))).toEqual([idOf(1), idOf(3)]);
    });
  });

  it('the last comparison is kept with what it found, and those of years ago are not', async () => {
    const store = await databases.store();
    const { db } = store;
    const audit = { from: new Date(0), to: new Date(DAY), compared: 2, breaks: [], problem: null };
    await keepFallbackAudit(db, audit);
    await moveClock(store, 500 * DAY);
    const words = {
      kind: 'two-payouts',
      transactionId: 't',
      caseId: 'c',
      paymentIntentId: null,
      words: 'w',
    } as const;
    await keepFallbackAudit(db, { ...audit, breaks: [words], problem: 'Stripe was away' });

    expect(await lastFallbackAudit(db)).toMatchObject({
      window_from: audit.from,
      compared: 2,
      breaks: [words],
      problem: 'Stripe was away',
    });
    expect(await db.selectFrom('fallback_audits').select('id').execute()).toHaveLength(1);
  });
});
