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
/** Records are written behind requests, by several instances: what comes so late is still seen. */
const LATE_MS = 15_000;

async function main(): Promise<number> {
  const options = program.opts<Options>();
  const since = duration(options.since);
  await using operators = await openOperators({ sandbox: options.sandbox === true });
  const known = new Set<string>();
  const verdicts: Parameters<typeof exitOf>[0] = [];
  const show = (seen: Seen) => {
    verdicts.push(verdictOn(seen));
    say(options.json ? JSON.stringify(seen) : lineOf(seen));
  };

  let from = Date.now() - since;
  for (;;) {
    const asked = Date.now();
    for (const seen of await look(operators, options, new Date(from))) {
      if (known.has(seen.id)) continue;
      known.add(seen.id);
      if (!options.problems || verdictOn(seen) === 'wrong') show(seen);
    }
    if (options.once) return exitOf(verdicts);
    from = Math.max(from, asked - LATE_MS);
    await pause(PAUSE_MS);
  }
}

/** Of each kind what came since then, together in order. */
async function look(operators: Operators, options: Options, since: Date): Promise<Seen[]> {
  const query = { process: options.process, transaction: options.transaction, since: since.toISOString() };
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
