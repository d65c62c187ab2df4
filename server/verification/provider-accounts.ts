/** The connected accounts of providers, remembered for a while: Flex counts its calls, and they seldom change. */
import type { IntegrationDoor } from '../flex/integration.ts';

const KEPT_MS = 60 * 60_000;
const MOST = 10_000;
const DEADLINE_MS = 5_000;

export function rememberedAccounts(
  integration: Pick<IntegrationDoor, 'providerAccount'>,
  now = () => performance.now(),
): (userId: string) => Promise<string | null> {
  const known = new Map<string, { account: string; until: number }>();
  return async userId => {
    const remembered = known.get(userId);
    if (remembered && remembered.until > now()) return remembered.account;
    const account = await integration.providerAccount(userId, AbortSignal.timeout(DEADLINE_MS));
    // One without an account may have one the next moment.
    if (account === null) return null;
    if (known.size >= MOST) known.clear();
    known.set(userId, { account, until: now() + KEPT_MS });
    return account;
  };
}
