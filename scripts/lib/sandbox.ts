/** The sandbox and a proxy before it: those that run, or else our own for as long as the command takes. */
import { paymentIntentCreation, type Processes } from '../../server/domain/process.ts';
import { check } from '../../server/domain/verdict.ts';
import type { OwnRecord } from '../../server/domain/report.ts';
import { createWebClient } from '../../test/sandbox/client/web-client.ts';
import { startSandbox, type SandboxInfo } from '../../test/sandbox/sandbox.ts';
import { UsageError } from './command.ts';
import { environmentOf, SANDBOX_OPERATOR_TOKEN, startSandboxProxy } from './sandbox-proxy.ts';

export type OpenSandbox = AsyncDisposable & {
  environment: Record<string, string>;
  proxyUrl: string;
  operatorToken: string;
  login: { username: string; password: string };
  now(): number;
  /** What the customer is shown of it: in a sandbox anybody can sign in as anybody. */
  ownRecord(transactionId: string, processes: Processes): Promise<OwnRecord | null>;
};

/** `records`: where no proxy runs, ours keeps some. */
export async function openSandbox({ records = false } = {}): Promise<OpenSandbox> {
  await using opening = new AsyncDisposableStack();
  const sandboxPort = Number(process.env['SANDBOX_PORT'] ?? 3600);
  const port = Number(process.env['PORT'] ?? 3500);
  let info = await infoAt(`http://127.0.0.1:${sandboxPort}`);
  if (!info) {
    const sandbox = await startSandbox({ port: sandboxPort }).catch(cannotListen);
    opening.defer(() => sandbox.close());
    info = sandbox.info();
  }
  const operatorToken = process.env['OPERATOR_TOKENS']?.split(',')[0] ?? SANDBOX_OPERATOR_TOKEN;
  const environment = environmentOf(info);
  let proxyUrl = `http://127.0.0.1:${port}`;
  if (!(await answers(`${proxyUrl}/healthz`))) {
    const proxy = await startSandboxProxy({
      environment: { ...environment, LOG_LEVEL: 'error', OPERATOR_TOKENS: operatorToken },
      port,
      isRecording: records,
      destination: { write: () => undefined },
    }).catch(cannotListen);
    opening.defer(() => proxy[Symbol.asyncDispose]());
    proxyUrl = proxy.url;
  }
  const { email: username, password } = info.users[0]!;
  const known = info;
  // The sandbox's clock may have been moved; from now on both run.
  const ahead = known.now - Date.now();
  const close = opening.move();
  return {
    environment,
    proxyUrl,
    operatorToken,
    login: { username, password },
    now: () => Date.now() + ahead,
    ownRecord: (id, processes) => asCustomer(known, proxyUrl, id, processes),
    [Symbol.asyncDispose]: () => close.disposeAsync(),
  };
}

async function infoAt(url: string): Promise<SandboxInfo | undefined> {
  try {
    const response = await fetch(`${url}/sandbox/info`, { signal: AbortSignal.timeout(2_000) });
    return (await response.json()) as SandboxInfo;
  } catch {
    return undefined;
  }
}

const answers = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    ({ ok }) => ok,
    () => false,
  );

function cannotListen(error: unknown): never {
  const { port } = error as { port?: number };
  throw new UsageError(`port ${port} can not be had; SANDBOX_PORT and PORT choose others`);
}

async function asCustomer(
  info: SandboxInfo,
  proxyUrl: string,
  id: string,
  processes: Processes,
): Promise<OwnRecord | null> {
  for (const user of info.users) {
    const { sdk } = createWebClient(proxyUrl, info);
    await sdk.login({ username: user.email, password: user.password });
    const answer = await sdk.transactions.show({ id, include: ['customer'] }).catch(() => undefined);
    if (!answer) continue;
    const { attributes, relationships } = (answer.data as { data: ShownTransaction }).data;
    if (relationships.customer.data.id.uuid !== user.id) continue;
    const { processName, lastTransition: transition, lastTransitionedAt } = attributes;
    const creation = paymentIntentCreation(processes, processName, transition);
    // Later it need not be shown any more, and says nothing.
    if (creation !== 'creates') return null;
    return {
      at: lastTransitionedAt,
      call: { isSpeculative: false, processName, transition },
      check: check({ isSpeculative: false, creation, attributes }),
    };
  }
  return null;
}

type ShownTransaction = {
  attributes: { processName: string; lastTransition: string; lastTransitionedAt: Date };
  relationships: { customer: { data: { id: { uuid: string } } } };
};
