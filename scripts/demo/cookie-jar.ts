import { writeFileSync } from 'node:fs';
import { signedIn, tokenCookie } from '../../test/sandbox/client/web-client.ts';
import type { Sandbox } from '../../test/sandbox/sandbox.ts';

const YEAR_SECONDS = 365 * 24 * 60 * 60;

/** Signs a customer in and writes the session where curl finds it: readable by its owner only. */
export async function writeCookieJar(file: string, sandbox: Sandbox, proxyUrl: string): Promise<void> {
  const info = sandbox.info();
  const client = await signedIn({ info, proxyUrl }, 'Alice');
  const name = tokenCookie(info.flex.clientId);
  const expires = Math.floor(Date.now() / 1000) + YEAR_SECONDS;
  const line = [
    new URL(proxyUrl).hostname,
    'FALSE',
    '/',
    'FALSE',
    expires,
    name,
    client.cookies.get(name),
  ].join('\t');
  writeFileSync(file, `# Netscape HTTP Cookie File\n${line}\n`, { mode: 0o600 });
}
