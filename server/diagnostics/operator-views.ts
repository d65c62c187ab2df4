/** What operators see of what was recorded: lists, payments under way, and how the service itself does. */
import { advice } from '../domain/diagnosis/causes.ts';
import { diagnose } from '../domain/diagnosis/diagnose.ts';
import type { Evidence } from '../domain/diagnosis/evidence.ts';
import { processEvidence } from '../domain/diagnosis/transaction-evidence.ts';
import { ProxyError } from '../domain/errors.ts';
import type { Processes } from '../domain/process.ts';
import type { OwnRecord } from '../domain/report.ts';
import { listAudit, noteChange, noteOutcome, type AuditEntry } from '../store/audit.ts';
import { countChecks } from '../store/check-counts.ts';
import { isOfDatabase } from '../store/connection.ts';
import { callOf, checkOf, refusalOf } from '../store/evidence-rows.ts';
import { listFeeds } from '../store/feeds.ts';
import { listIncidents, openIncidents } from '../store/incidents.ts';
import {
  listChecks,
  listRefusals,
  listVerifications,
  type CheckFilter,
  type PageOf,
  type RefusalFilter,
  type VerificationFilter,
} from '../store/listed-records.ts';
import { ownRecordOf } from '../store/own-record.ts';
import { paymentIntentsOfMany } from '../store/payment-intents.ts';
import type {
  CheckRow,
  FeedRow,
  IncidentRow,
  RefusalRow,
  StripeEventRow,
  TransactionRow,
} from '../store/schema.ts';
import { deleteUser, type Deleted } from '../store/retention.ts';
import type { Store } from '../store/store.ts';
import {
  countUnfinished,
  listStripeEvents,
  type EventFilter,
  type EventKey,
} from '../store/stripe-events.ts';
import { keptOf, type KeptBooking } from '../store/timeline.ts';
import {
  listTransactions,
  openPaymentKey,
  openPayments,
  transactionKey,
  type OpenPaymentKey,
  type TransactionFilter,
  type TransactionKey,
} from '../store/transactions.ts';

/** `next`: where the page after this one begins; null when there is none. */
export type ListOf<Item, Key> = { items: Item[]; next: Key | null };

export type ViewDeps = {
  /** null where nothing is recorded. */
  store: Pick<Store, 'db' | 'kind' | 'status' | 'records' | 'jobs'> | null;
  processes: Processes;
  now: () => number;
};

export type OperatorViews = ReturnType<typeof createOperatorViews>;

export function createOperatorViews({ store, processes, now }: ViewDeps) {
  /** What the database does not answer is no fault of the caller's, nor of this service; anything else is one. */
  const ask = async <T>(work: (from: NonNullable<ViewDeps['store']>) => Promise<T>): Promise<T> => {
    if (!store) throw NOTHING_RECORDED;
    if (!store.status().isUp) throw away();
    return work(store).catch((cause: unknown) => {
      throw !(cause instanceof ProxyError) && isOfDatabase(cause) ? away(cause) : cause;
    });
  };

  return {
    /** What somebody else keeps in the database. */
    asked: <T>(work: () => Promise<T>): Promise<T> => ask(work),
    checks: (filter: CheckFilter, page: PageOf<string>) =>
      ask(async ({ db }) =>
        listed(await listChecks(db, filter, page), page, row => shownCheck(processes, row)),
      ),
    refusals: (filter: RefusalFilter, page: PageOf<string>) =>
      ask(async ({ db }) =>
        listed(await listRefusals(db, filter, page), page, row => shownRefusal(processes, row)),
      ),
    verifications: (filter: VerificationFilter, page: PageOf<string>) =>
      ask(async ({ db }) =>
        listed(await listVerifications(db, filter, page), page, row => ({
          id: row.id,
          at: row.at.toISOString(),
          processName: row.process_name,
          transition: row.transition,
          transactionId: row.transaction_id,
          paymentIntentId: row.payment_intent_id,
          genuineness: row.genuineness,
          differing: row.differing,
          status: row.status,
          cause: row.cause,
          confidence: row.confidence,
          attempt: row.attempt,
        })),
      ),
    incidents: (filter: { isOpen?: boolean }, page: PageOf<string>) =>
      ask(async ({ db }) => listed(await listIncidents(db, filter, page), page, shownIncident)),
    counts: (since: Date) =>
      ask(async ({ db }) =>
        (await countChecks(db, since)).map(row => ({
          hour: row.hour.toISOString(),
          processName: row.process_name,
          isSpeculative: row.is_speculative,
          verdict: row.verdict,
          checks: row.checks,
        })),
      ),

    transactions: (filter: TransactionFilter, page: PageOf<TransactionKey>) =>
      ask(async ({ db }) => {
        const rows = await listTransactions(db, filter, page);
        const last = rows.length === page.limit ? rows.at(-1) : undefined;
        return { items: rows.map(shownTransaction), next: last ? transactionKey(last) : null };
      }),

    /** Customers who are paying now. `asOf`: when Flex's feed was last read to its end; null when it never was. */
    payments: (page: PageOf<OpenPaymentKey>) =>
      ask(async ({ db }) => {
        const [rows, feeds] = await Promise.all([openPayments(db, page), listFeeds(db)]);
        const intents = await paymentIntentsOfMany(
          db,
          rows.map(({ id }) => id),
        );
        const last = rows.length === page.limit ? rows.at(-1) : undefined;
        return {
          asOf: feeds.find(isFlex)?.caught_up_at?.toISOString() ?? null,
          items: rows.map(row => ({
            ...shownTransaction(row),
            ...deadlineOf(row, now()),
            paymentIntents: intents
              .filter(intent => intent.transaction_id === row.id)
              .map(({ id, status, as_of: asOf }) => ({ id, status, asOf: asOf.toISOString() })),
          })),
          next: last ? openPaymentKey(last) : null,
        };
      }),

    webhooks: (filter: EventFilter, page: PageOf<EventKey>) =>
      ask(async ({ db }) => {
        const { events, next } = await listStripeEvents(db, filter, page);
        return { items: events.map(shownEvent), next };
      }),

    /** All that is kept of one booking; null where nothing is, or the database is away. */
    kept: (transactionId: string): Promise<KeptBooking | null> =>
      ask(({ db }) => keptOf(db, transactionId)).catch(orNull),
    /** Our own look at its newest call; null without one. */
    ownRecord: (transactionId: string): Promise<OwnRecord | null> =>
      ask(({ db }) => ownRecordOf(db, transactionId)).catch(orNull),

    async state() {
      const status = store?.status();
      const database = {
        kind: store?.kind ?? ('none' as const),
        isUp: status?.isUp ?? false,
        since: status?.since.toISOString() ?? null,
        problem: status?.problem ?? null,
      };
      const records = store?.records.stats() ?? { waiting: 0, recorded: 0, dropped: 0 };
      const inDatabase = await ask(async ({ db, jobs }) => {
        const [feeds, inbox, queues, open] = await Promise.all([
          listFeeds(db),
          countUnfinished(db),
          jobs.depths(),
          openIncidents(db),
        ]);
        return {
          feeds: feeds.map(feed => shownFeed(feed, now())),
          inbox: {
            received: inbox.received,
            waiting: inbox.waiting,
            gaveUp: inbox['gave-up'],
            oldestReceivedAt: inbox.oldestReceivedAt?.toISOString() ?? null,
          },
          queues,
          openIncidents: open.length,
        };
      }).catch(orNull);
      return {
        database,
        records,
        ...(inDatabase ?? { feeds: [], inbox: null, queues: [], openIncidents: null }),
      };
    },

    /** Rows by table. */
    deleteUser: (id: string): Promise<Deleted> => ask(({ db }) => deleteUser(db, id)),

    audit: (page: PageOf<string>) =>
      ask(async ({ db }) =>
        listed(await listAudit(db, page), page, row => ({
          id: row.id,
          at: row.at.toISOString(),
          tokenPlace: row.token_place,
          tokenDigest: row.token_digest,
          requestId: row.request_id,
          action: row.action,
          details: row.details,
          outcome: row.outcome,
        })),
      ),
    /** Does it only when it could be written down who does it, and writes down what came of it. */
    audited: async <T extends Record<string, unknown>>(
      entry: AuditEntry,
      work: () => Promise<T>,
    ): Promise<T> => {
      const id = await ask(({ db }) => noteChange(db, entry));
      const outcome = await ask(work);
      await ask(({ db }) => noteOutcome(db, id, outcome)).catch(orNull);
      return outcome;
    },
  };
}

const NOTHING_RECORDED = new ProxyError('not-recorded', {
  status: 503,
  statusText:
    'Nothing is recorded here: DATABASE_URL is none, or WEB_CONCURRENCY is above 1 without a Postgres.',
  data: {},
});

const away = (cause?: unknown) =>
  new ProxyError('not-recorded', {
    status: 503,
    statusText: 'The database can not be asked at the moment; /readyz says why.',
    data: {},
    retryAfterSeconds: 5,
    cause,
  });

const orNull = (error: unknown): null => {
  if (error instanceof ProxyError && error.code === 'not-recorded') return null;
  throw error;
};

const listed = <Row extends { id: string }, Item>(
  rows: Row[],
  { limit }: { limit: number },
  shown: (row: Row) => Item,
): ListOf<Item, string> => ({
  items: rows.map(shown),
  next: rows.length === limit ? rows.at(-1)!.id : null,
});

/** The probable cause by this alone: what Stripe says comes later. */
const causeOf = (
  processes: Processes,
  row: CheckRow | RefusalRow,
  seen: Pick<Evidence, 'check' | 'refusal'>,
) =>
  diagnose({
    call: callOf(row),
    ...(row.process_name !== null && {
      process: processEvidence(processes, row.process_name, row.transition),
    }),
    ...seen,
  }).cause;

const shownCheck = (processes: Processes, row: CheckRow) => ({
  id: row.id,
  at: row.at.toISOString(),
  requestId: row.request_id,
  call: row.call,
  isSpeculative: row.is_speculative,
  processName: row.process_name,
  transition: row.transition,
  transactionId: row.transaction_id,
  ...checkOf(row),
  looksLikePI: row.looks_like_pi,
  secretLooksRight: row.secret_looks_right,
  cause: causeOf(processes, row, { check: checkOf(row) }),
});

const shownRefusal = (processes: Processes, row: RefusalRow) => ({
  id: row.id,
  at: row.at.toISOString(),
  call: row.call,
  isSpeculative: row.is_speculative,
  processName: row.process_name,
  transition: row.transition,
  transactionId: row.transaction_id,
  ...refusalOf(row),
  isProven: row.is_proven,
  cause: causeOf(processes, row, { refusal: refusalOf(row) }),
});

const shownIncident = (row: IncidentRow) => ({
  id: row.id,
  cause: row.cause,
  processName: row.process_name,
  openedAt: row.opened_at.toISOString(),
  lastFailureAt: row.last_failure_at.toISOString(),
  closedAt: row.closed_at?.toISOString() ?? null,
  failures: row.failures,
  good: row.good,
  transactionIds: row.transaction_ids,
  meaning: advice[row.cause].meaning,
  next: advice[row.cause].next,
});

export const shownTransaction = (row: TransactionRow) => ({
  id: row.id,
  processName: row.process_name,
  processVersion: row.process_version,
  state: row.state,
  lastTransition: row.last_transition,
  createdAt: row.created_at.toISOString(),
  lastTransitionedAt: row.last_transitioned_at.toISOString(),
  listingId: row.listing_id,
  customerId: row.customer_id,
  providerId: row.provider_id,
  payinAmount: row.payin_amount,
  payinCurrency: row.payin_currency,
  payoutAmount: row.payout_amount,
});

/** By the process's own expiry; null where nothing ends it. */
const deadlineOf = ({ payment_deadline: deadline }: TransactionRow, now: number) => ({
  deadline: deadline?.toISOString() ?? null,
  secondsLeft: deadline === null ? null : Math.round((deadline.getTime() - now) / 1000),
});

const shownEvent = (row: StripeEventRow) => ({
  id: row.id,
  type: row.type,
  account: row.account,
  livemode: row.livemode,
  created: row.created.toISOString(),
  receivedAt: row.received_at.toISOString(),
  objectId: row.object_id,
  paymentIntentId: row.payment_intent_id,
  transactionId: row.transaction_id,
  via: row.via,
  deliveries: row.deliveries,
  state: row.state,
  attempts: row.attempts,
  problem: row.problem,
});

const isFlex = ({ source }: FeedRow) => source.startsWith('flex ');

const shownFeed = (row: FeedRow, now: number) => ({
  source: row.source,
  sequenceId: row.sequence_id,
  lastEventAt: row.last_event_at?.toISOString() ?? null,
  polledAt: row.polled_at?.toISOString() ?? null,
  caughtUpAt: row.caught_up_at?.toISOString() ?? null,
  lagSeconds: row.caught_up_at ? Math.max(0, Math.round((now - row.caught_up_at.getTime()) / 1000)) : null,
  events: row.events,
  gap: row.gap_from && row.gap_to ? { from: row.gap_from.toISOString(), to: row.gap_to.toISOString() } : null,
  problem: row.problem,
});
