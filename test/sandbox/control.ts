/**
 * The sandbox's own endpoints, on the Flex port, JSON in and out. Other people's tests drive these too:
 * their shapes are a contract.
 */
import type { SandboxRequest, SandboxResponse, Service } from './core/http.ts';
import { ledger } from './ledger.ts';
import type { Sandbox } from './sandbox.ts';
import { scenarioNames } from './scenario-names.ts';
import { authenticate } from './stripe/payment-intents/routes.ts';

class ControlRefusal extends Error {}

type ControlRoute = (sandbox: Sandbox, body: Record<string, unknown>) => unknown;

export const controlRoutes: Record<string, ControlRoute> = {
  'GET /sandbox/info': sandbox => sandbox.info(),
  'GET /sandbox/ledger': sandbox => ledger(sandbox),
  'POST /sandbox/scenario': setScenario,
  'POST /sandbox/clock/advance': advanceClock,
  'POST /sandbox/reset': sandbox => {
    sandbox.reset();
    return { now: sandbox.now() };
  },
  'POST /sandbox/stripe/authenticate': finishAuthentication,
};

export function createControlService(sandbox: () => Sandbox): Service {
  return async request => {
    const route = controlRoutes[`${request.method} ${request.path}`];
    if (!route) return json(404, { error: `No such control: ${Object.keys(controlRoutes).join(', ')}` });
    try {
      return json(200, await route(sandbox(), readBody(request)));
    } catch (error) {
      if (error instanceof ControlRefusal) return json(400, { error: error.message });
      throw error;
    }
  };
}

const json = (status: number, body: unknown): SandboxResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: `${JSON.stringify(body, null, 2)}\n`,
});

function readBody(request: SandboxRequest): Record<string, unknown> {
  if (request.body === '') return {};
  let body: unknown;
  try {
    body = JSON.parse(request.body);
  } catch {
    throw new ControlRefusal('The body is not JSON');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new ControlRefusal('The body must be an object');
  return body as Record<string, unknown>;
}

function setScenario({ scenarios }: Sandbox, body: Record<string, unknown>) {
  const { name, times } = body;
  if (typeof name !== 'string' || !scenarioNames.includes(name)) {
    throw new ControlRefusal(`name must be one of: ${scenarioNames.join(', ')}`);
  }
  if (times !== undefined && !(Number.isInteger(times) && (times as number) > 0)) {
    throw new ControlRefusal('times must be a positive integer');
  }
  if (name === 'healthy') scenarios.clear();
  else scenarios.add({ ...body, name });
  return { scenarios: scenarios.active() };
}

async function advanceClock(sandbox: Sandbox, { ms }: Record<string, unknown>) {
  if (typeof ms !== 'number' || !Number.isFinite(ms) || ms < 0)
    throw new ControlRefusal('ms must be a number of milliseconds, 0 or more');
  return { now: await sandbox.advance(ms) };
}

function finishAuthentication(sandbox: Sandbox, { paymentIntent, passed }: Record<string, unknown>) {
  const intent = sandbox.stripe().paymentIntents.get(String(paymentIntent));
  if (intent?.status !== 'requires_action') {
    throw new ControlRefusal('paymentIntent must be the id of one that requires_action');
  }
  authenticate({ world: sandbox.stripe(), account: intent.account }, intent, passed !== false);
  return { status: intent.status };
}
