/** What npm ci would install, and run. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../setup/processes.ts';

type Locked = {
  version?: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
  hasInstallScript?: boolean;
};

const read = (file: string) => JSON.parse(readFileSync(path.join(root, file), 'utf8'));
const manifest = read('package.json') as Record<string, Record<string, string>>;
const { packages } = read('package-lock.json') as { packages: Record<string, Locked> };
const locked = Object.entries(packages).filter(([place]) => place !== '');

it('every package is pinned by the digest of what it holds', () => {
  const unpinned = locked.filter(
    ([, { integrity }]) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? ''),
  );

  expect(locked.length).toBeGreaterThan(100);
  expect(unpinned.map(([place]) => place)).toEqual([]);
});

it('every package comes from the registry, as a released version', () => {
  const foreign = locked.filter(
    ([, { resolved, version, link }]) =>
      link === true ||
      !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version ?? '') ||
      (resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/')),
  );

  expect(foreign.map(([place]) => place)).toEqual([]);
});

it('what is asked for is a version of the registry, not an address', () => {
  const asked = ['dependencies', 'devDependencies', 'optionalDependencies', 'overrides'].flatMap(kind =>
    Object.entries(manifest[kind] ?? {}),
  );

  expect(asked.filter(([, version]) => !/^[\^~]?\d+(\.\d+){0,2}(-[\w.]+)?$/.test(version))).toEqual([]);
});

it('every package that would run something at installation is named in allowScripts, with a decision', () => {
  const scripted = locked
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([place]) => place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length));

  expect(scripted).toContain('node');
  expect(scripted.filter(name => !Object.hasOwn(manifest['allowScripts']!, name))).toEqual([]);
});
