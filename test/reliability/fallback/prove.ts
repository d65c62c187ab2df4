/**
 * `npm run prove -- [--seeds N] [--from S] [--mutant name]`: the simulation, seed by seed. `--singles` and `--pairs`: bookings in which
 * one thing goes wrong, or two, each of the list once. `--mutants`: each mutant, looked for until it is found. `--replay seed [--faults
 * "…"]` tells the story of one. Ends with one line of JSON, and with exit code 1 when anything was wrong; the seed that is named plays
 * it again.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { applyMutant, mutantNames } from './mutants.ts';
import type { Result } from './simulate.ts';
import { inWords, strikes, strikesFrom, type Strike } from './strikes.ts';
import type { Plan } from './world.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '500' },
    from: { type: 'string', default: '1' },
    mutant: { type: 'string' },
    mutants: { type: 'boolean', default: false },
    singles: { type: 'boolean', default: false },
    pairs: { type: 'boolean', default: false },
    replay: { type: 'string' },
    faults: { type: 'string' },
  },
});
const say = (line: unknown) =>
  process.stdout.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);

if (values.mutants) process.exit(allMutants());
if (values.mutant !== undefined) applyMutant(values.mutant);

// Only now: a mutant changes what is imported.
const { openDatabase } = await import('./database.ts');
const { simulate } = await import('./simulate.ts');

const clock = { now: () => Date.UTC(2026, 5, 1) };
const database = await openDatabase(() => clock.now());

/** Nothing goes wrong but what is said. */
const withOnly = (struck: readonly Strike[]): Plan => ({
  faults: { call: 0, crash: 0, pause: 0, lag: 0 },
  outages: [],
  strikes: struck,
});

if (values.replay !== undefined) {
  const seed = Number(values.replay);
  const plan = values.faults === undefined ? {} : withOnly(strikesFrom(values.faults));
  const { story, violations, outcome } = await simulate(database, clock, seed, plan);
  for (const line of story) say(line);
  say({ seed, ...(values.faults !== undefined && { faults: values.faults }), outcome, violations });
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

/** Whether it was right. */
function count(result: Result, faults?: string): boolean {
  const { seed, violations } = result;
  total.seeds += 1;
  total.crashPoints += result.gates;
  total.needsOperator += result.needsOperator ? 1 : 0;
  outcomes[result.outcome] = (outcomes[result.outcome] ?? 0) + 1;
  for (const kind of ['doubleReleases', 'doubleCharges', 'lostBookings', 'staleHolds', 'open'] as const)
    total[kind] += result.kinds.includes(kind) ? 1 : 0;
  if (violations.length === 0) return true;
  total.violations += 1;
  if (total.firstSeed === null || faults !== undefined) {
    total.firstSeed ??= seed;
    const how = faults === undefined ? '' : ` --faults "${faults}"`;
    process.stderr.write(`--replay ${seed}${how}: ${violations.join('; ').slice(0, 2_000)}\n`);
  }
  return false;
}

/**
 * Bookings in which all of the calls are made: repaired and paid out; cancelled, and the money given back; never paid; accepted, and
 * the bank refuses; paid out, and the payout comes back; begun in the lane and paid out.
 */
const STORIES = [54, 25, 12, 49, 29, 4];

async function storiesOf(): Promise<Map<number, ReadonlySet<string>>> {
  const calls = new Map<number, ReadonlySet<string>>();
  for (const seed of STORIES) {
    const result = await simulate(database, clock, seed, withOnly([]));
    count(result, '');
    calls.set(seed, result.calls);
  }
  return calls;
}

/** Each fault in the stories where its call is made, two at most. */
async function singles() {
  const stories = await storiesOf();
  const missed = new Set<string>();
  let faults = 0;
  for (const strike of strikes) {
    const seeds = STORIES.filter(seed => stories.get(seed)!.has(strike.call)).slice(0, 2);
    let struck = 0;
    for (const seed of seeds) {
      const result = await simulate(database, clock, seed, withOnly([strike]));
      struck += result.struck;
      count(result, inWords([strike]));
    }
    if (struck > 0) faults += 1;
    else missed.add(strike.call);
  }
  return { faults, notReached: [...missed] };
}

/** Each two of them, and each twice, in a story where the first can happen, so that the second may follow from it. */
async function pairs() {
  const stories = await storiesOf();
  let reached = 0;
  let possible = 0;
  for (const [index, first] of strikes.entries())
    for (const second of strikes.slice(index)) {
      possible += 1;
      const struck = [first, second];
      const both = STORIES.filter(seed => struck.every(({ call }) => stories.get(seed)!.has(call)));
      const either = STORIES.filter(seed => struck.some(({ call }) => stories.get(seed)!.has(call)));
      const seeds = both.length > 0 ? both.slice(0, 1) : either;
      for (const seed of seeds) {
        const result = await simulate(database, clock, seed, withOnly(struck));
        count(result, inWords(struck));
        if (result.struck < 2) continue;
        reached += 1;
        break;
      }
    }
  return { pairs: possible, reached };
}

if (values.singles || values.pairs) {
  const what = values.pairs ? await pairs() : await singles();
  process.stderr.write(`${JSON.stringify(outcomes)}\n`);
  say({ ...what, ...total });
  process.exit(total.violations > 0 ? 1 : 0);
}

const [from, seeds] = [Number(values.from), Number(values.seeds)];
for (let seed = from; seed < from + seeds; seed += 1) {
  const isRight = count(await simulate(database, clock, seed));
  if (!isRight && values.mutant !== undefined) break;
}
process.stderr.write(`${JSON.stringify(outcomes)}\n`);
if (values.mutant !== undefined) say({ mutant: values.mutant, caught: total.violations > 0, ...total });
else say(total);
process.exit(total.violations > 0 ? 1 : 0);

/** Each in a process of its own, where it can be loaded: caught, or not in so many seeds. */
function allMutants(): number {
  const most = values.seeds === '500' ? '2000' : values.seeds;
  const missed = mutantNames.filter(mutant => {
    const own = spawnSync(
      process.execPath,
      [...process.execArgv, import.meta.filename, '--mutant', mutant, '--seeds', most],
      { encoding: 'utf8' },
    );
    const { caught, firstSeed } = JSON.parse(own.stdout.trim().split('\n').at(-1) || '{"caught":false}') as {
      caught: boolean;
      firstSeed: number | null;
    };
    say({ mutant, caught, seeds: firstSeed });
    return !caught;
  });
  say({ mutants: mutantNames.length, caught: mutantNames.length - missed.length, missed });
  return missed.length > 0 ? 1 : 0;
}
