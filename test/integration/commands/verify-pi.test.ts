import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import strings from '../../fixtures/payment-intent-strings.json' with { type: 'json' };
import { run } from '../../setup/processes.ts';

const secret = 'pi_3QhWaB7WZ01zgkWS0jxsAJo3_secret_Dm43xiq1k0ywrRRjDoi8y1gkM';

async function verify(args: string[], input?: string) {
  await using command = run(['scripts/verify-pi.ts', ...args], {}, input);
  const code = await command.exit;
  return { code, stdout: command.stdout(), stderr: command.stderr() };
}

const file = (text: string) => {
  const name = path.join(mkdtempSync(path.join(tmpdir(), 'strings-')), 'strings.json');
  writeFileSync(name, text);
  return name;
};

describe('npm run verify-pi -- --strings', () => {
  it('judges every entry, in order, and exits 2 when one is not valid', async () => {
    const { code, stdout } = await verify(['--strings', file(JSON.stringify(strings))]);

    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual(strings.map(({ kind, valid, reasons }) => ({ kind, valid, reasons })));
  });

  it('reads standard input, exits 0 when all are valid, and prints no secret', async () => {
    const { code, stdout, stderr } = await verify(
      ['--strings', '-'],
      JSON.stringify([{ kind: 'client_secret', value: secret }]),
    );

    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual([{ kind: 'client_secret', valid: true, reasons: [] }]);
    expect(stdout).not.toContain('Dm43');
  });

  it.each<[string, string[], string | undefined]>([
    ['no JSON', ['--strings', '-'], 'nonsense'],
    ['no list', ['--strings', '-'], '{}'],
    ['an unknown kind', ['--strings', '-'], '[{"kind":"card","value":"x"}]'],
    ['an entry that is none', ['--strings', '-'], '[null]'],
    ['a file that is not there', ['--strings', 'no/such/file'], undefined],
    ['no option', [], undefined],
    ['a secret on the command line', [secret], undefined],
    ['a secret in place of the file', ['--strings', secret], undefined],
  ])('exits 1 on %s, in words and without repeating a secret', async (_what, args, input) => {
    const { code, stdout, stderr } = await verify(args, input);

    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/\S+ \S+/);
    expect(stderr).not.toContain('Dm43');
  });

  it('explains itself', async () => {
    const { code, stdout } = await verify(['--help']);

    expect(code).toBe(0);
    expect(stdout).toMatch(/Exit codes/);
  });
});
