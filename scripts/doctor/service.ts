/** The running service: can it be reached, and what does it say of itself? */
import { ownValue } from '../../server/domain/own-value.ts';
import type { World } from '../lib/world.ts';
import { bad, good, unknown, type Line } from './line.ts';
import { runningLines } from './running.ts';

const DEADLINE_MS = 5_000;

export async function serviceLines({ proxyUrl, operators, warnings }: World): Promise<Line[]> {
  const address = await reached(proxyUrl);
  return [
    warnings.length === 0
      ? good('settings', 'nothing contradicts itself')
      : bad('settings', warnings.join(' '), { mend: 'See .env.example.', optional: true }),
    ...address,
    ...(address[0]!.state === 'good' ? await runningLines(operators) : []),
  ];
}

async function reached(proxyUrl: string | null): Promise<Line[]> {
  const optional = true;
  if (proxyUrl === null)
    return [
      unknown('public address', 'PROXY_URL is not set', {
        mend: 'Set it to where the service can be reached.',
        optional,
      }),
    ];
  let response: Response;
  try {
    response = await fetch(`${proxyUrl}/readyz`, {
      signal: AbortSignal.timeout(DEADLINE_MS),
      redirect: 'manual',
    });
  } catch {
    return [
      bad('public address', `nothing answers at ${proxyUrl}`, {
        mend: 'Start the service, or correct PROXY_URL.',
        optional,
      }),
    ];
  }
  const checks = ownValue(await response.json().catch(() => null), 'checks');
  if (!Array.isArray(checks))
    return [
      bad('public address', `what answers at ${proxyUrl} is another service`, {
        mend: 'Correct PROXY_URL, or the proxy in front.',
        optional,
      }),
    ];
  return [
    good('public address', proxyUrl, { optional }),
    ...(checks.some(check => ownValue(check, 'name') === 'database')
      ? []
      : [unknown('database', 'the running service says nothing of one', { optional })]),
    ...(checks as unknown[]).map(check => {
      const name = `service: ${String(ownValue(check, 'name'))}`;
      return ownValue(check, 'ok') === true
        ? good(name, 'ready', { optional })
        : bad(name, String(ownValue(check, 'reason')), { mend: "See the service's log.", optional });
    }),
  ];
}
