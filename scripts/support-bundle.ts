/** `npm run support-bundle`: one booking as a block for a ticket. See scripts/README.md. */
import { command, exitOf, isUuid, run, say, sayJson, UsageError } from './lib/command.ts';
import { openOperators } from './lib/operators.ts';

const program = command(
  'support-bundle',
  'Writes one block of Markdown to paste into a ticket: what Flex and Stripe say of a booking, what happened, the probable cause, and the list of what only a person can attach. Holds no secret. Asks the running service (PROXY_URL, OPERATOR_TOKENS).',
  [
    'npm run --silent support-bundle -- 16c6a4b8-88ee-429b-835a-6725206cd08c > ticket.md',
    'npm run --silent support-bundle -- 16c6a4b8-88ee-429b-835a-6725206cd08c --json',
    'npm run --silent support-bundle -- --sandbox 16c6a4b8-88ee-429b-835a-6725206cd08c',
  ],
)
  .argument('<transaction>', 'the id of a transaction')
  .option('--json', '{"transactionId", "verdict", "markdown"}')
  .option('--sandbox', 'ask the proxy on PORT, or one of its own with a sandbox');

type Verdict = Parameters<typeof exitOf>[0][number];

async function main(): Promise<number> {
  const { json, sandbox } = program.opts<{ json?: true; sandbox?: true }>();
  const [id] = program.args as [string];
  // What was given is not repeated: it may be a secret.
  if (!isUuid(id)) throw new UsageError('give the id of a transaction, a UUID (--help has examples)');
  await using operators = await openOperators({ sandbox: sandbox === true });
  const { text: markdown, header } = await operators.text(`/ops/transactions/${id}/report`, 'x-verdict');
  const verdict = (header ?? 'inconclusive') as Verdict;
  if (json) sayJson({ transactionId: id.toLowerCase(), verdict, markdown });
  else say(markdown.trimEnd());
  return exitOf([verdict]);
}

await run(program, main);
