import { changesOf, mutantNames } from './mutants.ts';

it.each(mutantNames)('%s changes what the sources hold', name => {
  expect(changesOf(name).length).toBeGreaterThan(0);
});
