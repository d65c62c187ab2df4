/** `npm run fallback`: the fallback as the running service has it. See scripts/README.md. */
import { Argument } from 'commander';
import { command, EXIT, isUuid, refuseStrangers, run, say, sayJson, UsageError } from './lib/command.ts';
import { openOperators } from './lib/operators.ts';
import type { Operators } from './lib/operators-at.ts';
import { paint, table } from './lib/tables.ts';

const WHAT = ['status', 'open', 'explain', 'audit', 'resolve', 'on', 'off'];
const ACTIONS = ['retry', 'cancel', 'refund', 'resolve'];
const OWN_FLAGS: Record<string, string[]> = { open: ['needs'], audit: ['days'], resolve: ['token'] };

const program = command(
  'fallback',
  'Asks the running service (PROXY_URL, OPERATOR_TOKENS) about the fallback: whether it is on and how its cases stand (status), those that are open (open), all about one (explain), whether Stripe, Flex and our cases agree (audit). Switches it off while it runs, and on again. resolve does something about a case, in two steps: first it says what would be done, and with the token of that answer it does it. What it changes is in the audit (/ops/audit). Exits 2 when a case needs somebody or something is broken, 3 when not everything could be asked.',
  [
    'npm run --silent fallback -- status',
    'npm run --silent fallback -- open --needs --json',
    'npm run --silent fallback -- explain 16c6a4b8-88ee-429b-835a-6725206cd08c',
    'npm run --silent fallback -- audit --days 7',
    'npm run --silent fallback -- resolve 16c6a4b8-88ee-429b-835a-6725206cd08c retry',
    'npm run --silent fallback -- resolve 16c6a4b8-88ee-429b-835a-6725206cd08c retry --token TOKEN',
    'npm run --silent fallback -- off',
  ],
)
  .addArgument(new Argument('<what>').choices(WHAT))
  .argument('[transaction id]', 'with explain and resolve')
  .addArgument(new Argument('[action]', 'with resolve').choices(ACTIONS))
  .option('--needs', 'with open: only those that need somebody')
  .option('--days <days>', 'with audit: how far back, 1 to 90; open cases are always among it', '3')
  .option('--token <token>', 'with resolve: of the first step')
  .option('--json', 'what the service answers')
  .option('--sandbox', 'ask the proxy on PORT, or one of its own with a sandbox');

type Options = { needs?: true; days: string; token?: string; json?: true; sandbox?: true };
type Asked = Pick<Options, 'needs' | 'token'> & { days: number; id: string; action: string };

type Audit = {
  at: string;
  words: string;
  problem: string | null;
  breaks: { kind: string; transactionId: string | null; paymentIntentId: string | null; words: string }[];
};

type Overview = {
  on: boolean;
  missing: string[];
  approvedBy: string | null;
  supportCase: string | null;
  cases: {
    switch: { on: boolean; by: string; at: string } | null;
    open: Record<string, number>;
    needOperator: number;
    oldest: { transactionId: string; state: string; openedAt: string } | null;
    audit: Audit | null;
  } | null;
};

type Listed = {
  transactionId: string;
  state: string;
  needs: string | null;
  meaning: string | null;
  ending: string | null;
  outcome: string | null;
  trouble: string | null;
  amount: number;
  currency: string;
  openedAt: string;
};

type Explained = Listed & {
  id: string;
  way: string;
  paymentIntentId: string | null;
  destination: string;
  deadline: string;
  closedAt: string | null;
  known: {
    phase: string;
    paymentIntent: { id: string; status: string } | null;
    strays: { id: string; status: string }[];
  } | null;
  notes: { at: string; what: string; detail: Record<string, unknown> }[];
  actions: { action: string; does: string | null; why: string | null }[];
};

type Acted = { does: string | null; token: string | null; until: string | null; done: string | null };

/** What it answered, for machines and for people, and the exit code. */
type Told = { answer: unknown; shown: string; code: number };

async function main(): Promise<number> {
  const options = program.opts<Options>();
  const [what, id, action] = program.args as [string, string?, string?];
  const needsId = what === 'explain' || what === 'resolve';
  if (needsId && (id === undefined || !isUuid(id)))
    throw new UsageError(`${what} takes the id of a transaction`);
  if (!needsId && id !== undefined) throw new UsageError(`${what} takes no id`);
  if (what === 'resolve' && action === undefined)
    throw new UsageError(`resolve takes one of ${ACTIONS.join(', ')}; explain says which may be done`);
  if (what !== 'resolve' && action !== undefined) throw new UsageError(`${what} takes no action`);
  refuseStrangers(program, what, ['json', 'sandbox', ...(OWN_FLAGS[what] ?? [])]);
  const days = Number(options.days);
  if (!(Number.isInteger(days) && days >= 1 && days <= 90)) throw new UsageError('--days takes 1 to 90');
  await using operators = await openOperators({ sandbox: options.sandbox === true });
  const told = await tell(operators, what, { ...options, days, id: id ?? '', action: action ?? '' });
  if (options.json) sayJson(told.answer);
  else say(told.shown);
  return told.code;
}

function tell(operators: Operators, what: string, { id, action, ...options }: Asked): Promise<Told> {
  switch (what) {
    case 'status':
      return status(operators);
    case 'open':
      return open(operators, options.needs === true);
    case 'explain':
      return explain(operators, id);
    case 'audit':
      return audit(operators, options.days);
    case 'resolve':
      return resolve(operators, id, action, options.token);
    default:
      return turn(operators, what === 'on');
  }
}

async function status({ get }: Operators): Promise<Told> {
  const answer = await get<Overview>('/ops/fallback');
  const { cases } = answer;
  const rows = [
    ['It is', answer.on ? paint('green', 'on') : paint('yellow', 'off')],
    ...(answer.missing.length > 0 ? [['It lacks', answer.missing.join('\n')]] : []),
    ['Approved by', answer.approvedBy ?? 'nobody'],
    ['Support case', answer.supportCase ?? 'none'],
    ...(cases ? rowsOf(cases) : [['Cases', 'can not be asked for: no database, or it is away']]),
  ];
  const isWrong = cases !== null && (cases.needOperator > 0 || (cases.audit?.breaks.length ?? 0) > 0);
  const code = cases === null ? EXIT.inconclusive : isWrong ? EXIT.wrong : EXIT.fine;
  return { answer, shown: table(['', ''], rows, [16]), code };
}

function rowsOf({
  open: byState,
  needOperator,
  oldest,
  audit: last,
}: NonNullable<Overview['cases']>): string[][] {
  const states = Object.entries(byState).map(([state, cases]) => `${cases} ${state}`);
  return [
    ['Open cases', states.length > 0 ? states.join(', ') : 'none'],
    ['Need somebody', needOperator > 0 ? paint('red', String(needOperator)) : 'none'],
    ...(oldest ? [['The oldest', `${oldest.transactionId}, ${oldest.state}, since ${oldest.openedAt}`]] : []),
    ['Last audit', last ? `${last.words}, ${last.at}` : 'none yet'],
  ];
}

async function open(operators: Operators, isNeeding: boolean): Promise<Told> {
  const found: Listed[] = [];
  const query = {
    state: 'claimed,known,linked,released,authorised,advanced,captured',
    ...(isNeeding && { needs: 'yes' }),
  };
  for await (const one of operators.all<Listed>('/ops/fallback/cases', query)) found.push(one);
  const rows = found.map(one => [
    one.openedAt,
    one.transactionId,
    money(one),
    one.needs === null
      ? [one.state, one.ending, one.trouble].filter(Boolean).join('\n')
      : `${paint('red', one.needs)}\n${one.meaning}`,
  ]);
  return {
    answer: found,
    shown:
      rows.length === 0
        ? 'none'
        : table(['Opened (UTC)', 'Transaction', 'Minor units', 'State'], rows, [26, 38, 16]),
    code: found.some(({ needs }) => needs !== null) ? EXIT.wrong : EXIT.fine,
  };
}

async function explain({ get }: Operators, id: string): Promise<Told> {
  const answer = await get<Explained>(`/ops/fallback/cases/${id}`);
  const { known, needs, closedAt, notes, actions } = answer;
  const intents = known ? [known.paymentIntent, ...known.strays].filter(one => one !== null) : [];
  const rows = [
    ['Case', `${answer.id}, ${answer.way}, of ${answer.openedAt}`],
    ['State', [answer.state, answer.ending, answer.outcome].filter(Boolean).join(', ')],
    ...(needs !== null && closedAt === null ? [['Needs', `${paint('red', needs)}\n${answer.meaning}`]] : []),
    ['Amount', `${money(answer)} (minor units), to ${answer.destination}`],
    ...(closedAt === null && answer.trouble !== null ? [['Trouble', answer.trouble]] : []),
    ['Now', known ? `Flex: ${known.phase}` : 'Flex or Stripe can not be asked'],
    ...(intents.length > 0 ? [['', intents.map(one => `Stripe: ${one.id}, ${one.status}`).join('\n')]] : []),
    ['What was done', notes.map(({ at, what, detail }) => `${at}  ${what}${inWords(detail)}`).join('\n')],
    ...(closedAt === null
      ? actions.map(({ action, does, why }) => [action, does ?? paint('dim', `not now: ${why}`)])
      : []),
  ];
  const isWrong = needs !== null && closedAt === null;
  const code = isWrong ? EXIT.wrong : known === null && closedAt === null ? EXIT.inconclusive : EXIT.fine;
  return { answer, shown: table(['', ''], rows, [16]), code };
}

const money = ({ amount, currency }: Pick<Listed, 'amount' | 'currency'>): string => `${amount} ${currency}`;

const inWords = (detail: Record<string, unknown>): string => {
  const parts = Object.entries(detail).flatMap(([name, value]) =>
    value === null ? [] : [`${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`],
  );
  return parts.length > 0 ? `: ${parts.join(', ')}` : '';
};

async function audit({ post }: Operators, days: number): Promise<Told> {
  const answer = await post<Audit>('/ops/fallback/audit', { days });
  const { breaks, problem, words } = answer;
  const rows = breaks.map(one => [
    paint('red', one.kind),
    one.transactionId ?? one.paymentIntentId ?? '',
    one.words,
  ]);
  const found = rows.length === 0 ? [] : [table(['Break', 'Transaction', 'What it is'], rows, [26, 38])];
  return {
    answer,
    shown: [words, ...found, ...(problem === null ? [] : [`Not complete: ${problem}.`])].join('\n'),
    code: breaks.length > 0 ? EXIT.wrong : problem === null ? EXIT.fine : EXIT.inconclusive,
  };
}

async function resolve({ post }: Operators, id: string, action: string, token?: string): Promise<Told> {
  const path = `/ops/fallback/cases/${id}/${action}`;
  const answer = await post<Acted>(path, token === undefined ? {} : { token });
  const shown =
    answer.done === null
      ? `${answer.does}\nUntil ${answer.until}, and while nothing changes, this does it:\n  npm run --silent fallback -- resolve ${id} ${action} --token ${answer.token}`
      : `Done: ${answer.done}`;
  return { answer, shown, code: EXIT.fine };
}

async function turn({ get, post }: Operators, isOn: boolean): Promise<Told> {
  await post('/ops/fallback/switch', { on: isOn });
  const answer = await get<Overview>('/ops/fallback');
  const still = isOn && !answer.on ? `\nIt lacks:\n  ${answer.missing.join('\n  ')}` : '';
  return {
    answer,
    shown: `${answer.on ? 'It is on.' : 'It is off; open cases are finished.'}${still}`,
    code: answer.on === isOn ? EXIT.fine : EXIT.inconclusive,
  };
}

await run(program, main);
