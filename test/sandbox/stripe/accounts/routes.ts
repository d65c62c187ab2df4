import { newlyOwned, type StripeCall, type StripeRoute } from '../context.ts';
import { noAccess } from '../errors.ts';
import { listOf } from '../lists.ts';
import type { WireObject } from '../shapes.ts';
import type { Account } from './entity.ts';
import { asRestricted, isConnected, mayActFor } from './rules.ts';
import { accountWire } from './wire.ts';

export const accountRoutes: StripeRoute[] = [
  { method: 'GET', path: '/v1/account', handle: retrieveCurrent },
  { method: 'GET', path: '/v1/accounts', handle: list },
  { method: 'GET', path: '/v1/accounts/:id', handle: retrieve },
];

function retrieveCurrent(call: StripeCall): WireObject {
  call.parameters('Accounts.retrieveCurrent');
  return wireOf(call, call.world.accounts.get(call.account)!);
}

function retrieve(call: StripeCall): WireObject {
  call.parameters('Accounts.retrieve');
  const id = call.path['id']!;
  const account = call.world.accounts.get(id);
  if (!account || !mayActFor(call.world, call.account, id)) throw noAccess(id);
  return wireOf(call, account);
}

/** The accounts connected to the platform. */
function list(call: StripeCall): WireObject {
  const parameters = call.parameters('Accounts.list');
  const connected = [...call.world.accounts.values()]
    .filter(account => isConnected(call.world, account.id))
    .map(account => ({ ...newlyOwned(call), ...account }));
  return listOf(connected, parameters, '/v1/accounts', account => wireOf(call, account));
}

function wireOf({ world }: StripeCall, account: Account): WireObject {
  const connected = isConnected(world, account.id);
  const restricted = connected && world.scenarios.peek('provider-restricted');
  return accountWire(restricted ? asRestricted(account) : account, connected);
}
