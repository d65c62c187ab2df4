/** `npm run explain`: an error code of Flex, Stripe or this service in words. Offline. See scripts/README.md. */
import { explainCode, type Explanation } from '../server/domain/codes/explain.ts';
import { command, EXIT, run, say, sayJson, UsageError, whisper } from './lib/command.ts';
import { paint, table } from './lib/tables.ts';

const program = command(
  'explain',
  'Says of an error code of Flex, Stripe or this service who can fix it, what causes it, and how to fix it. Works offline.',
  [
    'npm run --silent explain -- stripe-missing-api-key',
    'npm run --silent explain -- card_declined insufficient_funds --json',
  ],
)
  .argument(
    '<codes...>',
    "error codes as they stand in the answer, such as Flex's transaction-payment-failed",
  )
  .option('--json', 'an array of explanations')
  .option('--sandbox', 'taken, and makes no difference: nobody is asked');

function main(): Promise<number> {
  const { json } = program.opts<{ json?: true }>();
  const found = program.args.map(code => ({ code, explanations: explainCode(normal(code)) }));
  const unknown = found.filter(({ explanations }) => explanations.length === 0);
  const explanations = found.flatMap(each => each.explanations);
  if (json) sayJson(explanations);
  else for (const explanation of explanations) say(shown(explanation));
  if (unknown.length > 0)
    whisper(`explain: nobody here knows ${unknown.map(({ code }) => named(code)).join(', ')}\n`);
  return Promise.resolve(unknown.length > 0 ? EXIT.inconclusive : EXIT.fine);
}

/** People copy codes with what stands around them. */
function normal(code: string): string {
  const bare = code.trim().replace(/^[:"'`]+|[:"'`,;]+$/g, '');
  if (bare === '') throw new UsageError('an empty code was given');
  return bare;
}

/** What is no code may be a secret: it is not repeated. */
const named = (code: string) =>
  /^[a-z0-9_-]{1,60}$/.test(code) && !/secret_|^(sk|rk|whsec)_/.test(code) ? code : 'what was given';

function shown({ code, source, who, cause, fix, docs, exact, diagnosis }: Explanation): string {
  const rows = [
    ['Of', exact ? source : `${source} (by its family: it is not one that bookings usually meet)`],
    ['Who', who],
    ['Cause', cause],
    ['Fix', fix],
    ...(diagnosis ? [['Diagnosis', diagnosis]] : []),
    ['Read', docs],
  ];
  return `${paint('bold', code)}\n${table(['', ''], rows, [12])}`;
}

await run(program, main);
