import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Process } from './process.ts';
import { ProcessFileError, readProcess } from './read.ts';

/** Aliases such as `default-booking/release-1`, and every version that a transaction may be pinned to. */
export type Processes = {
  byAlias(alias: string): Process | undefined;
  version(name: string, version: number): Process | undefined;
  aliases(): string[];
  /** A new version of a process, or its first; the alias points to it from now on. Returns the version. */
  push(name: string, edn: string, file: string, alias?: string): number;
  /** A registry of its own with the same content: what is pushed to it stays there. */
  fork(): Processes;
};

const DEFAULT_ALIAS = 'release-1';

export function createProcesses(
  versions = new Map<string, Process[]>(),
  aliases = new Map<string, Process>(),
): Processes {
  return {
    byAlias: alias => aliases.get(alias),
    version: (name, version) => versions.get(name)?.[version - 1],
    aliases: () => [...aliases.keys()],
    push(name, edn, file, alias = DEFAULT_ALIAS) {
      const known = versions.get(name) ?? [];
      const process = readProcess(edn, file, name, known.length + 1);
      versions.set(name, [...known, process]);
      aliases.set(`${name}/${alias}`, process);
      return process.version;
    },
    fork: () => createProcesses(new Map(versions), new Map(aliases)),
  };
}

/** Reads every `<folder>/process.edn` below the directories. The folder names the process; its alias is `<folder>/release-1`. */
export function loadProcesses(directories: string[]): Processes {
  const processes = createProcesses();
  for (const directory of directories) {
    const found = readdirSync(directory)
      .map(name => ({ name, file: path.join(directory, name, 'process.edn') }))
      .filter(({ file }) => existsSync(file));
    if (found.length === 0) throw new ProcessFileError(`${directory}: holds no <name>/process.edn`);
    for (const { name, file } of found) processes.push(name, readFileSync(file, 'utf8'), file);
  }
  return processes;
}
