import { createLog } from '../../server/log.ts';
import { collectLog } from '../setup/log-lines.ts';

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
