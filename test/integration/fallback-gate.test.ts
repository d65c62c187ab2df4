/** What lets the fallback be on, by a real Stripe client with restricted keys of the sandbox; and what is said of it. */
import { jest } from '@jest/globals';
import path from 'node:path';
import { loadConfig } from '../../server/config.ts';
import { createFallbackGate } from '../../server/fallback-gate.ts';
import { loadProcesses } from '../../server/flex/process-files.ts';
import { createLog } from '../../server/log.ts';
import { createStripeDoor } from '../../server/stripe/door.ts';
import { fallbackPermissions } from '../../server/stripe/permissions.ts';
import { startSandbox, type Sandbox } from '../sandbox/sandbox.ts';
import { eventually } from '../setup/databases.ts';
import { collectLog } from '../setup/log-lines.ts';
import { startWorld } from '../setup/world.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterEach(() => sandbox.reset());
afterAll(() => sandbox.close());

const { processes } = loadProcesses(path.join(import.meta.dirname, '../../ext/transaction-processes'));
const ASKED = { PI_FALLBACK: 'on', PI_FALLBACK_APPROVED_BY: 'Ada', PI_FALLBACK_SUPPORT_CASE: '4711' };
const scopes = (without?: string) =>
  Object.fromEntries(
    fallbackPermissions
      .filter(({ resource }) => resource !== without)
      .map(({ resource, access }) => [resource, access]),
  );

async function control(place: string, body: object): Promise<any> {
  const response = await fetch(`${sandbox.url}/sandbox/${place}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  return response.json();
}
type FallbackGateStripe = NonNullable<Parameters<typeof createFallbackGate>[0]['stripe']>;
const keyWith = async (given: object): Promise<string> =>
  (await control('stripe/keys', { scopes: given })).key;

function gateWith(
  key: string,
  environment: Record<string, string> = ASKED,
  stripe: FallbackGateStripe = createStripeDoor(key, sandbox.info().stripe.baseUrl),
) {
  const log = collectLog();
  const { config } = loadConfig({
    REACT_APP_SHARETRIBE_SDK_CLIENT_ID: 'id',
    SHARETRIBE_SDK_CLIENT_SECRET: 'secret',
    ...environment,
  });
  const gate = createFallbackGate({
    settings: config.fallback,
    processes,
    hasIntegration: true,
    hasDatabase: true,
    stripe,
    log: createLog({ level: 'info', secrets: [key], destination: log.destination }),
    pauseMs: 20,
  });
  return Object.assign(gate, {
    said: () => log.lines().map(({ level, msg, fallback }) => ({ level, msg, ...(fallback as object) })),
  });
}

describe('the permissions of a key', () => {
  it('suffice as they are listed, and nothing is changed by the look', async () => {
    using gate = gateWith(await keyWith(scopes()));

    await gate.look();

    expect(gate.readiness()).toEqual({ on: true, missing: [] });
    const { paymentIntents, refunds, payouts } = sandbox.stripe();
    expect([paymentIntents.size, refunds.size, payouts.size]).toEqual([0, 0, 0]);
  });

  it.each(fallbackPermissions.map(({ name, resource }) => [name, resource]))(
    'do not suffice without %s',
    async (name, resource) => {
      using gate = gateWith(await keyWith(scopes(resource)));

      await gate.look();

      expect(gate.readiness()).toEqual({ on: false, missing: [`the permission ${name} on the Stripe key`] });
    },
  );

  it('to read do not suffice to write', async () => {
    using gate = gateWith(await keyWith({ ...scopes(), refunds: 'read', payouts: 'read' }));

    await gate.look();

    expect(gate.readiness().missing).toEqual([
      'the permission Refunds: write on the Stripe key',
      'the permission Payouts: write on the Stripe key',
    ]);
  });

  it('are there where Stripe refuses what was asked for, and not that it was asked', async () => {
    await control('scenario', { name: 'status', code: 400, route: '/v1/refunds' });
    using gate = gateWith(await keyWith(scopes()));

    await gate.look();

    expect(gate.readiness().on).toBe(true);
  });

  it('are looked at again after a fault of ours, which is told', async () => {
    const lackingPermissions = jest
      .fn<FallbackGateStripe['lackingPermissions']>()
      .mockRejectedValueOnce(new TypeError('a fault'))
      .mockResolvedValue({ outcome: 'found', value: [] });

    using gate = gateWith('sk_test_key', ASKED, { livemode: false, lackingPermissions });
    await eventually(
      async () => gate.readiness().on,
      on => on,
    );

    expect(gate.said()).toMatchObject([
      { level: 'error', msg: "the Stripe key's permissions could not be looked at" },
      { msg: 'the fallback stays off' },
      { msg: 'the fallback is on' },
    ]);
  });

  it('are looked at again until they are known', async () => {
    await control('scenario', { name: 'status', code: 500, route: '/v1/payouts' });
    using gate = gateWith(await keyWith(scopes()));
    await gate.look();
    expect(gate.readiness().missing).toEqual([
      "a look at the Stripe key's permissions, which has not come to an end yet",
    ]);

    await control('scenario', { name: 'healthy' });
    await eventually(gate.readiness, ({ on }) => on);

    expect(gate.said().map(({ msg }) => msg)).toEqual(['the fallback stays off', 'the fallback is on']);
  });
});

describe('what is said', () => {
  it('is once what is missing, and who has approved it when it is on', async () => {
    using gate = gateWith(await keyWith(scopes()));
    await gate.look();
    await gate.look();

    expect(gate.said()).toEqual([
      {
        level: 'warn',
        msg: 'the fallback is on',
        on: true,
        missing: [],
        approvedBy: 'Ada',
        supportCase: '4711',
      },
    ]);
  });

  it('is that it was switched off while it ran, and on again', async () => {
    using gate = gateWith(await keyWith(scopes()));
    await gate.look();

    gate.switchedOff('Grace');
    expect(gate.readiness()).toEqual({
      on: false,
      missing: ['to be switched on again: Grace switched it off'],
    });
    gate.switchedOff(null);

    expect(gate.readiness().on).toBe(true);
    expect(gate.said().map(({ msg }) => msg)).toEqual([
      'the fallback is on',
      'the fallback stays off',
      'the fallback is on',
    ]);
  });

  it('is that it is off, and Stripe is not asked, where nobody wants it', async () => {
    using gate = gateWith(await keyWith(scopes()), {});

    expect(gate.readiness().on).toBe(false);
    expect(gate.said()).toEqual([
      {
        level: 'info',
        msg: 'the fallback is off',
        on: false,
        missing: [
          'PI_FALLBACK=on',
          'PI_FALLBACK_APPROVED_BY: who answers for it',
          "PI_FALLBACK_SUPPORT_CASE: the number of Sharetribe support's case about it",
        ],
      },
    ]);
    expect(Object.keys(sandbox.requests()).filter(route => route.includes('/v1/'))).toEqual([]);
  });

  it('stands in the log of a start, of a service as it comes', async () => {
    await using world = await startWorld({ bothSides: true });

    expect(world.context.fallback.readiness().on).toBe(false);
    expect(world.log.lines().find(({ msg }) => msg === 'the fallback is off')).toMatchObject({
      fallback: { on: false, missing: expect.arrayContaining(['PI_FALLBACK=on']) },
    });
  });
});
