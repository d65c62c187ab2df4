import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { listingTitled } from '../../sandbox/client/orders.ts';
import { freePorts, root, run } from '../../setup/processes.ts';

const shell = promisify(execFile);

async function ports() {
  const sandboxPort = await freePorts();
  return { PORT: String(await freePorts()), SANDBOX_PORT: String(sandboxPort) };
}

describe('npm run demo', () => {
  it('--once walks a booking, shows look-alike and incident, and exits 0', async () => {
    await using demo = run(['scripts/demo.ts', '--once'], await ports());

    expect(await demo.exit).toBe(0);
    expect(demo.stderr()).toBe('');
    for (const text of [
      'genuine',
      'state/accepted, captured €157.50',
      'simulated',
      'valid',
      'invalid: uuid',
      'warn',
      '[SERVER_PROXY] PI data from Flex',
    ]) {
      expect(demo.stdout()).toContain(text);
    }
    expect(demo.stdout()).not.toMatch(/_secret_|NOT AS IT SHOULD BE/);
  });

  it('then serves a fresh sandbox, and its three curl lines work as printed and hold no credential', async () => {
    const environment = await ports();
    await using demo = run(['scripts/demo.ts'], environment);
    const sandboxUrl = `http://127.0.0.1:${environment.SANDBOX_PORT}/sandbox`;

    await demo.says('/sandbox/ledger\n');

    const info = await (await fetch(`${sandboxUrl}/info`)).json();
    const ledger = await (await fetch(`${sandboxUrl}/ledger`)).json();
    expect(info.ready).toBe(true);
    expect(ledger.flex.transactions).toEqual([]);
    const lines = demo
      .stdout()
      .split('\n')
      .filter(line => line.startsWith('curl '));
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).not.toMatch(/Bearer|token|secret|password/i);
    const [quote, booking, after] = (await outputs(lines)) as [string, string, string];
    expect(quote).toContain('line-item/night');
    expect(booking).toContain('X-Payment-Intent-Verdict: valid');
    expect(JSON.parse(after).flex.transactions).toHaveLength(1);

    const fallback = async (what: string) => {
      await using asked = run(['scripts/fallback.ts', what, '--sandbox', '--json'], environment);
      await asked.exit;
      return JSON.parse(asked.stdout());
    };
    expect((await fallback('status')).missing).toEqual([expect.stringMatching(/^to be switched on again/)]);
    expect(await fallback('on')).toMatchObject({ on: true });
    const scenario = JSON.stringify({ name: 'uuid-payment-intents' });
    await fetch(`${sandboxUrl}/scenario`, { method: 'POST', body: scenario });
    const [cabin, room] = ['Lakeside', 'Ryokan'].map(title => listingTitled(info, title).id);
    const another = lines[1]!.replace(cabin!, room!);
    const [carried] = await outputs([`${another} -H 'X-Payment-Client: 1'`]);
    expect(carried).toContain('X-Payment-Intent-Source: fallback');

    demo.child.kill('SIGTERM');
    expect(await demo.exit).toBe(0);
  });

  it('is not ready before it has reset', async () => {
    const environment = await ports();
    await using demo = run(['scripts/demo.ts'], environment);
    const seen: boolean[] = [];

    while (!demo.stdout().includes('/sandbox/ledger\n') && demo.child.exitCode === null) {
      const response = await fetch(`http://127.0.0.1:${environment.SANDBOX_PORT}/sandbox/info`).catch(
        () => undefined,
      );
      if (response) seen.push((await response.json()).ready);
      else await new Promise(resolve => setTimeout(resolve, 5));
    }

    expect(seen[0]).toBe(false);
  });

  it.each(['scripts/demo.ts', 'test/sandbox/main.ts'])(
    '%s --help says what it is and starts nothing',
    async file => {
      await using helped = run([file, '--help'], {});

      expect([await helped.exit, helped.stderr()]).toEqual([0, '']);
      expect(helped.stdout()).toMatch(/^Usage: (demo|sandbox) \[options\]\n/);
    },
  );

  it('says so when a port is taken', async () => {
    const environment = await ports();
    await using first = run(['scripts/demo.ts'], environment);
    await first.says('/sandbox/ledger\n');
    await using second = run(['scripts/demo.ts', '--once'], environment);

    expect(await second.exit).toBe(1);
    expect(second.stderr()).toMatch(/port \d+ can not be had/);
  });
});

async function outputs(lines: string[]): Promise<string[]> {
  const texts = [];
  for (const line of lines) texts.push((await shell('bash', ['-c', line])).stdout);
  return texts;
}

it('README shows what the demo prints', async () => {
  await using demo = run(['scripts/demo.ts', '--once'], await ports());
  await demo.exit;
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8');

  const tables = demo.stdout().split('The line that the incident left')[0]!.trim();

  expect(withoutIds(readme)).toContain(withoutIds(tables));
});

/** The demo's ids come from a seed, and change with whatever the sandbox draws before them. */
const withoutIds = (text: string) =>
  text
    .replace(/pi_\w{24}/g, 'pi_'.padEnd(27, '*'))
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '*'.repeat(36));
