/**
 * The sandbox's own endpoints, on the Flex port, JSON in and out. Other people's tests drive these too:
 * their shapes are a contract.
 */
import type { SandboxRequest, SandboxResponse, Service } from './core/http.ts';
import { ledger } from './ledger.ts';
import type { Sandbox } from './sandbox.ts';
import { ProcessFileError } from './flex/process/read.ts';
import { scenarioKinds, scenarioNames } from './scenarios.ts';
import { authenticate } from './stripe/payment-intents/confirm.ts';
import { rotateSecret } from './stripe/webhooks/deliver.ts';
import { newEndpoint } from './stripe/webhooks/routes.ts';

class ControlRefusal extends Error {}

type Body = Record<string, unknown>;

export type ControlRoute = {
  /** For the README. */
  does: string;
  run: (sandbox: Sandbox, body: Body) => unknown;
};

export const controlRoutes: Record<string, ControlRoute> = {
  'GET /sandbox/info': {
    does: 'addresses, credentials, users, listings, scenarios, the time; `ready` is false while the demo walks',
    run: sandbox => sandbox.info(),
  },
  'GET /sandbox/ledger': {
    does: "Stripe's objects in wire form without secrets, Flex's transactions, requests by route",
    run: sandbox => ledger(sandbox),
  },
  'POST /sandbox/scenario': {
    does: '`{name, times?, route?, …}` adds one, `{"name": "healthy"}` clears all; `route` is `METHOD /path` or the beginning of a path',
    run: setScenario,
  },
  'POST /sandbox/clock/advance': {
    does: '`{ms}`: process timers, holds, idempotency keys, webhooks; with `"clock": "tokens"` the tokens instead',
    run: advanceClock,
  },
  'POST /sandbox/settings': {
    does: "token lifetimes, login-as scope, operator's view, rate limits, event retention: any of `flex/world.ts`'s settings",
    run: changeSettings,
  },
  'POST /sandbox/processes': {
    does: '`{name, edn, alias?}`: a new version of a process; the alias (`release-1`) points to it from now on',
    run: pushProcess,
  },
  'POST /sandbox/stripe/authenticate': {
    does: '`{paymentIntent, passed}`: what the customer does at the bank when a card wants 3D Secure',
    run: finishAuthentication,
  },
  'POST /sandbox/stripe/keys': {
    does: '`{scopes}`: a restricted key, such as `{"payment_intents": "write", "events": "read"}`',
    run: makeKey,
  },
  'POST /sandbox/stripe/webhooks': {
    does: '`{url}`: a webhook endpoint for all events, signed with the secret of `info`',
    run: addWebhook,
  },
  'POST /sandbox/stripe/webhooks/rotate': {
    does: 'a new signing secret for all endpoints; the old one is good for another day',
    run: rotateWebhookSecrets,
  },
  'POST /sandbox/reset': {
    does: 'back to the seed',
    run: sandbox => {
      sandbox.reset();
      return { now: sandbox.now() };
    },
  },
};

export function createControlService(sandbox: () => Sandbox): Service {
  return async request => {
    const route = controlRoutes[`${request.method} ${request.path}`];
    if (!route) return json(404, { error: `No such control: ${Object.keys(controlRoutes).join(', ')}` });
    try {
      return json(200, await route.run(sandbox(), readBody(request)));
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

function readBody(request: SandboxRequest): Body {
  if (request.body === '') return {};
  let body: unknown;
  try {
    body = JSON.parse(request.body);
  } catch {
    throw new ControlRefusal('The body is not JSON');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new ControlRefusal('The body must be an object');
  return body as Body;
}

function setScenario({ scenarios }: Sandbox, body: Body) {
  const { name, times } = body;
  const kind =
    typeof name === 'string' && Object.hasOwn(scenarioKinds, name) ? scenarioKinds[name] : undefined;
  if (typeof name !== 'string' || !kind) {
    throw new ControlRefusal(`name must be one of: ${scenarioNames.join(', ')}`);
  }
  if (times !== undefined && !(Number.isInteger(times) && (times as number) > 0)) {
    throw new ControlRefusal('times must be a positive integer');
  }
  if (body['route'] !== undefined && typeof body['route'] !== 'string')
    throw new ControlRefusal('route must be a text');
  for (const [option, usual] of Object.entries(kind.defaults ?? {})) checkOption(option, usual, body[option]);
  if (name === 'healthy') scenarios.clear();
  else scenarios.add({ ...kind.defaults, ...body, name });
  return { scenarios: scenarios.active() };
}

/** An option is of the kind that it is when nobody gives it. */
function checkOption(option: string, usual: unknown, given: unknown): void {
  if (given === undefined) return;
  if (typeof given !== typeof usual) throw new ControlRefusal(`${option} must be a ${typeof usual}`);
  const [least, most] = option === 'code' ? [400, 599] : [0, Infinity];
  if (typeof given === 'number' && !(given >= least && given <= most))
    throw new ControlRefusal(`${option} must be from ${least} to ${most}`);
}

async function advanceClock(sandbox: Sandbox, { ms, clock }: Body) {
  if (typeof ms !== 'number' || !Number.isFinite(ms) || ms < 0) {
    throw new ControlRefusal('ms must be a number of milliseconds, 0 or more');
  }
  return { now: await (clock === 'tokens' ? sandbox.advanceTokens(ms) : sandbox.advance(ms)) };
}

function changeSettings(sandbox: Sandbox, body: Body) {
  const { settings } = sandbox.flex();
  for (const [name, value] of Object.entries(body)) {
    const known = Object.hasOwn(settings, name) ? settings[name as keyof typeof settings] : undefined;
    if (typeof value !== typeof known) throw new ControlRefusal(`${name} is no setting, or has another type`);
  }
  Object.assign(settings, body);
  return { settings };
}

function pushProcess(sandbox: Sandbox, { name, edn, alias }: Body) {
  if (typeof name !== 'string' || typeof edn !== 'string')
    throw new ControlRefusal('name and edn must be texts');
  try {
    const chosen = typeof alias === 'string' ? alias : undefined;
    return { version: sandbox.flex().processes.push(name, edn, `${name}/process.edn`, chosen) };
  } catch (error) {
    if (error instanceof ProcessFileError) throw new ControlRefusal(error.message);
    throw error;
  }
}

function finishAuthentication(sandbox: Sandbox, { paymentIntent, passed }: Body) {
  const world = sandbox.stripe();
  const intent = world.paymentIntents.get(String(paymentIntent));
  if (intent?.status !== 'requires_action') {
    throw new ControlRefusal('paymentIntent must be the id of one that requires_action');
  }
  authenticate({ world, account: intent.account, livemode: intent.livemode }, intent, passed !== false);
  return { status: intent.status };
}

function makeKey(sandbox: Sandbox, { scopes }: Body) {
  const isScopes = (value: unknown): value is Record<string, 'read' | 'write'> =>
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every(access => access === 'read' || access === 'write');
  if (!isScopes(scopes)) throw new ControlRefusal('scopes must map resources to read or write');
  const world = sandbox.stripe();
  const key = `rk_test_51Sbx${world.random.base62(24)}`;
  world.keys.set(key, {
    kind: 'restricted',
    account: world.platform.accountId,
    livemode: false,
    revoked: false,
    scopes,
  });
  return { key };
}

function addWebhook(sandbox: Sandbox, { url }: Body) {
  if (typeof url !== 'string' || !URL.canParse(url)) throw new ControlRefusal('url must be an address');
  const world = sandbox.stripe();
  const endpoint = newEndpoint(world, url, world.platform.webhookSecret);
  world.webhookEndpoints.set(endpoint.id, endpoint);
  return { id: endpoint.id, secret: world.platform.webhookSecret };
}

function rotateWebhookSecrets(sandbox: Sandbox) {
  const world = sandbox.stripe();
  const secret = `whsec_${world.random.base62(32)}`;
  for (const endpoint of world.webhookEndpoints.values()) rotateSecret(world, endpoint, secret);
  return { secret };
}
