/** The real service as a person starts it, and a database whose clock can be moved while it runs. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { sql } from 'kysely';
import { openStore, type Store } from '../../../server/store/store.ts';
import type { SandboxInfo } from '../../sandbox/sandbox.ts';
import { moveClock, silent } from '../../setup/databases.ts';
import { startPostgres } from '../../setup/postgres.ts';
import { run, type Running } from '../../setup/processes.ts';
import { bothSidesOf, environmentFor } from '../../setup/world.ts';

export type ServiceDatabase = AsyncDisposable & {
  environment: Record<string, string>;
  /** Once the tables are there; on the embedded database while no service runs. */
  prepare(): Promise<void>;
  /** From now on its time is so much later than it is. */
  moveTo(ms: number): Promise<void>;
  /** How many cases are in which state; on the embedded database while no service runs. */
  cases(): Promise<Record<string, number>>;
};

async function casesIn({ db }: Store): Promise<Record<string, number>> {
  const { rows } = await sql<{ state: string; count: number }>`
    select coalesce('needs-operator: ' || needs, state) as state, count(*)::int as count
    from proxy.payment_cases group by 1 order by 1`.execute(db);
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}

/** Its clock is in a file beside its data, which it reads each time. */
export async function embeddedDatabase(): Promise<ServiceDatabase> {
  const directory = await mkdtemp(path.join(tmpdir(), 'proxy-battery-'));
  const withStore = async <T>(work: (store: Store) => Promise<T>): Promise<T> => {
    const store = await openStore({ place: { directory }, log: silent });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  };
  const moveTo = (ms: number) => writeFile(path.join(directory, 'postgres/clock'), String(ms));
  return {
    environment: { DATA_DIR: directory },
    moveTo,
    async prepare() {
      await moveTo(0);
      await withStore(({ db }) =>
        sql`create or replace function proxy.app_now() returns timestamptz language sql stable as $$
          select date_trunc('milliseconds', now()) + pg_read_file('clock')::bigint * interval '1 millisecond' $$`.execute(
          db,
        ),
      );
    },
    cases: () => withStore(casesIn),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

export async function postgresDatabase(): Promise<ServiceDatabase> {
  const server = await startPostgres();
  const url = await server.newDatabase();
  const store = await openStore({ place: { url }, log: silent });
  return {
    environment: { DATABASE_URL: url },
    prepare: () => Promise.resolve(),
    moveTo: ms => moveClock(store, ms),
    cases: () => casesIn(store),
    async [Symbol.asyncDispose]() {
      await store.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Compiled code is kept from one start to the next: half of the time that a start takes. A killed process leaves none. */
const COMPILED = path.join(tmpdir(), 'proxy-battery-compiled');

const mutants = pathToFileURL(path.join(import.meta.dirname, '../fallback/mutants.ts')).href;
const withMutant = (name: string): string[] => [
  '--import',
  `data:text/javascript,import { applyMutant } from '${mutants}'; applyMutant('${name}');`,
];

/** Serves, and its fallback is on. `mutant`: with that fault in its sources. */
export async function startService(
  info: SandboxInfo,
  database: ServiceDatabase,
  port: number,
  mutant?: string,
): Promise<Running> {
  const { DATABASE_URL: _none, ...environment } = environmentFor(info);
  const options = ['--disable-proto=delete', ...(mutant === undefined ? [] : withMutant(mutant))];
  const service = run([...options, 'server/main.ts'], {
    ...environment,
    ...bothSidesOf(info),
    ...database.environment,
    NODE_COMPILE_CACHE: COMPILED,
    PORT: String(port),
    PI_FALLBACK: 'on',
    PI_FALLBACK_APPROVED_BY: 'Ada',
    PI_FALLBACK_SUPPORT_CASE: '4711',
    // One caller with all requests, on a machine that does other things too.
    RATE_LIMIT_PER_ADDRESS: '0',
    RATE_LIMIT_PER_SESSION: '0',
    MAX_EVENT_LOOP_DELAY_MS: '10000',
  });
  await service.says('"listening"');
  await service.says('database: it is there');
  await service.says('the fallback is on');
  return service;
}

/** Comes to its end in its own time. */
export async function stopped(service: Running): Promise<void> {
  service.child.kill('SIGTERM');
  await service.exit;
}

export async function killed(service: Running): Promise<void> {
  service.child.kill('SIGKILL');
  await service.exit;
}
