import type { StripeCall, StripeRoute } from '../context.ts';
import { StripeRefusal } from '../errors.ts';
import type { Account } from './entity.ts';
import { accountWire } from './wire.ts';

export const accountRoutes: StripeRoute[] = [
  { method: 'GET', path: '/v1/account', handle: call => retrieve(call, call.account) },
  { method: 'GET', path: '/v1/accounts/:id', handle: call => retrieve(call, call.path['id'] as string) },
];

function retrieve(call: StripeCall, id: string) {
  call.parameters('Accounts.retrieve');
  return accountWire(getAccount(call, id));
}

function getAccount(call: StripeCall, id: string): Account {
  const account = call.world.accounts.get(id);
  if (!account) {
    throw new StripeRefusal(403, {
      message: `The provided key does not have access to account '${id}' (or that account does not exist). Application access may have been revoked.`,
      code: 'account_invalid',
    });
  }
  return account;
}
