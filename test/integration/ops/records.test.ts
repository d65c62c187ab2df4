/**
 * What operators ask of many records is answered by indexes. 20,000 rows of each kind here; `npm run bench:records` takes a
 * million, and then each answer has 200 ms.
 */
import { jest } from '@jest/globals';
import { CompiledQuery } from 'kysely';
import pg from 'pg';
import type { Store } from '../../../server/store/store.ts';
import { onPostgres } from '../../setup/databases.ts';
import { insertManyRecords, paymentIntentIdOf, transactionIdOf, userIdOf } from '../../setup/many-records.ts';
import { startWorld, type World } from '../../setup/world.ts';

const ROWS = Number(process.env['RECORDS'] ?? 20_000);
/** Of so few, a machine that has other things to do may take longer. */
const LONGEST_MS = ROWS >= 1_000_000 ? 200 : 2_000;
const TOKEN = 'first-operator-token-1234';

/** Those that hold a row for each record. */
const LARGE = [
  'checks',
  'refusals',
  'verifications',
  'transactions',
  'transaction_events',
  'stripe_events',
  'payment_intents',
];

const databases = onPostgres();
let store: Store;
let world: World;
beforeAll(async () => {
  store = await databases.openStore();
  world = await startWorld({ store, environment: { OPERATOR_TOKENS: TOKEN } });
  await store.started;
  await insertManyRecords(store, ROWS);
}, 900_000);
afterAll(() => world[Symbol.asyncDispose]());

const middle = Math.floor(ROWS / 2);
const anHour = new Date(Date.now() - 3_600_000).toISOString();
const aWeek = new Date(Date.now() - 7 * 86_400_000).toISOString();

const questions = [
  '/ops/checks',
  '/ops/checks?limit=100&verdict=invalid',
  '/ops/checks?limit=100&verdict=invalid,missing',
  '/ops/checks?verdict=unknown-process',
  `/ops/checks?verdict=simulated&since=${anHour}`,
  '/ops/checks?process=default-purchase',
  '/ops/checks?process=default-purchase&verdict=missing',
  // Never together, though both come often.
  '/ops/checks?process=default-purchase&verdict=valid',
  `/ops/checks?process=default-negotiation&since=${aWeek}`,
  '/ops/checks?process=nobodys',
  `/ops/checks?transaction=${transactionIdOf(middle)}`,
  `/ops/checks?payment_intent=${paymentIntentIdOf(middle)}&verdict=valid`,
  '/ops/checks?recorded_within=60',
  '/ops/checks?recorded_within=86400&verdict=invalid',
  '/ops/verifications?recorded_within=86400&process=default-booking',
  '/ops/refusals',
  '/ops/refusals?code=flex-timeout',
  '/ops/refusals?process=default-booking&code=flex-timeout',
  `/ops/refusals?transaction=${transactionIdOf(middle)}`,
  '/ops/verifications?genuineness=foreign',
  '/ops/verifications?genuineness=unverified',
  '/ops/verifications?process=default-booking',
  `/ops/verifications?payment_intent=${paymentIntentIdOf(middle)}`,
  '/ops/counts',
  `/ops/counts?since=${new Date(Date.now() - 31 * 86_400_000).toISOString()}`,
  '/ops/incidents?state=open',
  '/ops/payments?limit=100',
  '/ops/transactions',
  `/ops/transactions?since=${aWeek}`,
  `/ops/transactions?customer=${userIdOf('c', 7)}`,
  `/ops/transactions?provider=${userIdOf('b', 7)}&since=${aWeek}`,
  `/ops/transactions/${transactionIdOf(middle)}?ask=nobody`,
  '/ops/webhooks',
  '/ops/webhooks?state=gave-up',
  '/ops/webhooks?type=charge.succeeded',
  `/ops/webhooks?transaction=${transactionIdOf(middle)}`,
  `/ops/webhooks?payment_intent=${paymentIntentIdOf(middle)}`,
  '/ops/state',
  '/ops/audit',
];

it('each is answered by an index, also pages later', async () => {
  const report: string[] = [];
  const slow: string[] = [];
  const scans: string[] = [];
  for (const question of questions) {
    const first = await asked(question);
    const further =
      first.next === null
        ? []
        : [await asked(`${question}${question.includes('?') ? '&' : '?'}cursor=${first.next}`)];
    for (const { path, ms, statements } of [first, ...further]) {
      report.push(`${ms.toFixed(1).padStart(7)} ms  ${path.slice(0, 110)}`);
      if (ms > LONGEST_MS) slow.push(`${path}: ${ms} ms`);
      expect(statements).not.toEqual([]);
      for (const statement of statements) {
        const plan = await explained(statement);
        const scanned = LARGE.filter(table => plan.includes(`Seq Scan on ${table} `));
        if (scanned.length > 0) scans.push(`${path}: ${scanned.join(', ')}\n${plan}`);
      }
    }
  }

  process.stderr.write(`${ROWS} rows of each kind\n${report.join('\n')}\n`);
  expect(scans).toEqual([]);
  expect(slow).toEqual([]);
}, 120_000);

type Statement = { text: string; values: unknown[] };

/** The best of three: what else the machine has to do is not the question's. And what was asked of the database for it. */
async function asked(path: string) {
  const times: number[] = [];
  const query = jest.spyOn(pg.Client.prototype, 'query');
  let body: Record<string, unknown> = {};
  for (let round = 0; round < 3; round += 1) {
    query.mockClear();
    const started = performance.now();
    body = await answer(path);
    times.push(performance.now() - started);
  }
  const statements = query.mock.calls.flatMap((call): Statement[] => {
    const [text, values] = call as unknown as [unknown, unknown];
    return typeof text === 'string' && /\bproxy"?\./.test(text)
      ? [{ text, values: (values ?? []) as unknown[] }]
      : [];
  });
  query.mockRestore();
  return { path, ms: Math.min(...times), next: (body['next'] ?? null) as string | null, statements };
}

async function answer(path: string) {
  const response = await fetch(`${world.proxyUrl}${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });
  const body = (await response.json()) as Record<string, unknown>;
  if (response.status !== 200) throw new Error(`${path}: ${JSON.stringify(body)}`);
  return body;
}

async function explained({ text, values }: Statement): Promise<string> {
  const { rows } = await store.db.executeQuery<{ 'QUERY PLAN': string }>(
    CompiledQuery.raw(`explain ${text}`, values),
  );
  return rows.map(row => row['QUERY PLAN']).join('\n');
}
