/**
 * Reads Stripe's list, Flex's bookings and our cases, and compares them. What looks broken is worked on and read once more: it
 * may have been on its way.
 */
import { compare, strangers, type Break, type Ledger } from '../domain/fallback/audit.ts';
import type { Case } from '../domain/fallback/case.ts';
import type { Intent } from '../domain/fallback/evidence.ts';
import { auditedCase, casesSince, knownCases, transactionsOf } from '../store/case-lists.ts';
import { keepFallbackAudit } from '../store/fallback-audits.ts';
import { opOf } from '../store/money-ops.ts';
import { caseOf } from '../store/payment-cases.ts';
import type { FallbackAuditRow } from '../store/schema.ts';
import type { StripeLedger } from '../stripe/ledger.ts';
import { sidesOf } from './known.ts';
import { lookAtMoved } from './came-back.ts';
import { runCase, type RunDeps } from './run.ts';

export type AuditDeps = RunDeps & { ledger: StripeLedger };

const HOUR = 3_600_000;

/** The newest of the window may be on their way in another instance. */
export async function audit(
  deps: AuditDeps,
  window: { from: Date; to: Date },
  signal?: AbortSignal,
): Promise<FallbackAuditRow> {
  const troubles = await lookAtMoved(deps, signal);
  const ids = await casesSince(deps.db, window.from);
  const own = await ownIntents(deps, window, await transactionsOf(deps.db, ids), troubles, signal);
  const first = await readAll(deps, ids, own, troubles, signal);
  const broken = new Set(compare(first, window.to.getTime()).map(({ caseId }) => caseId!));
  // What is known not to be broken need not be read again.
  const suspects = first.filter(({ case: { id } }) => broken.has(id));
  for (const { case: c, intents } of suspects)
    if (!signal?.aborted)
      await runCase(deps, c.id, { found: othersIn(c, intents), ...(signal && { signal }) });
  const second = await readAll(deps, [...broken], await readAgain(deps, suspects, own), troubles, signal);
  const caseIds = own.flatMap(({ caseId }) => (caseId === null ? [] : [caseId]));
  const nobodys = strangers(own, await knownCases(deps.db, caseIds));
  const breaks: Break[] = [...compare(second, window.to.getTime()), ...nobodys];
  if (signal?.aborted) troubles.push('it was stopped');
  return keepFallbackAudit(deps.db, {
    ...window,
    compared: first.length + nobodys.length,
    breaks,
    problem: troubles[0] ?? null,
  });
}

/** What can be paid, or is held, beside the case's own. */
const othersIn = (c: Case, intents: readonly Intent[]): string[] =>
  intents.flatMap(({ id, status }) =>
    id === c.paymentIntentId || status === 'canceled' || status === 'succeeded' ? [] : [id],
  );

/** Of theirs, as they are now; as they were, where that can not be asked. */
async function readAgain({ stripe }: AuditDeps, suspects: readonly Ledger[], own: readonly Intent[]) {
  const transactions = new Set(suspects.map(({ case: { transactionId } }) => transactionId));
  const intents: Intent[] = [];
  for (const intent of own)
    if (intent.transactionId !== null && transactions.has(intent.transactionId)) {
      const lookup = await stripe.intent(intent.id);
      intents.push(lookup.outcome === 'found' ? lookup.value : intent);
    }
  return intents;
}

/** Those that carry the mark of a case, and those of its transaction, whenever they were made. */
async function ownIntents(
  { ledger }: AuditDeps,
  { from, to }: { from: Date; to: Date },
  transactions: ReadonlySet<string>,
  troubles: string[],
  signal?: AbortSignal,
): Promise<Intent[]> {
  const lookup = await ledger.intents(
    { from: from.getTime() - HOUR, to: to.getTime() + HOUR },
    ({ caseId, transactionId }) =>
      caseId !== null || (transactionId !== null && transactions.has(transactionId)),
    signal,
  );
  if (lookup.outcome === 'found') {
    if (!lookup.value.isComplete) troubles.push("Stripe's list is too long to be read to its end");
    return lookup.value.intents;
  }
  troubles.push("Stripe's list can not be read");
  return [];
}

async function readAll(
  deps: AuditDeps,
  ids: readonly string[],
  own: readonly Intent[],
  troubles: string[],
  signal?: AbortSignal,
): Promise<Ledger[]> {
  const ledgers: Ledger[] = [];
  for (const id of ids) {
    if (signal?.aborted) break;
    const ledger = await read(deps, id, own);
    if (typeof ledger === 'string') troubles.push(ledger);
    else if (ledger) ledgers.push(ledger);
  }
  return ledgers;
}

/** What kept it from being read, in words. */
async function read(deps: AuditDeps, id: string, own: readonly Intent[]): Promise<Ledger | string | null> {
  const found = await auditedCase(deps.db, id);
  if (!found) return null;
  const { row } = found;
  const held = { case: caseOf(row), ops: found.ops.map(opOf) };
  const { transactionId, destination } = held.case;
  const sides = await sidesOf(deps, held);
  if (typeof sides === 'string') return `${sides} can not be asked of ${transactionId}`;
  const payouts = await payoutsOf(deps, held.ops, id, destination);
  if (payouts === 'away') return `the payouts of ${destination} can not be read`;
  const listedElsewhere = own.filter(intent => intent.transactionId === transactionId);
  const intents = [...(sides.own ? [sides.own] : []), ...sides.listed, ...listedElsewhere];
  return {
    ...held,
    outcome: row.outcome,
    released: found.ops.flatMap(op =>
      op.released_at !== null && op.cancelled_at === null && op.object_id !== null ? [op.object_id] : [],
    ),
    // Of a transaction that Flex has forgotten nobody knows whether there is a booking.
    phase: sides.booking?.phase ?? 'unknown',
    intents: [...new Map(intents.toReversed().map(intent => [intent.id, intent])).values()],
    payouts,
  };
}

/** null where none was ever wanted. */
async function payoutsOf({ stripe }: AuditDeps, ops: Ledger['ops'], id: string, account: string) {
  const times = ops.flatMap(({ kind, firstSentAt, lastSentAt }) =>
    kind === 'payout' && firstSentAt !== null ? [firstSentAt, lastSentAt ?? firstSentAt] : [],
  );
  if (times.length === 0) return null;
  const window = { from: Math.min(...times) - HOUR, to: Math.max(...times) + HOUR };
  const lookup = await stripe.payoutsOf(account, window);
  return lookup.outcome === 'found'
    ? lookup.value.filter(({ op }) => op?.startsWith(`${id}:payout:`) === true)
    : 'away';
}
