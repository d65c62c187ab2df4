/**
 * `npm run prove -- [--seeds N] [--from S] [--mutant name] [--replay seed]`: the simulation, seed by seed. Ends with one line of
 * JSON, and with exit code 1 when anything was wrong; the seed that is named plays it again.
 */
import { parseArgs } from 'node:util';
import { applyMutant } from './mutants.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '500' },
    from: { type: 'string', default: '1' },
    mutant: { type: 'string' },
    replay: { type: 'string' },
  },
});
if (values.mutant !== undefined) applyMutant(values.mutant);

// Only now: a mutant changes what is imported.
const { openDatabase } = await import('./database.ts');
const { simulate } = await import('./simulate.ts');

const clock = { now: () => Date.UTC(2026, 5, 1) };
const database = await openDatabase(() => clock.now());
const say = (line: unknown) =>
  process.stdout.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);

if (values.replay !== undefined) {
  const { story, violations, outcome } = await simulate(database, clock, Number(values.replay));
  for (const line of story) say(line);
  say({ seed: Number(values.replay), outcome, violations });
  process.exit(violations.length > 0 ? 1 : 0);
}

const total = {
  seeds: 0,
  crashPoints: 0,
  doubleReleases: 0,
  doubleCharges: 0,
  lostBookings: 0,
  staleHolds: 0,
  open: 0,
  needsOperator: 0,
  violations: 0,
  firstSeed: null as number | null,
};
const outcomes: Record<string, number> = {};
const [from, seeds] = [Number(values.from), Number(values.seeds)];
for (let seed = from; seed < from + seeds; seed += 1) {
  const result = await simulate(database, clock, seed);
  total.seeds += 1;
  total.crashPoints += result.gates;
  total.needsOperator += result.needsOperator ? 1 : 0;
  outcomes[result.outcome] = (outcomes[result.outcome] ?? 0) + 1;
  for (const kind of ['doubleReleases', 'doubleCharges', 'lostBookings', 'staleHolds', 'open'] as const)
    total[kind] += result.kinds.includes(kind) ? 1 : 0;
  if (result.violations.length === 0) continue;
  total.violations += 1;
  if (total.firstSeed === null) {
    total.firstSeed = seed;
    process.stderr.write(`seed ${seed}: ${result.violations.join('; ').slice(0, 2_000)}\n`);
  }
  if (values.mutant !== undefined) break;
}
process.stderr.write(`${JSON.stringify(outcomes)}\n`);
if (values.mutant !== undefined) say({ mutant: values.mutant, caught: total.violations > 0, ...total });
else say(total);
process.exit(total.violations > 0 ? 1 : 0);
