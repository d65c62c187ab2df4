import { createLog } from '../../server/log.ts';
import { collectLog } from '../setup/log-lines.ts';
import { run } from '../setup/processes.ts';

const logTo = (collected: ReturnType<typeof collectLog>, level = 'info') =>
  createLog({ level, secrets: ['the-marketplace-secret'], destination: collected.destination });

describe('createLog', () => {
  it('writes a line of JSON for each event', () => {
    const collected = collectLog();

    logTo(collected).info({ port: 3500 }, 'listening');

    expect(collected.lines()).toEqual([
      { level: 'info', time: expect.any(String), port: 3500, msg: 'listening' },
    ]);
  });

  it('takes secrets out wherever they got in: message, field, key, nested, error, cause', () => {
    const collected = collectLog();
    const secret = 'pi_3QhWaB7WZ01zgkWS0jxsAJo3_secret_Dm43xiq1k0ywrRRjDoi8y1gkM';
    const log = logTo(collected);

    log.info(secret);
    log.info({ field: secret, [secret]: 1, deep: { er: [secret] } }, 'x');
    log.error({ err: new Error(secret, { cause: new Error('the-marketplace-secret') }) }, 'x');
    log.child({ token: 'Bearer abcdef' }).warn('x');

    expect(collected.text()).not.toMatch(/Dm43xiq|the-marketplace-secret|abcdef/);
    expect(collected.lines()).toHaveLength(4);
  });

  it('logs of an error what it says, and nothing that hangs on it', () => {
    const collected = collectLog();
    const error = Object.assign(new Error('refused'), {
      code: 'E_X',
      status: 502,
      request: { headers: { authorization: 'opaque-user-token' } },
    });

    logTo(collected).error({ err: error }, 'x');

    expect(collected.lines()[0]!['err']).toEqual({
      type: 'Error',
      message: 'refused',
      code: 'E_X',
      status: 502,
      stack: expect.any(String),
    });
    expect(collected.text()).not.toContain('opaque-user-token');
  });
});

/** A program that has `log`, and what it wrote. */
async function linesOf(program: string) {
  const begin = `
    import { createLog } from './server/log.ts';
    const log = createLog({ level: 'info', secrets: ['the-marketplace-secret'] });`;
  await using running = run(['--input-type=module', '--eval', begin + program]);
  await running.exit;
  expect(running.stderr()).toBe('');
  return running
    .stdout()
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>);
}

describe('to standard output', () => {
  it('goes all that was logged before the end, in its order, and no secret', async () => {
    const lines = await linesOf(`
      for (let i = 0; i < 1_234; i++) log.info({ i, secret: 'the-marketplace-secret' }, 'x'.repeat(300));
      process.exit(0);`);

    expect(lines.map(({ i }) => i)).toEqual(Array.from({ length: 1_234 }, (_, i) => i));
    expect(new Set(lines.map(({ secret }) => secret))).toEqual(new Set(['[redacted]']));
  });

  it('goes a line with the time at which it was logged, and soon', async () => {
    const lines = await linesOf(`
      const asked = Date.now();
      log.child({ requestId: 'r' }).info('first');
      while (Date.now() < asked + 30);
      log.info({ asked }, 'second');
      await new Promise(resolve => setTimeout(resolve, 1_000));
      process.kill(process.pid, 'SIGKILL');`);

    expect(lines).toMatchObject([{ requestId: 'r', msg: 'first' }, { msg: 'second' }]);
    const asked = lines[1]!['asked'] as number;
    const [first, second] = lines.map(({ time }) => Date.parse(time as string));
    expect(first).toBeGreaterThanOrEqual(asked);
    expect(first).toBeLessThan(asked + 30);
    expect(second).toBeGreaterThanOrEqual(asked + 30);
  });

  it('goes at once what is fatal, and what was logged before it', async () => {
    const lines = await linesOf(`
      log.info('before');
      log.fatal('the end');
      process.kill(process.pid, 'SIGKILL');`);

    expect(lines).toMatchObject([{ msg: 'before' }, { level: 'fatal', msg: 'the end' }]);
  });

  it('goes on after a line that can not be written', async () => {
    const lines = await linesOf(`
      const bad = { get field() { throw new Error('the-marketplace-secret'); } };
      log.info('before');
      log.info(bad, 'bad');
      log.info('after');`);

    expect(lines).toMatchObject([
      { msg: 'before' },
      { msg: 'a line that can not be written' },
      { msg: 'after' },
    ]);
  });
});
