/**
 * Works on one case: asks what is next, does it, writes what came of it, until there is nothing to do for now. It may be
 * stopped anywhere: what is to be sent is written before it is sent, and whoever comes next goes on from the rows.
 */
import { keyOf, nextOp, type MoneyOp } from '../domain/fallback/case.ts';
import {
  isOutdated,
  noEvidence,
  rankOf,
  type Evidence,
  type FlexEvidence,
  type Intent,
} from '../domain/fallback/evidence.ts';
import { ladderOf, LISTED_AFTER_MS } from '../domain/fallback/ladder.ts';
import { next } from '../domain/fallback/next.ts';
import { markOf } from '../domain/fallback/resolve.ts';
import type { Change, Step } from '../domain/fallback/step.ts';
import type { Lookup } from '../stripe/lookup.ts';
import { heardOf } from '../store/case-hints.ts';
import {
  closeCase,
  leaveCase,
  releaseCase,
  takeCase,
  writeCase,
  type CaseChange,
  type Held,
  type Write,
} from '../store/payment-cases.ts';
import type { Db, PaymentCaseRow } from '../store/schema.ts';
import type { Answer, FlexPort, StripePort } from './ports.ts';

export type RunDeps = {
  db: Db;
  flex: FlexPort;
  stripe: StripePort;
  /** Milliseconds of a clock that only goes forward: for what must not be sent when the lease is over. */
  clock: () => number;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** For the log and the counters. Must not fail. */
  onStep?: (step: { case: string; transactionId: string; what: string } & Record<string, unknown>) => void;
  /** Somebody should go on when its time has come. Must not fail. */
  onLeave?: (left: Left) => void;
};

export type Left = { caseId: string; until: number; ms: number };

export type RunOptions = {
  /** Somebody is there who may have the client secret. */
  mayRelease?: boolean;
  /** PaymentIntents that somebody has found, beside those that events told of. */
  found?: readonly string[];
  signal?: AbortSignal;
};

/** `another`: it is being worked on, or closed. */
export type Run = { is: 'another' } | { is: 'left'; row: PaymentCaseRow; now: number; until: number };

/** Longer than all that is done between two writes. */
const LEASE_MS = 30_000;
/** Far more than any case needs at one time: it would be going in a circle. */
const MOST_STEPS = 100;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export async function runCase(deps: RunDeps, id: string, options: RunOptions = {}): Promise<Run> {
  const held = await takeCase(deps.db, id, LEASE_MS);
  if (!held) return { is: 'another' };
  const heard = [...(options.found ?? []), ...(await heardOf(deps.db, held.row))];
  const work = { deps, options, held, evidence: noEvidence(heard) };
  for (let steps = 0; steps < MOST_STEPS; steps += 1) {
    const step = options.signal?.aborted
      ? ({ do: 'wait', until: work.held.now } as const)
      : next(work.held.case, work.held.ops, work.evidence, work.held.now);
    const end = await perform(work, step);
    if (end) return end;
  }
  return leave(work, work.held.now + MINUTE, 'it goes in a circle');
}

type Work = { deps: RunDeps; options: RunOptions; held: Held; evidence: Evidence };

/** The end of the run, if this was it. */
async function perform(work: Work, step: Step): Promise<Run | null> {
  const { deps, evidence, held } = work;
  const { transactionId } = held.case;
  switch (step.do) {
    case 'ask-flex':
      return askFlex(work);
    case 'ask-intent': {
      const lookup = await deps.stripe.intent(step.id);
      const intent = lookup.outcome === 'absent' ? null : valueOf(lookup);
      evidence.intents[step.id] = intent;
      return write(work, { change: seen(work, intent) });
    }
    case 'list-intents':
      evidence.listed = await list(work);
      return write(work, {});
    case 'list-refunds': {
      const moved = valueOf(await deps.stripe.refundsOf(step.op.target!));
      evidence.refunds = moved === 'away' ? moved : { at: held.now, moved };
      return write(work, {});
    }
    case 'list-payouts': {
      const moved = valueOf(await deps.stripe.payoutsOf(step.op.target!, around(step.op)));
      evidence.payouts = moved === 'away' ? moved : { at: held.now, moved };
      return write(work, {});
    }
    case 'ask-share':
      evidence.share = valueOf(await deps.stripe.shareOf(step.id));
      return write(work, {});
    case 'try-lane': {
      const answer = await deps.flex.tryMove(transactionId, held.row.process_name, 'enter');
      evidence.lane =
        answer === 'done' ? 'open' : answer === 'refused' || answer === 'conflict' ? 'refused' : 'away';
      return write(work, {});
    }
    case 'plan':
      return write(work, { op: step.op, note: noteOf(work, step.op, 'planned') });
    case 'send':
      return send(work, step.op);
    case 'settle':
      return settle(work, step.op, step.change);
    case 'adopt':
      return adopt(work, step.intent);
    case 'move':
      return move(work, step.move);
    case 'write-note': {
      const answer = await deps.flex.writeNote(transactionId, step.note);
      evidence.notesWritten += 1;
      delete evidence.flex;
      return write(work, { note: { what: 'told-flex', detail: { status: step.note.status, answer } } });
    }
    case 'change':
      return write(work, { change: columns(step.change), note: { what: 'went-on', detail: step.change } });
    case 'offer':
      return offer(work, step.until);
    case 'wait':
      return leave(work, step.until, step.trouble ?? null);
    case 'close':
      return close(work, step.outcome);
    case 'need-operator': {
      const lost = await write(work, {
        change: { needs: step.why },
        note: { what: 'needs-operator', detail: { why: step.why } },
      });
      return lost ?? leave(work, work.held.now, null);
    }
    default:
      return leave(work, held.now, null);
  }
}

const ANOTHER: Run = { is: 'another' };

/** Those of the window, and those that were heard of. */
async function list({ deps, held, evidence }: Work): Promise<NonNullable<Evidence['listed']>> {
  const { transactionId } = held.case;
  const listed = valueOf(await deps.stripe.intentsOf(transactionId, windowOf(held)));
  if (listed === 'away' || !listed.isComplete) return 'away';
  const intents = [...listed.intents];
  for (const id of evidence.heard) {
    if (intents.some(intent => intent.id === id)) continue;
    const lookup = await deps.stripe.intent(id);
    if (lookup.outcome === 'unknown') return 'away';
    if (lookup.outcome === 'found' && lookup.value.transactionId === transactionId)
      intents.push(lookup.value);
  }
  return { at: held.now, intents };
}

/** The end of the run when the case is another's by now. */
async function write(work: Work, what: Write): Promise<Run | null> {
  const written = await writeCase(work.deps.db, work.held, what, LEASE_MS);
  if (!written) return ANOTHER;
  work.held = written;
  if (what.note) tell(work, what.note.what, what.note.detail);
  return null;
}

const tell = ({ deps, held }: Work, what: string, detail: Record<string, unknown> = {}): void =>
  deps.onStep?.({ ...detail, case: held.case.id, transactionId: held.case.transactionId, what });

async function leave(work: Work, until: number, trouble: string | null): Promise<Run> {
  await leaveCase(work.deps.db, work.held, { nextAt: until, trouble });
  if (trouble !== null) tell(work, 'trouble', { trouble });
  const { row, now } = work.held;
  if (row.needs === null) work.deps.onLeave?.({ caseId: row.id, until, ms: Math.max(0, until - now) });
  return { is: 'left', row, now, until };
}

async function close(work: Work, outcome: string): Promise<Run> {
  if (!(await closeCase(work.deps.db, work.held, outcome))) return ANOTHER;
  tell(work, 'closed', { outcome });
  const { row, now } = work.held;
  return { is: 'left', row: { ...row, state: 'closed', outcome, closed_at: new Date(now) }, now, until: now };
}

async function offer(work: Work, until: number): Promise<Run | null> {
  const { deps, options, held } = work;
  if (!options.mayRelease) return leave(work, until, null);
  if (!(await releaseCase(deps.db, held, until))) return leave(work, held.now, null);
  tell(work, 'released', { paymentIntentId: held.case.paymentIntentId });
  return write(work, {});
}

async function askFlex(work: Work): Promise<Run | null> {
  const { deps, held, evidence } = work;
  const answer = await deps.flex.read(held.case.transactionId);
  const flex = answer === null ? vanished(work) : answer;
  // What has made fewer transitions than were seen before is of an earlier time.
  const isKnown = flex !== 'away' && flex.transitions >= held.row.seen_transitions;
  evidence.flex = isKnown ? flex : 'away';
  return write(work, { change: isKnown ? columnsOf(flex) : {} });
}

/** Right after it was begun, a transaction may not be found everywhere. Later it has been deleted. */
function vanished({ held }: Work): FlexEvidence | 'away' {
  if (held.now < held.case.deadline) return 'away';
  const isBooked = ['advanced', 'captured'].includes(held.case.state);
  return {
    phase: isBooked ? 'unknown' : 'dead',
    transitions: held.row.seen_transitions,
    deadline: null,
    periodMs: null,
    note: null,
  };
}

const columnsOf = ({ transitions, deadline, periodMs }: FlexEvidence): CaseChange => ({
  seen_transitions: transitions,
  ...(deadline !== null && periodMs !== null && { deadline: new Date(deadline), period_ms: periodMs }),
});

const columns = (change: Change): CaseChange => ({
  ...(change.state !== undefined && { state: change.state }),
  ...(change.ending !== undefined && { ending: change.ending }),
  ...(change.paymentIntentId !== undefined && { payment_intent_id: change.paymentIntentId }),
  ...(change.seenStatus !== undefined && { seen_status: change.seenStatus }),
  ...(change.sent === null && { sent_move: null, sent_at: null }),
});

const valueOf = <T>(lookup: Lookup<T>): T | 'away' => (lookup.outcome === 'found' ? lookup.value : 'away');

/** Only what is further than before is kept. */
function seen({ held }: Work, intent: Intent | null | 'away'): CaseChange {
  if (intent === null || intent === 'away' || intent.id !== held.case.paymentIntentId) return {};
  const isFurther = rankOf(intent.status) >= rankOf(held.case.seenStatus) && !isOutdated(intent, held.case);
  return isFurther ? { seen_status: intent.status } : {};
}

/** From when Flex may have made one on, to the last moment at which one of ours may have come to be. */
export function windowOf({ case: c, ops }: Pick<Held, 'case' | 'ops'>) {
  const last = Math.max(c.deadline, ...ops.map(op => (op.kind === 'create' ? (op.lastSentAt ?? 0) : 0)));
  const first = Math.min(
    c.deadline - c.periodMs,
    ...ops.map(op => (op.kind === 'create' ? (op.firstSentAt ?? Infinity) : Infinity)),
  );
  return { from: first - 5 * MINUTE, to: last + LISTED_AFTER_MS };
}

/** When Stripe may have done what was sent, by its own clock. Wide, as our clocks may be wrong: what is looked for carries its mark. */
export const around = ({ firstSentAt, lastSentAt }: MoneyOp) => ({
  from: firstSentAt! - HOUR,
  to: lastSentAt! + HOUR,
});

const noteOf = ({ held }: Work, op: MoneyOp, what: string) => ({
  what,
  detail: {
    op: op.kind,
    key: keyOf(held.case, op),
    target: op.target,
    amount: op.amount,
    ...(op.code !== null && { code: op.code }),
    ...(op.objectId !== null && { object: op.objectId }),
  },
});

async function send(work: Work, op: MoneyOp): Promise<Run | null> {
  const { deps, evidence } = work;
  const { now } = work.held;
  const sent: MoneyOp = {
    ...op,
    state: 'sent',
    firstSentAt: op.firstSentAt ?? now,
    lastSentAt: now,
    attempts: op.attempts + 1,
  };
  const begun = deps.clock();
  const lost = await write(work, { op: sent, note: noteOf(work, sent, 'sent') });
  if (lost) return lost;
  // Who was held up for longer than the lease is not the only one any more.
  if (deps.clock() - begun > LEASE_MS) return ANOTHER;
  const answer = await transmit(work, sent);
  if (sent.target !== null) delete evidence.intents[sent.target];
  delete evidence.listed;
  delete evidence.refunds;
  delete evidence.payouts;
  delete evidence.share;
  if (answer.outcome === 'done') {
    const { id } = answer.value;
    tell(work, 'answered', { op: op.kind, object: id, requestId: answer.requestId });
    return settle(work, { ...sent, state: 'confirmed', objectId: id }, changeBy(sent, answer.value));
  }
  // What it excludes may have happened before it, or it itself: the PaymentIntent is asked.
  const isFinal = answer.outcome === 'refused' && answer.code !== 'payment_intent_unexpected_state';
  if (isFinal) return settle(work, { ...sent, state: 'refused', code: answer.code });
  evidence.unanswered += answer.outcome === 'not-now' ? 2 : 1;
  const isSaved = answer.outcome === 'unknown' && answer.isSaved;
  const trouble = answer.outcome === 'refused' ? answer.code : answer.trouble;
  return write(work, {
    op: { ...sent, isSaved: sent.isSaved || isSaved },
    note: { what: answer.outcome, detail: { op: op.kind, trouble, isSaved } },
  });
}

function transmit(
  { deps: { stripe }, held }: Work,
  op: MoneyOp,
): Promise<Answer<{ id: string; status: string }>> {
  const key = keyOf(held.case, op);
  const mark = markOf(held.case, op);
  switch (op.kind) {
    case 'create':
      return stripe.create(
        {
          ...held.case,
          generation: op.generation,
          paymentMethod: held.row.payment_method,
          stripeCustomer: held.row.stripe_customer,
          savesPaymentMethod: held.row.saves_payment_method,
        },
        key,
      );
    case 'cancel':
      return stripe.cancel(op.target!, key);
    case 'capture':
      return stripe.capture(op.target!, op.amount!, key);
    case 'refund':
      return stripe.refund({ paymentIntentId: op.target!, amount: op.amount!, mark }, key);
    default:
      return stripe.payOut({ account: op.target!, amount: op.amount!, currency: op.currency!, mark }, key);
  }
}

/** What a wish that came true means for the case. */
function changeBy(op: MoneyOp, { id, status }: { id: string; status: string }): Change {
  return op.kind === 'create' ? { state: 'known', paymentIntentId: id, seenStatus: status } : {};
}

async function settle(work: Work, op: MoneyOp, change: Change = {}): Promise<Run | null> {
  const isOwn = op.target !== null && op.target === work.held.case.paymentIntentId;
  const isDone = op.state === 'confirmed';
  const ended = op.kind === 'cancel' ? 'canceled' : op.kind === 'capture' ? 'succeeded' : null;
  return write(work, {
    op,
    change: { ...columns(change), ...(isDone && isOwn && ended !== null && { seen_status: ended }) },
    ...(isDone && op.kind === 'cancel' && { cancelled: op.target! }),
    note: noteOf(work, op, SETTLED[op.state]),
  });
}

/** What is said of an op that is settled: `sent` has been looked for, and `planned` is to be sent under a new key. */
const SETTLED: Record<MoneyOp['state'], string> = {
  planned: 'wished-anew',
  sent: 'not-found',
  confirmed: 'confirmed',
  refused: 'refused',
  dropped: 'dropped',
};

async function adopt(work: Work, intent: Intent): Promise<Run | null> {
  const { amount, currency } = work.held.case;
  const op: MoneyOp = {
    ...nextOp(work.held.ops, 'create', { target: null, amount, currency }),
    state: 'confirmed',
    objectId: intent.id,
  };
  return write(work, {
    op,
    isReleased: true,
    change: { state: 'released', payment_intent_id: intent.id, seen_status: intent.status },
    note: { what: 'adopted', detail: { paymentIntentId: intent.id } },
  });
}

async function move(work: Work, which: NonNullable<PaymentCaseRow['sent_move']>): Promise<Run | null> {
  const { deps, evidence } = work;
  const { row, now } = work.held;
  const begun = deps.clock();
  const lost = await write(work, { change: { sent_move: which, sent_at: new Date(now) } });
  if (lost) return lost;
  if (deps.clock() - begun > LEASE_MS) return ANOTHER;
  const answer = await deps.flex.move(row.transaction_id, row.process_name, which);
  delete evidence.flex;
  if (answer !== 'done') evidence.failedMoves.push(which);
  if (answer === 'refused' && which === 'enter') evidence.lane = 'refused';
  // It was surely not made by this, and if nothing was under way before, nothing is now.
  const isNotUnderWay = (answer === 'refused' || answer === 'not-now') && row.sent_move === null;
  return write(work, {
    change: isNotUnderWay ? { sent_move: null, sent_at: null } : {},
    note: { what: 'moved', detail: { move: which, answer } },
  });
}

/** When a client secret is handed out no more. */
export const handOutUntil = (row: Pick<PaymentCaseRow, 'deadline' | 'period_ms'>): number =>
  ladderOf({ deadline: row.deadline.getTime(), periodMs: row.period_ms }).cancel;
