/** Postgres itself, compiled to WebAssembly, in a thread of its own. Speaks the wire protocol with the main thread. */
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { zstdDecompressSync } from 'node:zlib';
import type { PGlite } from '@electric-sql/pglite';

// All three before the first import, or it takes three times the memory and is no faster.
for (const flag of ['--liftoff-only', '--no-wasm-dynamic-tiering', '--no-wasm-tier-up'])
  setFlagsFromString(flag);
const { PGlite: Database } = await import('@electric-sql/pglite');

/** null: in memory, and gone with the process. */
const { directory } = workerData as { directory: string | null };
const port = parentPort!;

const startParams = [...Database.defaultStartParams, '-c', 'shared_buffers=16MB'];

/** Creating a database from nothing takes seconds and a gigabyte, so we bring an empty one. */
const emptyDatabase = () =>
  new Blob([zstdDecompressSync(readFileSync(path.join(import.meta.dirname, 'empty-database.tar.zst')))]);

async function open(): Promise<PGlite> {
  if (directory === null) return Database.create({ startParams, loadDataDir: emptyDatabase() });
  const dataDir = path.join(directory, 'postgres');
  if (!existsSync(dataDir)) {
    // Aside first: a process that dies in the middle of it must not leave half a database behind.
    const halfway = `${dataDir}.new`;
    rmSync(halfway, { recursive: true, force: true });
    const fresh = await Database.create({ dataDir: halfway, startParams, loadDataDir: emptyDatabase() });
    await fresh.close();
    renameSync(halfway, dataDir);
  }
  return Database.create({ dataDir, startParams });
}

type FromMain = { connection: number; bytes: Uint8Array } | 'close';

const database = await open();
let current = 0;
let turn: Promise<void> = Promise.resolve();

port.on('message', (message: FromMain) => {
  turn = turn.then(() => (message === 'close' ? close() : answer(message)));
});
port.postMessage('open');

async function answer({ connection, bytes }: Exclude<FromMain, 'close'>): Promise<void> {
  if (connection < current) return;
  if (connection > current) {
    // A new connection knows nothing of what the last one left behind.
    current = connection;
    await database.exec('rollback');
    await database.exec('discard all');
  }
  // In its parts: of an answer that it hands out whole, PGlite keeps a reading for good.
  await database.execProtocolRawStream(bytes, {
    onRawData: part => port.postMessage({ connection, bytes: part.slice() }),
  });
}

async function close(): Promise<void> {
  await database.close();
  port.close();
}
