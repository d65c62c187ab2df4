import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Processes } from '../world.ts';
import type { Process } from './process.ts';
import { readProcess } from './read.ts';

/** Reads every `<folder>/process.edn` below the directories. The folder names the process; its alias is `<folder>/release-1`. */
export function loadProcesses(directories: string[]): Processes {
  const processes = new Map<string, Process>();
  for (const directory of directories) {
    for (const name of readdirSync(directory)) {
      const file = path.join(directory, name, 'process.edn');
      if (existsSync(file)) processes.set(name, readProcess(readFileSync(file, 'utf8'), file, name));
    }
  }
  return {
    byAlias: alias =>
      alias.endsWith('/release-1') ? processes.get(alias.slice(0, -'/release-1'.length)) : undefined,
    version: (name, version) => (processes.get(name)?.version === version ? processes.get(name) : undefined),
    aliases: () => [...processes.keys()].map(name => `${name}/release-1`),
  };
}
