/** What operators see of the fallback, and what they can do about it. */
import { needsInWords, actions, judge, type Action, type Known } from '../domain/fallback/actions.ts';
import { appTime } from '../store/clock.ts';
import { countOpenCases, listCases, type CaseFilter, type CaseKey } from '../store/case-lists.ts';
import { lastFallbackAudit } from '../store/fallback-audits.ts';
import { opOf } from '../store/money-ops.ts';
import { caseOf, FALLBACK_SWITCH, reportOf } from '../store/payment-cases.ts';
import type { CaseNoteRow, FallbackAuditRow, MoneyOpRow, PaymentCaseRow } from '../store/schema.ts';
import { readSwitch, writeSwitch } from '../store/switches.ts';
import { offer, perform, unknownCase, type Sign } from './act.ts';
import { audit, type AuditDeps } from './audit.ts';
import { knownOf } from './known.ts';

export type FallbackOperators = ReturnType<typeof createFallbackOperators>;

const DAY_MS = 86_400_000;

export function createFallbackOperators(
  deps: AuditDeps & {
    /** Somebody has switched: it counts from now on. */
    onSwitch: (by: string | null) => void;
    onAudit: (row: FallbackAuditRow) => void;
  },
) {
  const { db } = deps;
  return {
    async overview() {
      const [row, cases, last] = await Promise.all([
        readSwitch(db, FALLBACK_SWITCH),
        countOpenCases(db),
        lastFallbackAudit(db),
      ]);
      return {
        switch: row ? { on: row.is_on, by: row.by, at: row.at.toISOString() } : null,
        open: cases.byState,
        needOperator: cases.needOperator,
        oldest: cases.oldest && {
          transactionId: cases.oldest.transaction_id,
          state: cases.oldest.state,
          openedAt: cases.oldest.opened_at.toISOString(),
        },
        audit: last ? shownAudit(last) : null,
      };
    },
    async switch(isOn: boolean, by: string) {
      await writeSwitch(db, FALLBACK_SWITCH, isOn, by);
      deps.onSwitch(isOn ? null : by);
      return { on: isOn };
    },
    async cases(filter: CaseFilter, page: { limit: number; after: CaseKey | null }) {
      const { rows, next } = await listCases(db, filter, page);
      return { items: rows.map(shownCase), next };
    },
    async case(transactionId: string) {
      const report = await reportOf(db, transactionId);
      if (!report) throw unknownCase();
      const held = { case: caseOf(report.row), ops: report.ops.map(opOf) };
      const known = await knownOf(deps, held).catch(() => null);
      return {
        ...shownCase(report.row),
        ops: report.ops.map(shownOp),
        notes: report.notes.map(shownNote),
        known: known && { phase: known.phase, paymentIntent: known.intent, strays: known.strays },
        actions: actions.map(action => ({ action, ...mayBe(action, held, known) })),
      };
    },
    offer: (asked: { transactionId: string; action: Action }, sign: Sign) => offer(deps, asked, sign),
    perform: (asked: { transactionId: string; action: Action }, token: string, sign: Sign) =>
      perform(deps, asked, token, sign),
    /** By the database's time. */
    async audit(days: number, signal?: AbortSignal) {
      const now = await appTime(db);
      const window = { from: new Date(now.getTime() - days * DAY_MS), to: now };
      const row = await audit(deps, window, signal);
      deps.onAudit(row);
      return shownAudit(row);
    },
  };
}

function mayBe(
  action: Action,
  held: { case: ReturnType<typeof caseOf>; ops: ReturnType<typeof opOf>[] },
  known: Known | null,
) {
  if (!known) return { does: null, why: 'Flex or Stripe can not be asked at the moment.' };
  const judged = judge(action, held.case, held.ops, known);
  return 'why' in judged ? { does: null, why: judged.why } : { does: judged.does, why: null };
}

const time = (at: Date | null): string | null => at?.toISOString() ?? null;

const shownCase = (row: PaymentCaseRow) => ({
  id: row.id,
  transactionId: row.transaction_id,
  processName: row.process_name,
  environment: row.environment,
  way: row.way,
  state: row.state,
  needs: row.needs,
  meaning: needsInWords(row.needs),
  ending: row.ending,
  outcome: row.outcome,
  amount: row.amount,
  currency: row.currency,
  fee: row.fee,
  destination: row.destination,
  customerId: row.customer_id,
  providerId: row.provider_id,
  paymentIntentId: row.payment_intent_id,
  seenStatus: row.seen_status,
  approvedBy: row.approved_by,
  supportCase: row.support_case,
  openedAt: row.opened_at.toISOString(),
  deadline: row.deadline.toISOString(),
  releasedAt: time(row.released_at),
  closedAt: time(row.closed_at),
  checkedAt: row.checked_at.toISOString(),
  nextAt: row.next_at.toISOString(),
  trouble: row.trouble,
  troubles: row.troubles,
});

const shownOp = (row: MoneyOpRow) => ({
  kind: row.kind,
  seq: row.seq,
  generation: row.generation,
  state: row.state,
  target: row.target,
  amount: row.amount,
  currency: row.currency,
  objectId: row.object_id,
  code: row.code,
  attempts: row.attempts,
  plannedAt: row.planned_at.toISOString(),
  firstSentAt: time(row.first_sent_at),
  lastSentAt: time(row.last_sent_at),
  releasedAt: time(row.released_at),
  cancelledAt: time(row.cancelled_at),
});

const shownNote = ({ at, what, detail }: CaseNoteRow) => ({ at: at.toISOString(), what, detail });

const shownAudit = (row: FallbackAuditRow) => ({
  at: row.at.toISOString(),
  from: row.window_from.toISOString(),
  to: row.window_to.toISOString(),
  compared: row.compared,
  breaks: row.breaks,
  problem: row.problem,
  words: `${row.breaks.length} breaks of ${row.compared}`,
});
