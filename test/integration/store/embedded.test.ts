/** The embedded database as its directory sees it: one process, crashes, damage. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { DirectoryInUse } from '../../../server/store/embedded/lock.ts';
import { checkpoint, vacuum } from '../../../server/store/embedded/upkeep.ts';
import { takeLease } from '../../../server/store/leases.ts';
import { openStore } from '../../../server/store/store.ts';
import { run } from '../../setup/processes.ts';

const log = { info: () => undefined, warn: () => undefined };
const directories: string[] = [];
const newDirectory = () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'proxy-data-'));
  directories.push(directory);
  return directory;
};
afterAll(() => directories.forEach(directory => rmSync(directory, { recursive: true })));

const open = async (directory: string) => {
  const store = await openStore({ place: { directory }, log });
  store.start();
  await store.started;
  return store;
};
const leastEnvironment = {
  NODE_ENV: 'test',
  PORT: '0',
  REACT_APP_SHARETRIBE_SDK_CLIENT_ID: 'id',
  SHARETRIBE_SDK_CLIENT_SECRET: 'secret',
};
const startService = (directory: string) =>
  run(['server/main.ts'], { ...leastEnvironment, DATA_DIR: directory });

it('keeps what was written when it is closed and opened again', async () => {
  const directory = newDirectory();
  const first = await open(directory);
  await takeLease(first.db, 'kept', 'one', 1_000);
  await first.close();

  await using second = await open(directory);

  expect(await second.db.selectFrom('leases').select('name').execute()).toEqual([{ name: 'kept' }]);
});

it('begins anew where a first start was broken off', async () => {
  const directory = newDirectory();
  mkdirSync(path.join(directory, 'postgres.new'));
  writeFileSync(path.join(directory, 'postgres.new', 'PG_VERSION'), 'half');

  await using store = await open(directory);

  expect(await sql`select 1 as one`.execute(store.db)).toMatchObject({ rows: [{ one: 1 }] });
  expect(readdirSync(directory).toSorted()).toEqual(['lock', 'postgres']);
});

it('is refused a second time in the same process too', async () => {
  const directory = newDirectory();
  await using _first = await open(directory);

  await expect(openStore({ place: { directory }, log })).rejects.toThrow(DirectoryInUse);
});

it('makes a second process exit 75 at once with a line that says why, and a third come in after a kill', async () => {
  const directory = newDirectory();
  await using first = startService(directory);
  await first.says('database: it is there');

  await using second = startService(directory);
  expect(await second.exit).toBe(75);
  expect(second.stderr()).toBe(
    `flex-payment-proxy can not start: ${directory} is in use by another process, and the embedded database is for one process only. Stop the other one, choose another DATA_DIR, or set DATABASE_URL.\n`,
  );

  first.child.kill('SIGKILL');
  await first.exit;
  await using third = startService(directory);
  await third.says('database: it is there');
  third.child.kill('SIGTERM');
  expect(await third.exit).toBe(0);
}, 30_000);

/** Linux says it in a file; elsewhere it is not known. */
function residentMb(pid: number): number {
  const file = `/proc/${pid}/status`;
  const [, kilobytes] = (existsSync(file) && /VmRSS:\s+(\d+) kB/.exec(readFileSync(file, 'utf8'))) || [];
  return Number(kilobytes ?? 0) / 1024;
}

it('takes no more than 400 MB with the service, from the first start on', async () => {
  const directory = newDirectory();
  await using service = startService(directory);

  await service.says('database: it is there');

  expect(residentMb(service.child.pid!)).toBeLessThan(400);
}, 30_000);

it('keeps nothing in memory of what it has answered', async () => {
  await using store = await openStore({ place: { directory: null }, log });
  const answers = async (count: number) => {
    for (let i = 0; i < count; i += 1) await sql`select repeat('x', 1000000)`.execute(store.db);
  };
  await answers(50);
  const before = process.memoryUsage().rss;

  await answers(300);

  expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
}, 60_000);

it('takes no more and more of the disk for what is written and deleted', async () => {
  const directory = newDirectory();
  await using store = await openStore({ place: { directory }, log });
  const runSql = async (text: string) => sql<Record<string, unknown>>`${sql.raw(text)}`.execute(store.db);
  const megabytes = (...within: string[]) => {
    const under = path.join(directory, 'postgres', ...within);
    const files = readdirSync(under, { recursive: true, withFileTypes: true }).filter(file => file.isFile());
    return files.reduce((sum, file) => sum + statSync(path.join(file.parentPath, file.name)).size, 0) / 1e6;
  };
  await runSql('create schema proxy');
  await runSql('create table proxy.rows (id integer primary key, text text)');
  const before = megabytes('base');

  for (let round = 0; round < 6; round += 1) {
    await runSql(`insert into proxy.rows select id, repeat('x', 500) from generate_series(1, 60000) as id`);
    await runSql('delete from proxy.rows');
    await checkpoint(runSql);
    await vacuum(runSql, new AbortController().signal);
  }

  // Of 40 MB each round, what Postgres keeps to write over.
  expect(megabytes('pg_wal')).toBeLessThan(150);
  expect(megabytes('base') - before).toBeLessThan(60);
}, 60_000);

it('does not start on a damaged database: 74, and what to do', async () => {
  const directory = newDirectory();
  await (await open(directory)).close();
  rmSync(path.join(directory, 'postgres', 'global'), { recursive: true });

  await using service = startService(directory);

  expect(await service.exit).toBe(74);
  expect(service.stderr()).toMatch(
    /The database in .* can not be opened .*move it away to begin without records/,
  );
}, 30_000);

it('says its limits when it starts', async () => {
  const directory = newDirectory();
  await using service = startService(directory);

  await service.says('database: it is there');

  expect(service.stdout()).toContain('neither a power cut nor a lost disk');
});
