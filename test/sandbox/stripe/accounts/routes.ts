import { newlyOwned, type StripeCall, type StripeRoute } from '../context.ts';
import { noAccess } from '../errors.ts';
import { listOf } from '../lists.ts';
import type { WireObject } from '../shapes.ts';
import type { Account } from './entity.ts';
import { accountWire } from './wire.ts';

export const accountRoutes: StripeRoute[] = [
  { method: 'GET', path: '/v1/account', handle: call => retrieve(call, call.account) },
  { method: 'GET', path: '/v1/accounts', handle: list },
  { method: 'GET', path: '/v1/accounts/:id', handle: call => retrieve(call, call.path['id']!) },
];

function retrieve(call: StripeCall, id: string): WireObject {
  call.parameters('Accounts.retrieve');
  const account = call.world.accounts.get(id);
  if (!account) throw noAccess(id);
  const restricted = call.world.scenarios.peek('provider-restricted') && id !== call.world.platform.accountId;
  return accountWire(restricted ? { ...account, ...RESTRICTED } : account);
}

const RESTRICTED = {
  chargesEnabled: false,
  payoutsEnabled: false,
  capabilities: { card_payments: 'inactive', transfers: 'inactive' },
  requirements: {
    currentlyDue: ['individual.verification.document'],
    disabledReason: 'requirements.past_due',
  },
} satisfies Partial<Account>;

/** The accounts connected to the platform. */
function list(call: StripeCall): WireObject {
  const parameters = call.parameters('Accounts.list', {
    created: 'range',
    limit: 'number',
    starting_after: 'string',
    ending_before: 'string',
  });
  const connected = [...call.world.accounts.values()]
    .filter(account => account.id !== call.world.platform.accountId)
    .map(account => ({ ...newlyOwned(call), ...account }));
  return listOf(connected, parameters, '/v1/accounts', accountWire);
}
