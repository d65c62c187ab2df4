import { once } from 'node:events';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { realBooking } from '../../sandbox/client/orders.ts';
import { signedIn } from '../../sandbox/client/web-client.ts';
import { freePorts, run } from '../../setup/processes.ts';
import { environmentFor } from '../../setup/world.ts';

const start = (environment: Record<string, string>) =>
  run(['server/main.ts'], { ...environment, NODE_ENV: 'test' });

describe('npm start', () => {
  it('without what it needs says everything at once and exits 78', async () => {
    await using proxy = start({ PORT: 'x', STRIPE_SECRET_KEY: 'canary' });

    expect(await proxy.exit).toBe(78);
    for (const name of [
      'REACT_APP_SHARETRIBE_SDK_CLIENT_ID',
      'SHARETRIBE_SDK_CLIENT_SECRET',
      'PORT',
      'STRIPE_SECRET_KEY',
    ]) {
      expect(proxy.stderr()).toContain(name);
    }
    expect(proxy.stderr() + proxy.stdout()).not.toContain('canary');
  });

  it('says which names won and warns, with no value anywhere', async () => {
    await using proxy = start({
      PORT: '0',
      SHARETRIBE_SDK_CLIENT_ID: 'canary-id',
      SHARETRIBE_SDK_CLIENT_SECRET: 'canary-secret',
      FLEX_INTEGRATION_CLIENT_ID: 'canary-integration',
      INTEGRATION_CLIENT_SECRET: 'canary-other',
      DATABASE_URL: 'none',
    });

    await proxy.says('listening');

    expect(proxy.stdout()).toContain('"clientId":"SHARETRIBE_SDK_CLIENT_ID"');
    expect(proxy.stdout()).toMatch(
      /"level":"warn".*FLEX_INTEGRATION_CLIENT_ID and INTEGRATION_CLIENT_SECRET/,
    );
    expect(proxy.stdout()).not.toContain('canary');
  });

  it('exits 1 when its port is taken', async () => {
    await using sandbox = await disposable();
    await using proxy = start({ ...environmentFor(sandbox.info()), PORT: new URL(sandbox.url).port });

    expect(await proxy.exit).toBe(1);
    expect(proxy.stdout()).toContain('EADDRINUSE');
  });
});

describe('SIGTERM', () => {
  it('lets a request in flight finish and exits 0', async () => {
    await using sandbox = await disposable();
    const port = await freePorts();
    await using proxy = start({ ...environmentFor(sandbox.info()), PORT: String(port) });
    await proxy.says('listening');
    const alice = await signedIn({ info: sandbox.info(), proxyUrl: `http://127.0.0.1:${port}` }, 'Alice');
    const arrived = once(sandbox.arrivals, 'POST /v1/api/transactions/initiate');
    const booking = alice.post('initiate-privileged', realBooking(sandbox.info()));
    await arrived;

    proxy.child.kill('SIGTERM');

    expect((await booking).status).toBe(200);
    expect((await booking).headers.get('connection')).toBe('close');
    expect(await proxy.exit).toBe(0);
  });

  it('cuts what has not finished within its deadline, and still exits 0', async () => {
    await using sandbox = await disposable();
    const port = await freePorts();
    await using proxy = start({ ...environmentFor(sandbox.info()), PORT: String(port), SHUTDOWN_MS: '300' });
    await proxy.says('listening');
    const alice = await signedIn({ info: sandbox.info(), proxyUrl: `http://127.0.0.1:${port}` }, 'Alice');
    sandbox.scenarios.add({ name: 'hang' });
    const arrived = once(sandbox.arrivals, 'GET /v1/api/listings/show');
    const booking = alice.post('initiate-privileged', realBooking(sandbox.info())).catch(() => 'cut');
    await arrived;

    proxy.child.kill('SIGTERM');

    expect(await proxy.exit).toBe(0);
    expect(await booking).toBe('cut');
  });
});

async function disposable() {
  const sandbox = await startSandbox();
  return { ...sandbox, [Symbol.asyncDispose]: () => sandbox.close() };
}
