/** Faults of the design, each a change of the sources as they are loaded: the simulation has to find every one. */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

type Change = { file: string; from: string; to: string };

const root = path.join(import.meta.dirname, '../../..');

export const mutants: Record<string, Change[]> = {};

export const mutantNames = Object.keys(mutants);

export function applyMutant(name: string): void {
  const changes = mutants[name];
  if (!changes) throw new Error(`There is no mutant ${name}: ${mutantNames.join(', ')}`);
  const files = new Map(changes.map(change => [path.join(root, change.file), change]));
  for (const { file, from } of changes)
    if (readFileSync(path.join(root, file), 'utf8').split(from).length !== 2)
      throw new Error(`${name}: ${file} does not hold it once: ${from}`);
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      const change = url.startsWith('file:') ? files.get(fileURLToPath(url)) : undefined;
      if (!change) return loaded;
      const source = changes
        .filter(({ file }) => file === change.file)
        .reduce(
          (text, { from, to }) => text.replace(from, () => to),
          readFileSync(fileURLToPath(url), 'utf8'),
        );
      return { ...loaded, source };
    },
  });
}
