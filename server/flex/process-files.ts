import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseProcess, type Processes } from '../domain/process.ts';

export type LoadedProcesses = { processes: Processes; unreadable: { file: string; problem: string }[] };

/** Reads `<directory>/<process name>/process.edn` for every process; a file that can not be read is reported, not fatal. */
export function loadProcesses(directory: string): LoadedProcesses {
  const loaded: LoadedProcesses = { processes: new Map(), unreadable: [] };
  if (!existsSync(directory))
    return { ...loaded, unreadable: [{ file: directory, problem: 'there is no such directory' }] };
  for (const name of readdirSync(directory)) {
    const file = path.join(directory, name, 'process.edn');
    if (!existsSync(file)) continue;
    try {
      loaded.processes.set(name, parseProcess(name, readFileSync(file, 'utf8')));
    } catch (error) {
      loaded.unreadable.push({ file, problem: (error as Error).message });
    }
  }
  return loaded;
}
