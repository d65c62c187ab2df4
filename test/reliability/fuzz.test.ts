/**
 * Random requests against a started server and the sandbox: no answer of ours in the 5xx range, no exit, no hang, no
 * secret in what comes out. 2,000 here; `npm run test:fuzz` sends 50,000. FUZZ_SEED repeats a run.
 */
import fc from 'fast-check';
import { Pool } from 'undici';
import { createWebClient, tokenCookie } from '../sandbox/client/web-client.ts';
import { startSandbox } from '../sandbox/sandbox.ts';
import { run } from '../setup/processes.ts';
import { environmentFor } from '../setup/world.ts';
import { oddRequest, type OddRequest } from './requests.ts';
import { secretScan } from './secrets.ts';

const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 2_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? (REQUESTS > 2_000 ? Date.now() % 2 ** 31 : 1));
const AT_ONCE = 40;
/** Much longer than any of these takes. */
const HANG_MS = 10_000;

it(
  `${REQUESTS} random requests: each answered, none by a failure of ours, and no secret in sight`,
  async () => {
    await using started = new AsyncDisposableStack();
    const sandbox = started.adopt(await startSandbox(), ({ close }) => close());
    const info = sandbox.info();
    const proxy = started.use(
      run(['server/main.ts'], {
        ...environmentFor(info),
        PORT: '0',
        // Many callers in one: what is to be seen lies behind these limits.
        RATE_LIMIT_PER_ADDRESS: '0',
        RATE_LIMIT_PER_SESSION: '0',
      }),
    );
    await proxy.says('"listening"');
    const url = `http://127.0.0.1:${/"port":(\d+)/.exec(proxy.stdout())![1]}`;
    const options = { connections: AT_ONCE, headersTimeout: HANG_MS, bodyTimeout: HANG_MS };
    const pool = started.adopt(new Pool(url, options), open => open.destroy());
    const scan = secretScan(info);
    const counts = new Map<string, number>();

    const faultOf = async ({ method, path, headers, body }: OddRequest): Promise<string | undefined> => {
      const answer = await pool.request({ method, path, headers, body }).catch((error: Error) => error);
      if (answer instanceof Error) return `no answer: ${answer.message}`;
      const text = await answer.body.text();
      const kind = `${answer.statusCode} ${/"code":"([a-z-]+)"/.exec(text)?.[1] ?? ''}`.trim();
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      if (answer.statusCode >= 500)
        return `${kind}: ${text}\n${await logOf(String(answer.headers['x-request-id']))}`;
      const { 'set-cookie': cookies = [], ...others } = answer.headers;
      // A customer gets the client secret of her own PaymentIntent, and her own session in the cookie.
      const seen = [
        ...scan(text, answer.statusCode === 200 ? ['client secret of a PaymentIntent'] : []),
        ...scan(JSON.stringify(others)),
        ...trustedTokensIn(decodeURIComponent([cookies].flat().join(' '))),
      ];
      return seen.length > 0 ? `${kind} with ${seen.join(', ')}` : undefined;
    };
    const logOf = async (requestId: string) => {
      await new Promise(resolve => setTimeout(resolve, 100));
      const lines = proxy.stdout().split('\n');
      return lines.findLast(line => line.includes(`"${requestId}"`) && line.includes('"err"'));
    };
    const trustedTokensIn = (text: string) =>
      (text.match(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g) ?? []).filter(
        token => sandbox.flex().tokens.get(token)?.scope === 'trusted:user',
      ).length > 0
        ? ['a trusted token']
        : [];

    const cookie = await signedInCookie(url, info);
    const begun = performance.now();
    await fc.assert(
      fc.asyncProperty(
        fc.array(oddRequest(info, cookie), { minLength: AT_ONCE, maxLength: AT_ONCE, size: 'max' }),
        async requests => {
          const faults = await Promise.all(requests.map(faultOf));
          const told = requests.flatMap((request, index) =>
            faults[index] ? [{ fault: faults[index], ...shown(request) }] : [],
          );
          expect(told).toEqual([]);
          expect(proxy.child.exitCode).toBeNull();
        },
      ),
      { numRuns: Math.ceil(REQUESTS / AT_ONCE), seed: SEED, endOnFailure: true },
    );
    const seconds = (performance.now() - begun) / 1_000;

    const alive = await pool.request({ method: 'GET', path: '/readyz' });
    await alive.body.dump();
    expect(alive.statusCode).toBe(200);
    await pool.close();
    proxy.child.kill('SIGTERM');
    expect(await proxy.exit).toBe(0);
    expect(proxy.stderr()).toBe('');
    expect(scan(proxy.stdout())).toEqual([]);
    const lines = proxy
      .stdout()
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as { level: string; err?: unknown });
    expect(lines.filter(({ level, err }) => level === 'fatal' || err !== undefined)).toEqual([]);
    const table = [...counts]
      .toSorted(([, one], [, other]) => other - one)
      .map(([kind, count]) => `${count} × ${kind}`);
    process.stderr.write(`fuzz, seed ${SEED}, ${Math.round(seconds)} s: ${table.join('; ')}\n`);
    // A fuzz that is refused at the door proves nothing of what is behind it.
    expect(counts.get('200') ?? 0).toBeGreaterThan(REQUESTS / 20);
  },
  60_000 + REQUESTS * 10,
);

const shown = ({ method, path, headers, body }: OddRequest) => ({
  request: `${method} ${path.slice(0, 300)}`,
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.slice(0, 100)])),
  body: body?.subarray(0, 2_000).toString(),
});

it('the scan finds what is planted', async () => {
  await using started = new AsyncDisposableStack();
  const sandbox = started.adopt(await startSandbox(), ({ close }) => close());
  const info = sandbox.info();
  const scan = secretScan(info);
  await signedInCookie(sandbox.url, info);
  const { accessToken, refreshToken } = [...sandbox.flex().tokens.values()].find(
    token => token.refreshToken,
  )!;

  const planted = [
    'pi_3QhWaB7WZ01zgkWS0jxsAJo3_secret_Dm43xiq1k0ywrRRjDoi8y1gkM',
    info.flex.clientSecret,
    info.stripe.secretKey,
    info.stripe.webhookSecret,
    info.users[0]!.password,
    accessToken,
    refreshToken,
  ];
  expect(planted.filter(secret => scan(`{"msg":"x ${secret} y"}`).length === 0)).toEqual([]);
  expect(scan('{"msg":"pi_3QhWaB7WZ01zgkWS0jxsAJo3_secret_[redacted]"}')).toEqual([]);
});

async function signedInCookie(url: string, info: Parameters<typeof createWebClient>[1]): Promise<string> {
  const alice = createWebClient(url, info);
  const { email, password } = info.users[0]!;
  await alice.sdk.login({ username: email, password });
  const name = tokenCookie(info.flex.clientId);
  return `${name}=${alice.cookies.get(name)}`;
}
