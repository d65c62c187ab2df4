/**
 * One process to a directory: two would destroy the database, and neither would notice. The lock is one of the operating
 * system's, on a file that SQLite opens for us; it ends with the process, however that ends, and no process id can lie.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export class DirectoryInUse extends Error {
  override name = 'DirectoryInUse';
}

const SQLITE_BUSY = 5;

/** Throws `DirectoryInUse` at once when another has it. */
export function lockDirectory(directory: string): Disposable {
  mkdirSync(directory, { recursive: true });
  const file = new DatabaseSync(path.join(directory, 'lock'));
  try {
    file.exec('pragma busy_timeout = 0; pragma locking_mode = exclusive; pragma journal_mode = memory');
    file.exec('begin exclusive');
  } catch (error) {
    file.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    throw new DirectoryInUse(
      `${directory} is in use by another process, and the embedded database is for one process only. Stop the other one, choose another DATA_DIR, or set DATABASE_URL.`,
    );
  }
  return { [Symbol.dispose]: () => file.close() };
}
