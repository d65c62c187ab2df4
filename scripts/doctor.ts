/** `npm run doctor`: is everything set so that payments can work? See scripts/README.md. */
import { text as readAll } from 'node:stream/consumers';
import { fallbackLines } from './doctor/fallback.ts';
import { flexLines, type Login } from './doctor/flex.ts';
import type { Line } from './doctor/line.ts';
import { serviceLines } from './doctor/service.ts';
import { stripeLines } from './doctor/stripe.ts';
import { command, exitOf, run, say, sayJson, UsageError } from './lib/command.ts';
import { paint, table } from './lib/tables.ts';
import { openWorld } from './lib/world.ts';

const program = command(
  'doctor',
  'Looks at the settings by using them: application, Integration API, Stripe key, webhook, process files, fallback, clock, the running service. Only reads. What is optional never fails the command.',
  [
    'npm run --silent doctor',
    "printf 'test@example.com\\npassword\\n' | npm run --silent doctor -- --login",
    'npm run --silent doctor -- --login --alias my-process/release-1 --json < user.txt',
    'npm run --silent doctor -- --sandbox',
  ],
)
  .option(
    '--login',
    'e-mail and password of a test user, on two lines of standard input: checks the client secret and the aliases',
  )
  .option('--alias <alias...>', 'aliases to compare with the process files')
  .option('--json', 'an array of lines')
  .option('--sandbox', 'look at the sandbox on SANDBOX_PORT and PORT, or at one of its own');

type Options = { login?: true; alias?: string[]; json?: true; sandbox?: true };

async function main(): Promise<number> {
  const options = program.opts<Options>();
  const given = options.login ? await readLogin() : null;
  await using world = await openWorld({ sandbox: options.sandbox === true, needsApplication: true });
  const lines = (
    await Promise.all([
      flexLines(world, given ?? world.login, options.alias ?? []),
      stripeLines(world),
      fallbackLines(world),
      serviceLines(world),
    ])
  ).flat();
  if (options.json) sayJson(lines);
  else say(shown(lines));
  const verdict = { good: 'fine', bad: 'wrong', unknown: 'inconclusive' } as const;
  return exitOf(lines.filter(({ optional }) => !optional).map(({ state }) => verdict[state]));
}

async function readLogin(): Promise<Login> {
  const [username = '', password = ''] = (await readAll(process.stdin)).split(/\r?\n/);
  if (username === '' || password === '')
    throw new UsageError('--login reads e-mail and password from two lines of standard input');
  return { username, password };
}

const shown = (lines: Line[]): string => {
  const mark = { good: paint('green', '✓'), bad: paint('red', '✗'), unknown: paint('yellow', '?') };
  return table(
    ['', 'What', 'Found'],
    lines.map(({ state, name, says, mend, optional }) => [
      mark[state],
      optional && state !== 'good' ? `${name} (optional)` : name,
      mend === null ? says : `${says}\n-> ${mend}`,
    ]),
    [3, 36],
  );
};

await run(program, main);
