/** The same test on the embedded database and on a real Postgres. */
import { sql } from 'kysely';
import { openStore, type Store, type StoreOptions } from '../../server/store/store.ts';
import { startPostgres, type PostgresServer } from './postgres.ts';

export type Databases = {
  /** A place without tables. */
  place(): Promise<StoreOptions['place']>;
  /** A store on a place of its own that somebody else starts; closed when the test file is done. */
  openStore(options?: Partial<StoreOptions>): Promise<Store>;
  /** A started store on a place of its own; closed when the test file is done. */
  newStore(options?: Partial<StoreOptions>): Promise<Store>;
  /** The one that the tests of a file share, emptied for each. */
  store(): Promise<Store>;
};

export const silent = { info: () => undefined, warn: () => undefined };

/** Runs `tests` twice. */
export function onBothDatabases(tests: (databases: Databases, kind: Store['kind']) => void): void {
  describe('on the embedded database', () =>
    tests(
      databases(() => Promise.resolve({ directory: null })),
      'embedded',
    ));
  describe('on Postgres', () => tests(onPostgres(), 'postgres'));
}

/** For what one connection alone can not show. */
export function onPostgres(): Databases & { server(): PostgresServer } {
  let server: PostgresServer | undefined;
  const all = databases(async () => ({ url: await server!.newDatabase() }));
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server?.[Symbol.asyncDispose]());
  return { ...all, server: () => server! };
}

function databases(place: Databases['place']): Databases {
  const opened: Store[] = [];
  let shared: Promise<Store> | undefined;
  const open: Databases['openStore'] = async (options = {}) => {
    const store = await openStore({ place: await place(), log: silent, ...options });
    opened.push(store);
    return store;
  };
  const newStore: Databases['newStore'] = async options => {
    const store = await open(options);
    store.start();
    await store.started;
    return store;
  };
  afterAll(async () => {
    await Promise.all(opened.map(store => store.close()));
  });
  return {
    place,
    openStore: open,
    newStore,
    async store() {
      shared ??= newStore();
      const store = await shared;
      await empty(store);
      return store;
    },
  };
}

const DEADLOCK = '40P01';

/** All but the jobs, which find nothing; the clock is put right. */
export async function empty(store: Store): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'proxy' and table_name not like 'kysely%'`.execute(store.db);
  const truncate = sql`truncate ${sql.join(rows.map(({ name }) => sql.table(`proxy.${name}`)))}`;
  // What goes on behind a service may hold one table and wait for another.
  for (let isDone = false; !isDone;)
    isDone = await truncate.execute(store.db).then(
      () => true,
      (error: { code?: string }) => {
        if (error.code !== DEADLOCK) throw error;
        return false;
      },
    );
  await moveClock(store, 0);
}

/** From now on the database's time is so much later than it is. */
export async function moveClock({ db }: Store, ms: number): Promise<void> {
  await sql`
    create or replace function proxy.app_now() returns timestamptz language sql stable
    as ${sql.lit(`select date_trunc('milliseconds', now()) + interval '${ms} milliseconds'`)}`.execute(db);
}

/** What is there when it is there, looked for until then. */
export async function eventually<T>(look: () => Promise<T> | T, isThere: (found: T) => boolean, ms = 10_000) {
  const deadline = performance.now() + ms;
  for (;;) {
    const found = await look();
    if (isThere(found)) return found;
    if (performance.now() > deadline) throw new Error(`Not in ${ms} ms: ${JSON.stringify(found)}`);
    await new Promise(resolve => setTimeout(resolve, 25));
  }
}
