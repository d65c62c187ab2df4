/**
 * What an operator does about a case, in two steps: the first says exactly what would be done and gives a token for that, the
 * second does it, if the case and what Flex and Stripe say of it are still the same.
 */
import { hash } from 'node:crypto';
import { ProxyError } from '../domain/errors.ts';
import { judge, type Action, type Deed, type Known } from '../domain/fallback/actions.ts';
import type { Case, MoneyOp } from '../domain/fallback/case.ts';
import { opOf } from '../store/money-ops.ts';
import {
  caseById,
  caseOf,
  closeCase,
  findCase,
  giveBackCase,
  leaveCase,
  reportOf,
  takeCase,
  writeCase,
  type Held,
} from '../store/payment-cases.ts';
import { knownOf } from './known.ts';
import { runCase, type RunDeps } from './run.ts';

const TOKEN_MS = 5 * 60_000;
/** As long as work on a case may take that somebody else does just now. */
const LEASE_MS = 30_000;
const TRIES = 25;
const TRY_MS = 200;

export type Offer = { does: string; token: string; until: Date };

/** With what the caller alone can sign. */
export type Sign = (text: string) => string;

type Asked = { transactionId: string; action: Action };

export async function offer(deps: RunDeps, { transactionId, action }: Asked, sign: Sign): Promise<Offer> {
  const report = await reportOf(deps.db, transactionId);
  if (!report) throw unknownCase();
  const held = { case: caseOf(report.row), ops: report.ops.map(opOf) };
  const known = await knownOf(deps, held);
  const deed = allowed(action, held, known);
  const { now } = await caseById(deps.db, held.case.id);
  const until = now + TOKEN_MS;
  return {
    does: deed.does,
    token: `${until}.${sign(wordsOf(action, held, known, deed, until))}`,
    until: new Date(until),
  };
}

export async function perform(
  deps: RunDeps,
  { transactionId, action }: Asked,
  token: string,
  sign: Sign,
): Promise<{ done: string }> {
  const row = await findCase(deps.db, transactionId);
  if (!row) throw unknownCase();
  const held = await take(deps, row.id);
  const deed = await hasHeld(deps, held, action, token, sign).catch(async (error: unknown) => {
    await giveBackCase(deps.db, held);
    throw error;
  });
  const note = { what: 'operator', detail: { action, does: deed.does } };
  const written = await writeCase(
    deps.db,
    held,
    { change: deed.change, ...(deed.op && { op: deed.op }), note },
    LEASE_MS,
  );
  if (!written) throw busy();
  if (deed.outcome !== undefined) {
    if (!(await closeCase(deps.db, written, deed.outcome))) throw busy();
  } else await leaveCase(deps.db, written, { nextAt: written.now, trouble: null });
  deps.onStep?.({ ...note.detail, case: row.id, transactionId, what: 'operator' });
  // It is written: the sweep would do it too.
  if (deed.outcome === undefined) await runCase(deps, row.id);
  return { done: deed.does };
}

async function hasHeld(deps: RunDeps, held: Held, action: Action, token: string, sign: Sign): Promise<Deed> {
  const until = Number(token.split('.')[0]);
  if (!(held.now <= until)) throw changed('The token is older than five minutes.');
  const known = await knownOf(deps, held);
  const deed = allowed(action, held, known);
  if (token !== `${until}.${sign(wordsOf(action, held, known, deed, until))}`)
    throw changed('The case has changed since, or the token is for something else.');
  return deed;
}

async function take(deps: RunDeps, id: string): Promise<Held> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const held = await takeCase(deps.db, id, LEASE_MS);
    if (held) return held;
    if ((await caseById(deps.db, id)).row.closed_at !== null) throw refused('It is closed.');
    await deps.sleep(TRY_MS);
  }
  throw busy();
}

function allowed(action: Action, held: { case: Case; ops: MoneyOp[] }, known: Known): Deed {
  const judged = judge(action, held.case, held.ops, known);
  if ('why' in judged) throw refused(judged.why);
  return judged;
}

/** All that the decision rests on. */
function wordsOf(
  action: Action,
  { case: c, ops }: { case: Case; ops: MoneyOp[] },
  { phase, intent, strays }: Known,
  deed: Deed,
  until: number,
): string {
  const { troubles: _troubles, deadline: _deadline, ...lasting } = c;
  const rests = { until, action, case: lasting, ops, phase, intent, strays, deed };
  return hash('sha256', JSON.stringify(rests), 'hex');
}

export const unknownCase = () =>
  new ProxyError('case-unknown', {
    status: 404,
    statusText: 'The fallback has no case of this transaction.',
    data: {},
  });
const refused = (statusText: string) =>
  new ProxyError('case-action-refused', { status: 409, statusText, data: {} });
const changed = (why: string) =>
  new ProxyError('case-changed', {
    status: 409,
    statusText: `${why} Ask again what would be done.`,
    data: {},
  });
const busy = () =>
  new ProxyError('case-busy', {
    status: 409,
    statusText: 'The case is being worked on. Try again in a moment.',
    data: {},
    retryAfterSeconds: 5,
  });
