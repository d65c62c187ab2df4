/** `npm run webhooks`: Stripe's events as the service keeps them. See scripts/README.md. */
import { Argument, Option } from 'commander';
import { stripeEventStates } from '../server/domain/stripe-event.ts';
import {
  command,
  duration,
  EXIT,
  refuseStrangers,
  run,
  say,
  sayJson,
  UsageError,
  whisper,
} from './lib/command.ts';
import { openOperators } from './lib/operators.ts';
import type { Operators } from './lib/operators-at.ts';
import { paint, table } from './lib/tables.ts';

const program = command(
  'webhooks',
  'Lists the events of Stripe that the running service keeps (PROXY_URL, OPERATOR_TOKENS), has them worked on once more, or fetches from Stripe those that never came. What it changes is in the audit (/ops/audit). Exits 2 when one that is listed was given up, 3 when what was asked for could not be done to the end.',
  [
    'npm run --silent webhooks -- list',
    'npm run --silent webhooks -- list --state gave-up --json',
    'npm run --silent webhooks -- list --transaction 16c6a4b8-88ee-429b-835a-6725206cd08c',
    'npm run --silent webhooks -- replay evt_3QhWaB7WZ01zgkWS0jxsAJo3',
    'npm run --silent webhooks -- replay --state gave-up',
    'npm run --silent webhooks -- pull-missed --since 3d',
  ],
)
  .addArgument(new Argument('<what>').choices(['list', 'replay', 'pull-missed']))
  .argument('[events...]', 'with replay: ids of events')
  .addOption(new Option('--state <state>', 'with list and replay').choices(stripeEventStates))
  .option('--type <type>', 'with list: such as payment_intent.succeeded')
  .option('--transaction <id>', 'with list: those about one booking')
  .option('--limit <count>', 'with list: how many at most', '50')
  .option('--since <time>', 'with pull-missed: 90s, 30m, 24h, 7d; Stripe keeps them 30 days')
  .option('--json', 'the events, or what came of it')
  .option('--sandbox', 'ask the proxy on PORT, or one of its own with a sandbox');

type Options = {
  state?: string;
  type?: string;
  transaction?: string;
  limit: string;
  since?: string;
  json?: true;
  sandbox?: true;
};

type Listed = {
  id: string;
  type: string;
  receivedAt: string;
  objectId: string | null;
  transactionId: string | null;
  state: string;
  problem: string | null;
};

/** What is not taken is refused: whoever narrows a replay must not have all of them replayed. */
const TAKES: Record<string, string[]> = {
  list: ['state', 'type', 'transaction', 'limit', 'json', 'sandbox'],
  replay: ['state', 'json', 'sandbox'],
  'pull-missed': ['since', 'json', 'sandbox'],
};

async function main(): Promise<number> {
  const options = program.opts<Options>();
  const [what, ...events] = program.args as [string, ...string[]];
  if (what !== 'replay' && events.length > 0) throw new UsageError(`${what} takes no ids`);
  if (what === 'replay' && events.length > 0 === (options.state !== undefined))
    throw new UsageError('replay takes ids of events, or --state');
  refuseStrangers(program, what, TAKES[what]!);
  const since = what === 'pull-missed' ? duration(options.since ?? '') : 0;
  const most = Number(options.limit);
  if (!(most >= 1 && most <= 10_000)) throw new UsageError('--limit takes a number from 1 to 10000');

  await using operators = await openOperators({ sandbox: options.sandbox === true });
  if (what === 'list') return await list(operators, options, most);
  const [done, code] =
    what === 'replay' ? await replay(operators, events, options.state) : await pullMissed(operators, since);
  if (options.json) sayJson(done);
  else
    say(
      Object.entries(done)
        .flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]))
        .join('\n'),
    );
  return code;
}

async function list(operators: Operators, { state, type, transaction, json }: Options, most: number) {
  const found: Listed[] = [];
  const query = { state, type, transaction, limit: Math.min(most, 100) };
  for await (const event of operators.all<Listed>('/ops/webhooks', query)) {
    found.push(event);
    if (found.length >= most) break;
  }
  if (json) sayJson(found);
  else say(found.length === 0 ? 'none' : shown(found));
  return found.some(event => event.state === 'gave-up') ? EXIT.wrong : EXIT.fine;
}

type Done = [done: Record<string, number | string | null>, code: number];

async function replay({ post }: Operators, ids: string[], state: string | undefined): Promise<Done> {
  const asked = ids.length > 0 ? { ids } : { state };
  const done = await post<{ events: number; objects: number }>('/ops/webhooks/replay', asked);
  const all = new Set(ids).size;
  const left = all - done.events;
  if (all === 0 || left === 0) return [done, EXIT.fine];
  const are = left === 1 ? 'is' : 'are';
  whisper(`webhooks: ${left} of ${all} ${are} not kept here, or ${are} being worked on already\n`);
  return [done, EXIT.inconclusive];
}

const DAY_MS = 86_400_000;

/** A day at a time, the oldest first. */
async function pullMissed({ post }: Operators, ms: number): Promise<Done> {
  const now = Date.now();
  const total = { events: 0, missed: 0, problem: null as string | null };
  for (let from = now - ms; from < now && total.problem === null; from += DAY_MS) {
    const until = Math.min(from + DAY_MS, now);
    const window = { since: new Date(from).toISOString(), until: new Date(until).toISOString() };
    if (process.stderr.isTTY) whisper(`${window.since} to ${window.until}\n`);
    const piece = await post<typeof total>('/ops/webhooks/pull-missed', window);
    total.events += piece.events;
    total.missed += piece.missed;
    total.problem = piece.problem;
  }
  return [total, total.problem === null ? EXIT.fine : EXIT.inconclusive];
}

const shown = (events: Listed[]): string =>
  table(
    ['Received (UTC)', 'Event', 'About', 'State'],
    events.map(({ id, type, receivedAt, objectId, transactionId, state, problem }) => [
      receivedAt,
      `${type}\n${paint('dim', id)}`,
      [objectId, transactionId].filter(Boolean).join('\n'),
      [state === 'gave-up' ? paint('red', state) : state, problem].filter(Boolean).join(': '),
    ]),
    [26, 30, 38],
  );

await run(program, main);
