/** `npm run bench:sandbox`: how fast the sandbox starts, goes back to its seed, and answers. Linux only, as the other bench. */
import autocannon from 'autocannon';
import { run } from '../setup/processes.ts';
import { createSandbox, type SandboxInfo } from '../sandbox/sandbox.ts';
import { cpuSeconds, medianOf } from './measures.ts';

const STARTS = 5;
const RESETS = 200;
const SECONDS = 5;

const starts: number[] = [];
for (let round = 0; round < STARTS; round++) {
  const before = performance.now();
  await using sandbox = run(['test/sandbox/main.ts'], { SANDBOX_PORT: '3690' });
  await sandbox.says(/Stripe/);
  starts.push(performance.now() - before);
}

const inProcess = createSandbox({ frozenAt: Date.UTC(2027, 0, 1) });
const resets = Array.from({ length: RESETS }, () => {
  const before = performance.now();
  inProcess.reset();
  return performance.now() - before;
});

await using served = run(['test/sandbox/main.ts'], { SANDBOX_PORT: '3690' });
await served.says(/Stripe/);
const info = (await (await fetch('http://127.0.0.1:3690/sandbox/info')).json()) as SandboxInfo;
const token = (await (
  await fetch('http://127.0.0.1:3690/v1/auth/token', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `client_id=${info.flex.clientId}&grant_type=client_credentials&scope=public-read`,
  })
).json()) as { access_token: string };

const answers = [
  {
    what: 'Flex, listings/show',
    url: `http://127.0.0.1:3690/v1/api/listings/show?id=${info.listings[0]!.id}`,
    authorization: `Bearer ${token.access_token}`,
  },
  {
    what: 'Stripe, balance',
    url: `${info.stripe.baseUrl}/v1/balance`,
    authorization: `Bearer ${info.stripe.secretKey}`,
  },
];

print('start to ready', `${medianOf(starts).toFixed(0)} ms`, `median of ${STARTS}`);
print('reset in process', `${medianOf(resets).toFixed(2)} ms`, `median of ${RESETS}`);
for (const { what, url, authorization } of answers) {
  const before = cpuSeconds(served.child.pid!);
  const { requests, non2xx, errors } = await autocannon({
    url,
    headers: { authorization },
    connections: 16,
    duration: SECONDS,
  });
  if (non2xx + errors > 0) throw new Error(`${what}: ${non2xx + errors} of ${requests.total} failed`);
  const perCore = requests.total / (cpuSeconds(served.child.pid!) - before);
  print(what, `${perCore.toFixed(0)} requests/s of one core`, `${requests.total} in ${SECONDS} s`);
}

function print(what: string, value: string, how: string): void {
  process.stdout.write(`${what.padEnd(22)}${value.padEnd(32)}${how}\n`);
}
