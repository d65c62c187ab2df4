/** `npm run demo`: sandbox and proxy, one booking walked through, then both keep serving. See scripts/README.md. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { createApp } from '../server/app.ts';
import { loadConfig } from '../server/config.ts';
import { createContext } from '../server/context.ts';
import { listen } from '../server/listen.ts';
import { prettyDestination } from '../server/log.ts';
import { startSandbox } from '../test/sandbox/sandbox.ts';
import {
  environmentOf,
  SANDBOX_OPERATOR_TOKEN,
  startSandboxProxy,
  type SandboxProxy,
} from './lib/sandbox-proxy.ts';
import { operatorsAt } from './lib/operators-at.ts';
import { writeCookieJar } from './demo/cookie-jar.ts';
import { curlLines } from './demo/curl-lines.ts';
import { bookingTable, dim, heading, verdictTable, type LoggedCheck } from './demo/tables.ts';
import { walk } from './demo/walk.ts';

const flags = new Command('demo')
  .description(
    'Walks a booking through a sandbox and the proxy in front of it, hop by hop; then both serve until Ctrl-C, on PORT and SANDBOX_PORT. Nothing of your own settings is used.',
  )
  .option('--once', 'end after the booking')
  .addHelpText(
    'after',
    `
Exit codes: 0 all was as it should be, 1 it was not, or a port can not be had.

Examples:
  npm run --silent demo
  npm run --silent demo -- --once
  PORT=4500 SANDBOX_PORT=4600 npm run --silent demo`,
  )
  .exitOverride(error => process.exit(error.exitCode === 0 ? 0 : 1))
  .allowExcessArguments(false)
  .parse()
  .opts<{ once?: true }>();
const port = Number(process.env['PORT'] ?? 3500);
const sandboxPort = Number(process.env['SANDBOX_PORT'] ?? 3600);

const say = (text = '') => process.stdout.write(`${text}\n`);
const lines: string[] = [];
let live: { write(line: string): void } | undefined;

const sandbox = await startSandbox({ port: sandboxPort }).catch(cannotListen);
sandbox.setReady(false);
const info = sandbox.info();
const context = createContext(
  // Nothing of the machine's own environment: the demo must never meet a real key.
  loadConfig({
    NODE_ENV: 'development',
    REACT_APP_SHARETRIBE_SDK_CLIENT_ID: info.flex.clientId,
    SHARETRIBE_SDK_CLIENT_SECRET: info.flex.clientSecret,
    REACT_APP_SHARETRIBE_SDK_BASE_URL: info.flex.baseUrl,
    REACT_APP_SHARETRIBE_SDK_ASSET_CDN_BASE_URL: info.flex.assetCdnBaseUrl,
    REACT_APP_MARKETPLACE_ROOT_URL: info.rootUrl,
  }),
  { write: line => lines.push(line) },
);
const walked = await listen(createApp(context), port, '127.0.0.1').catch(cannotListen);
let proxy: SandboxProxy | undefined;
const folder = mkdtempSync(path.join(tmpdir(), 'flex-payment-proxy-demo-'));

const result = await walk(sandbox, walked.url);
say(heading('A booking, hop by hop'));
say(bookingTable(result));
say(heading('Two that look alike, and the real one between them'));
say(verdictTable(result, call => loggedChecks().find(check => check.requestId === call.requestId)!));
say(heading('The line that the incident left in the log'));
say(lines.find(line => line.includes(result.incident.requestId) && line.includes('[SERVER_PROXY]'))?.trim());
for (const problem of result.problems) say(`\nNOT AS IT SHOULD BE: ${problem}`);

sandbox.reset();
await walked.close(1_000);
context[Symbol.dispose]();
if (flags.once) {
  await close();
  process.exitCode = result.problems.length > 0 ? 1 : 0;
} else {
  // Now with all that it can do: what happens from here on is kept, until the demo ends.
  proxy = await startSandboxProxy({
    environment: {
      ...environmentOf(info),
      NODE_ENV: 'development',
      OPERATOR_TOKENS: SANDBOX_OPERATOR_TOKEN,
      PI_FALLBACK: 'on',
      PI_FALLBACK_APPROVED_BY: 'nobody: a demo',
      PI_FALLBACK_SUPPORT_CASE: 'none: a demo',
    },
    port,
    isRecording: true,
    destination: { write: line => live?.write(line) },
  });
  // Whoever wants to see it switches it on.
  await operatorsAt(proxy.url, SANDBOX_OPERATOR_TOKEN).post('/ops/fallback/switch', { on: false });
  const jar = path.join(folder, 'cookies.txt');
  await writeCookieJar(jar, sandbox, proxy.url);
  live = await prettyDestination();
  say(heading('Reset, and serving until you stop it (Ctrl-C)'));
  say(
    `Proxy    ${proxy.url}\nFlex     ${sandbox.url}   ${dim('GET /sandbox/info has users, listings and scenarios')}\nStripe   ${sandbox.stripeUrl}`,
  );
  say(heading('Try'));
  say(curlLines(sandbox, proxy.url, jar));
  sandbox.setReady(true);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close());
}

function loggedChecks(): LoggedCheck[] {
  return lines
    .map(line => JSON.parse(line) as LoggedCheck)
    .filter(line => line.msg.startsWith('[SERVER_PROXY]'));
}

async function close(): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  await proxy?.[Symbol.asyncDispose]();
  await sandbox.close();
}

function cannotListen(error: unknown): never {
  const { port: busy } = error as { port?: number };
  process.stderr.write(
    `demo: port ${busy} can not be had. PORT and SANDBOX_PORT (Stripe takes the next one) choose others.\n`,
  );
  process.exit(1);
}
