/** What docs/fallback.md tells people to do, against what is there. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { shownAs, transitionFor, withFallbackLane } from '../../ext/web-client/fallback-lane.js';
import { variables } from '../../server/config.ts';
import { loadProcesses } from '../../server/flex/process-files.ts';
import { fallbackPermissions } from '../../server/stripe/permissions.ts';

const root = path.join(import.meta.dirname, '../..');
const page = readFileSync(path.join(root, 'docs/fallback.md'), 'utf8');
const readme = readFileSync(path.join(root, 'README.md'), 'utf8').replaceAll(/\s+/g, ' ');
const { processes } = loadProcesses(path.join(root, 'ext/transaction-processes'));

it('lists the permissions that are tried, and no others', () => {
  const listed = [...page.matchAll(/^\| ([A-Z][\w ]+: (?:read|write)) \|/gm)].map(([, name]) => name);

  const names = fallbackPermissions.map(({ name }) => name);
  expect(listed).toEqual(names);
  expect(readme).toContain(`${names.slice(0, -1).join(', ')} and ${names.at(-1)}`);
});

it('names transitions and states of the lane that are there', () => {
  const known = [...processes.values()].flatMap(({ transitions }) =>
    [...transitions.values()].flatMap(({ name, to }) => [name, to].map(text => text.split('/')[1])),
  );
  const named = [...page.matchAll(/`([a-z][\w-]*-fallback|fallback-[a-z-]+)`/g)].map(([, name]) => name!);

  expect(named.length).toBeGreaterThan(15);
  expect(named.filter(name => !known.includes(name))).toEqual([]);
});

it('names all settings, and helpers that are there', () => {
  const settings = Object.values(variables)
    .map(({ names }) => names[0])
    .filter(name => name.startsWith('PI_FALLBACK'));

  expect(settings.filter(name => !page.includes(name))).toEqual([]);
  for (const { name } of [shownAs, transitionFor, withFallbackLane]) expect(page).toContain(name);
});
