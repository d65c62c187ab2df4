/** `npm run delete-user`: has the running service forget somebody. See scripts/README.md. */
import { command, EXIT, isUuid, run, say, sayJson, UsageError, whisper } from './lib/command.ts';
import { openOperators } from './lib/operators.ts';
import type { Operators } from './lib/operators-at.ts';
import { table } from './lib/tables.ts';

const program = command(
  'delete-user',
  'Has the running service (PROXY_URL, OPERATOR_TOKENS) forget all that it kept of transactions in which a user was customer or provider. In two steps: first it says which these are and changes nothing, and with --yes it does it; that is in the audit (/ops/audit), without the id. Delete the user in Flex first: what Flex tells of them afterwards is kept again. Cases of the fallback stay: they are the books of money that was moved. Exits 3 when the service can not know whose its transactions are.',
  [
    'npm run --silent delete-user -- 5d2a8f0e-7c1b-4d3e-9a6f-2b8c4e0d1f73',
    'npm run --silent delete-user -- 5d2a8f0e-7c1b-4d3e-9a6f-2b8c4e0d1f73 --yes',
    'npm run --silent delete-user -- 5d2a8f0e-7c1b-4d3e-9a6f-2b8c4e0d1f73 --json',
  ],
)
  .argument('<user id>', 'as Flex has it')
  .option('--yes', 'do it')
  .option('--json', 'what would be forgotten, or how many rows were, by table')
  .option('--sandbox', 'ask the proxy on PORT, or one of its own with a sandbox');

type Options = { yes?: true; json?: true; sandbox?: true };

type Transaction = { id: string; processName: string; state: string | null; lastTransitionedAt: string };
type Kept = Transaction & { as: 'customer' | 'provider' };

async function main(): Promise<number> {
  const options = program.opts<Options>();
  const [userId] = program.args as [string];
  if (!isUuid(userId)) throw new UsageError('give the id of a user in Flex');
  await using operators = await openOperators({ sandbox: options.sandbox === true });
  if (options.yes) {
    const deleted = await operators.remove<Record<string, number>>(`/ops/users/${userId}`);
    if (options.json) sayJson({ userId, deleted });
    else
      say(
        Object.entries(deleted)
          .map(([name, rows]) => `${name}: ${rows}`)
          .join('\n'),
      );
    return deleted['transactions'] === 0 ? await codeForNothing(operators) : EXIT.fine;
  }
  const transactions = [
    ...(await keptAs(operators, 'customer', userId)),
    ...(await keptAs(operators, 'provider', userId)),
  ];
  if (options.json) sayJson({ userId, transactions });
  else say(transactions.length === 0 ? 'nothing is known to be of this user' : shown(transactions));
  return transactions.length === 0 ? await codeForNothing(operators) : EXIT.fine;
}

/** Whose a transaction is, Flex's feed says, and nothing else. */
async function codeForNothing({ get }: Operators): Promise<number> {
  const { feeds } = await get<{ feeds: { source: string; caughtUpAt: string | null }[] }>('/ops/state');
  if (feeds.some(({ source, caughtUpAt }) => source.startsWith('flex ') && caughtUpAt !== null))
    return EXIT.fine;
  whisper(
    "the service has not read Flex's feed, and does not know whose the transactions are that it kept: give it Integration API credentials\n",
  );
  return EXIT.inconclusive;
}

async function keptAs({ all }: Operators, as: Kept['as'], userId: string): Promise<Kept[]> {
  const found: Kept[] = [];
  for await (const { id, processName, state, lastTransitionedAt } of all<Transaction>('/ops/transactions', {
    [as]: userId,
  }))
    found.push({ id, processName, state, lastTransitionedAt, as });
  return found;
}

const shown = (transactions: Kept[]): string =>
  [
    table(
      ['Last moved (UTC)', 'Transaction', 'Process and state', 'As'],
      transactions.map(({ id, processName, state, lastTransitionedAt, as }) => [
        lastTransitionedAt,
        id,
        [processName, state].filter(Boolean).join('\n'),
        as,
      ]),
      [26, 38],
    ),
    'Nothing is changed yet. All that is kept of these transactions is forgotten with --yes.',
  ].join('\n');

await run(program, main);
