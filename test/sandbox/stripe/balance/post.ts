/**
 * The books. Every movement of money is one entry on one account, and the entries of a step add up: captured minus given
 * back is what platform and connected accounts hold and have paid out, plus Stripe's fees.
 */
import type { Cause } from '../events/write.ts';
import { newId, seconds } from '../world.ts';
import type { BalanceTransaction } from './entity.ts';

type Posting = Pick<BalanceTransaction, 'account' | 'amount' | 'currency' | 'source' | 'type'> &
  Partial<Pick<BalanceTransaction, 'fee' | 'feeKind' | 'availableOn'>>;

export function post(
  { world, livemode }: Pick<Cause, 'world' | 'livemode'>,
  posting: Posting,
): BalanceTransaction {
  const created = seconds(world);
  const entry = {
    id: newId({ world, account: posting.account }, 'txn'),
    livemode,
    created,
    availableOn: created,
    fee: 0,
    feeKind: null,
    ...posting,
  };
  world.balanceTransactions.set(entry.id, entry);
  return entry;
}

/** What an account holds, in minor units: settled, and still settling. */
export function balanceOf(
  { world, account, livemode }: Pick<Cause, 'world' | 'account' | 'livemode'>,
  currency: string,
): { available: number; pending: number } {
  const now = seconds(world);
  const sums = { available: 0, pending: 0 };
  for (const entry of world.balanceTransactions.values()) {
    if (entry.account !== account || entry.livemode !== livemode || entry.currency !== currency) continue;
    sums[entry.availableOn <= now ? 'available' : 'pending'] += entry.amount - entry.fee;
  }
  return sums;
}
