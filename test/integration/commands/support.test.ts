import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fallbackPermissions } from '../../../server/stripe/permissions.ts';
import { daysAhead, realBooking } from '../../sandbox/client/orders.ts';
import { signedIn } from '../../sandbox/client/web-client.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { bothSidesOf, environmentFor, startWorld, type World } from '../../setup/world.ts';
import { freePorts, run } from '../../setup/processes.ts';

const booking = path.join(
  import.meta.dirname,
  '../../../ext/transaction-processes/default-booking/process.edn',
);
const fixture = (name: string) => path.join(import.meta.dirname, '../../fixtures/incident-processes', name);

async function command(
  name: string,
  args: string[],
  environment: Record<string, string> = {},
  input?: string,
) {
  await using running = run([`scripts/${name}.ts`, ...args], environment, input);
  const code = await running.exit;
  return { code, stdout: running.stdout(), stderr: running.stderr() };
}

/** One that runs already, as `npm run demo` leaves one. */
async function startAttached(): Promise<World & { ports: Record<string, string> }> {
  const port = await freePorts();
  const world = await startWorld({ bothSides: true, sandbox: { port } as never });
  return Object.assign(world, { ports: { SANDBOX_PORT: String(port), PORT: new URL(world.proxyUrl).port } });
}

describe('npm run verify-pi', () => {
  let world: Awaited<ReturnType<typeof startAttached>>;
  beforeAll(async () => {
    world = await startAttached();
  });
  afterAll(() => world[Symbol.asyncDispose]());
  beforeEach(() => world.sandbox.reset());

  const book = async (...scenarios: string[]) => {
    for (const name of scenarios) await world.scenario({ name });
    const alice = await signedIn(world, 'Alice');
    const start = daysAhead(world.info, 30 + world.sandbox.flex().transactions.size * 5);
    const end = new Date(start.getTime() + 3 * 86_400_000);
    const answer = await alice.post('initiate-privileged', realBooking(world.info, { start, end }));
    return answer.body.data.data.id.uuid as string;
  };

  it('reports a good booking by its transaction, from both sides', async () => {
    const id = await book();

    const { code, stdout, stderr } = await command('verify-pi', [id, '--json', '--sandbox'], world.ports);

    expect([code, stderr]).toEqual([0, '']);
    const [intent] = world.sandbox.stripe().paymentIntents.values();
    expect(JSON.parse(stdout)).toMatchObject([
      {
        subject: id,
        verdict: 'fine',
        genuineness: 'genuine',
        diagnosis: {
          cause: 'healthy',
          confidence: 0.97,
          evidence: [expect.any(String)],
          next: 'Nothing to do.',
        },
        flex: {
          asked: 'answered',
          found: true,
          processName: 'default-booking',
          state: 'state/pending-payment',
          payinTotal: { amount: 15_750, currency: 'EUR' },
          check: { verdict: 'valid' },
        },
        stripe: { asked: 'answered', livemode: false, paymentIntents: [{ id: intent!.id, amount: 15_750 }] },
      },
    ]);
    expect(stdout).not.toContain(intent!.clientSecret.split('_secret_')[1]);
  });

  it('goes the other way from a PaymentIntent', async () => {
    const id = await book();
    const [intent] = world.sandbox.stripe().paymentIntents.keys();

    const { code, stdout } = await command('verify-pi', [intent!, '--json', '--sandbox'], world.ports);

    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([
      { subject: intent, genuineness: 'genuine', flex: { transactionId: id, found: true } },
    ]);
  });

  it.each([
    ['uuid-payment-intents', 'flex-returned-placeholder'],
    ['uuid-over-real', 'flex-returned-placeholder'],
    ['missing-payment-intents', 'flex-returned-nothing'],
    ['missing-default', 'flex-returned-nothing'],
    ['late-payment-intent', 'flex-returned-nothing'],
    ['secret-mismatch', 'secret-of-another-intent'],
    ['foreign-payment-intents', 'other-account'],
    ['other-mode', 'other-mode'],
  ])('%s: found wrong, %s', async (scenario, cause) => {
    const id = await book(scenario);

    const { code, stdout } = await command('verify-pi', [id, '--json', '--sandbox'], world.ports);

    expect([code, JSON.parse(stdout)[0].diagnosis.cause]).toEqual([2, cause]);
  });

  it('looks through all since a time, in a table with a summary, and wrong wins', async () => {
    await book();
    await book('uuid-payment-intents');
    await book();

    const { code, stdout } = await command('verify-pi', ['--since', '1h', '--sandbox'], world.ports);

    expect(code).toBe(2);
    expect(stdout).toContain('3 transactions: 2 flex-returned-placeholder, 1 healthy');
    // No colour where nobody looks.
    expect(stdout).not.toContain('\u001b[');
  });

  it('looks at the processes that are named only', async () => {
    await book();

    const args = ['--since', '1h', '--process', 'default-purchase', '--json', '--sandbox'];
    const { code, stdout } = await command('verify-pi', args, world.ports);

    expect([code, JSON.parse(stdout)]).toEqual([0, []]);
  });

  it('exits 3 when it can not know, and 2 before 3', async () => {
    const nobodys = '16c6a4b8-88ee-429b-835a-6725206cd08c';
    const bad = await book('other-mode');

    expect((await command('verify-pi', [nobodys, '--sandbox'], world.ports)).code).toBe(3);
    expect((await command('verify-pi', [nobodys, bad, '--sandbox'], world.ports)).code).toBe(2);
  });

  it('--since says which side it could not ask', async () => {
    const since = (environment: Record<string, string>) =>
      command('verify-pi', ['--since', '1h'], { ...bothSidesOf(world.info), ...environment });

    const [refused, away] = [
      await since({ SHARETRIBE_INTEGRATION_CLIENT_SECRET: 'not-the-secret' }),
      await since({ SHARETRIBE_INTEGRATION_BASE_URL: 'http://127.0.0.1:1' }),
    ];

    expect([refused.code, refused.stderr]).toEqual([
      1,
      'verify-pi: Flex does not take the Integration API credentials: npm run doctor says more\n',
    ]);
    expect([away.code, away.stderr]).toEqual([
      1,
      'verify-pi: the Integration API does not answer as it should: try again, and see status.sharetribe.com\n',
    ]);
  });

  it('works with the real settings too, and with one side alone', async () => {
    const id = await book();
    const { STRIPE_SECRET_KEY: _key, ...flexOnly } = {
      ...environmentFor(world.info),
      ...bothSidesOf(world.info),
    };

    const both = await command('verify-pi', [id, '--json'], bothSidesOf(world.info));
    const one = await command('verify-pi', [id, '--json'], flexOnly);

    expect([both.code, JSON.parse(both.stdout)[0].genuineness]).toEqual([0, 'genuine']);
    expect([one.code, JSON.parse(one.stdout)[0]]).toMatchObject([
      3,
      { genuineness: 'unverified', diagnosis: { cause: 'inconclusive' }, stripe: { asked: 'no-key' } },
    ]);
  });

  it.each<[string, string[]]>([
    ['nothing', []],
    ['a client secret', ['pi_3QhWaB7WZ01zgkWS0jxsAJo3_secret_Dm43xiq1k0ywrRRjDoi8y1gkM']],
    ['two ways at once', ['--since', '1h', '16c6a4b8-88ee-429b-835a-6725206cd08c']],
    ['a time that is none', ['--since', 'yesterday', '--sandbox']],
    ['an option that is none', ['--nonsense']],
    ['no credentials', ['16c6a4b8-88ee-429b-835a-6725206cd08c']],
  ])('exits 1 on %s, in words and without a secret', async (_what, args) => {
    const { code, stdout, stderr } = await command(
      'verify-pi',
      args,
      args.includes('--sandbox') ? world.ports : {},
    );

    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/\S+ \S+/);
    expect(stderr).not.toContain('Dm43');
  });

  it('starts a sandbox of its own when none is there', async () => {
    const port = await freePorts();
    const proxyPort = await freePorts();

    const args = ['--since', '1h', '--json', '--sandbox'];
    const { code, stdout } = await command('verify-pi', args, {
      SANDBOX_PORT: String(port),
      PORT: String(proxyPort),
    });

    expect([code, stdout.trim()]).toEqual([0, '[]']);
  });
});

describe('npm run doctor', () => {
  let world: Awaited<ReturnType<typeof startAttached>>;
  beforeAll(async () => {
    world = await startAttached();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  type Line = { name: string; state: string; says: string; mend: string | null; optional: boolean };
  const doctor = async (args: string[], environment: Record<string, string>, input?: string) => {
    const { code, stdout, stderr } = await command('doctor', [...args, '--json'], environment, input);
    const lines = stdout === '' ? [] : (JSON.parse(stdout) as Line[]);
    return { code, stdout, stderr, line: (name: string) => lines.find(line => line.name === name) };
  };
  const settings = () => ({
    ...environmentFor(world.info),
    ...bothSidesOf(world.info),
    PROXY_URL: world.proxyUrl,
  });
  const login = () => {
    const { email, password } = world.info.users[0]!;
    return `${email}\n${password}\n`;
  };

  it('finds a sandbox in good order', async () => {
    const { code, line } = await doctor(['--sandbox'], world.ports);

    expect(code).toBe(0);
    const names = [
      'client id',
      'client secret',
      'Integration API',
      'Stripe key',
      'alias default-booking/release-1',
      'process default-booking',
      'fallback',
      'public address',
    ];
    expect(names.map(name => line(name)?.state)).toEqual(names.map(() => 'good'));
    expect(line('clock')).toBeUndefined();
    expect(line('fallback')?.says).toBe('off, as PI_FALLBACK says');
    expect(line('Stripe key')?.says).toBe('test mode, account acct_1SbxPlatFormAc99');
  });

  it.each<[string, () => Record<string, string>, string]>([
    [
      'a client id of nobody',
      () => ({ REACT_APP_SHARETRIBE_SDK_CLIENT_ID: '33333333-3333-4333-8333-333333333333' }),
      'client id',
    ],
    [
      'a secret of another application',
      () => ({ SHARETRIBE_SDK_CLIENT_SECRET: 'of-another-application' }),
      'client secret',
    ],
    [
      'an Integration secret that is wrong',
      () => ({ SHARETRIBE_INTEGRATION_CLIENT_SECRET: 'wrong' }),
      'Integration API',
    ],
    [
      'a marketplace application for the Integration API',
      () => ({ SHARETRIBE_INTEGRATION_CLIENT_ID: world.info.flex.clientId }),
      'Integration API',
    ],
    [
      'a Stripe key that was revoked',
      () => ({ STRIPE_SECRET_KEY: world.sandbox.stripe().platform.flexRevokedKey }),
      'Stripe key',
    ],
    [
      'a publishable key for live payments',
      () => ({ REACT_APP_STRIPE_PUBLISHABLE_KEY: 'pk_live_0123456789' }),
      'publishable key',
    ],
    [
      'a process that forgot its payment',
      () => ({ TRANSACTION_PROCESSES_DIR: fixture('.') }),
      'process forgotten-payment',
    ],
  ])('%s: bad, with a mend, and exits 2', async (_what, environment, name) => {
    const { code, line, stdout, stderr } = await doctor(
      ['--login'],
      { ...settings(), ...environment() },
      login(),
    );

    expect(line(name)).toMatchObject({ state: 'bad', mend: expect.any(String), optional: false });
    expect(code).toBe(2);
    for (const secret of [
      'of-another-application',
      'sandbox-integration-secret',
      'sk_test_',
      'alice-password',
    ])
      expect(stdout + stderr).not.toContain(secret);
  });

  const all = { payment_intents: 'read', accounts: 'read', payouts: 'read' };
  const { accounts: _accounts, ...withoutAccounts } = all;
  const { payouts: _payouts, ...withoutPayouts } = all;
  it.each<[scopes: Record<string, string>, state: string, says: string, mend: string | undefined]>([
    [all, 'good', 'PaymentIntents: read, Connect: read, Payouts: read', undefined],
    [
      withoutAccounts,
      'unknown',
      'PaymentIntents: read; not Connect: read',
      'With Connect: read it can also say whose provider is restricted.',
    ],
    [
      withoutPayouts,
      'unknown',
      'PaymentIntents: read; not Payouts: read',
      'With Payouts: read it can also say that a payout came back.',
    ],
  ])('says of a restricted key with %j what it can not do', async (scopes, state, says, mend) => {
    const { line } = await doctor([], { ...settings(), STRIPE_SECRET_KEY: await restrictedKey(scopes) });

    expect(line('Stripe permissions')).toMatchObject({ state, says, ...(mend !== undefined && { mend }) });
  });

  it('says what the fallback lacks when it is asked for, and exits 2', async () => {
    const { stripe } = world.info;
    const { code, line } = await doctor([], {
      ...settings(),
      STRIPE_SECRET_KEY: await restrictedKey({ payment_intents: 'write', charges: 'read', accounts: 'read' }),
      STRIPE_BASE_URL: stripe.baseUrl,
      PI_FALLBACK: 'on',
      PI_FALLBACK_SUPPORT_CASE: '4711',
    });

    expect(code).toBe(2);
    expect(line('fallback')).toMatchObject({
      state: 'bad',
      optional: false,
      says:
        'stays off. It lacks PI_FALLBACK_APPROVED_BY: who answers for it; a database (DATABASE_URL, or DATA_DIR with one process); ' +
        ['Refunds: write', 'Transfers: read', 'Balance transactions: read', 'Payouts: write']
          .map(name => `the permission ${name} on the Stripe key`)
          .join('; '),
    });
  });

  it('finds the fallback in order with the permissions that it names, and Flex without the lane', async () => {
    const [older] = readFileSync(booking, 'utf8').split('\n  ;; The fallback lane');
    world.sandbox.flex().processes.push('default-booking', `${older}]}`, 'older/process.edn');
    const scopes = Object.fromEntries(fallbackPermissions.map(({ resource, access }) => [resource, access]));

    const { line } = await doctor(
      ['--login'],
      {
        ...settings(),
        STRIPE_SECRET_KEY: await restrictedKey(scopes),
        DATABASE_URL: '',
        PI_FALLBACK: 'on',
        PI_FALLBACK_APPROVED_BY: 'Ada',
        PI_FALLBACK_SUPPORT_CASE: '4711',
      },
      login(),
    );

    expect(line('fallback')).toMatchObject({
      state: 'good',
      says: 'can be on: approved by Ada, support case 4711',
    });
    expect(line('alias default-booking/release-1')).toMatchObject({
      state: 'bad',
      says: 'its version in Flex has no fallback lane, and the file has',
    });
    expect(line('alias default-purchase/release-1')).toMatchObject({ state: 'good' });
  });

  const restrictedKey = async (scopes: object) => {
    const response = await fetch(`${world.sandbox.url}/sandbox/stripe/keys`, {
      method: 'POST',
      body: JSON.stringify({ scopes }),
    });
    return ((await response.json()) as { key: string }).key;
  };

  it('does without a user, and says what that leaves open', async () => {
    const { code, line } = await doctor([], settings());

    expect(code).toBe(0);
    expect(line('client secret')).toMatchObject({
      state: 'unknown',
      optional: true,
      mend: expect.stringContaining('--login'),
    });
    expect(line('clock')?.state).toBe('good');
  });

  it('what is optional never fails it', async () => {
    const { code, line } = await doctor([], {
      ...environmentFor(world.info),
      PROXY_URL: 'http://127.0.0.1:1',
    });

    expect(code).toBe(0);
    // Said once, and with no word of tokens.
    expect(line('service: state')).toBeUndefined();
    expect(['Integration API', 'Stripe key', 'public address'].map(name => line(name)?.state)).toEqual([
      'unknown',
      'unknown',
      'bad',
    ]);
  });

  it('sees that the two applications are of different environments', async () => {
    const flex = world.sandbox.flex();
    const other = await startSandbox();
    other.flex().marketplaceId = '5a9dbc0a-0000-4000-8000-00000000beef';
    try {
      const { code, line } = await doctor([], {
        ...settings(),
        SHARETRIBE_INTEGRATION_BASE_URL: other.info().integration.baseUrl,
      });

      expect(code).toBe(2);
      expect(line('Integration API')).toMatchObject({
        state: 'bad',
        says: `marketplace 5a9dbc0a-0000-4000-8000-00000000beef, and the client id is of ${flex.marketplaceId}`,
      });
    } finally {
      await other.close();
    }
  });

  it('exits 3 when Flex does not answer', async () => {
    const { code, line } = await doctor([], {
      ...environmentFor(world.info),
      REACT_APP_SHARETRIBE_SDK_BASE_URL: 'http://127.0.0.1:1',
    });

    expect([code, line('client id')?.state]).toEqual([3, 'unknown']);
  });

  it('names an alias that Flex does not know, and one whose process is not that of the file', async () => {
    world.sandbox
      .flex()
      .processes.push(
        'default-purchase',
        '{:format :v3 :transitions [{:name :transition/request-payment :actor :actor.role/customer :privileged? true :to :state/a :actions []}]}',
        'default-purchase/process.edn',
      );
    const args = ['--login', '--alias', 'default-booking/release-9', 'default-purchase/release-1'];

    const { code, line } = await doctor(args, settings(), login());

    expect(code).toBe(2);
    expect(line('alias default-booking/release-9')).toMatchObject({
      state: 'bad',
      says: 'Flex does not know it',
    });
    expect(line('alias default-purchase/release-1')).toMatchObject({
      state: 'bad',
      says: 'Flex and the file differ in transition/request-payment',
    });
  });

  it('exits 1 without the settings that are needed, and names them', async () => {
    const { code, stderr } = await doctor([], {});

    expect(code).toBe(1);
    expect(stderr).toContain('SHARETRIBE_SDK_CLIENT_SECRET: missing');
  });
});

describe('npm run process-doctor', () => {
  it('finds the shipped processes in order', async () => {
    const { code, stdout } = await command('process-doctor', ['--json']);

    expect(code).toBe(0);
    expect(
      JSON.parse(stdout)
        .map(({ process }: { process: string }) => process)
        .toSorted(),
    ).toEqual([
      'default-booking',
      'default-download',
      'default-inquiry',
      'default-negotiation',
      'default-purchase',
    ]);
  });

  it('says which have the fallback lane, and what one lacks', async () => {
    const whole = readFileSync(booking, 'utf8');
    const half = path.join(mkdtempSync(path.join(tmpdir(), 'half-a-lane-')), 'process.edn');
    writeFileSync(half, whole.replaceAll(/(confirm-payment|captured|capture-failed)-fallback/g, '$1-other'));

    const { code, stdout } = await command('process-doctor', [
      'default-booking',
      'default-download',
      half,
      '--json',
    ]);

    const lane = (
      JSON.parse(stdout) as { findings: { level: string; transition: string; what: string }[] }[]
    ).map(({ findings }) =>
      findings
        .filter(({ what }) => what.includes('lane'))
        .map(({ level, transition, what }) => [level, transition, what]),
    );
    expect(code).toBe(2);
    expect(lane).toEqual([
      [['ok', null, 'It has the whole fallback lane.']],
      [['note', null, 'It has no fallback lane.']],
      [
        ['wrong', 'transition/confirm-payment-fallback', 'It is missing in the fallback lane.'],
        ['wrong', 'transition/captured-fallback', 'It is missing in the fallback lane.'],
        ['wrong', 'transition/capture-failed-fallback', 'It is missing in the fallback lane.'],
      ],
    ]);
  });

  it('says what breaks in a file, and exits 2', async () => {
    const { code, stdout } = await command('process-doctor', [
      `${fixture('forgotten-payment')}/process.edn`,
      '--json',
    ]);

    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject([
      {
        process: 'forgotten-payment',
        findings: [
          { level: 'wrong', transition: 'transition/confirm-payment' },
          { level: 'wrong', transition: 'transition/accept' },
        ],
      },
    ]);
  });

  it('takes an alias, and a table is for people', async () => {
    const { code, stdout } = await command('process-doctor', ['default-booking/release-1']);

    expect(code).toBe(0);
    expect(stdout).toMatch(/✓ │ request-payment +│ Runs out by expire-payment/);
  });

  it('takes the folder of a file', async () => {
    const folder = path.join(import.meta.dirname, '../../../ext/transaction-processes/default-inquiry');
    const { code, stdout } = await command('process-doctor', [folder, '--json']);

    expect([code, JSON.parse(stdout)[0].process]).toEqual([0, 'default-inquiry']);
  });

  it.each([[['no/such/process']], [[path.join(import.meta.dirname, 'support.test.ts')]]])(
    'exits 1 on %j',
    async args => {
      const { code, stdout, stderr } = await command('process-doctor', args);

      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^process-doctor: /);
    },
  );
});

describe('npm run explain', () => {
  it('explains codes of both, as they were copied', async () => {
    const { code, stdout } = await command('explain', [
      ':stripe-missing-api-key',
      '"card_declined",',
      '--json',
    ]);

    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([
      {
        code: 'stripe-missing-api-key',
        source: 'flex',
        who: 'operator',
        diagnosis: 'flex-stripe-not-configured',
      },
      { code: 'card_declined', source: 'stripe', who: 'customer', diagnosis: 'payment-declined' },
    ]);
  });

  it('exits 3 on what nobody knows, and repeats no secret', async () => {
    const { code, stdout, stderr } = await command('explain', [['sk', 'live', '51abcDm43'].join('_')]);

    expect([code, stdout, stderr]).toEqual([3, '', 'explain: nobody here knows what was given\n']);
  });

  it('exits 1 without a code', async () => {
    expect((await command('explain', [])).code).toBe(1);
  });
});

it.each(['verify-pi', 'doctor', 'process-doctor', 'explain'])(
  '%s explains itself, with examples and exit codes',
  async name => {
    const { code, stdout } = await command(name, ['--help']);

    expect(code).toBe(0);
    expect(stdout).toMatch(/Exit codes: 0 fine, 1 .*, 2 found wrong, 3 inconclusive/);
    expect(stdout).toMatch(/Examples:\n {2}.*npm run --silent/);
    expect(stdout).toContain('--json');
  },
);
