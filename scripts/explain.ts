/** `npm run explain`: a booking as it happened, or an error code in words. See scripts/README.md. */
import { explainCause, explainCode, type Explanation } from '../server/domain/codes/explain.ts';
import { bookingsOf } from './explain/booking.ts';
import { command, EXIT, exitOf, isUuid, run, say, sayJson, UsageError, whisper } from './lib/command.ts';
import { openOperators } from './lib/operators.ts';
import { paint, table } from './lib/tables.ts';

const program = command(
  'explain',
  'Of a transaction: what happened to its payment with Flex, in this service and at Stripe, and the probable cause of what is wrong; asks the running service (PROXY_URL, OPERATOR_TOKENS). Of an error code of Flex, Stripe or this service, or the name of a cause that it found: who can fix it, what causes it, and how to fix it; works offline.',
  [
    'npm run --silent explain -- 16c6a4b8-88ee-429b-835a-6725206cd08c',
    'npm run --silent explain -- stripe-missing-api-key',
    'npm run --silent explain -- card_declined insufficient_funds --json',
    'npm run --silent explain -- flex-returned-placeholder',
    'npm run --silent explain -- --sandbox 16c6a4b8-88ee-429b-835a-6725206cd08c',
  ],
)
  .argument(
    '<what...>',
    "ids of transactions, or error codes as they stand in the answer, such as Flex's transaction-payment-failed",
  )
  .option('--json', 'an array of bookings or explanations')
  .option('--sandbox', 'of transactions: ask the proxy on PORT, or one of its own with a sandbox');

type Options = { json?: true; sandbox?: true };

async function main(): Promise<number> {
  const { json, sandbox } = program.opts<Options>();
  const ids = program.args.filter(isUuid);
  if (ids.length === 0) return explainCodes(json === true);
  if (ids.length < program.args.length) throw new UsageError('give ids of transactions or codes, not both');
  await using operators = await openOperators({ sandbox: sandbox === true });
  const bookings = await bookingsOf(operators, ids);
  if (json) sayJson(bookings.map(({ answer }) => answer));
  else for (const booking of bookings) say(booking.shown());
  return exitOf(bookings.map(({ answer }) => answer.report.verdict));
}

function explainCodes(json: boolean): number {
  const found = program.args.map(normal).map(code => ({
    code,
    explanations: [...explainCode(code), ...explainCause(code)],
  }));
  const unknown = found.filter(({ explanations }) => explanations.length === 0);
  const explanations = found.flatMap(each => each.explanations);
  if (json) sayJson(explanations);
  else for (const explanation of explanations) say(shown(explanation));
  if (unknown.length > 0)
    whisper(`explain: nobody here knows ${unknown.map(({ code }) => named(code)).join(', ')}\n`);
  return unknown.length > 0 ? EXIT.inconclusive : EXIT.fine;
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
