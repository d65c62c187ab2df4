/** What became of the provider's money on its way to the bank. Nothing at Stripe says which booking a payout is of. */
import type { Money } from '../money.ts';

export type ProviderPayout = {
  id: string;
  amount: number;
  currency: string;
  status: string;
  /** Seconds since the epoch. */
  created: number;
  /** Why the bank sent it back. */
  failureCode: string | null;
};

/** The one of just that amount that came back, unless as much has gone out since. `payouts` are those since the booking was paid out. */
export function sentBack(
  payouts: readonly ProviderPayout[],
  payoutTotal: Money | null,
): ProviderPayout | null {
  const same = payouts.filter(({ currency }) => currency === payoutTotal?.currency.toLowerCase());
  const [failed = null] = same
    .filter(({ status, amount }) => status === 'failed' && amount === payoutTotal?.amount)
    .toSorted((one, other) => other.created - one.created);
  const isMadeUpFor =
    failed &&
    same.some(
      ({ status, amount, created }) =>
        !['failed', 'canceled'].includes(status) && amount >= failed.amount && created > failed.created,
    );
  return isMadeUpFor ? null : failed;
}
