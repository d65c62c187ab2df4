/** How much a caller may ask. The clock stands still, so that a bucket fills when the test says so. */
import { operatorSdk } from '../../../setup/flex-sdks.ts';
import { control, requested, SECOND, useSandbox } from './support.ts';

const sandbox = useSandbox({ frozenAt: Date.UTC(2029, 0, 1) });
const info = () => sandbox().info();
const INTEGRATION = '/v1/integration_api/marketplace/show';
const LISTINGS = '/v1/api/listings/show';
const status = async (path: string) => (await fetch(`${sandbox().url}${path}`)).status;

it('of the Integration API ten requests at once are served, and any number one after the other', async () => {
  const arrived = new Promise<void>(resolve => {
    let count = 0;
    sandbox().arrivals.on(`GET ${INTEGRATION}`, () => {
      count += 1;
      if (count === 12) resolve();
    });
  });
  await control(sandbox(), 'scenario', { name: 'slow', ms: SECOND });
  const statuses = Array.from({ length: 12 }, () => status(INTEGRATION));
  await arrived;
  // What is not served is refused at once; without a token the others are, when they have their turn.
  expect(await Promise.race(statuses)).toBe(429);
  await sandbox().advance(SECOND);

  expect((await Promise.all(statuses)).toSorted()).toEqual([
    ...Array.from({ length: 10 }, () => 401),
    429,
    429,
  ]);
  await control(sandbox(), 'scenario', { name: 'healthy' });
  for (let call = 0; call < 12; call++) expect(await status(INTEGRATION)).toBe(401);
});

it('ten at once is the Integration API’s limit alone', async () => {
  await control(sandbox(), 'settings', { integrationConcurrency: 0 });

  expect([await status(INTEGRATION), await status(LISTINGS)]).toEqual([429, 401]);
});

describe('of dev and test environments', () => {
  const limited = () => control(sandbox(), 'settings', { devRateLimits: true });

  it('a burst, then a query a second and a command every other', async () => {
    const { id } = await requested(sandbox());
    const operator = operatorSdk(info());
    await operator.marketplace.show();
    await limited();
    const query = () => operator.marketplace.show();
    const command = () => operator.transactions.updateMetadata({ id: id.uuid, metadata: {} });
    const untilRefused = async (call: () => Promise<unknown>) => {
      for (let served = 0; ; served++) {
        try {
          await call();
        } catch (error) {
          const { status: refused, data } = error as any;
          return [served, refused, data.errors[0].code];
        }
      }
    };
    const served = (count: number) => [count, 429, 'too-many-requests'];

    expect([await untilRefused(query), await untilRefused(command)]).toEqual([served(60), served(30)]);
    await sandbox().advance(10 * SECOND);
    expect([await untilRefused(query), await untilRefused(command)]).toEqual([served(10), served(5)]);
    await sandbox().advance(3600 * SECOND);
    expect([await untilRefused(query), await untilRefused(command)]).toEqual([served(60), served(30)]);
  });

  it('for both APIs together, not for tokens and assets, and without a word on when to come back', async () => {
    await limited();
    while ((await status(LISTINGS)) !== 429);

    expect(await status(INTEGRATION)).toBe(429);
    expect(await status(`/v1/assets/pub/${info().flex.clientId}/a/latest/?assets=x`)).toBe(200);
    expect((await fetch(`${sandbox().url}/v1/auth/token`, { method: 'POST' })).status).toBe(400);
    const { headers } = await fetch(`${sandbox().url}${LISTINGS}`);
    expect([...headers.keys()].filter(name => /ratelimit|retry/.test(name))).toEqual([]);
  });

  it('none of it in life', async () => {
    for (let call = 0; call < 100; call++) expect(await status(LISTINGS)).toBe(401);
  });
});
