/** The inbox of Stripe's events: each is kept once, however often it comes, and worked on until it has come to an end. */
import { sql } from 'kysely';
import type { StripeEventRecord, StripeEventState } from '../domain/stripe-event.ts';
import { appNow, fromNow } from './clock.ts';
import type { Db, StripeEventRow } from './schema.ts';

/** True for one that was not there. Another delivery of the same is counted, another pull is not. */
export async function keepStripeEvent(
  db: Db,
  event: StripeEventRecord,
  via: StripeEventRow['via'],
): Promise<boolean> {
  const row = await db
    .insertInto('stripe_events')
    .values({
      id: event.id,
      type: event.type,
      account: event.account,
      livemode: event.livemode,
      api_version: event.apiVersion,
      created: event.created,
      object_key: event.objectKey,
      object_type: event.objectType,
      object_id: event.objectId,
      payment_intent_id: event.paymentIntentId,
      transaction_id: event.transactionId,
      summary: JSON.stringify(event.summary),
      via,
      received_at: appNow,
      deliveries: via === 'webhook' ? 1 : 0,
      state: 'received',
    })
    .onConflict(conflict =>
      conflict.column('id').doUpdateSet({
        deliveries: sql<number>`stripe_events.deliveries + excluded.deliveries`,
      }),
    )
    .returning(sql<boolean>`xmax = 0`.as('is_new'))
    .executeTakeFirstOrThrow();
  return row.is_new;
}

const OPEN: StripeEventState[] = ['received', 'waiting'];

/** Keys with something to do now: what should have been done already, and what has waited long enough. */
export async function dueKeys(db: Db, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('stripe_events')
    .select('object_key')
    .distinct()
    .where('state', 'in', OPEN)
    .where(eb =>
      eb.or([
        eb.and([eb('state', '=', 'received'), eb('received_at', '<', fromNow(-5_000))]),
        eb('next_attempt_at', '<=', appNow),
      ]),
    )
    .limit(limit)
    .execute();
  return rows.map(({ object_key: key }) => key);
}

export const openEvents = (db: Db, key: string): Promise<StripeEventRow[]> =>
  db
    .selectFrom('stripe_events')
    .selectAll()
    .where('object_key', '=', key)
    .where('state', 'in', OPEN)
    .orderBy('created')
    .orderBy('id')
    .execute();

/** The same inside a transaction, for whoever works on them: nobody else does until it ends. */
export async function takeOpenEvents(transaction: Db, key: string): Promise<StripeEventRow[]> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`.execute(transaction);
  return openEvents(transaction, key);
}

export type EventEnd = {
  state: StripeEventState;
  transactionId?: string | null;
  problem?: string | null;
  /** Of one that waits. */
  retryInMs?: number;
};

export async function settleStripeEvent(db: Db, id: string, end: EventEnd): Promise<void> {
  const isOpen = OPEN.includes(end.state);
  await db
    .updateTable('stripe_events')
    .set(eb => ({
      state: end.state,
      attempts: eb('attempts', '+', 1),
      problem: end.problem ?? null,
      processed_at: isOpen ? null : appNow,
      next_attempt_at: end.retryInMs === undefined ? null : fromNow(end.retryInMs),
      ...(end.transactionId !== undefined && { transaction_id: end.transactionId }),
    }))
    .where('id', '=', id)
    .execute();
}

export type EventFilter = {
  ids?: string[] | undefined;
  states?: StripeEventState[] | undefined;
  type?: string | undefined;
  transactionId?: string | undefined;
  paymentIntentId?: string | undefined;
};

/** `[receivedAt, id]` of the last one of the page before. */
export type EventKey = readonly [receivedAt: string, id: string];
export type EventPage = { events: StripeEventRow[]; next: EventKey | null };

/** The newest first. `after` is the `next` of the page before. */
export async function listStripeEvents(
  db: Db,
  filter: EventFilter,
  { limit, after }: { limit: number; after?: EventKey | null },
): Promise<EventPage> {
  const events = await matching(db.selectFrom('stripe_events').selectAll(), filter)
    .$if(after !== undefined && after !== null, query =>
      query.where(sql<boolean>`(received_at, id) < (${after![0]}::timestamptz, ${after![1]})`),
    )
    .orderBy('received_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  const last = events.length === limit ? events.at(-1) : undefined;
  return { events, next: last ? [last.received_at.toISOString(), last.id] : null };
}

/** Lets them be worked on once more; says how many, and of which keys. What is under way already is left alone. */
export async function reopenStripeEvents(
  db: Db,
  filter: EventFilter,
): Promise<{ events: number; keys: string[] }> {
  const rows = await matching(db.updateTable('stripe_events'), filter)
    .set({ state: 'received', attempts: 0, problem: null, processed_at: null, next_attempt_at: appNow })
    .where('state', '<>', 'received')
    .returning('object_key')
    .execute();
  return { events: rows.length, keys: [...new Set(rows.map(({ object_key: key }) => key))] };
}

/** Where things stay when something is wrong. */
const UNFINISHED = ['received', 'waiting', 'gave-up'] as const;
/** More is not counted: by then it is known that something is wrong. */
const MOST_COUNTED = 10_000;

export type InboxCounts = Record<(typeof UNFINISHED)[number], number> & { oldestReceivedAt: Date | null };

/** Of what has not come to a good end. */
export async function countUnfinished(db: Db): Promise<InboxCounts> {
  const { rows } = await sql<InboxCounts>`
    select ${sql.join(
      UNFINISHED.map(
        state => sql`(select count(*) from (
          select 1 from proxy.stripe_events where state = ${state} limit ${sql.lit(MOST_COUNTED)}) as counted)
          as ${sql.ref(state)}`,
      ),
    )},
    least(${sql.join(
      (['received', 'waiting'] as const).map(
        state =>
          sql`(select received_at from proxy.stripe_events where state = ${state} order by received_at, id limit 1)`,
      ),
    )}) as "oldestReceivedAt"`.execute(db);
  return rows[0]!;
}

type Where<Query> = { where(column: never, operator: never, value: never): Query };

function matching<Query>(query: Query, filter: EventFilter): Query {
  const conditions: [string, string, unknown][] = [
    ['id', 'in', filter.ids],
    ['state', 'in', filter.states],
    ['type', '=', filter.type],
    ['transaction_id', '=', filter.transactionId],
    ['payment_intent_id', '=', filter.paymentIntentId],
  ];
  return conditions
    .filter(([, , value]) => value !== undefined)
    .reduce(
      (narrowed, [column, operator, value]) =>
        (narrowed as Where<Query>).where(column as never, operator as never, value as never),
      query,
    );
}
