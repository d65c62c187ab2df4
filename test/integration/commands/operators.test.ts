/** Commands that ask the running service, as a person would start them. */
import { setTimeout as pause } from 'node:timers/promises';
import { check } from '../../../server/domain/verdict.ts';
import type { NewCheck } from '../../../server/store/checks.ts';
import { timeOrderedId } from '../../../server/store/ids.ts';
import { checkRecord, insertRecords } from '../../../server/store/records.ts';
import { openStore } from '../../../server/store/store.ts';
import { eventually, onPostgres, silent } from '../../setup/databases.ts';
import { daysAhead, realBooking } from '../../sandbox/client/orders.ts';
import { signedIn } from '../../sandbox/client/web-client.ts';
import { freePorts, run } from '../../setup/processes.ts';
import { bothSidesOf, startWorld, type World } from '../../setup/world.ts';

const TOKEN = 'first-operator-token-1234';
const NOBODYS = '16c6a4b8-88ee-429b-835a-6725206cd08c';

async function command(name: string, args: string[], environment: Record<string, string> = {}) {
  await using running = run([`scripts/${name}.ts`, ...args], environment);
  const code = await running.exit;
  return { code, stdout: running.stdout(), stderr: running.stderr() };
}

describe('with a service that records', () => {
  const databases = onPostgres();
  let world: World;
  /** Settings of a person who looks from elsewhere, and of one in front of a sandbox. */
  let settings: Record<string, string>;
  let attached: Record<string, string>;
  let good: string;
  let bad: string;
  beforeAll(async () => {
    const port = await freePorts();
    const store = await databases.openStore();
    world = await startWorld({
      store,
      bothSides: true,
      sandbox: { port } as never,
      environment: { OPERATOR_TOKENS: TOKEN },
    });
    await store.started;
    settings = { PROXY_URL: world.proxyUrl, OPERATOR_TOKENS: `${TOKEN},an-older-operator-token-123` };
    attached = {
      SANDBOX_PORT: String(port),
      PORT: new URL(world.proxyUrl).port,
      OPERATOR_TOKENS: TOKEN,
    };
    good = (await book(40))!;
    bad = (await book(50, 'uuid-payment-intents'))!;
    await book(60, 'stripe-not-configured');
    await eventually(
      () => Promise.all([count('checks'), count('refusals'), count('verifications')]),
      counts => String(counts) === '2,1,1',
    );
  }, 60_000);
  afterAll(() => world[Symbol.asyncDispose]());

  const count = async (table: 'checks' | 'refusals' | 'verifications') =>
    (await world.context.store!.db.selectFrom(table).select('id').execute()).length;
  const book = async (day: number, scenario?: string) => {
    if (scenario !== undefined) await world.scenario({ name: scenario, times: 1 });
    const alice = await signedIn(world, 'Alice');
    const [start, end] = [daysAhead(world.info, day), daysAhead(world.info, day + 3)];
    const { body } = await alice.post('initiate-privileged', realBooking(world.info, { start, end }));
    return body.data?.data?.id?.uuid as string | undefined;
  };

  describe('npm run explain -- <transaction id>', () => {
    it('shows the lanes and the cause, and exits by it', async () => {
      const wrong = await command('explain', [bad], settings);

      expect([wrong.code, wrong.stderr]).toEqual([2, '']);
      expect(wrong.stdout).toMatch(/│ UTC +│ Flex +│ Here +│ Stripe/);
      expect(wrong.stdout).toMatch(/│ {25}│ initiate request-payment: /);
      expect(wrong.stdout).toContain('flex-returned-placeholder');
      expect(wrong.stdout).not.toContain('\u001b[');
    });

    it('--json is what the service said, for each', async () => {
      const both = await command('explain', [good, bad, '--json'], settings);

      expect(both.code).toBe(2);
      expect(JSON.parse(both.stdout)).toMatchObject([
        { transactionId: good, isRecorded: true, report: { verdict: 'fine', genuineness: 'genuine' } },
        { transactionId: bad, report: { diagnosis: { cause: 'flex-returned-placeholder' } } },
      ]);
    });

    it('exits 3 on one that nobody knows, and 1 on codes and ids together', async () => {
      expect((await command('explain', [NOBODYS], settings)).code).toBe(3);
      expect(await command('explain', [NOBODYS, 'card_declined'], settings)).toEqual({
        code: 1,
        stdout: '',
        stderr: 'explain: give ids of transactions or codes, not both\n',
      });
    });
  });

  it('npm run support-bundle writes the block, --json with the verdict, and attaches to a sandbox', async () => {
    const text = await command('support-bundle', [bad], settings);
    const json = await command('support-bundle', [bad, '--json', '--sandbox'], attached);

    expect([text.code, text.stderr, json.code]).toEqual([2, '', 2]);
    expect(text.stdout).toMatch(new RegExp(`^## Payment of transaction ${bad}\n`));
    expect(text.stdout).toContain('### To be attached by hand');
    const { markdown, ...rest } = JSON.parse(json.stdout);
    expect(rest).toEqual({ transactionId: bad, verdict: 'wrong' });
    const withoutTime = (block: string) => block.replace(/^\| Report .*$/m, '').trim();
    expect(withoutTime(markdown)).toBe(withoutTime(text.stdout));
  });

  describe('npm run tail', () => {
    it('--once shows what there was, oldest first, with causes, and exits by them', async () => {
      const { code, stdout } = await command('tail', ['--once', '--since', '1h', '--json'], settings);

      expect(code).toBe(2);
      const lines = stdout
        .trim()
        .split('\n')
        .map(line => JSON.parse(line));
      expect(lines.map(({ kind, cause }) => [kind, cause]).toSorted()).toEqual([
        ['checks', 'flex-returned-placeholder'],
        ['checks', 'healthy'],
        ['refusals', 'flex-stripe-not-configured'],
        ['verifications', 'healthy'],
      ]);
      const times = lines.map(({ at }) => at);
      expect(times).toEqual(times.toSorted());
    });

    it.each([
      [['--problems'], ['flex-returned-placeholder', 'flex-stripe-not-configured']],
      [['--verdict', 'valid'], ['healthy']],
      [['--process', 'default-purchase'], []],
    ])('filters by %j', async (filter, causes) => {
      const args = ['--once', '--since', '1h', '--json', ...filter];

      const { stdout } = await command('tail', args, settings);

      const lines = stdout.split('\n').filter(Boolean);
      expect(lines.map(line => JSON.parse(line).cause)).toEqual(causes);
    });

    it('shows each thing once as it comes, and Ctrl-C ends it well', async () => {
      await using tail = run(['scripts/tail.ts', '--since', '1h', '--transaction', bad], settings);
      await tail.says(/✗ .*invalid uuid .*flex-returned-placeholder\n/);

      const further = await world.context
        .store!.db.selectFrom('checks')
        .selectAll()
        .where('transaction_id', '=', bad)
        .executeTakeFirstOrThrow();
      const again = {
        ...further,
        id: timeOrderedId(),
        at: new Date(),
        verdict: 'missing' as const,
        reasons: [],
      };
      await world.context.store!.db.insertInto('checks').values(again).execute();
      await tail.says(/✗ .*missing .*flex-returned-nothing\n/);
      tail.child.kill('SIGINT');

      await world.context.store!.db.deleteFrom('checks').where('id', '=', again.id).execute();
      expect(await tail.exit).toBe(0);
      // Behind the requests Stripe is asked again meanwhile.
      const checks = tail
        .stdout()
        .split('\n')
        .filter(line => /invalid|missing/.test(line));
      expect(checks).toHaveLength(2);
    });

    it('shows what was written long after it happened', async () => {
      await using tail = run(['scripts/tail.ts', '--since', '1h', '--transaction', bad], settings);
      await tail.says(/✗ .*invalid uuid .*flex-returned-placeholder\n/);
      const { db } = world.context.store!;
      const twoHoursAgo = Date.now() - 2 * 3_600_000;
      const waited = { id: timeOrderedId(twoHoursAgo), at: new Date(twoHoursAgo) };
      const subject = {
        call: 'initiate' as const,
        isSpeculative: false,
        processName: 'default-booking',
        transition: 'transition/request-payment',
        transactionId: bad,
      };
      const attributes = { protectedData: {} };
      const { record } = checkRecord(
        check({ isSpeculative: false, creation: 'creates', attributes }),
        subject,
        'r',
      );
      await insertRecords(db, [{ kind: 'check', record: { ...record, ...waited } as NewCheck }]);

      const line = `${waited.at.toISOString()} .*missing .*flex-returned-nothing\n`;
      await tail.says(new RegExp(line));
      await pause(2_500);
      expect(tail.stdout().match(new RegExp(line, 'g'))).toHaveLength(1);

      await db.deleteFrom('checks').where('id', '=', waited.id).execute();
    });

    it('says what the service says of a filter that is none', async () => {
      const { code, stderr } = await command('tail', ['--once', '--verdict', 'good'], settings);

      expect(code).toBe(1);
      expect(stderr).toMatch(/^tail: the service says: verdict\S*: must be of valid, /);
    });
  });

  it('npm run webhooks fetches, lists and replays, and that is in the audit', async () => {
    const pulled = await command('webhooks', ['pull-missed', '--since', '2h', '--json'], settings);
    const listed = await command(
      'webhooks',
      ['list', '--type', 'payment_intent.created', '--json'],
      settings,
    );
    const [event] = JSON.parse(listed.stdout);
    const replayed = await command('webhooks', ['replay', event.id], settings);
    const nobodys = await command('webhooks', ['replay', event.id, 'evt_nobodys', '--json'], settings);
    const table = await command('webhooks', ['list', '--transaction', good], settings);

    expect([pulled.code, JSON.parse(pulled.stdout).problem]).toEqual([0, null]);
    expect(event).toMatchObject({ type: 'payment_intent.created' });
    expect([replayed.code, replayed.stdout]).toEqual([0, 'events: 1\nobjects: 1\n']);
    expect([nobodys.code, JSON.parse(nobodys.stdout)]).toEqual([3, { events: 1, objects: 1 }]);
    expect(nobodys.stderr).toBe('webhooks: 1 of 2 is not kept here, or is being worked on already\n');
    expect([table.code, table.stdout]).toEqual([0, expect.stringMatching(/payment_intent.created/)]);
    const audit = await world.context.store!.db.selectFrom('audit').select('action').orderBy('id').execute();
    expect(audit.map(({ action }) => action)).toEqual([
      'pull-missed-webhooks',
      'replay-webhooks',
      'replay-webhooks',
    ]);
  });

  it('npm run webhooks exits 2 when one that it lists was given up', async () => {
    await world.context
      .store!.db.insertInto('stripe_events')
      .values({
        id: 'evt_gone',
        type: 'charge.updated',
        livemode: false,
        created: new Date(),
        object_key: 'ch_1',
        object_type: 'charge',
        summary: '{}',
        via: 'webhook',
        received_at: new Date(),
        deliveries: 1,
        state: 'gave-up',
      })
      .execute();

    expect((await command('webhooks', ['list', '--state', 'gave-up'], settings)).code).toBe(2);
  });

  it('npm run verify-pi uses what the service saw itself', async () => {
    const withIt = await command('verify-pi', [bad, '--json'], { ...bothSidesOf(world.info), ...settings });
    const withoutIt = await command('verify-pi', [bad, '--json'], bothSidesOf(world.info));
    const away = await command('verify-pi', [bad, '--json'], {
      ...bothSidesOf(world.info),
      ...settings,
      PROXY_URL: 'http://127.0.0.1:9',
    });

    expect([withIt.code, JSON.parse(withIt.stdout)[0].diagnosis.cause]).toEqual([
      2,
      'flex-returned-placeholder',
    ]);
    expect([withoutIt.code, JSON.parse(withoutIt.stdout)[0].diagnosis.cause]).toEqual([3, 'inconclusive']);
    expect([away.code, away.stderr]).toEqual([
      3,
      'without our own record of the calls: nothing answers at http://127.0.0.1:9: start the service, or correct PROXY_URL\n',
    ]);
  });

  const wrongToken = () => ({ ...settings, OPERATOR_TOKENS: 'somebody-elses-token-123' });
  it.each<[string, () => Record<string, string>, RegExp]>([
    ['no token', () => ({ PROXY_URL: world.proxyUrl }), /OPERATOR_TOKENS is not set/],
    ['a wrong token', wrongToken, /does not take the first of OPERATOR_TOKENS/],
    ['nobody there', () => ({ ...settings, PROXY_URL: 'http://127.0.0.1:9' }), /nothing answers at/],
    [
      'another service there',
      () => ({ ...settings, PROXY_URL: world.info.flex.baseUrl }),
      /is another service/,
    ],
    [
      'an address that is not safe',
      () => ({ ...settings, PROXY_URL: 'http://proxy.example.com' }),
      /PROXY_URL: must begin with https/,
    ],
  ])('exits 1 on %s, in words and without a token', async (_what, environment, words) => {
    const { code, stdout, stderr } = await command('explain', [bad], environment());

    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(words);
    expect(stderr).not.toMatch(/operator-token|elses-token/);
  });

  it('npm run delete-user says what is kept of somebody, forgets it with --yes, and writes that down without the id', async () => {
    const { db } = world.context.store!;
    const kept = () => db.selectFrom('transactions').select(['id', 'customer_id']).orderBy('id').execute();
    const before = await eventually(kept, rows => rows.length === 2);
    const userId = before[0]!.customer_id!;

    const asked = await command('delete-user', [userId, '--json'], settings);
    const shown = await command('delete-user', [userId], settings);
    expect([asked.code, shown.code, await kept()]).toEqual([0, 0, before]);
    const { transactions } = JSON.parse(asked.stdout);
    expect(transactions.map(({ id, as }: { id: string; as: string }) => [id, as]).toSorted()).toEqual(
      before.map(({ id }) => [id, 'customer']),
    );
    expect(shown.stdout).toMatch(new RegExp(`│ ${bad} +│ default-booking +│ customer`));
    expect(shown.stdout).toContain('Nothing is changed yet.');

    const done = await command('delete-user', [userId, '--yes'], settings);
    expect([done.code, done.stderr, await kept()]).toEqual([0, '', []]);
    expect(done.stdout).toMatch(/^transactions: 2\nchecks: 2\n/);
    const again = await command('delete-user', [userId], settings);
    expect(again).toEqual({ code: 0, stdout: 'nothing is known to be of this user\n', stderr: '' });
    const { action, ...audit } = await db
      .selectFrom('audit')
      .selectAll()
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirstOrThrow();
    expect(action).toBe('delete-user');
    expect(JSON.stringify(audit)).not.toContain(userId);
  });
});

it('starts a sandbox and a service of its own when none is there', async () => {
  const own = { SANDBOX_PORT: String(await freePorts()), PORT: String(await freePorts()) };

  const explained = await command('explain', [NOBODYS, '--sandbox', '--json'], own);
  const listed = await command('webhooks', ['list', '--sandbox'], own);

  expect([explained.code, JSON.parse(explained.stdout)[0].isRecorded]).toEqual([3, true]);
  expect([listed.code, listed.stdout]).toEqual([0, 'none\n']);
});

it('delete-user does not know whose anything is where no feed of Flex is read', async () => {
  const store = await openStore({ place: { directory: null }, log: silent });
  await using world = await startWorld({ store, environment: { OPERATOR_TOKENS: TOKEN } });
  await store.started;
  const settings = { PROXY_URL: world.proxyUrl, OPERATOR_TOKENS: TOKEN };

  const asked = await command('delete-user', [NOBODYS], settings);
  const done = await command('delete-user', [NOBODYS, '--yes', '--json'], settings);
  await store.close();

  expect([asked.code, asked.stdout, done.code]).toEqual([3, 'nothing is known to be of this user\n', 3]);
  expect(JSON.parse(done.stdout)).toEqual({ userId: NOBODYS, deleted: { transactions: 0 } });
  expect(asked.stderr).toMatch(/^the service has not read Flex's feed, /);
});

it('wrong usage exits 1, in words and without a secret', async () => {
  const wrong: [string, string[]][] = [
    ['support-bundle', ['pi_3QhWaB7WZ01zgkWS0jxsAJo3_secret_Dm43xiq1k0ywrRRjDoi8y1gkM']],
    ['tail', ['--since', 'yesterday']],
    ['webhooks', []],
    ['webhooks', ['replay']],
    ['webhooks', ['replay', 'evt_1', '--state', 'gave-up']],
    ['webhooks', ['pull-missed']],
    ['webhooks', ['list', '--since', '1h']],
    ['webhooks', ['replay', '--state', 'done', '--type', 'payment_intent.created']],
    ['verify-pi', ['3f1d2c4b-0000-4000-8000-000000000001', '--process', 'default-booking']],
    ['delete-user', []],
    ['delete-user', ['pi_3QhWaB7WZ01zgkWS0jxsAJo3_secret_Dm43xiq1k0ywrRRjDoi8y1gkM', '--yes']],
  ];
  for (const [name, args] of wrong) {
    const { code, stdout, stderr } = await command(name, args);

    expect([name, args, code, stdout]).toEqual([name, args, 1, '']);
    expect(stderr).toMatch(/\S+ \S+/);
    expect(stderr).not.toContain('Dm43');
    // Nor is it the settings that are wrong.
    expect(stderr).not.toContain('.env.example');
  }
}, 60_000);

it.each(['support-bundle', 'tail', 'webhooks', 'fallback', 'delete-user'])(
  '%s explains itself, with examples and exit codes',
  async name => {
    const { code, stdout } = await command(name, ['--help']);

    expect(code).toBe(0);
    expect(stdout).toMatch(/Exit codes: 0 fine, 1 .*, 2 found wrong, 3 inconclusive/);
    expect(stdout).toMatch(/Examples:\n {2}.*npm run --silent/);
    expect(stdout).toContain('--json');
    expect(stdout).toContain('--sandbox');
  },
);
