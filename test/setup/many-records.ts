/** So many records of each kind, as a month of a marketplace would leave them, made by the database itself. */
import { sql } from 'kysely';
import type { Store } from '../../server/store/store.ts';

/** Of the last record; ids are in the order of time, and one is written each 2.6 s of 30 days at a million. */
const MONTH = 30 * 86_400;

const newId = (index: string, rows: number) => `
  (lpad(to_hex((extract(epoch from now() - (${rows} - ${index}) * interval '${MONTH / rows} seconds') * 1000)::bigint), 12, '0')
    || '7000' || '8' || lpad(to_hex(${index}), 15, '0'))::uuid`;

const at = (index: string, rows: number) =>
  `now() - (${rows} - ${index}) * interval '${MONTH / rows} seconds'`;

/** Ids of transactions and PaymentIntents are the same in all tables. */
export const transactionIdOf = (index: number) =>
  `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
/** Customers are of kind c, providers of kind b. */
export const userIdOf = (kind: 'b' | 'c', index: number) =>
  `${kind.repeat(8)}-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
const transactionId = `'00000000-0000-4000-8000-' || lpad(to_hex(i), 12, '0')`;
export const paymentIntentIdOf = (index: number) => `pi_3${index.toString().padStart(23, '0')}`;
const paymentIntentId = `'pi_3' || lpad(i::text, 23, '0')`;

const PROCESSES = `(array['default-booking', 'default-purchase', 'default-negotiation'])[1 + i % 3]`;
/** One in a thousand is wrong, one in ten thousand missing. */
const VERDICT = `case when i % 10000 = 7 then 'missing' when i % 1000 = 3 then 'invalid' when i % 50 = 9 then 'not-expected'
  when i % 3 = 0 then 'valid' else 'simulated' end`;

/** At a time: a statement has half a minute. */
const SLICE = 100_000;

export async function insertManyRecords({ db }: Pick<Store, 'db'>, rows: number): Promise<void> {
  const insert = async (into: string, values: string) => {
    for (let first = 1; first <= rows; first += SLICE) {
      const last = Math.min(first + SLICE - 1, rows);
      await sql
        .raw(`insert into proxy.${into} select ${values} from generate_series(${first}, ${last}) as i`)
        .execute(db);
    }
  };
  await insert(
    'checks (id, at, request_id, call, is_speculative, process_name, transition, transaction_id, verdict, reasons, path, looks_like_pi, secret_looks_right, payment_intent_id)',
    `${newId('i', rows)}, ${at('i', rows)}, 'request-' || i, 'initiate', i % 3 <> 0, ${PROCESSES}, 'transition/request-payment',
     ${transactionId}, ${VERDICT}, array[]::text[], null, true, true, ${paymentIntentId}`,
  );
  await insert(
    'refusals (id, at, call, is_speculative, process_name, transition, transaction_id, code, status, flex_codes, status_text)',
    `${newId('i', rows)}, ${at('i', rows)}, 'initiate', false, ${PROCESSES}, 'transition/request-payment',
     case when i % 2 = 0 then ${transactionId} end, case when i % 1000 = 5 then 'flex-timeout' else 'flex-refused' end, 409,
     array['transaction-locked'], 'Conflict'`,
  );
  await insert(
    'verifications (id, at, process_name, transition, transaction_id, payment_intent_id, genuineness, differing, status, cause, confidence, attempt)',
    `${newId('i', rows)}, ${at('i', rows)}, ${PROCESSES}, 'transition/request-payment', ${transactionId}, ${paymentIntentId},
     case when i % 5000 = 11 then 'foreign' else 'genuine' end, array[]::text[], 'requires_capture', 'healthy', 0.97, 1`,
  );
  await insert(
    'transactions (id, process_name, process_version, state, last_transition, created_at, last_transitioned_at, customer_id, provider_id, payin_amount, payin_currency, transitions, awaits_payment, payment_deadline, read_at)',
    // A few hundred are paying now; ten times as many were forgotten in that state.
    `${transactionId}, ${PROCESSES}, 1, 'state/pending-payment', 'transition/request-payment', ${at('i', rows)}, ${at('i', rows)},
     'cccccccc-0000-4000-8000-' || lpad(to_hex(i % 5000), 12, '0'), 'bbbbbbbb-0000-4000-8000-' || lpad(to_hex(i % 500), 12, '0'), 15000, 'EUR', '[]'::jsonb, i % 200 = 1, ${at('i', rows)} + interval '15 minutes', now()`,
  );
  await insert(
    'transaction_events (id, sequence_id, at, type, source, transaction_id, transition, made_by, state, changed)',
    `'event-' || i, i, ${at('i', rows)}, 'transaction/initiated', 'source/transaction', ${transactionId}, 'transition/request-payment',
     'customer', 'state/pending-payment', array[]::text[]`,
  );
  await insert(
    'stripe_events (id, type, livemode, created, object_key, object_type, object_id, payment_intent_id, transaction_id, summary, via, received_at, deliveries, state, processed_at)',
    `'evt_' || i, (array['payment_intent.created', 'charge.succeeded', 'payment_intent.succeeded'])[1 + i % 3], false, ${at('i', rows)},
     ${paymentIntentId}, 'payment_intent', ${paymentIntentId}, ${paymentIntentId}, ${transactionId}, '{}'::jsonb, 'webhook', ${at('i', rows)}, 1,
     case when i % 20000 = 13 then 'gave-up' when i % 3 = 0 then 'ignored' else 'done' end, now()`,
  );
  await insert(
    'payment_intents (id, transaction_id, livemode, status, amount, currency, created, as_of, source)',
    `${paymentIntentId}, ${transactionId}, false, 'requires_capture', 15000, 'eur', ${at('i', rows)}, now(), 'asked'`,
  );
  await sql
    .raw(
      `insert into proxy.check_counts (hour, process_name, transition, is_speculative, verdict, checks)
       select date_trunc('hour', at, 'UTC'), process_name, transition, is_speculative, verdict, count(*)
       from proxy.checks group by 1, 2, 3, 4, 5`,
    )
    .execute(db);
  await sql.raw('analyze').execute(db);
}
