import type { StripeWorld } from '../world.ts';
import type { Account } from './entity.ts';

/** A provider's account, not a platform's own. */
export const isConnected = ({ platform, accounts }: StripeWorld, id: string): boolean =>
  accounts.has(id) && id !== platform.accountId && id !== platform.otherAccountId;

/** A key acts for its own account and for those connected to it. */
export const mayActFor = (world: StripeWorld, keyAccount: string, account: string): boolean =>
  account === keyAccount || isConnected(world, account);

/** As a call that is about to use it finds it. */
export const asRestrictedNow = (world: StripeWorld, account: Account): Account =>
  isConnected(world, account.id) && world.scenarios.take('provider-restricted')
    ? asRestricted(account)
    : account;

/** With what a scenario takes away from it. */
export const asRestricted = (account: Account): Account => ({
  ...account,
  chargesEnabled: false,
  payoutsEnabled: false,
  capabilities: { card_payments: 'inactive', transfers: 'inactive' },
  requirements: {
    currentlyDue: ['individual.verification.document'],
    disabledReason: 'requirements.past_due',
  },
});
