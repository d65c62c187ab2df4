/** `npm run verify-pi`: is this payment real, on both sides, and if not, why? See scripts/README.md. */
import { ProxyError } from '../server/domain/errors.ts';
import type { Report } from '../server/domain/report.ts';
import { investigate, subjectKind } from '../server/verification/investigate.ts';
import { command, duration, exitOf, run, say, sayJson, UsageError, whisper } from './lib/command.ts';
import { openWorld, type World } from './lib/world.ts';
import { many, summary, whole } from './verify-pi/show.ts';
import { verifyStrings } from './verify-pi/strings.ts';

const program = command(
  'verify-pi',
  "Says of a booking whether its PaymentIntent is real and agrees with Flex, and the probable cause when it does not. Only reads.\n\nNeeds Integration API credentials for Flex's side and a Stripe key for the other; with one of them it says what that one knows.",
  [
    'npm run --silent verify-pi -- 16c6a4b8-88ee-429b-835a-6725206cd08c',
    'npm run --silent verify-pi -- pi_3QhWaB7WZ01zgkWS0jxsAJo3 --json',
    'npm run --silent verify-pi -- --since 24h --process default-booking',
    'npm run --silent verify-pi -- --strings incident.json      # {"kind", "value"}: by their form, offline',
    'echo \'[{"kind":"client_secret","value":"..."}]\' | npm run --silent verify-pi -- --strings -',
    'npm run --silent verify-pi -- --sandbox --since 1h',
  ],
)
  .argument('[subjects...]', 'ids of transactions or PaymentIntents')
  .option('--since <time>', 'all transactions since then: 90s, 30m, 24h, 7d')
  .option('--process <name...>', 'with --since: only of these processes')
  .option(
    '--strings <file>',
    'a JSON array of {kind, value}; - reads standard input. Secrets go nowhere else',
  )
  .option('--json', 'an array of reports, one for each')
  .option('--sandbox', 'ask the sandbox on SANDBOX_PORT, or one of its own');

type Options = { since?: string; process?: string[]; strings?: string; json?: true; sandbox?: true };

async function main(): Promise<number> {
  const options = program.opts<Options>();
  const subjects = program.args;
  const given = [subjects.length > 0, options.since !== undefined, options.strings !== undefined];
  if (given.filter(Boolean).length !== 1)
    throw new UsageError('give ids, or --since, or --strings (--help has examples)');
  if (options.process && options.since === undefined) throw new UsageError('--process is for --since');
  if (options.strings !== undefined) return verifyStrings(options.strings);
  // What was given is not repeated: it may be a secret.
  const unknown = subjects.findIndex(subject => subjectKind(subject) === null);
  if (unknown !== -1)
    throw new UsageError(
      `what stands in place ${unknown + 1} is no id of a transaction or PaymentIntent. Secrets go to --strings -`,
    );
  const since = options.since === undefined ? null : duration(options.since);

  await using world = await openWorld({ sandbox: options.sandbox === true });
  if (!world.integration && !world.stripe)
    throw new UsageError('neither Integration API credentials nor a Stripe key are set; see .env.example');
  const ids = since === null ? subjects : await idsSince(world, since, options.process);
  const reports = await all(world, ids);
  if (options.json) sayJson(reports);
  else if (since === null) for (const report of reports) say(whole(report));
  else say(`${many(reports)}\n${summary(reports)}`);
  return exitOf(reports.map(({ verdict }) => verdict));
}

const PAGE = 100;
const DEADLINE_MS = 30_000;
/** Both APIs count calls; Flex takes ten at a time. */
const AT_ONCE = 3;

async function idsSince({ integration, now }: World, ms: number, processNames: string[] | undefined) {
  if (!integration) throw new UsageError('--since needs Integration API credentials; see .env.example');
  const ids: string[] = [];
  for (let page = 1; ; page += 1) {
    const query = { createdAtStart: new Date(now() - ms), page, perPage: PAGE };
    const { transactions, totalPages } = await integration
      .transactions({ ...query, ...(processNames && { processNames }) }, AbortSignal.timeout(DEADLINE_MS))
      .catch(inWords);
    ids.push(...transactions.map(({ id }) => id));
    if (page >= totalPages) return ids;
  }
}

/** Nothing else is asked here: which API it is has to be said. */
function inWords(error: unknown): never {
  if (!(error instanceof ProxyError)) throw error;
  throw new UsageError(
    error.code === 'flex-credentials-refused'
      ? 'Flex does not take the Integration API credentials: npm run doctor says more'
      : 'the Integration API does not answer as it should: try again, and see status.sharetribe.com',
  );
}

async function all(world: World, ids: string[]): Promise<Report[]> {
  const reports: Report[] = [];
  const waiting = [...ids.entries()];
  let done = 0;
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, id] = next;
      reports[index] = await investigate(world, id, AbortSignal.timeout(DEADLINE_MS));
      done += 1;
      progress(done, ids.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return reports;
}

const WIDTH = 30;

/** Only a terminal can write over its own line. */
function progress(done: number, total: number): void {
  if (total < 2 || !process.stderr.isTTY) return;
  const full = Math.round((WIDTH * done) / total);
  whisper(`\r${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${done}/${total}${done === total ? '\n' : ''}`);
}

await run(program, main);
