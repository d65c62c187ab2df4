/**
 * Flex's events, read by one instance at a time from where the last one stopped. After a silence so long that events may
 * be gone, what could have been missed is read itself.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { awaitedPayment, finalStates } from '../domain/awaited-payments.ts';
import { ProxyError } from '../domain/errors.ts';
import { ownValue } from '../domain/own-value.ts';
import type { Processes } from '../domain/process.ts';
import type { FlexEvent, IntegrationDoor, OperatorTransaction } from '../flex/integration.ts';
import { transactionOf } from '../flex/operator-view.ts';
import { readFeed, writeFeed } from '../store/feeds.ts';
import { hasValidChecks } from '../store/checks.ts';
import { endLease, holdsLease, takeLease, type Lease } from '../store/leases.ts';
import type { Db, FeedRow, TransactionEventRow } from '../store/schema.ts';
import type { Store } from '../store/store.ts';
import {
  hasOpenPayments,
  insertTransactionEvents,
  markDeleted,
  unfinishedTransactions,
  upsertTransaction,
  type SeenTransaction,
} from '../store/transactions.ts';

export type FeedDeps = {
  store: Pick<Store, 'db' | 'started'>;
  integration: Pick<IntegrationDoor, 'events' | 'transaction' | 'transactions'>;
  processes: Processes;
  /** This process, among all. */
  owner: string;
  /** Whose events: sequence ids of one marketplace mean nothing in another. */
  source: string;
  now: () => number;
  /** Milliseconds between looks. */
  pauses?: Partial<Pauses>;
  onProblem?: (problem: string) => void;
  /** A payment has just begun. */
  onPayment?: (payment: BegunPayment) => Promise<void>;
  /** Something happened to these transactions. Must not fail. */
  onRead?: (transactionIds: string[]) => void;
};

export type BegunPayment = { transactionId: string; processName: string; transition: string };

type Pauses = {
  /** While somebody is paying. */
  busy: number;
  idle: number;
  /** Between full pages, which Flex counts. */
  page: number;
  /** While another instance reads. */
  other: number;
};

const PAUSES: Pauses = { busy: 20_000, idle: 120_000, page: 500, other: 10_000 };
/** How long after a payment began its event is looked for often. */
const FRESH_MS = 2 * 60_000;
const LONGEST_PAUSE_MS = 300_000;
const LEASE_MS = 60_000;
const ANSWER_MS = 15_000;
const PAGE = 100;
/** For the first time, or for as long as events are missing. */
const DAY_MS = 86_400_000;
const FIRST_MS = 7 * DAY_MS;
/** Test environments keep events for 7 days, live ones for 90: which one this is nobody says. */
const SURELY_KEPT_MS = 6.5 * DAY_MS;
/** Transactions that are read again after a gap. */
const MOST_REREAD = 1_000;

const TYPES = [
  'transaction/initiated',
  'transaction/transitioned',
  'transaction/updated',
  'transaction/deleted',
];

export type Feed = {
  /** Somebody has just begun to pay: look soon. */
  nudge(): void;
  stop(): Promise<void>;
};

export function startFeed(deps: FeedDeps): Feed {
  const pauses = { ...PAUSES, ...deps.pauses };
  const stopping = new AbortController();
  let wake = new AbortController();
  /** `isNudged`: since the last look began. */
  const attention = { isNudged: false, isIdle: false };

  const sleep = async (ms: number) => {
    wake = new AbortController();
    await pause(ms, undefined, {
      signal: AbortSignal.any([stopping.signal, wake.signal]),
      ref: false,
    }).catch(() => 'woken');
  };
  /** Until it is time again. Another instance may see a payment begin: that stands in the database. */
  const rest = async () => {
    const until = performance.now() + pauses.idle;
    attention.isIdle = !(await isAnybodyPaying(deps));
    // One that began while we were reading, perhaps just after.
    if (attention.isNudged) return sleep(attention.isIdle ? pauses.page : pauses.busy);
    do {
      await sleep(Math.max(pauses.page, Math.min(pauses.busy, until - performance.now())));
      if (attention.isNudged || stopping.signal.aborted) return;
    } while (performance.now() < until && !(await isAnybodyPaying(deps)));
  };

  const run = async () => {
    await Promise.race([deps.store.started, aborted(stopping.signal)]);
    let failures = 0;
    let lease: Lease | null = null;
    while (!stopping.signal.aborted) {
      try {
        lease = await takeLease(deps.store.db, LEASE, deps.owner, LEASE_MS);
        attention.isNudged = false;
        const read = lease ? await readOnce(deps, lease) : 'another';
        failures = 0;
        if (read === 'more') await sleep(pauses.page);
        else if (read === 'another') await sleep(pauses.other);
        else await rest();
      } catch (error) {
        const problem = describe(error);
        deps.onProblem?.(problem);
        await writeFeed(deps.store.db, deps.source, { problem }).catch(() => 'away');
        await sleep(Math.min(pauses.busy * 2 ** failures, LONGEST_PAUSE_MS));
        failures += 1;
      }
    }
    if (lease) await endLease(deps.store.db, lease).catch(() => 'it runs out');
  };
  const running = run();

  return {
    nudge() {
      attention.isNudged = true;
      if (attention.isIdle) wake.abort();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

const LEASE = 'flex-feed';

/** Flex may tell of a payment a little after we have seen it begin. */
const isAnybodyPaying = async ({ store, now }: FeedDeps) =>
  (await hasOpenPayments(store.db)) || hasValidChecks(store.db, new Date(now() - FRESH_MS));

const aborted = (signal: AbortSignal) =>
  new Promise<void>(resolve => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** One page. `more`: there is more at once. `another`: another instance has taken over. */
export async function readOnce(deps: FeedDeps, lease: Lease): Promise<'all' | 'more' | 'another'> {
  const { db } = deps.store;
  const feed = await readFeed(db, deps.source);
  const gap = gapOf(feed, deps.now());
  if (gap) await reread(deps, gap);

  const events = await deps.integration.events(
    { ...position(feed, deps.now()), eventTypes: TYPES },
    AbortSignal.timeout(ANSWER_MS),
  );
  const isFull = events.length >= PAGE;
  const read = new Date(deps.now());
  // Before what is read is behind us: should this fail, it is read again.
  if (deps.onPayment)
    for (const payment of events.flatMap(event => begunPayment(deps, event))) await deps.onPayment(payment);
  const end = await db.transaction().execute(async transaction => {
    if (!(await holdsLease(transaction, lease))) return 'another';
    const added = await insertTransactionEvents(transaction, events.map(eventRow));
    for (const event of events) await keep(deps, transaction, event);
    const last = events.at(-1);
    await writeFeed(transaction, deps.source, {
      added,
      polled_at: read,
      problem: null,
      ...(last && { sequence_id: last.sequenceId, last_event_at: last.createdAt }),
      ...(!isFull && { caught_up_at: read }),
      ...(gap && { gap_from: gap.from, gap_to: gap.to }),
    });
    return isFull ? 'more' : 'all';
  });
  if (end !== 'another' && events.length > 0)
    deps.onRead?.([...new Set(events.map(({ resourceId }) => resourceId))]);
  return end;
}

/** None for one that began long ago: at the first start there are days of them. */
function begunPayment({ processes, now }: FeedDeps, event: FlexEvent): BegunPayment[] {
  const resource = event.eventType === 'transaction/updated' ? null : readable(event);
  const made = resource?.transitions.at(-1);
  if (!resource || !made || now() - made.at.getTime() > DAY_MS) return [];
  const { id: transactionId, processName } = resource;
  const creates = processes.get(processName)?.transitions.get(made.transition)?.createsPaymentIntent;
  return creates ? [{ transactionId, processName, transition: made.transition }] : [];
}

const position = (feed: FeedRow | undefined, now: number) =>
  typeof feed?.sequence_id === 'number'
    ? { startAfterSequenceId: feed.sequence_id }
    : { createdAtStart: new Date(now - FIRST_MS) };

type Gap = { from: Date; to: Date };

/** The time of which events may be gone. */
function gapOf(feed: FeedRow | undefined, now: number): Gap | null {
  const from = feed?.caught_up_at ?? feed?.polled_at;
  if (!from || now - from.getTime() < SURELY_KEPT_MS) return null;
  return { from, to: new Date(now) };
}

/** What began in the gap, and what may have moved on in it. */
async function reread({ store, integration, processes }: FeedDeps, { from, to }: Gap): Promise<void> {
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    const found = await integration.transactions(
      { createdAtStart: from, createdAtEnd: to, page, perPage: PAGE },
      AbortSignal.timeout(ANSWER_MS),
    );
    pages = found.totalPages;
    for (const each of found.transactions) await upsertTransaction(store.db, seen(processes, each));
  }
  const ends = [...processes.values()].flatMap(finalStates);
  for (const { id } of await unfinishedTransactions(store.db, ends, MOST_REREAD)) {
    const now = await integration.transaction(id, AbortSignal.timeout(ANSWER_MS));
    if (now) await upsertTransaction(store.db, seen(processes, now));
    else await markDeleted(store.db, id);
  }
}

async function keep({ processes }: FeedDeps, transaction: Db, event: FlexEvent): Promise<void> {
  if (event.eventType === 'transaction/deleted') {
    await markDeleted(transaction, event.resourceId);
    return;
  }
  const resource = readable(event);
  if (resource) await upsertTransaction(transaction, seen(processes, resource));
}

/** One event that can not be read must not hold up those behind it. */
function readable({ resource }: FlexEvent): OperatorTransaction | null {
  try {
    return transactionOf(resource);
  } catch (error) {
    if (error instanceof ProxyError) return null;
    throw error;
  }
}

function eventRow(event: FlexEvent): TransactionEventRow {
  const resource = readable(event);
  const isTransition = event.eventType !== 'transaction/updated';
  const made = isTransition ? resource?.transitions.at(-1) : undefined;
  return {
    id: event.id,
    sequence_id: event.sequenceId,
    at: event.createdAt,
    type: event.eventType,
    source: event.source,
    transaction_id: event.resourceId,
    transition: made?.transition ?? null,
    made_by: made?.by ?? null,
    state: resource?.state ?? null,
    changed: namesIn(ownValue(event.previousValues, 'attributes')),
  };
}

/** Names of attributes, and of keys in extended data; never what stood there. */
const namesIn = (attributes: unknown): string[] =>
  typeof attributes !== 'object' || attributes === null
    ? []
    : Object.entries(attributes).flatMap(([name, value]) =>
        ['metadata', 'protectedData'].includes(name) && typeof value === 'object' && value !== null
          ? Object.keys(value as object).map(key => `${name}.${key}`)
          : [name],
      );

function seen(processes: Processes, transaction: OperatorTransaction): SeenTransaction {
  const { charged, processName, state } = transaction;
  const { awaits, deadline } = awaitedPayment(
    processes.get(processName),
    state,
    transaction.lastTransitionedAt,
  );
  return {
    id: transaction.id,
    process_name: processName,
    process_version: transaction.processVersion,
    state,
    last_transition: transaction.lastTransition,
    created_at: transaction.createdAt,
    last_transitioned_at: transaction.lastTransitionedAt,
    listing_id: transaction.listingId,
    customer_id: transaction.customerId,
    provider_id: transaction.providerId,
    payin_amount: charged.payin?.amount ?? null,
    payin_currency: charged.payin?.currency ?? null,
    payout_amount: charged.payout?.amount ?? null,
    transitions: transaction.transitions.map(({ transition, by, at }) => ({
      transition,
      by,
      at: at.toISOString(),
    })),
    awaits_payment: awaits,
    payment_deadline: deadline,
  };
}

const describe = (error: unknown): string =>
  error instanceof ProxyError ? error.code : 'the database is away';
