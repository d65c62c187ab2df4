/** `npm run tail`: what payments come to, as it happens. See scripts/README.md. */
import { setTimeout as pause } from 'node:timers/promises';
import { command, duration, EXIT, exitOf, run, say } from './lib/command.ts';
import { openOperators } from './lib/operators.ts';
import type { Operators } from './lib/operators-at.ts';
import { lineOf, verdictOn, type Kind, type Seen } from './tail/seen.ts';

const program = command(
  'tail',
  'Shows checks, refusals and comparisons with Stripe of the running service (PROXY_URL, OPERATOR_TOKENS) as they come, a line each, with the probable cause. Ends with Ctrl-C, or with --once when all there is was shown: then the exit code says what was found.',
  [
    'npm run --silent tail',
    'npm run --silent tail -- --problems --since 1h',
    'npm run --silent tail -- --verdict invalid,missing --process default-booking',
    'npm run --silent tail -- --transaction 16c6a4b8-88ee-429b-835a-6725206cd08c --since 24h --once --json',
    'npm run --silent tail -- --sandbox',
  ],
)
  .option(
    '--verdict <verdicts>',
    'only checks, and of them those: valid, invalid, missing, simulated, …, with commas',
  )
  .option('--process <name>', 'only of this process')
  .option('--transaction <id>', 'only of this transaction')
  .option('--problems', 'only what went wrong')
  .option('--since <time>', 'begin so long ago: 90s, 30m, 24h, 7d', '0s')
  .option('--once', 'show what there is, and end')
  .option('--json', 'a JSON object on each line')
  .option('--sandbox', 'ask the proxy on PORT, or one of its own with a sandbox');

type Options = {
  verdict?: string;
  process?: string;
  transaction?: string;
  problems?: true;
  since: string;
  once?: true;
  json?: true;
  sandbox?: true;
};

/** Between two looks. */
const PAUSE_MS = 1_000;
/** A statement may take a while until others see what it wrote. */
const OVERLAP_SECONDS = 15;
/** The service looks back no further. */
const LONGEST_SECONDS = 86_400;
/** More than come within any overlap. */
const MOST_KNOWN = 200_000;

async function main(): Promise<number> {
  const options = program.opts<Options>();
  const since = duration(options.since);
  await using operators = await openOperators({ sandbox: options.sandbox === true });
  const verdicts: Parameters<typeof exitOf>[0] = [];
  const show = (seen: Seen) => {
    if (options.problems && verdictOn(seen) !== 'wrong') return;
    verdicts.push(verdictOn(seen));
    say(options.json ? JSON.stringify(seen) : lineOf(seen));
  };

  let looked = Date.now();
  const overlap = options.once ? [] : await look(operators, options, within(0));
  const before = await look(operators, options, { since: new Date(looked - since).toISOString() });
  before.forEach(show);
  if (options.once) return exitOf(verdicts);
  const known = new Set([...overlap, ...before].map(({ id }) => id));
  for (;;) {
    await pause(PAUSE_MS);
    const looking = Date.now();
    for (const seen of await look(operators, options, within(looking - looked)))
      if (!known.has(seen.id)) {
        known.add(seen.id);
        show(seen);
      }
    looked = looking;
    for (const id of known) {
      if (known.size <= MOST_KNOWN) break;
      known.delete(id);
    }
  }
}

/** By the database's clock, and by when it was written: what comes late is shown late, and not left out. */
const within = (ms: number) => ({
  recorded_within: Math.min(Math.ceil(Math.max(ms, 0) / 1000) + OVERLAP_SECONDS, LONGEST_SECONDS),
});

/** Of each kind what came since then, together in order. */
async function look(
  operators: Operators,
  options: Options,
  when: { since: string } | { recorded_within: number },
): Promise<Seen[]> {
  const query = { process: options.process, transaction: options.transaction, ...when };
  const all: Seen[] = [];
  const take = async (kind: Kind, more: Record<string, string | undefined> = {}) => {
    for await (const seen of operators.all<Seen>(`/ops/${kind}`, { ...query, ...more }))
      all.push({ ...seen, kind } as Seen);
  };
  await take('checks', { verdict: options.verdict });
  if (options.verdict === undefined) {
    await take('refusals');
    await take('verifications');
  }
  return all.toSorted((one, other) => one.at.localeCompare(other.at));
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(EXIT.fine));
await run(program, main);
